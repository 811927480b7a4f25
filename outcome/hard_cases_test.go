package outcome

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onhook/call"
)

// Beginnings of calls, for the tables below. menu: our own 200, then a menu; queue and mailbox likewise.
const (
	menu    = "in phone / stage routing / > 1 200+sdp / stage menu / app main welcome 0 / < 1 ACK / "
	queued  = "in phone / stage routing / > 1 200+sdp / stage queue / < 1 ACK / "
	mailbox = "in phone / stage routing / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 2 CANCEL / < 2 487 / > 1 200+sdp / stage voicemail / < 1 ACK / "
	held    = up + "hold 2 / "
)

type hardCase struct{ name, script, want string }

func runCases(t *testing.T, cases []hardCase) {
	t.Helper()
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			evs := events(t, x.script)
			r := Fold(evs, Meta{ID: "call_1"})
			checkOutcome(t, &r, x.want)
			checkVerdict(t, evs, &r)
			if again := Fold(evs, Meta{ID: "call_1"}); !cmp.Equal(r, again) {
				t.Errorf("folded again it differs: %s", cmp.Diff(r, again))
			}
		})
	}
}

// checkVerdict asks for the verdict where the script sends the caller its final
// response: it must be what the script sends, and its reason the record's.
func checkVerdict(t *testing.T, evs []call.Event, r *Record) {
	t.Helper()
	for i := len(evs) - 1; i > 0; i-- {
		e := &evs[i]
		if e.Kind != call.EvSent || e.Leg != 1 || !strings.HasPrefix(e.Msg, "SIP/2.0 ") || e.Msg[8] < '3' || !strings.Contains(e.Msg, "CSeq: 1 INVITE") {
			continue
		}
		a := Verdict(evs[:i], Meta{ID: "call_1"})
		if strconv.Itoa(a.Code) != e.Msg[8:11] || a.ByeReason != r.ByeReason {
			t.Errorf("verdict before event %d is %d %s, but %s was sent and the record says %s", e.Seq, a.Code, a.ByeReason, e.Msg[8:11], r.ByeReason)
		}
		return
	}
}

// stageCases are rule 3 of section 3 and the examples of section 1.
var stageCases = []hardCase{
	{"menu open", menu + "< 1 BYE {Reason: Q.850;cause=38}", "Abandoned 902 Abandoned_IVR_Menu 200 caller platform menu certain"},
	{"final leaf", menu + "app main goodbye 1 / < 1 BYE", "Call_Ended 906 End_In_IVR 200 caller platform menu certain"},
	{"final leaf, we hang up", menu + "app main goodbye 1 / ! 1 End_In_IVR / > 1 BYE", "Call_Ended 906 End_In_IVR 200 platform platform menu certain"},
	{"a leaf is forgotten with its menu", menu + "app main info 1 / stage queue / stage menu / < 1 BYE", "Abandoned 902 Abandoned_IVR_Menu 200 caller platform menu certain"},
	{"the menu is done, and says no more", menu + "app main bye 1 / ! 1 - / > 1 BYE", "Call_Ended 906 End_In_IVR 200 platform platform menu certain"},
	{"back from a leaf", menu + "app main info 1 / app main welcome 0 / < 1 BYE", "Abandoned 902 Abandoned_IVR_Menu 200 caller platform menu certain"},
	{"held by the other party", held + "< 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
	{"held by the caller itself", up + "hold 1 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"held by both", up + "hold 1 / hold 2 / < 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
	{"held, resumed", held + "resume 2 / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"the holder hangs up", held + "< 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party hold certain"},
	{"parked", up + "stage hold / < 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
	{"queue", queued + "< 1 BYE", "Abandoned 908 Ended_In_Call_System 200 caller platform queue certain"},
	{"a menu passes on, the caller hangs up while the extension rings", menu + "stage routing / out 2 phone / < 2 180 / < 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller platform ringing certain"},
	{"transferred into a queue", up + "stage queue / < 1 BYE", "Abandoned 908 Ended_In_Call_System 200 caller party queue certain"},
	{"transferred into a menu", up + "stage menu / < 1 BYE", "Abandoned 902 Abandoned_IVR_Menu 200 caller party menu certain"},
	// Section 1, status (d), and its examples.
	{"menu, then extension busy", menu + "stage routing / out 2 phone / < 2 486 / > 1 BYE", "Busy 486 USER_BUSY 200 callee platform routing certain"},
	{"menu, then operator hang-up", menu + "command op / ! 1 MANAGER_REQUEST / > 1 BYE", "Call_Ended 200 MANAGER_REQUEST 200 platform platform menu certain"},
	{"menu, operator hang-up while the extension rings", menu + "stage routing / out 2 phone / < 2 180 / command op / ! 1 MANAGER_REQUEST / > 1 BYE", "Cancelled 480 MANAGER_REQUEST 200 platform platform ringing certain"},
	{"menu, no ACK", menu + "timer 1 2xx / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network platform menu certain no_ack"},
	// Sent away by our own REFER.
	{"menu sends the caller away", menu + "! 1 Transferred_From_IVR / > 1 BYE", "Call_Ended 907 Transferred_From_IVR 200 platform platform menu certain"},
	{"queue sends the caller away", queued + "! 1 Transferred_From_Call_System / > 1 BYE", "Call_Ended 909 Transferred_From_Call_System 200 platform platform queue certain"},
	// Rule 2.
	{"BYE in the early dialog", "in phone / out 2 phone / < 2 180 / > 1 180 / < 1 BYE / ! 2 ORIGINATOR_CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
}

// TestSection3_TheStageComesFirst is rule 3 for the caller's BYE.
func TestSection3_TheStageComesFirst(t *testing.T) {
	runCases(t, stageCases)
}

// TestSection2_SegmentsAndLegs holds the path of a call through a menu and a queue.
func TestSection2_SegmentsAndLegs(t *testing.T) {
	r := Fold(events(t, menu+"stage queue / out 2 phone 1 / out 3 phone 1 / < 2 180 / < 3 180 / < 3 200+sdp / bridge 3 / ! 2 PICKED_OFF / > 2 CANCEL / < 2 487 / hold 3 / resume 3 / < 3 BYE"), Meta{})
	var got []string
	for _, s := range r.Segments {
		got = append(got, s.Stage+" "+s.Reason)
	}
	want := []string{"routing ", "menu Transferred_From_IVR", "queue Transferred_From_Call_System", "talking ", "hold ", "talking NORMAL_CLEARING"}
	if !slices.Equal(got, want) {
		t.Errorf("segments %q, want %q", got, want)
	}
	got = nil
	for _, l := range r.Legs {
		got = append(got, l.Reason)
	}
	if want := []string{"NORMAL_CLEARING", "PICKED_OFF", "NORMAL_CLEARING"}; !slices.Equal(got, want) {
		t.Errorf("leg reasons %q, want %q", got, want)
	}
	if r.HoldMS != 1000 || r.TalkMS != 6000 {
		t.Errorf("hold %d ms, talk %d ms, want 1000 and 6000", r.HoldMS, r.TalkMS)
	}
}

// TestTimes holds the durations of a plain call: each event is a second after the one before.
func TestTimes(t *testing.T) {
	r := Fold(events(t, "in phone / out 2 phone / wait 1s / < 2 180 / wait 4s / < 2 200+sdp / > 1 200+sdp / bridge 2 / wait 60s / < 1 BYE"), Meta{})
	// INVITE at 1 s; 180 at 5 s; 200 to the caller at 11 s; bridged at 12 s; BYE at 73 s.
	for _, x := range []struct {
		name      string
		got, want int64
	}{{"duration", r.DurationMS, 72000}, {"setup", r.SetupMS, 10000}, {"ring", r.RingMS, 6000}, {"talk", r.TalkMS, 61000}, {"hold", r.HoldMS, 0}} {
		if x.got != x.want {
			t.Errorf("%s_ms is %d, want %d", x.name, x.got, x.want)
		}
	}
	if r.From.Number != "1001" || r.From.Name != "Alice" || r.To.URI != "sip:1002@example.com" {
		t.Errorf("parties %+v %+v", r.From, r.To)
	}
	if l := r.Legs[1]; l.Direction != "out" || l.SIPCallID != "leg2@example.com" || l.Address != "192.0.2.2:5060" || l.Target != "bob" {
		t.Errorf("leg 2 is %+v", l)
	}
}

// apiCases are calls that the API made.
var apiCases = []hardCase{
	{"first party busy", "out 1 phone / < 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"first party leaves before the second", "out 1 phone / < 1 180 / < 1 200+sdp / stage routing / out 2 phone / < 2 180 / < 1 BYE", "Cancelled 487 ORIGINATOR_CANCEL 200 caller platform ringing certain"},
	{"second party busy", "out 1 phone / < 1 200+sdp / stage routing / out 2 phone / < 2 486 / > 1 BYE", "Busy 486 USER_BUSY 200 callee platform routing certain"},
	{"both talked", "out 1 phone / < 1 200+sdp / out 2 phone / < 2 200+sdp / bridge 2 / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"one party, a menu, its leaf", "leg 1 platform / out 2 phone / < 2 200+sdp / stage menu / app info news 1 / < 2 BYE", "Call_Ended 906 End_In_IVR - callee party menu certain"},
	{"one party, a menu still open", "leg 1 platform / out 2 phone / < 2 200+sdp / stage menu / app info ask 0 / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING - callee party menu certain"},
	{"one party, busy", "leg 1 platform / out 2 phone / < 2 486 / ended 2", "Busy 486 USER_BUSY - callee no routing certain"},
	{"one party, the leaf is done", "leg 1 platform / out 2 phone / < 2 200+sdp / stage menu / app info news 1 / ! 1 End_In_IVR / > 2 BYE", "Call_Ended 906 End_In_IVR - platform party menu certain"},
	{"one party, the platform calls", "leg 1 platform / out 2 phone / < 2 180 / < 2 200+sdp / bridge 2 / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING - callee party talking certain"},
}

// TestSection2_CallMadeThroughTheAPI: the first party dialled takes the caller's place.
func TestSection2_CallMadeThroughTheAPI(t *testing.T) {
	runCases(t, apiCases)
}

// captureCases are what a capture can know: section 3a.
var captureCases = []hardCase{
	{"one leg, 486: a server may have refused by itself", "in unknown / > 1 180 / > 1 486", "Busy 486 USER_BUSY 486 callee no ringing likely"},
	{"one leg, 403: taken as from a trunk", "in unknown / > 1 403", "Call_Failed 403 OUTGOING_CALL_BARRED 403 network no routing guess"},
	{"one leg, 403 with a cause: no guess", "in unknown / > 1 403 {Reason: Q.850;cause=55}", "Call_Failed 403 INCOMING_CALL_BARRED 403 network no routing likely"},
	{"one leg, 603: none but the callee says so", "in unknown / > 1 180 / > 1 603", "Declined 603 CALL_REJECTED 603 callee no ringing certain"},
	{"two legs, busy, and the server answers: a mailbox, perhaps", "in unknown / out 2 unknown / < 2 486 / > 1 200+sdp / < 1 ACK / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely"},
	{"two legs, the server's own refusal", "in unknown / out 2 unknown / > 1 503 {Reason: Q.850;cause=38}", "Call_Failed 503 NETWORK_OUT_OF_ORDER 503 network no routing likely"},
	{"one leg, answered, the callee hangs up", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"one leg, rung and answered, the caller hangs up", "in unknown / > 1 180 / > 1 200+sdp / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"one leg, answered without ringing, the caller hangs up", "in unknown / > 1 200+sdp / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely"},
	{"one leg, CANCEL and 487", "in unknown / > 1 180 / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
	{"CANCEL and no final", "in unknown / > 1 180 / < 1 CANCEL", "Cancelled 487 ORIGINATOR_CANCEL - caller no ringing likely"},
	{"no response at all", "in unknown / timer 1 B", "Unreachable 408 NO_USER_RESPONSE - network no routing likely timer_b"},
	{"BYE without its INVITE", "leg 1 unknown / < 1 BYE / > 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING - unknown party talking likely"},
	{"cut, nothing seen", "in unknown / > 1 180", "Call_Failed - UNSPECIFIED - unknown no ringing guess"},
	{"cut after a 2xx", "in unknown / > 1 200+sdp / < 1 ACK", "Call_Ended 200 UNSPECIFIED 200 unknown party talking guess"},
	{"both legs of a B2BUA, its ring timer", "in unknown / out 2 unknown / < 2 180 / > 1 180 / > 2 CANCEL / < 2 487 / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing likely"},
	{"both legs, answered, the callee hangs up", "in unknown / out 2 unknown / < 2 180 / > 1 180 / < 2 200+sdp / > 1 200+sdp / < 1 ACK / > 2 ACK / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"both legs, answered, the callee holds, the caller hangs up", "in unknown / out 2 unknown / < 2 200+sdp / > 1 200+sdp / < 1 ACK / hold 2 / inferred / < 1 BYE", "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
	{"both legs, a fork lost", "in unknown / out 2 unknown 1 / out 3 unknown 1 / < 2 180 / < 3 200+sdp / > 2 CANCEL / < 2 487 / > 1 200+sdp / < 3 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"an intent that was concluded", "in unknown / > 1 200+sdp / timer 1 2xx / inferred / ! 1 RECOVERY_ON_TIMER_EXPIRE no_ack / inferred / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely no_ack"},
	{"no ACK, seen by the timer alone", "in unknown / > 1 200+sdp / timer 1 2xx / inferred / > 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely no_ack"},
	{"one direction: INVITE, ACK and BYE of the caller", "in unknown / < 1 ACK / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely"},
	{"one direction: INVITE and ACK of the caller", "in unknown / < 1 ACK", "Call_Ended 200 UNSPECIFIED - unknown party talking guess"},
	{"one direction: the caller's ACK to a refusal", "in unknown / < 1 ACK {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1INVITE}", "Call_Failed - UNSPECIFIED - unknown no routing guess"},
	{"the 2xx was lost, not the ACK of an old phone", "in unknown / > 1 180 / < 1 ACK {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1INVITE} / < 1 BYE / > 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely"},
	{"the 2xx was lost, not the ACK", "in unknown / > 1 180 / < 1 ACK / < 1 BYE / > 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING - caller party talking likely"},
	{"the 2xx and the ACK of both legs were lost, not the callee's BYE", "in unknown / out 2 unknown / < 2 180 / > 1 180 / > 2 ACK / < 1 ACK / < 2 BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING - callee party talking likely"},
	{"the caller's BYE was lost, not its 200", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / > 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely"},
	{"the callee's BYE was lost, not its 200", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / < 1 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely"},
	{"both legs, the callee's BYE was lost, not its 200", "in unknown / out 2 unknown / < 2 180 / > 1 180 / < 2 200+sdp / > 1 200+sdp / < 1 ACK / > 2 200/BYE / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely"},
	{"the CANCEL was lost, not its 200", "in unknown / > 1 180 / > 1 200/CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing likely"},
	{"183 with a part that is SDP, then 480", "in unknown / > 1 183 {Content-Type: multipart/mixed;boundary=x & Body: --x & Content-Type: application/sdp &  & v=0 & --x--} / > 1 480", "Not_Answered 480 NO_ANSWER 480 callee no ringing likely"},
	{"no answer to the caller's refresh, then its BYE", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / < 1 UPDATE / wait 32s / timer 1 F UPDATE by=caller / inferred / < 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely in_dialog_timeout"},
	{"the session timer on the caller's side, then its BYE", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / wait 60s / timer 1 session - by=caller / inferred / < 1 BYE", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking likely session_timer"},
	{"481 to the caller's re-INVITE, then its BYE", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / < 1 INVITE / > 1 481/INVITE / < 1 BYE", "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking likely in_dialog_481"},
	{"481 to the caller's INFO, and its BYE long after", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / < 1 INFO / > 1 481/INFO / wait 60s / < 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	{"481 to the callee's INFO, and its BYE long after", "in unknown / > 1 180 / > 1 200+sdp / < 1 ACK / > 1 INFO / < 1 481/INFO / wait 60s / > 1 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"both legs, caller's CANCEL", "in unknown / out 2 unknown / < 2 180 / > 1 180 / < 1 CANCEL / > 2 CANCEL / > 1 487 / < 2 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
}

// TestSection3a holds what a capture can know.
func TestSection3a(t *testing.T) {
	for _, x := range captureCases {
		t.Run(x.name, func(t *testing.T) {
			r := Fold(events(t, x.script), Meta{Source: "pcap"})
			checkOutcome(t, &r, x.want)
		})
	}
}

// peerCases are what section 9 says that others get wrong.
var peerCases = []hardCase{
	{"486 with cause 16 stays busy", "in phone / out 2 phone / < 2 486 {Reason: Q.850;cause=16} / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"every Reason value is read", `in phone / out 2 trunk / < 2 480 {Reason: SIP;cause=480, Q.850;cause=17} / > 1 480`, "Busy 480 USER_BUSY 480 callee no routing certain"},
	{"a silent phone", "in phone / out 2 phone / timer 2 ring / ! 2 NO_USER_RESPONSE / > 1 408", "Unreachable 408 NO_USER_RESPONSE 408 platform no routing certain"},
	{"a phone that rang out", "in phone / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / > 1 480", "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
	{"a dead port is no 503", "in phone / out 2 phone / broken 2 refused INVITE / > 1 502", "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
	{"a 503 is no dead port", "in phone / out 2 phone / < 2 503 / > 1 500", "Call_Failed 503 NORMAL_TEMPORARY_FAILURE 500 network no routing certain"},
	{"480 stays 480", "in phone / out 2 phone / < 2 480 / > 1 480", "Unreachable 480 SUBSCRIBER_ABSENT 480 callee no routing certain"},
	{"a failed fork is named by section 6", "in phone / out 2 trunk 1 / out 3 phone 1 / < 2 503 / < 3 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"483 stays 483", "in phone / out 2 trunk / < 2 483 / > 1 483", "Call_Failed 483 EXCHANGE_ROUTING_ERROR 483 network no routing certain"},
	{"487 is not 500", "in phone / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain"},
	{"504 is not 603", "in phone / out 2 trunk / < 2 504 / > 1 504", "Call_Failed 504 RECOVERY_ON_TIMER_EXPIRE 504 network no routing certain"},
	{"the Reason of the callee's BYE", up + "< 2 BYE {Reason: Q.850;cause=41} / > 1 BYE", "Call_Ended 200 NORMAL_TEMPORARY_FAILURE 200 network party talking certain"},
	{"CANCEL is not no answer", "in phone / out 2 phone / < 2 180 / < 1 CANCEL / > 1 487", "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
	{"a 200 won over a CANCEL", up + "< 1 CANCEL / < 2 BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
	{"busy is not declined", "in phone / out 2 phone / < 2 486 / > 1 486", "Busy 486 USER_BUSY 486 callee no routing certain"},
	{"declined is not busy", "in phone / out 2 phone / < 2 603 / > 1 603", "Declined 603 CALL_REJECTED 603 callee no routing certain"},
	{"a menu alone is not an answered party", menu + "stage routing / out 2 phone / < 2 180 / timer 2 ring / ! 2 NO_ANSWER / ! 1 - / > 1 BYE", "Not_Answered 480 NO_ANSWER 200 platform platform ringing certain"},
}

// TestSection9 runs the published rows; peers_test.go names each defect.
func TestSection9(t *testing.T) { runCases(t, peerCases) }
