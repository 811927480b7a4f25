package analyse

import (
	"testing"
)

// later is traffic long after, so that the capture is known to run on.
const later = " / wait 200s / dialog late / a>b OPTIONS"

// call is a call set up between a and b, up to the ACK.
const callUp = "a>b INVITE / b>a 100 / b>a 180 / b>a 200+sdp / a>b ACK / wait 5s / "

type row struct{ name, script, want, finding string }

// section3aRows are what one leg of a capture can know.
var section3aRows = []row{
	{"busy", "a>b INVITE / b>a 100 / b>a 486 / a>b ACK", "Busy 486 USER_BUSY 486 callee no routing likely", ""},
	{"declined", "a>b INVITE / b>a 180 / b>a 603 / a>b ACK", "Declined 603 CALL_REJECTED 603 callee no ringing certain", ""},
	{"rang out", "a>b INVITE / b>a 180 / wait 30s / b>a 480 / a>b ACK", "Not_Answered 480 NO_ANSWER 480 callee no ringing likely", ""},
	{"not registered", "a>b INVITE / b>a 480 / a>b ACK", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing likely", ""},
	{"403 of an unknown peer is a guess", "a>b INVITE / b>a 403 / a>b ACK", "Call_Failed 403 OUTGOING_CALL_BARRED 403 network no routing guess", ""},
	{"404 with cause 3", "a>b INVITE / b>a 404 {Reason: Q.850;cause=3} / a>b ACK", "Call_Failed 404 NO_ROUTE_DESTINATION 404 network no routing likely", ""},
	{"the caller hangs up", callUp + "a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", ""},
	{"the callee hangs up", callUp + "by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", ""},
	{"the callee's BYE with a cause", callUp + "by callee / b>a BYE {Reason: Q.850;cause=41} / a>b 200/BYE", "Call_Ended 200 NORMAL_TEMPORARY_FAILURE 200 network party talking certain", ""},
	{"cancelled", "a>b INVITE / b>a 100 / b>a 180 / wait 4s / a>b CANCEL / b>a 200/CANCEL / b>a 487 / a>b ACK", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain", ""},
	{"answered elsewhere upstream", "a>b INVITE / b>a 180 / a>b CANCEL {Reason: SIP;cause=200} / b>a 200/CANCEL / b>a 487 / a>b ACK", "Cancelled 487 PICKED_OFF 487 caller no ringing certain", ""},
	{"CANCEL and no final", "a>b INVITE / b>a 180 / a>b CANCEL / b>a 200/CANCEL" + later, "Cancelled 487 ORIGINATOR_CANCEL - caller no ringing likely", "no_487"},
	{"no response at all", "a>b INVITE / wait 400ms / again / wait 900ms / again / wait 1900ms / again" + later, "Unreachable 408 NO_USER_RESPONSE - network no routing likely timer_b", "timer"},
	{"100 and then silence", "a>b INVITE / b>a 100" + later, "Unreachable 408 NO_USER_RESPONSE - network no routing likely only_100", "timer"},
	{"the capture ends before 64*T1", "a>b INVITE / wait 5s / dialog late / a>b OPTIONS", "Call_Failed - UNSPECIFIED - unknown no routing guess", ""},
	{"the capture ends while it rings", "a>b INVITE / b>a 180", "Call_Failed - UNSPECIFIED - unknown no ringing guess", "no_final"},
	{"the capture ends while they talk", callUp + "wait 1s", "Call_Ended 200 UNSPECIFIED 200 unknown party talking guess", "missing_bye"},
	{"BYE without its INVITE", "a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING - unknown party talking likely", "no_invite"},
	{"CANCEL without its INVITE", "a>b CANCEL / b>a 200/CANCEL", "Cancelled 487 ORIGINATOR_CANCEL - unknown no routing likely", "no_invite"},
	{"a re-INVITE and a BYE without the INVITE", "cseq 5 / a>b re-INVITE+sdp / b>a 200+sdp / a>b ACK / wait 9s / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING - unknown party talking likely", "no_invite"},
	{"a refused re-INVITE without the INVITE, then BYE", "cseq 5 / a>b re-INVITE+sdp / b>a 488 / a>b ACK / wait 9s / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING - unknown party talking likely", "no_invite"},
	{"challenged, then answered: one leg", "a>b INVITE / b>a 407 / a>b ACK / a>b INVITE / b>a 200+sdp / a>b ACK / wait 3s / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", "challenged"},
	{"refused after credentials", "a>b INVITE / b>a 407 / a>b ACK / a>b INVITE / b>a 403 {Reason: Q.850;cause=57} / a>b ACK", "Call_Failed 403 BEARERCAPABILITY_NOTAUTH 403 network no routing likely", "challenged"},
	{"one direction: the caller's", "a>b INVITE / wait 3s / a>b ACK / wait 9s / a>b BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely", ""},
	{"one direction: the caller's, with an end long after", "a>b INVITE / wait 3s / a>b ACK / wait 900s / a>b BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely", ""},
	{"one direction: the caller's, still up", "a>b INVITE / wait 3s / a>b ACK" + later, "Call_Ended 200 UNSPECIFIED - unknown party talking guess", "missing_bye"},
	{"one direction: the caller's, refused", "a>b INVITE / wait 3s / a>b ACK {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone@example.com-INVITE-1}" + later, "Call_Failed - UNSPECIFIED - unknown no routing guess", "no_final"},
	{"one direction: the caller's, challenged and answered", "a>b INVITE / a>b ACK {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone@example.com-INVITE-1} / a>b INVITE / wait 3s / a>b ACK / wait 9s / a>b BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely", ""},
	{"the 486 was lost, not the ACK", "a>b INVITE / b>a 180 / a>b ACK {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone@example.com-INVITE-1}" + later, "Call_Failed - UNSPECIFIED - unknown no ringing guess", "no_final"},
	{"the 200 was lost, not the ACK", "a>b INVITE / b>a 180 / wait 3s / a>b ACK / wait 9s / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely", ""},
	{"the caller's BYE was lost, not its 200", callUp + "cseq 2 / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", "missing_bye"},
	{"the CANCEL was lost, not its 200", "a>b INVITE / b>a 180 / wait 4s / b>a 200/CANCEL / b>a 487 / a>b ACK", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing likely", ""},
	{"a port that is closed", "a>b INVITE / icmp b>a", "Call_Failed 502 NETWORK_OUT_OF_ORDER - network no routing guess transport", "not_delivered"},
}

// section7Rows are the hard cases that a capture can know.
var section7Rows = []row{
	{"CANCEL crosses the 200", "a>b INVITE / b>a 180 / a>b CANCEL / b>a 200+sdp / b>a 481/CANCEL / a>b ACK / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", "cancel_crossed"},
	{"CANCEL before any provisional", "a>b INVITE / a>b CANCEL / b>a 100 / b>a 200/CANCEL / b>a 487 / a>b ACK", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain", ""},
	{"several 2xx", "a>b INVITE / b>a 180 / b>a 200+sdp / a>b ACK / totag other / b>a 200+sdp / a>b ACK / a>b BYE / b>a 200/BYE / wait 20s / totag bone / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "several_answers"},
	{"BYE before ACK from the caller", "a>b INVITE / b>a 200+sdp / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", "ack_not_captured"},
	{"BYE before ACK from the callee", "a>b INVITE / b>a 200+sdp / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely", "ack_not_captured"},
	{"no ACK", "a>b INVITE / b>a 200+sdp / wait 400ms / again / wait 900ms / again / wait 1900ms / again / wait 3900ms / again / wait 3900ms / again / wait 20500ms / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely no_ack", "no_ack"},
	{"the ACK comes late", "a>b INVITE / b>a 200+sdp / wait 400ms / again / wait 900ms / again / a>b ACK / wait 9s / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely", "late_ack"},
	{"session timer", "a>b INVITE / b>a 200+sdp {Session-Expires: 90;refresher=uac} / a>b ACK / wait 60s / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely session_timer", "timer"},
	{"a BYE before the session timer", "a>b INVITE / b>a 200+sdp {Session-Expires: 90;refresher=uac} / a>b ACK / wait 50s / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely", ""},
	{"no RTP", callUp + "rtp a>b 60 / rtp b>a 1600 / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely media_timeout", "audio_stopped"},
	{"481 to a re-INVITE of the callee", callUp + "by callee / cseq 7 / b>a re-INVITE+sdp / a>b 481 / b>a ACK / b>a BYE / a>b 481/BYE", "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking certain in_dialog_481", ""},
	{"no answer to an UPDATE of the callee", callUp + "by callee / b>a UPDATE / wait 32s / b>a BYE / a>b 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely in_dialog_timeout", "timer"},
	{"481 to a re-INVITE of the caller", callUp + "a>b re-INVITE+sdp / b>a 481 / a>b ACK / a>b BYE / b>a 481/BYE", "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking likely in_dialog_481", ""},
	{"481 to an INFO of the caller, and a BYE long after", callUp + "a>b INFO / b>a 481/INFO / wait 99s / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", ""},
	{"481 to an INFO of the callee, and a BYE long after", callUp + "by callee / cseq 7 / b>a INFO / a>b 481/INFO / wait 99s / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", ""},
	{"no answer to an UPDATE of the caller", callUp + "a>b UPDATE / wait 32s / a>b BYE / b>a 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely in_dialog_timeout", "timer"},
	{"session timer on the caller's side", "a>b INVITE / b>a 180 / b>a 200+sdp {Session-Expires: 90;refresher=uas} / a>b ACK / wait 60s / a>b BYE / b>a 200/BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely session_timer", "timer"},
	{"a re-INVITE refused with 488", callUp + "by callee / cseq 7 / b>a re-INVITE+sdp / a>b 488 / b>a ACK / wait 9s / by caller / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", ""},
	{"both send BYE", callUp + "a>b BYE / by callee / cseq 9 / b>a BYE / by caller / b>a 200/BYE / by callee / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", ""},
	{"the callee holds, the caller hangs up", callUp + "by callee / cseq 7 / b>a re-INVITE+hold / a>b 200+sdp / b>a ACK / wait 9s / by caller / cseq 2 / a>b BYE / b>a 200/BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain", ""},
	{"the callee held and resumed", callUp + "by callee / cseq 7 / b>a re-INVITE+hold / a>b 200+sdp / b>a ACK / wait 9s / b>a re-INVITE+resume / a>b 200+sdp / b>a ACK / wait 1s / by caller / cseq 2 / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", ""},
	{"the caller holds and hangs up", callUp + "a>b re-INVITE+hold / b>a 200+sdp / a>b ACK / wait 9s / a>b BYE / b>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", ""},
	{"a transfer", callUp + "by callee / cseq 7 / b>a REFER / a>b 202/REFER / by caller / cseq 2 / a>b NOTIFY / b>a 200/NOTIFY / by callee / cseq 8 / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "transfer"},
	{"early media, then a failure", "a>b INVITE / b>a 183+sdp / wait 5s / b>a 404 / a>b ACK", "Call_Failed 404 UNALLOCATED_NUMBER 404 network no ringing likely", ""},
	{"redirected and not followed", "a>b INVITE / b>a 302 / a>b ACK", "Call_Failed 302 REDIRECTION_TO_NEW_DESTINATION 302 callee no routing certain", ""},
	{"the INVITE is sent again", "a>b INVITE / wait 400ms / again / b>a 100 / b>a 486 / a>b ACK", "Busy 486 USER_BUSY 486 callee no routing likely", "retransmitted"},
	{"no answer to the BYE", callUp + "a>b BYE / wait 400ms / again" + later, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", "no_answer_to_bye"},
	{"no ACK to the 486", "a>b INVITE / b>a 486 / wait 400ms / again / wait 900ms / again / wait 1900ms / again" + later, "Busy 486 USER_BUSY 486 callee no routing likely", "no_ack"},
	{"one-way audio", callUp + "rtp a>b 400 / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "one_way_audio"},
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, x := range rows {
		t.Run(x.name, func(t *testing.T) {
			calls, _ := newTape(t).write(x.script).run(Options{})
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			c := calls[0]
			if got := line(&c.Record); got != x.want {
				t.Errorf("\n got %s\nwant %s\nnotes %q", got, x.want, c.Record.Notes)
			}
			if x.finding != "" && !c.has(x.finding) {
				t.Errorf("no finding %s in %+v", x.finding, c.Findings)
			}
		})
	}
}

// TestSection3a: what a capture of one leg can know (docs/outcomes.md, section 3a).
func TestSection3a(t *testing.T) { runRows(t, section3aRows) }

// TestSection7: the hard cases, as far as a capture of one leg can know them.
func TestSection7(t *testing.T) { runRows(t, section7Rows) }
