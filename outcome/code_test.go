package outcome

import (
	"strconv"
	"testing"
)

// TestSection4_ABareCodeGivesOneReason is section 4, row by row: the reason from a phone
// that did not alert, from a trunk that did not, and from a phone after 180.
func TestSection4_ABareCodeGivesOneReason(t *testing.T) {
	same := func(reason string) [3]string { return [3]string{reason, reason, reason} }
	rows := []struct {
		codes []int
		want  [3]string
	}{
		{[]int{300, 301, 302, 305, 380}, same("REDIRECTION_TO_NEW_DESTINATION")},
		{[]int{400, 500, 503}, same("NORMAL_TEMPORARY_FAILURE")},
		{[]int{401, 407, 402}, same("OUTGOING_CALL_BARRED")},
		{[]int{403}, [3]string{"CALL_REJECTED", "OUTGOING_CALL_BARRED", "CALL_REJECTED"}},
		{[]int{404, 485, 604}, same("UNALLOCATED_NUMBER")},
		{[]int{405}, same("SERVICE_UNAVAILABLE")},
		{[]int{406, 415, 501}, same("SERVICE_NOT_IMPLEMENTED")},
		{[]int{408}, [3]string{"NO_USER_RESPONSE", "NO_USER_RESPONSE", "NO_ANSWER"}},
		{[]int{410}, same("NUMBER_CHANGED")},
		{[]int{413, 414, 420, 421, 423, 505, 513}, same("INTERWORKING")},
		{[]int{416, 484}, same("INVALID_NUMBER_FORMAT")},
		{[]int{428, 433, 436, 437, 438, 608}, same("INCOMING_CALL_BARRED")},
		{[]int{430}, same("DESTINATION_OUT_OF_ORDER")},
		{[]int{480}, [3]string{"SUBSCRIBER_ABSENT", "SUBSCRIBER_ABSENT", "NO_ANSWER"}},
		{[]int{481}, same("INVALID_CALL_REFERENCE")},
		{[]int{440, 482, 483}, same("EXCHANGE_ROUTING_ERROR")},
		{[]int{486, 600}, same("USER_BUSY")},
		{[]int{487}, [3]string{"INTERWORKING", "INTERWORKING", "NO_ANSWER"}},
		{[]int{488, 580, 606}, same("INCOMPATIBLE_DESTINATION")},
		{[]int{502}, [3]string{"DESTINATION_OUT_OF_ORDER", "NETWORK_OUT_OF_ORDER", "DESTINATION_OUT_OF_ORDER"}},
		{[]int{504}, same("RECOVERY_ON_TIMER_EXPIRE")},
		{[]int{603, 607}, same("CALL_REJECTED")},
		{[]int{409, 411, 417, 422, 424, 429, 439, 469, 489, 491, 493, 494, 499}, same("INTERWORKING")},
		{[]int{506, 555, 580 + 19, 533}, same("NORMAL_TEMPORARY_FAILURE")},
		{[]int{601, 602, 605, 650, 699}, same("INTERWORKING")},
	}
	for _, row := range rows {
		for _, code := range row.codes {
			for i, peer := range []string{"phone", "trunk", "phone"} {
				ring := ""
				if i == 2 {
					ring = "< 2 180 / "
				}
				r := Fold(events(t, "in phone / out 2 "+peer+" / "+ring+"< 2 "+strconv.Itoa(code)+" / ended 2"), Meta{})
				if r.ByeReason != row.want[i] {
					t.Errorf("%d from a %s (%q): %s, want %s", code, peer, ring, r.ByeReason, row.want[i])
				}
				if r.Legs[1].FinalCode != code || r.Legs[1].Reason != row.want[i] {
					t.Errorf("%d: leg 2 has %d %s", code, r.Legs[1].FinalCode, r.Legs[1].Reason)
				}
			}
		}
	}
}

// TestSection4_Notes holds what the notes and the last row of section 4 add.
func TestSection4_Notes(t *testing.T) {
	for _, x := range []struct{ name, script, want string }{
		{"603 Network Blocked", "in phone / out 2 trunk / < 2 603 {Phrase: Network Blocked}", "Call_Failed 603 INCOMING_CALL_BARRED - network no routing certain"},
		{"488 Warning 304", `in phone / out 2 phone / < 2 488 {Warning: 304 gw "Media type not available"}`, "Call_Failed 488 BEARERCAPABILITY_NOTIMPL - callee no routing certain"},
		{"606 Warning 304", `in phone / out 2 phone / < 2 606 {Warning: 304 gw "x"}`, "Call_Failed 606 BEARERCAPABILITY_NOTIMPL - callee no routing certain"},
		{"488 Warning 305", `in phone / out 2 phone / < 2 488 {Warning: 305 gw "x"}`, "Call_Failed 488 INCOMPATIBLE_DESTINATION - callee no routing certain"},
		{"unlisted 4xx is likely", "in phone / out 2 phone / < 2 499", "Call_Failed 499 INTERWORKING - network no routing likely"},
		{"unprompted 487 is likely", "in phone / out 2 phone / < 2 180 / < 2 487", "Not_Answered 487 NO_ANSWER - callee no ringing likely"},
		{"401 is not final while untried", "in phone / out 2 trunk / < 2 401 / > 2 INVITE / < 2 180 / < 2 486", "Busy 486 USER_BUSY - callee no ringing certain"},
		{"a SIP address is not a registered phone", "in phone / out 2 uri / < 2 403", "Call_Failed 403 OUTGOING_CALL_BARRED - network no routing certain"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := Fold(events(t, x.script), Meta{})
			checkOutcome(t, &r, x.want)
		})
	}
}

// TestSection1_WhatTheCallerIsSent holds the codes on the wire where a received final
// decided, and where we did.
func TestSection1_WhatTheCallerIsSent(t *testing.T) {
	got := func(script string) Answer { return Verdict(events(t, script), Meta{}) }
	for code, want := range map[int]int{
		302: 410, 401: 403, 407: 403, 503: 500, 486: 486, 404: 404, 500: 500, 600: 600, 603: 603, 480: 480, 408: 408, 420: 420, 504: 504, 502: 502, 499: 499,
	} {
		if a := got("in phone / out 2 trunk / < 2 " + strconv.Itoa(code)); a.Code != want {
			t.Errorf("received %d: send %d, want %d", code, a.Code, want)
		}
	}
	// "an unprompted 487 -> wire_code of the reason"
	if a := got("in phone / out 2 phone / < 2 180 / < 2 487"); a.Code != 480 || a.ByeReason != "NO_ANSWER" {
		t.Errorf("unprompted 487: %+v", a)
	}
	if a := got("in phone / out 2 phone / < 2 487"); a.Code != 500 {
		t.Errorf("unprompted 487, not alerted: %+v", a)
	}
	if a := got("in phone / out 2 phone / broken 2 refused INVITE"); a.Code != 502 || a.ByeReason != "DESTINATION_OUT_OF_ORDER" {
		t.Errorf("refused by a phone: %+v", a)
	}
	if a := got("in phone / out 2 trunk / broken 2 dns INVITE"); a.Code != 503 || a.RetryAfter != 0 || a.ByeReason != "NETWORK_OUT_OF_ORDER" {
		t.Errorf("refused by a trunk: %+v", a)
	}
	if a := got("in phone / < 1 CANCEL"); a.Code != 487 || a.Phrase != "Request Terminated" || a.Reason != "" {
		t.Errorf("CANCEL: %+v", a)
	}
	// RFC 6432 section 3: in a response only Q.850 values have a meaning.
	if a := got(`in phone / out 2 phone / < 2 180 / < 1 CANCEL {Reason: SIP;cause=200;text="Call completed elsewhere"}`); a.ByeReason != "PICKED_OFF" || a.Reason != "" {
		t.Errorf("answered elsewhere: %+v", a)
	}
	// RFC 3261 section 13.3.1: "the UAS SHOULD generate a 487 (Request Terminated) response" when the Expires has passed.
	if a := got("in phone / out 2 phone / < 2 180 / timer 1 expires / ! 2 NO_ANSWER / ! 1 NO_ANSWER expires"); a.Code != 487 {
		t.Errorf("Expires ran out: %+v", a)
	}
	if a := got("in phone / out 2 trunk / < 2 503"); a.Phrase != "Server Internal Error" || a.Reason != `Q.850;cause=41;text="Temporary failure"` || a.Leg != 2 || a.Seq != 5 {
		t.Errorf("503: %+v", a)
	}
	if a := got(`in phone / out 2 phone / < 2 488 {Warning: 304 gw "no video"}`); a.Warning != `304 gw "no video"` {
		t.Errorf("488: Warning %q", a.Warning)
	}
	if a := got("in phone / ! 1 INCOMPATIBLE_DESTINATION"); a.Warning != `305 onhook "Incompatible media format"` {
		t.Errorf("own 488: Warning %q", a.Warning)
	}
	if a := got("in phone / ! 1 BEARERCAPABILITY_NOTIMPL"); a.Warning != `304 onhook "Media type not available"` {
		t.Errorf("own 488: Warning %q", a.Warning)
	}
	if a := got("in phone / out 2 trunk / < 2 603 {Phrase: Network Blocked}"); a.Phrase != "Network Blocked" {
		t.Errorf("603 Network Blocked: phrase %q", a.Phrase)
	}
}

// TestA2xxAfterTheEndAnsweredNothing: the call was over when it came.
func TestA2xxAfterTheEndAnsweredNothing(t *testing.T) {
	for _, script := range []string{
		"in phone / out 2 phone / < 2 180 / ! 1 MANAGER_REQUEST / > 1 200+sdp",
		"in phone / out 2 phone / < 1 CANCEL / > 1 200+sdp / < 1 BYE",
	} {
		if r := Fold(events(t, script), Meta{}); r.AnsweredAt != nil || r.Answered != "no" || r.Status != "Cancelled" {
			t.Errorf("%s: %s, answered %q at %v, ended %v", script, r.Status, r.Answered, r.AnsweredAt, r.EndedAt)
		}
	}
}

// TestSection1_OwnRefusals: the table's wire code, or the code that RFC 3261 fixes.
func TestSection1_OwnRefusals(t *testing.T) {
	for r := range Reason(Reasons) {
		if r.WireCode() == 0 || r.Scope() != ScopeCall || r == OriginatorCancel {
			continue
		}
		a := Verdict(events(t, "in phone / ! 1 "+r.String()), Meta{})
		if a.Code != r.WireCode() || a.Reason != r.Header() || a.ByeReason != r.String() {
			t.Errorf("%s: %+v", r, a)
		}
		if (a.RetryAfter != 0) != (r == SwitchCongestion) {
			t.Errorf("%s: Retry-After %d", r, a.RetryAfter)
		}
	}
	a := Verdict(events(t, "in phone / ! 1 FACILITY_NOT_IMPLEMENTED =420"), Meta{})
	if a.Code != 420 || a.Phrase != "Bad Extension" || a.Reason != `Q.850;cause=69;text="Facility not implemented"` {
		t.Errorf("own 420: %+v", a)
	}
	r := Fold(events(t, "in phone / ! 1 FACILITY_NOT_IMPLEMENTED =420 / > 1 420"), Meta{})
	checkOutcome(t, &r, "Call_Failed 501 FACILITY_NOT_IMPLEMENTED 420 platform no routing certain")

	o := &Options{WireCodes: map[Reason]int{UserNotRegistered: 404, FacilityNotImplemented: 488, OriginatorCancel: 603, UserBusy: 700}, RetryAfter: 30}
	for script, want := range map[string]int{
		"in phone / ! 1 USER_NOT_REGISTERED":           404,
		"in phone / ! 1 FACILITY_NOT_IMPLEMENTED =420": 420,
		"in phone / < 1 CANCEL":                        487,
		"in phone / ! 1 USER_BUSY dnd":                 486,
		"in phone / out 2 phone / < 2 486":             486,
	} {
		if a := Verdict(events(t, script), Meta{Options: o}); a.Code != want {
			t.Errorf("%s: with overrides %d, want %d", script, a.Code, want)
		}
	}
	if a := Verdict(events(t, "in phone / ! 1 SWITCH_CONGESTION"), Meta{Options: o}); a.RetryAfter != 30 {
		t.Errorf("Retry-After %d, want 30", a.RetryAfter)
	}
}
