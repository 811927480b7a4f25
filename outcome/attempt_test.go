package outcome

import (
	"fmt"
	"strings"
	"testing"
)

// TestSection6_Order rings two branches together, for each pair of the order:
// the better one decides, whichever comes first.
func TestSection6_Order(t *testing.T) {
	// Each class of the order from the best, with what its branch does; N is the leg.
	order := []struct{ name, peer, script, want string }{
		{"603", "phone", "< N 603", "CALL_REJECTED"},
		{"607", "phone", "< N 607", "CALL_REJECTED"},
		{"600", "phone", "< N 600", "USER_BUSY"},
		{"606", "phone", "< N 606", "INCOMPATIBLE_DESTINATION"},
		{"604", "phone", "< N 604", "UNALLOCATED_NUMBER"},
		{"608", "phone", "< N 608", "INCOMING_CALL_BARRED"},
		{"302", "phone", "< N 302", "REDIRECTION_TO_NEW_DESTINATION"},
		{"486", "phone", "< N 486", "USER_BUSY"},
		{"403 from a phone", "phone", "< N 403", "CALL_REJECTED"},
		{"480 after 180", "phone", "< N 180 / < N 480", "NO_ANSWER"},
		{"ring timer after 180", "phone", "< N 180 / timer N ring / ! N NO_ANSWER / < N 487", "NO_ANSWER"},
		{"480", "phone", "< N 480", "SUBSCRIBER_ABSENT"},
		{"484", "phone", "< N 484", "INVALID_NUMBER_FORMAT"},
		{"488", "phone", "< N 488", "INCOMPATIBLE_DESTINATION"},
		{"410", "phone", "< N 410", "NUMBER_CHANGED"},
		{"404", "phone", "< N 404", "UNALLOCATED_NUMBER"},
		{"other 4xx", "phone", "< N 416", "INVALID_NUMBER_FORMAT"},
		{"5xx", "phone", "< N 500", "NORMAL_TEMPORARY_FAILURE"},
		{"transport", "phone", "broken N refused INVITE", "DESTINATION_OUT_OF_ORDER"},
	}
	branch := func(i, leg int) string { return strings.ReplaceAll(order[i].script, " N ", fmt.Sprint(" ", leg, " ")) }
	for i := range order {
		for j := i + 1; j < len(order); j++ {
			for _, better := range []int{2, 3} {
				a, b := branch(i, better), branch(j, 5-better)
				for _, finish := range []string{a + " / " + b, b + " / " + a} {
					script := "in phone / out 2 " + order[i].peer + " 1 / out 3 " + order[j].peer + " 1 / " + finish
					r := Fold(events(t, script), Meta{})
					if r.ByeReason != order[i].want {
						t.Errorf("%s against %s: %s, want %s\n%s", order[i].name, order[j].name, r.ByeReason, order[i].want, script)
					}
				}
			}
		}
	}
}

// TestSection6_EqualsTheFirstReceived: "among equals the first received", not the first dialled.
func TestSection6_EqualsTheFirstReceived(t *testing.T) {
	evs := events(t, "in phone / out 2 phone 1 / out 3 phone 1 / < 3 486 / < 2 486")
	if a := Verdict(evs, Meta{}); a.Leg != 3 {
		t.Errorf("leg %d decided, want 3", a.Leg)
	}
	evs = events(t, "in phone / out 2 phone 1 / out 3 phone 1 / < 3 408 / < 2 480")
	if a := Verdict(evs, Meta{}); a.Leg != 3 || a.Code != 408 {
		t.Errorf("leg %d decided with %d, want 3 with 408", a.Leg, a.Code)
	}
}

// TestSection6_OneAfterTheOther: the last attempt decides, unless an earlier one reached the callee.
func TestSection6_OneAfterTheOther(t *testing.T) {
	for _, x := range []struct{ name, script, want string }{
		{"both failed: the last", "out 2 trunk / < 2 404 / out 3 trunk / < 3 503", "503 NORMAL_TEMPORARY_FAILURE"},
		{"the last one's no answer stands", "out 2 phone / < 2 486 / out 3 phone / < 3 180 / timer 3 ring / ! 3 NO_ANSWER", "480 NO_ANSWER"},
		{"busy, then unreachable: busy", "out 2 phone / < 2 486 / out 3 phone / < 3 480", "486 USER_BUSY"},
		{"busy, then failed: busy", "out 2 phone / < 2 486 / out 3 trunk / < 3 404", "486 USER_BUSY"},
		{"alerted, then silent: no answer", "out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / out 3 phone / timer 3 ring / ! 3 NO_USER_RESPONSE", "480 NO_ANSWER"},
		{"not reached, then unreachable: the last", "out 2 phone / < 2 404 / out 3 phone / < 3 480", "480 SUBSCRIBER_ABSENT"},
		{"alerted and failed, then failed: the alerted one", "out 2 phone / < 2 180 / < 2 500 / out 3 trunk / < 3 404", "500 NORMAL_TEMPORARY_FAILURE"},
		{"phone's 403, then failed", "out 2 phone / < 2 403 / out 3 trunk / < 3 503", "403 CALL_REJECTED"},
		{"trunk's 403, then failed", "out 2 trunk / < 2 403 / out 3 trunk / < 3 503", "503 NORMAL_TEMPORARY_FAILURE"},
		{"the best of those reached", "out 2 phone / < 2 180 / < 2 480 / out 3 phone / < 3 486 / out 4 trunk / < 4 503", "486 USER_BUSY"},
		{"sets in turn", "out 2 phone 1 / out 3 phone 1 / < 2 486 / < 3 404 / out 4 phone 2 / out 5 phone 2 / < 4 500 / < 5 480", "486 USER_BUSY"},
		{"forwarded by 302, target busy", "out 2 phone / < 2 302 / ended 2 CALL_FORWARD / out 3 phone / < 3 486", "486 USER_BUSY"},
		{"busy, then forwarded, target failed", "out 2 phone / < 2 486 / ended 2 CALL_FORWARD / out 3 trunk / < 3 404", "404 UNALLOCATED_NUMBER"},
		{"no device registered, then a trunk's failure", "leg 2 phone / ended 2 USER_NOT_REGISTERED / out 3 trunk / < 3 404", "404 UNALLOCATED_NUMBER"},
		{"no device registered at the end", "out 3 trunk / < 3 404 / leg 2 phone / ended 2 USER_NOT_REGISTERED", "480 USER_NOT_REGISTERED"},
		{"6xx cancels the others of its set", "out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 603 / ! 2 - / > 2 CANCEL / < 2 487", "603 CALL_REJECTED"},
		{"a late 200 after the ring timer", "out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 200+sdp / > 2 ACK / > 2 BYE", "480 NO_ANSWER"},
		{"a 486 after the ring timer", "out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 486", "480 NO_ANSWER"},
		{"the trunk always challenges", "out 2 trunk / < 2 407 / > 2 INVITE / < 2 407", "407 OUTGOING_CALL_BARRED"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := Fold(events(t, "in phone / "+x.script), Meta{})
			if got := fmt.Sprint(r.LastResponseCode, " ", r.ByeReason); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
			for _, bad := range Check(r) {
				t.Error(bad)
			}
		})
	}
}

// TestSection6_A2xxWins: a 2xx that still arrives after a 6xx wins.
func TestSection6_A2xxWins(t *testing.T) {
	r := Fold(events(t, "in phone / out 2 phone 1 / out 3 phone 1 / < 2 603 / < 3 200+sdp / > 1 200+sdp / bridge 3 / < 1 BYE"), Meta{})
	checkOutcome(t, &r, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain")
	if r.Legs[1].Reason != "CALL_REJECTED" {
		t.Errorf("leg 2 ended as %s", r.Legs[1].Reason)
	}
}

// TestLegReasons: each leg has its own reason, whatever the call's is.
func TestLegReasons(t *testing.T) {
	for _, x := range []struct {
		script string
		want   []string
	}{
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 603 / ! 2 - / > 2 CANCEL / < 2 487 / > 1 603", []string{"CALL_REJECTED", "CALL_REJECTED", "CALL_REJECTED"}},
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 486 / < 3 404 / > 1 486", []string{"USER_BUSY", "USER_BUSY", "UNALLOCATED_NUMBER"}},
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / ! 3 ORIGINATOR_CANCEL / > 1 487", []string{"ORIGINATOR_CANCEL", "ORIGINATOR_CANCEL", "ORIGINATOR_CANCEL"}},
		{"in phone / out 2 phone 1 / out 3 phone 1 / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / timer 3 ring / ! 3 NO_USER_RESPONSE / > 1 480", []string{"NO_ANSWER", "NO_ANSWER", "NO_USER_RESPONSE"}},
		{up + "< 2 REFER / > 2 202/REFER / < 2 BYE / stage routing / out 3 phone / < 3 180 / < 3 486 / ! 1 - / > 1 BYE", []string{"USER_BUSY", "NORMAL_CLEARING", "USER_BUSY"}},
		{"in phone / out 2 phone / < 2 180 / command op / ! 1 MANAGER_REQUEST / > 1 480", []string{"MANAGER_REQUEST", "MANAGER_REQUEST"}},
	} {
		r := Fold(events(t, x.script), Meta{})
		var got []string
		for _, l := range r.Legs {
			got = append(got, l.Reason)
		}
		if strings.Join(got, " ") != strings.Join(x.want, " ") {
			t.Errorf("%s: %q, want %q", x.script, got, x.want)
		}
	}
}

// TestLegFinals: what a leg received, and whether it was on the wire.
func TestLegFinals(t *testing.T) {
	r := Fold(events(t, "in phone / out 2 trunk / broken 2 refused INVITE / out 3 phone / timer 3 B INVITE / out 4 phone / < 4 486 / > 1 486"), Meta{})
	for i, want := range []string{"486 false", "503 true", "408 true", "486 false"} {
		if got := fmt.Sprint(r.Legs[i].FinalCode, r.Legs[i].Synthetic); got != want {
			t.Errorf("leg %d: %s, want %s", i+1, got, want)
		}
	}
}
