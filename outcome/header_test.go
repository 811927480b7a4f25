package outcome

import (
	"strconv"
	"strings"
	"testing"

	"onhook/call"
	"onhook/sip"
)

// TestSection5_FinalResponse holds the reading of Reason values in final responses.
func TestSection5_FinalResponse(t *testing.T) {
	for _, x := range []struct {
		name, ring, code, reason string
		want                     string // reason status shown
		conflict                 bool
		sent                     string // the Reason that goes on
	}{
		// The examples of the section.
		{"480+17", "", "480", "Q.850;cause=17", "USER_BUSY Busy 480", false, "Q.850;cause=17"},
		{"404+3", "", "404", "Q.850;cause=3", "NO_ROUTE_DESTINATION Call Failed 404", false, "Q.850;cause=3"},
		{"486+16", "", "486", "Q.850;cause=16", "USER_BUSY Busy 486", false, `Q.850;cause=17;text="User busy"`},
		{"603+17", "", "603", "Q.850;cause=17", "CALL_REJECTED Declined 603", true, `Q.850;cause=21;text="Call rejected"`},
		{"500+1", "", "500", "Q.850;cause=1", "UNALLOCATED_NUMBER Call Failed 500", false, "Q.850;cause=1"},
		// Reading the header.
		{"case of the protocol", "", "480", "q.850;CAUSE=17", "USER_BUSY Busy 480", false, "Q.850;cause=17"},
		{"SIP is evidence only", "", "480", "SIP;cause=486", "SUBSCRIBER_ABSENT Unreachable 480", false, ""},
		{"Q.850 after SIP on one line", "", "480", `SIP;cause=480;text="a,b", Q.850;cause=17;text="busy"`, "USER_BUSY Busy 480", false, `Q.850;cause=17;text="busy"`},
		{"on two lines", "", "500", "SIP;cause=500 & Reason: Q.850 ;cause=1", "UNALLOCATED_NUMBER Call Failed 500", false, "Q.850;cause=1"},
		{"the first valid one counts", "", "500", "Q.850;cause=0, Q.850;cause=300, Q.850;cause=1, Q.850;cause=17", "UNALLOCATED_NUMBER Call Failed 500", false, "Q.850;cause=1"},
		{"0, 128, no number, none", "", "480", "Q.850;cause=0, Q.850;cause=128, Q.850;cause=x, Q.850;text=\"y\"", "SUBSCRIBER_ABSENT Unreachable 480", false, ""},
		{"SIP;cause=702 says nothing", "", "480", "SIP;cause=702", "SUBSCRIBER_ABSENT Unreachable 480", false, ""},
		{"preemption", "", "503", `preemption;cause=1;text="UA Preemption"`, "NORMAL_CIRCUIT_CONGESTION Unreachable 503", false, `Q.850;cause=8;text="UA Preemption"`},
		// Classes.
		{"class 2", "", "500", "Q.850;cause=40", "NORMAL_CIRCUIT_CONGESTION Unreachable 500", false, "Q.850;cause=40"},
		{"class 3", "", "500", "Q.850;cause=49", "SERVICE_UNAVAILABLE Call Failed 500", false, "Q.850;cause=49"},
		{"class 4", "", "500", "Q.850;cause=72", "SERVICE_NOT_IMPLEMENTED Call Failed 500", false, "Q.850;cause=72"},
		{"class 5", "", "500", "Q.850;cause=90", "INVALID_MSG_UNSPECIFIED Call Failed 500", false, "Q.850;cause=90"},
		{"class 6", "", "500", "Q.850;cause=110", "PROTOCOL_ERROR Call Failed 500", false, "Q.850;cause=110"},
		{"class 7", "", "500", "Q.850;cause=120", "INTERWORKING Call Failed 500", false, "Q.850;cause=120"},
		{"class 1 is by the code", "", "486", "Q.850;cause=24", "USER_BUSY Busy 486", false, `Q.850;cause=17;text="User busy"`},
		{"class 0 is by the code", "", "500", "Q.850;cause=4", "NORMAL_TEMPORARY_FAILURE Call Failed 500", false, `Q.850;cause=41;text="Temporary failure"`},
		{"31 is by the code", "", "404", "Q.850;cause=31", "UNALLOCATED_NUMBER Call Failed 404", false, `Q.850;cause=1;text="Unallocated number"`},
		// Generic and specific codes.
		{"404+17", "", "404", "Q.850;cause=17", "UNALLOCATED_NUMBER Call Failed 404", true, `Q.850;cause=1;text="Unallocated number"`},
		{"403+17", "", "403", "Q.850;cause=17", "USER_BUSY Busy 403", false, "Q.850;cause=17"},
		{"488+65", "", "488", "Q.850;cause=65", "BEARERCAPABILITY_NOTIMPL Call Failed 488", false, "Q.850;cause=65"},
		{"606+17", "", "606", "Q.850;cause=17", "USER_BUSY Busy 606", false, "Q.850;cause=17"},
		{"600+21", "", "600", "Q.850;cause=21", "USER_BUSY Busy 600", true, `Q.850;cause=17;text="User busy"`},
		{"501+29", "", "501", "Q.850;cause=29", "FACILITY_REJECTED Call Failed 501", false, "Q.850;cause=29"},
		{"603 Network Blocked is specific", "", "603", "Q.850;cause=17 & Phrase: Network Blocked", "INCOMING_CALL_BARRED Call Failed 603", true, `Q.850;cause=55;text="Incoming call barred"`},
		// 18, 19, 20.
		{"480+18, alerted", "180", "480", "Q.850;cause=18", "NO_ANSWER Not Answered 480", true, `Q.850;cause=19;text="No answer from user"`},
		{"480+20, alerted", "180", "480", "Q.850;cause=20", "NO_ANSWER Not Answered 480", true, `Q.850;cause=19;text="No answer from user"`},
		{"480+18, not alerted", "", "480", "Q.850;cause=18", "NO_USER_RESPONSE Unreachable 480", false, "Q.850;cause=18"},
		{"480+19 without 180", "", "480", "Q.850;cause=19", "NO_ANSWER Not Answered 480", false, "Q.850;cause=19"},
		{"408+19 without 180", "", "408", "Q.850;cause=19", "NO_ANSWER Not Answered 408", false, "Q.850;cause=19"},
		{"408+18, alerted", "180", "408", "Q.850;cause=18", "NO_ANSWER Not Answered 408", true, `Q.850;cause=19;text="No answer from user"`},
		{"404+20, alerted", "180", "404", "Q.850;cause=20", "UNALLOCATED_NUMBER Call Failed 404", true, `Q.850;cause=1;text="Unallocated number"`},
		// 21 and its location (RFC 8606).
		{"480+21", "", "480", "Q.850;cause=21", "CALL_REJECTED Declined 480", false, "Q.850;cause=21"},
		{"480+21 U", "", "480", "Q.850;cause=21;location=U", "CALL_REJECTED Declined 480", false, "Q.850;cause=21;location=U"},
		{"480+21 rpn", "", "480", "Q.850;cause=21;location=rpn", "CALL_REJECTED Declined 480", false, "Q.850;cause=21;location=rpn"},
		{"480+21 LPN", "", "480", "Q.850;cause=21;location=LPN", "CALL_REJECTED Declined 480", false, "Q.850;cause=21;location=LPN"},
		{"480+21 LN", "", "480", "Q.850;cause=21;location=LN", "SUBSCRIBER_ABSENT Unreachable 480", true, `Q.850;cause=20;text="Subscriber absent"`},
		{"503+21 TN", "", "503", "Q.850;cause=21;location=TN", "NORMAL_TEMPORARY_FAILURE Call Failed 503", true, `Q.850;cause=41;text="Temporary failure"`},
		{"480+21 unknown location", "", "480", "Q.850;cause=21;location=MOON", "CALL_REJECTED Declined 480", false, "Q.850;cause=21;location=MOON"},
		// In a 18x.
		{"18x, then 480", "183 {Reason: Q.850;cause=17}", "480", "", "USER_BUSY Busy 480", false, "Q.850;cause=17"},
		{"18x, then 500", "183 {Reason: Q.850;cause=1}", "500", "", "UNALLOCATED_NUMBER Call Failed 500", false, "Q.850;cause=1"},
		{"18x, then 503: not used", "183 {Reason: Q.850;cause=1}", "503", "", "NORMAL_TEMPORARY_FAILURE Call Failed 503", false, ""},
		{"18x, then 480 with its own", "183 {Reason: Q.850;cause=1}", "480", "Q.850;cause=17", "USER_BUSY Busy 480", false, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			script := "in phone / out 2 trunk / "
			if x.ring != "" {
				script += "< 2 " + x.ring + " / "
			}
			script += "< 2 " + x.code
			if x.reason != "" {
				script += " {Reason: " + x.reason + "}"
				if i := strings.Index(script, " & Phrase: "); i >= 0 {
					// The phrase has to come first.
					script = strings.Replace(script, "{Reason: Q.850;cause=17 & Phrase: Network Blocked}", "{Phrase: Network Blocked & Reason: Q.850;cause=17}", 1)
				}
			}
			evs := events(t, script+" / ended 2")
			r := Fold(evs, Meta{})
			if got := r.ByeReason + " " + r.Status + " " + strconv.Itoa(r.LastResponseCode); got != x.want {
				t.Errorf("got %s, want %s (notes %q)", got, x.want, r.Notes)
			}
			noted := false
			for _, n := range r.Notes {
				noted = noted || strings.Contains(n, "disagree")
			}
			if noted != x.conflict {
				t.Errorf("conflict noted: %v, want %v (%q)", noted, x.conflict, r.Notes)
			}
			if x.conflict && r.Confidence != "likely" {
				t.Errorf("confidence %s, want likely", r.Confidence)
			}
			if a := Verdict(evs, Meta{}); x.sent != "" && a.Reason != x.sent {
				t.Errorf("sent Reason %q, want %q", a.Reason, x.sent)
			}
			if x.reason != "" && len(r.Legs[1].Reasons) == 0 {
				t.Error("the leg kept no Reason value")
			}
		})
	}
}

// TestSection5_DuplicateIsNoted: RFC 3326 allows one value a protocol.
func TestSection5_DuplicateIsNoted(t *testing.T) {
	r := Fold(events(t, "in phone / out 2 trunk / < 2 500 {Reason: Q.850;cause=1, Q.850;cause=17}"), Meta{})
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "more than one") || len(r.Legs[1].Reasons) != 2 {
		t.Errorf("notes %q, reasons %q", r.Notes, r.Legs[1].Reasons)
	}
}

// TestSection5_Bye holds the reading of Reason values in a BYE, and what goes on.
func TestSection5_Bye(t *testing.T) {
	for _, x := range []struct{ reason, want, sent string }{
		{"", "NORMAL_CLEARING callee", `Q.850;cause=16;text="Normal call clearing"`},
		{"Q.850;cause=16", "NORMAL_CLEARING callee", `Q.850;cause=16;text="Normal call clearing"`},
		{"Q.850;cause=31", "NORMAL_CLEARING callee", `Q.850;cause=16;text="Normal call clearing"`},
		{"Q.850;cause=26", "NORMAL_CLEARING callee", `Q.850;cause=16;text="Normal call clearing"`},
		{"SIP;cause=200", "NORMAL_CLEARING callee", ""},
		{"SIP;cause=302", "NORMAL_CLEARING callee", ""},
		{"SIP;cause=487", "NORMAL_CLEARING callee", ""},
		{"Q.850;cause=17", "USER_BUSY callee", "Q.850;cause=17"},
		{`Q.850;cause=38;text="out";location=LN`, "NETWORK_OUT_OF_ORDER network", `Q.850;cause=38;text="out";location=LN`},
		{"Q.850;cause=127", "INTERWORKING network", "Q.850;cause=127"},
		{"Q.850;cause=102", "RECOVERY_ON_TIMER_EXPIRE network", "Q.850;cause=102"},
		{"SIP;cause=503", "NORMAL_TEMPORARY_FAILURE network", "SIP;cause=503"},
		{"SIP;cause=480", "NO_ANSWER callee", "SIP;cause=480"},
		{"SIP;cause=403", "OUTGOING_CALL_BARRED network", "SIP;cause=403"},
		{"SIP;cause=486, Q.850;cause=38", "NETWORK_OUT_OF_ORDER network", "Q.850;cause=38"},
		{"SIP;cause=486, Q.850;cause=16", "NORMAL_CLEARING callee", ""},
		{"Q.850;cause=21;location=LN", "NORMAL_CLEARING callee", ""},
		{"MANAGER_REQUEST;cause=901", "NORMAL_CLEARING callee", ""},
		{"Q.850;cause=901, SIP;cause=902", "NORMAL_CLEARING callee", ""},
	} {
		header := ""
		if x.reason != "" {
			header = " {Reason: " + x.reason + "}"
		}
		evs := events(t, up+"< 2 BYE"+header)
		r := Fold(evs, Meta{})
		if got := r.ByeReason + " " + r.EndedBy; got != x.want || r.Status != "Call Ended" || r.LastResponseCode != 200 {
			t.Errorf("BYE %q: %s %s %d, want %s", x.reason, r.Status, got, r.LastResponseCode, x.want)
		}
		if got := ByeReason(evs, Meta{}); x.sent != "" && got != x.sent {
			t.Errorf("BYE %q: sent %q, want %q", x.reason, got, x.sent)
		}
		caller := Fold(events(t, up+"< 1 BYE"+header), Meta{})
		if got, want := caller.ByeReason+" "+caller.EndedBy, strings.Replace(x.want, "callee", "caller", 1); got != want {
			t.Errorf("BYE %q of the caller: %s, want %s", x.reason, got, want)
		}
	}
	r := Fold(events(t, up+"< 1 BYE / > 2 BYE / < 2 200/BYE {Reason: Q.850;cause=38}"), Meta{})
	if r.ByeReason != "NORMAL_CLEARING" {
		t.Errorf("a Reason in the 200 to a BYE proves nothing, got %s", r.ByeReason)
	}
}

// TestSection5_Cancel: "only answered-elsewhere changes the reason".
func TestSection5_Cancel(t *testing.T) {
	for reason, want := range map[string]string{
		"":                          "Cancelled 487 ORIGINATOR_CANCEL",
		" {Reason: Q.850;cause=16}": "Cancelled 487 ORIGINATOR_CANCEL",
		" {Reason: Q.850;cause=17}": "Cancelled 487 ORIGINATOR_CANCEL",
		" {Reason: SIP;cause=200}":  "Cancelled 487 PICKED_OFF",
		" {Reason: Q.850;cause=26}": "Cancelled 487 PICKED_OFF",
	} {
		r := Fold(events(t, "in trunk / out 2 phone / < 2 180 / < 1 CANCEL"+reason+" / > 1 487"), Meta{})
		if got := r.Status + " " + strconv.Itoa(r.LastResponseCode) + " " + r.ByeReason; got != want || r.EndedBy != "caller" {
			t.Errorf("CANCEL%s: %s by %s, want %s", reason, got, r.EndedBy, want)
		}
	}
}

// TestSection5_WhatOurCancelSays holds the Reason of the CANCELs that we send.
func TestSection5_WhatOurCancelSays(t *testing.T) {
	for _, x := range []struct {
		script string
		leg    call.LegID
		want   string
	}{
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 180 / < 2 200+sdp / > 1 200+sdp / bridge 2 / ! 3 PICKED_OFF", 3, Elsewhere},
		{"in phone / out 2 phone / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL", 2, ""},
		{"in phone / out 2 phone / < 2 180 / < 1 CANCEL {Reason: SIP;cause=200} / ! 2 ORIGINATOR_CANCEL", 2, "SIP;cause=200"},
		{"in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER", 2, `Q.850;cause=19;text="No answer from user"`},
		{"in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_USER_RESPONSE", 2, `Q.850;cause=19;text="No answer from user"`},
		{"in phone / out 2 phone / timer 2 ring / ! 2 NO_USER_RESPONSE", 2, `Q.850;cause=18;text="No user responding"`},
		{"in phone / out 2 phone / command op / ! 1 MANAGER_REQUEST / ! 2 MANAGER_REQUEST", 2, ""},
	} {
		if got := CancelReason(events(t, x.script), Meta{}, x.leg); got != x.want {
			t.Errorf("%s: %q, want %q", x.script, got, x.want)
		}
	}
}

// TestSection5_WhatOurByeSays holds the Reason of the BYE to one leg: a late 2xx of an
// attempt that was given up is told why.
func TestSection5_WhatOurByeSays(t *testing.T) {
	for _, x := range []struct {
		script string
		leg    call.LegID
		want   string
	}{
		{"in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 200+sdp", 2, `Q.850;cause=19;text="No answer from user"`},
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 200+sdp / > 1 200+sdp / bridge 2 / ! 3 PICKED_OFF / > 3 CANCEL / < 3 200+sdp", 3, Elsewhere},
		{"in phone / out 2 phone / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 1 487 / < 2 200+sdp", 2, ""},
		{up + `< 2 BYE {Reason: Q.850;cause=38;text="a \"b\"";location=TN}`, 1, `Q.850;cause=38;text="a \"b\"";location=TN`},
		{up + "< 1 BYE", 2, `Q.850;cause=16;text="Normal call clearing"`},
		{held + "< 1 BYE", 2, ""},
	} {
		if got := LegByeReason(events(t, x.script), Meta{}, x.leg); got != x.want {
			t.Errorf("%s: %q, want %q", x.script, got, x.want)
		}
	}
}

// FuzzReason: whatever a Reason header says, what we pass on is one line, reads as
// a Reason again, and never names 9xx.
func FuzzReason(f *testing.F) {
	for _, s := range []string{`Q.850;cause=17;text="User \"busy\""`, "SIP;cause=200, Q.850;cause=26", `Q.850;cause=21;location=U;text="x,y;z"`, `preemption;cause=1;text="a\\"`, `Q.850;cause=17;text="`, "q.850 ; cause = 19 ;location=\"RLN\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n") || len(value) > 1000 {
			return
		}
		evs := events(t, "in phone / out 2 trunk / < 2 480 / < 2 480")
		evs[4].Msg = strings.Replace(evs[4].Msg, "\r\nContent-Length", "\r\nReason: "+value+"\r\nContent-Length", 1)
		bye := events(t, up+"< 2 BYE")
		n := len(bye) - 1
		bye[n].Msg = strings.Replace(bye[n].Msg, "\r\nContent-Length", "\r\nReason: "+value+"\r\nContent-Length", 1)
		for _, sent := range []string{Verdict(evs[:5], Meta{}).Reason, ByeReason(bye, Meta{})} {
			if sent == "" {
				continue
			}
			if strings.ContainsAny(sent, "\r\n") {
				t.Fatalf("%q: we would send %q", value, sent)
			}
			m := sip.Message{}
			m.Add(sip.HReason, sent)
			rs := m.Reasons()
			if len(rs) != 1 || rs[0].Cause < 1 || rs[0].Cause > 699 {
				t.Fatalf("%q: we would send %q, which reads as %+v", value, sent, rs)
			}
		}
	})
}
