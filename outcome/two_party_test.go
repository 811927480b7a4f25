package outcome

import (
	"strconv"
	"strings"
	"testing"
)

// want is what a row expects: "status code reason sip_final ended_by answered stage confidence", spaces
// in the status written as "_"; "-" stands for none. " | legs R R" adds the reasons of the legs,
// " | path STAGE STAGE:R" the segments.
func checkOutcome(t *testing.T, r *Record, want string) {
	t.Helper()
	for i, part := range strings.Split(want, " | ") {
		got := outcomeLine(r)
		switch {
		case i == 0:
		case strings.HasPrefix(part, "legs "):
			got = legLine(r)
		default:
			got = pathLine(r)
		}
		if got != part {
			t.Errorf("\n got %s\nwant %s\n     %s\n     notes %q", got, part, r.Summary, r.Notes)
		}
	}
	if r.Confidence != "certain" && len(r.Notes) == 0 {
		t.Errorf("%s, and no note says why", r.Confidence)
	}
	for _, bad := range Check(*r) {
		t.Errorf("invariant: %s", bad)
	}
}

// legLine is "legs" and the reason of each leg, "-" for none.
func legLine(r *Record) string {
	s := "legs"
	for _, l := range r.Legs {
		s += " " + dash(l.Reason)
	}
	return s
}

// pathLine is "path" and the segments, each with its reason if it has one.
func pathLine(r *Record) string {
	s := "path"
	for _, x := range r.Segments {
		s += " " + x.Stage
		if x.Reason != "" {
			s += ":" + x.Reason
		}
	}
	return s
}

func outcomeLine(r *Record) string {
	num := func(n int) string {
		if n == 0 {
			return "-"
		}
		return strconv.Itoa(n)
	}
	b := []byte(r.Status)
	for i := range b {
		if b[i] == ' ' {
			b[i] = '_'
		}
	}
	s := string(b) + " " + num(r.LastResponseCode) + " " + r.ByeReason + " " + num(r.SIPFinal) + " " + r.EndedBy + " " + r.Answered + " " + r.Stage + " " + r.Confidence
	if r.Detail != "" {
		s += " " + r.Detail
	}
	return s
}

const up = "in phone / stage routing / out 2 phone / < 2 180 / stage ringing / > 1 180 / < 2 200+sdp / > 2 ACK / > 1 200+sdp / bridge 2 / stage talking / < 1 ACK / "

// twoPartyCases are the endings of a plain call, as package call tells them.
var twoPartyCases = []hardCase{
	{"caller hangs up", up + "< 1 BYE / > 2 BYE / < 2 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"callee hangs up", up + "< 2 BYE / > 1 BYE / < 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"486", "in phone / out 2 phone / < 2 486 / ended 2 / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"486 after ringing", "in phone / out 2 phone / < 2 180 / < 2 486 / ended 2 / > 1 486", "Busy 486 USER_BUSY 486 callee no ringing certain"},
	{"600", "in phone / out 2 phone / < 2 600 / ended 2 / > 1 600", "Busy 600 USER_BUSY 600 callee no routing certain"},
	{"603", "in phone / out 2 phone / < 2 180 / < 2 603 / ended 2 / > 1 603", "Declined 603 CALL_REJECTED 603 callee no ringing certain"},
	{"404", "in phone / out 2 trunk / < 2 404 / ended 2 / > 1 404", "Call_Failed 404 UNALLOCATED_NUMBER 404 network no routing certain"},
	{"480 before ringing", "in phone / out 2 phone / < 2 480 / ended 2 / > 1 480", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing certain"},
	{"480 after ringing", "in phone / out 2 phone / < 2 180 / < 2 480 / ended 2 / > 1 480", "Not_Answered 480 NO_ANSWER 480 callee no ringing certain"},
	{"408 before ringing", "in phone / out 2 phone / < 2 408 / ended 2 / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 callee no routing certain"},
	{"503", "in phone / out 2 trunk / < 2 503 / ended 2 / > 1 500", "Call_Failed 503 NORMAL_TEMPORARY_FAILURE 500 network no routing certain"},
	{"no answer", "in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 200/CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
	{"ring timer, silent", "in phone / out 2 phone / < 2 100 / timer 2 ring / ! 2 NO_USER_RESPONSE / > 2 CANCEL / < 2 487 / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 platform no routing certain"},
	{"timer B", "in phone / out 2 phone / wait 32s / timer 2 B INVITE / ended 2 / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 network no routing certain timer_b"},
	{"caller's CANCEL", "in phone / out 2 phone / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 2 CANCEL / > 1 487 / < 2 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
	{"no ACK", up + "wait 32s / timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack by=network / > 1 BYE / > 2 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain no_ack"},
	{"BYE cause 17", up + "< 2 BYE {Reason: Q.850;cause=17}", "Call_Ended 200 USER_BUSY 200 callee party talking certain"},
	{"BYE cause 38", up + "< 2 BYE {Reason: Q.850;cause=38}", "Call_Ended 200 NETWORK_OUT_OF_ORDER 200 network party talking certain"},
	{"BYE cause 127", up + "< 2 BYE {Reason: Q.850;cause=127}", "Call_Ended 200 INTERWORKING 200 network party talking certain"},
	{"killed in mid-call", up + "alive / wait 9s / ! 0 Terminated_From_Server recovered", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely recovered"},
	{"killed while ringing", "in phone / out 2 phone / < 2 180 / alive / ! 0 Terminated_From_Server recovered", "Cancelled 901 Terminated_From_Server - platform no ringing likely recovered"},
	{"unknown number", "in phone / stage routing / ! 1 UNALLOCATED_NUMBER / > 1 404", "Call_Failed 404 UNALLOCATED_NUMBER 404 platform no routing certain"},
}

// TestTwoPartyCalls walks through them.
func TestTwoPartyCalls(t *testing.T) { runCases(t, twoPartyCases) }
