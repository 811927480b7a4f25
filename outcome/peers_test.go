package outcome

import (
	"strings"
	"testing"

	"onhook/call"
)

// The tests of this file are named by what section 9 of the rules says that
// other programs get wrong. Each makes the call and asks for the right answer.

// peersCall folds a script, and holds the verdict and the invariants as well.
func peersCall(t *testing.T, script, want string) Record {
	t.Helper()
	evs := events(t, script)
	r := Fold(evs, Meta{})
	checkOutcome(t, &r, want)
	checkVerdict(t, evs, &r)
	return r
}

func TestPeersDefect_FreeSWITCH_Q850AlwaysWins(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / < 2 486 {Reason: Q.850;cause=16} / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain")
	peersCall(t, "in phone / out 2 phone / < 2 603 {Reason: Q.850;cause=17} / > 1 603", "Declined 603 CALL_REJECTED 603 callee no routing likely")
}

func TestPeersDefect_FreeSWITCH_ReadsOnlyTheFirstReason(t *testing.T) {
	r := peersCall(t, "in phone / out 2 trunk / < 2 480 {Reason: SIP;cause=480, Q.850;cause=17} / > 1 480", "Busy 480 USER_BUSY 480 callee no routing certain")
	if len(r.Legs[1].Reasons) != 2 {
		t.Errorf("leg 2 keeps %q, want both values", r.Legs[1].Reasons)
	}
	peersCall(t, "in phone / out 2 trunk / < 2 500 {Reason: preemption-x;cause=1 & Reason: SIP;cause=500 & Reason: Q.850;cause=1} / > 1 500", "Call_Failed 500 UNALLOCATED_NUMBER 500 network no routing certain")
}

// No SIP cause that we send is a number that SIP does not have: 9xx stands for
// our own numbers, 702 for FreeSWITCH's.
func TestPeersDefect_FreeSWITCH_SendsSIPCause702(t *testing.T) {
	for reason := range Reason(Reasons) {
		if h := reason.Header(); h != "" && !strings.HasPrefix(h, "Q.850;cause=") {
			t.Errorf("%s: we would send %q", reason, h)
		}
	}
	won := "in phone / out 2 phone 1 / out 3 phone 1 / < 2 200+sdp / > 1 200+sdp / bridge 2 / ! 3 PICKED_OFF"
	if got := CancelReason(events(t, won), Meta{}, 3); got != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("the CANCEL of a losing branch says %q", got)
	}
	// Received, it says nothing and is not passed on.
	evs := events(t, up+"< 2 BYE {Reason: SIP;cause=702}")
	if r, sent := Fold(evs, Meta{}), ByeReason(evs, Meta{}); r.ByeReason != "NORMAL_CLEARING" || strings.Contains(sent, "702") {
		t.Errorf("a BYE with SIP;cause=702: %s, passed on as %q", r.ByeReason, sent)
	}
}

func TestPeersDefect_FreeSWITCH_SilentPhoneOrRungOut(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / timer 2 ring / ! 2 NO_USER_RESPONSE / > 2 CANCEL / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 platform no routing certain")
	peersCall(t, "in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain")
}

func TestPeersDefect_FreeSWITCH_DeadPortOr503(t *testing.T) {
	r := peersCall(t, "in phone / out 2 phone / broken 2 refused INVITE / ended 2 / > 1 502", "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport")
	if !r.Legs[1].Synthetic {
		t.Error("the 503 of a dead port was not on the wire: it must be marked synthetic")
	}
	r = peersCall(t, "in phone / out 2 phone / < 2 503 / > 1 500", "Call_Failed 503 NORMAL_TEMPORARY_FAILURE 500 network no routing certain")
	if r.Legs[1].Synthetic || r.Legs[1].FinalCode != 503 {
		t.Errorf("leg 2: %+v", r.Legs[1])
	}
}

// The ring timer ends a call in early media too, and the rules name its end.
func TestPeersDefect_FreeSWITCH_EarlyMediaForEver(t *testing.T) {
	peersCall(t, "in phone / out 2 trunk / < 2 183+sdp / > 1 183+sdp / wait 60s / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing likely")
}

func TestPeersDefect_FreeSWITCH_480Becomes408(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / < 2 480 / > 1 480", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing certain")
	peersCall(t, "in phone / out 2 phone / < 2 180 / < 2 480 / > 1 480", "Not_Answered 480 NO_ANSWER 480 callee no ringing certain")
	peersCall(t, "in phone / out 2 trunk / < 2 480 {Reason: Q.850;cause=18} / > 1 480", "Unreachable 480 NO_USER_RESPONSE 480 callee no routing certain")
}

func TestPeersDefect_FreeSWITCH_ForkNamedByDialOrder(t *testing.T) {
	for _, finals := range []string{"< 2 503 / < 3 486", "< 3 486 / < 2 503"} {
		peersCall(t, "in phone / out 2 trunk 1 / out 3 phone 1 / "+finals+" / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain")
	}
	for _, finals := range []string{"< 2 486 / < 3 503", "< 3 503 / < 2 486"} {
		peersCall(t, "in phone / out 2 phone 1 / out 3 trunk 1 / "+finals+" / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain")
	}
}

func TestPeersDefect_Asterisk_483Becomes480(t *testing.T) {
	peersCall(t, "in phone / out 2 trunk / < 2 483 / > 1 483", "Call_Failed 483 EXCHANGE_ROUTING_ERROR 483 network no routing certain")
}

func TestPeersDefect_Asterisk_487Becomes500(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / < 2 180 / < 1 CANCEL / ! 2 ORIGINATOR_CANCEL / > 2 CANCEL / > 1 487 / < 2 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain")
}

func TestPeersDefect_Asterisk_504AndUnmappedBecome603(t *testing.T) {
	peersCall(t, "in phone / out 2 trunk / < 2 504 / > 1 504", "Call_Failed 504 RECOVERY_ON_TIMER_EXPIRE 504 network no routing certain")
	for _, cause := range []string{"29", "43", "63", "97", "111", "127"} {
		r := Fold(events(t, "in phone / out 2 trunk / < 2 500 {Reason: Q.850;cause="+cause+"} / > 1 500"), Meta{})
		if r.Status == "Declined" || r.ByeReason == "CALL_REJECTED" || r.SIPFinal != 500 {
			t.Errorf("500 with cause %s: %s %s %d", cause, r.Status, r.ByeReason, r.SIPFinal)
		}
	}
}

func TestPeersDefect_Asterisk_LosesTheReasonOfTheCalleesBYE(t *testing.T) {
	evs := events(t, up+`< 2 BYE {Reason: Q.850;cause=41;text="gone"}`)
	if got := ByeReason(evs, Meta{}); got != `Q.850;cause=41;text="gone"` {
		t.Errorf("the caller is sent %q", got)
	}
	peersCall(t, up+"< 2 BYE {Reason: Q.850;cause=41} / > 1 BYE", "Call_Ended 200 NORMAL_TEMPORARY_FAILURE 200 network party talking certain")
}

func TestPeersDefect_Asterisk_CancelIsNoAnswer(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / < 2 180 / wait 20s / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain")
}

func TestPeersDefect_Sngrep_480IsBusy(t *testing.T) {
	r := Fold(events(t, "in unknown / > 1 480"), Meta{Source: "pcap"})
	checkOutcome(t, &r, "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing likely")
}

func TestPeersDefect_Sngrep_CancelledAlthoughA200Won(t *testing.T) {
	peersCall(t, up+"< 1 CANCEL / > 1 200/CANCEL / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain")
	// Seen from outside: the CANCEL came, and a 200 to the INVITE won.
	r := Fold(events(t, "in unknown / out 2 unknown / < 2 180 / > 1 180 / < 2 200+sdp / > 1 200+sdp / < 1 CANCEL / > 1 200/CANCEL / < 1 ACK / < 1 BYE"), Meta{Source: "pcap"})
	checkOutcome(t, &r, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain")
}

// Both legs have the same address: the leg tells who hung up.
func TestPeersDefect_VoIPmonitor_WhoHungUpByAddress(t *testing.T) {
	for leg, want := range map[string]string{"1": "caller", "2": "callee"} {
		for _, source := range []string{"live", "pcap"} {
			evs := events(t, up+"< "+leg+" BYE")
			for i := range evs {
				if evs[i].Kind == call.EvReceived || evs[i].Kind == call.EvSent {
					evs[i].Flow = "udp 192.0.2.7:5060>192.0.2.7:5060"
				}
			}
			if r := Fold(evs, Meta{Source: source}); r.EndedBy != want {
				t.Errorf("%s, BYE on leg %s: ended by %s, want %s", source, leg, r.EndedBy, want)
			}
		}
	}
}

func TestPeersDefect_LiveKit_BusyOrDeclined(t *testing.T) {
	peersCall(t, "in phone / out 2 phone / < 2 180 / < 2 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no ringing certain")
	peersCall(t, "in phone / out 2 phone / < 2 180 / < 2 603 / > 1 603", "Declined 603 CALL_REJECTED 603 callee no ringing certain")
	peersCall(t, "in phone / out 2 phone / < 2 600 / > 1 600", "Busy 600 USER_BUSY 600 callee no routing certain")
}

func TestPeersDefect_Jambonz_CancelIsNoAnswer(t *testing.T) {
	peersCall(t, "in trunk / out 2 phone / < 2 180 / > 1 180 / < 1 CANCEL {Reason: Q.850;cause=19} / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain")
}

func TestPeersDefect_FusionPBX_AMenuCountsAsAnswered(t *testing.T) {
	r := peersCall(t, menu+"stage routing / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / ! 1 - / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform ringing certain")
	if r.TalkMS != 0 {
		t.Errorf("talked %d ms with a menu", r.TalkMS)
	}
	peersCall(t, menu+"< 1 BYE", "Abandoned 902 Abandoned_IVR_Menu 200 caller platform menu certain")
}
