package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

func TestCallerHangsUpAfterAnswer(t *testing.T) {
	r := newRig(t, Options{Ring: 30 * time.Second, Relay: true}, Start{Steps: []Step{phones("sip:b@192.0.2.2")}})
	r.want("event stage 0 routing 0", "begin", "media open 1", "event leg 2 101 0", "media open 2", "invite 2 sip:b@192.0.2.2")
	r.from(2, 180, "")
	r.want("event stage 0 ringing 0", "respond 1 180")
	r.from(2, 200, answerB)
	r.want("respond 1 200", "event bridged 2 0", "event stage 0 talking 0", "media set 1 192.0.2.1:4000 send=true recv=true", "media set 2 192.0.2.2:5000 send=true recv=true", "media bridge 1 2")
	body := r.bodies["respond 1 200"]
	if !strings.Contains(body, "c=IN IP4 198.51.100.9\r\n") || !strings.Contains(body, "m=audio 10002 RTP/AVP 8 101\r\n") || strings.Contains(body, "192.0.2.2") {
		t.Errorf("the caller must be shown our own address, got\n%s", body)
	}
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "bye 2", "media close 1", "media close 2")
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.BYE, Msg: &sip.Message{Status: 200}})
	r.want("finish")
}

func TestBusyIsTheOutcomesToSay(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@192.0.2.2")}})
	r.from(2, 486, "")
	r.want("event ended 2 0", "refuse 1")
	r.pass(3 * time.Second)
	r.want("finish")
	r.never("cancel")
}

func TestCancelOfTheCallerCancelsEveryBranch(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h")}})
	r.from(2, 180, "")
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.want("event intent 2 ORIGINATOR_CANCEL 0", "cancel 2", "event intent 3 ORIGINATOR_CANCEL 0", "cancel 3", "refuse 1")
	r.from(2, 487, "")
	r.from(3, 487, "")
	r.in(Input{Kind: InTerminated, Leg: 1, Dialog: 1})
	r.want("finish")
}

func TestAnswerThatCrossesTheCancelIsEndedByBye(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.from(2, 200, answerB)
	r.want("cancel 2", "refuse 1", "bye 2")
	r.never("respond 1 200")
}

func TestFirstAnswerWinsAndTheOthersArePickedOff(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h")}})
	r.from(3, 200, answerB)
	r.want("respond 1 200", "event bridged 3 0", "event intent 2 PICKED_OFF 0", "cancel 2")
	r.from(2, 200, answerB)
	r.want(`bye 2 SIP;cause=200;text="Call completed elsewhere"`)
}

func TestRingTimerEndsWhatIsPending(t *testing.T) {
	r := newRig(t, Options{Ring: 10 * time.Second}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h")}})
	r.from(2, 180, "")
	r.pass(10 * time.Second)
	r.want("event timer 2 ring 0", "event intent 2 NO_ANSWER 0", "cancel 2", "event timer 3 ring 0", "event intent 3 NO_USER_RESPONSE 0", "cancel 3", "refuse 1")
}

func TestNextStepIsRungWhenTheFirstFails(t *testing.T) {
	r := newRig(t, Options{Ring: 10 * time.Second}, Start{Steps: []Step{phones("sip:b@h"), phones("sip:c@h")}})
	r.from(2, 480, "")
	r.want("event ended 2 0", "invite 3 sip:c@h")
	r.pass(10 * time.Second)
	r.want("cancel 3", "refuse 1")
}

func TestSection16_7_GlobalFailureEndsTheOthersAndTheList(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h"), phones("sip:d@h")}})
	r.from(2, 603, "")
	r.want("cancel 3")
	r.never("refuse 1")
	r.from(3, 487, "")
	r.want("refuse 1")
	r.never("invite 4")
}

func TestProgressTimerGivesUpSilentAttemptsOnly(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, Progress: 3 * time.Second}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h")}})
	r.from(2, 180, "")
	r.pass(3 * time.Second)
	r.want("event timer 3 progress 0", "event intent 3 PROGRESS_TIMEOUT 0", "cancel 3")
	r.never("cancel 2")
}

func TestRefusalOfOurOwnNamesItsIntentFirst(t *testing.T) {
	r := newRig(t, Options{}, Start{Cause: "UNALLOCATED_NUMBER"})
	r.want("begin", "event intent 1 UNALLOCATED_NUMBER 0", "refuse 1")
}

func TestNoPortsIsSaidSo(t *testing.T) {
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, noPort: true}
	r.c = New(r.now, Options{Relay: true, Linger: time.Second}, Start{Invite: invite(offerA), Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InBegin})
	r.want("event intent 1 BEARERCAPABILITY_NOTAVAIL 0", "refuse 1")
}

func TestBrokenDescriptionIsRefused(t *testing.T) {
	r := newRig(t, Options{}, Start{Invite: invite("v=0\r\nhello\r\n"), Steps: []Step{phones("sip:b@h")}})
	r.want("event intent 1 INVALID_IE_CONTENTS 0", "refuse 1")
	r.never("invite")
}

func TestAnswerWithoutCommonCodecIsUnusable(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, strings.Replace(answerB, "RTP/AVP 8 101", "RTP/AVP 18", 1))
	r.want("event intent 2 INCOMPATIBLE_DESTINATION 0", `bye 2 SIP;cause=488;text="Not Acceptable Here"`, "refuse 1")
	r.never("respond 1 200")
}

func TestHoldPassesAndIsNoted(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.log = nil
	r.ask(2, sip.INVITE, answerB+"a=sendonly\r\n")
	r.want("request 1 INVITE")
	if b := r.bodies["request 1 INVITE"]; !strings.Contains(b, "a=sendonly\r\n") {
		t.Errorf("the hold must reach the caller, got\n%s", b)
	}
	r.in(Input{Kind: InResponse, Leg: 1, Txn: 101, Method: sip.INVITE, Msg: okWith(offerA + "a=recvonly\r\n")})
	r.want("respond 2 200", "event hold 2 1", "event stage 0 hold 0")
	r.ask(2, sip.INVITE, answerB)
	r.in(Input{Kind: InResponse, Leg: 1, Txn: 101, Method: sip.INVITE, Msg: okWith(offerA)})
	r.want("event hold 2 0", "event stage 0 talking 0")
}

func okWith(body string) *sip.Message {
	m := &sip.Message{Status: 200, Phrase: "OK", Body: body}
	m.Add(sip.HContentType, "application/sdp")
	return m
}

func TestHoldOfTheCallerIsStillTalking(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.log = nil
	r.ask(1, sip.INVITE, offerA+"a=sendonly\r\n")
	r.in(Input{Kind: InResponse, Leg: 2, Txn: 102, Method: sip.INVITE, Msg: okWith(answerB + "a=recvonly\r\n")})
	r.want("event hold 1 1")
	for _, l := range r.all {
		if l == "event stage 0 hold 0" {
			t.Error("outcome/README section 1: a hold made by the caller is stage talking")
		}
	}
}

func TestRefusedReInviteLeavesTheCallUp(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.ask(1, sip.INVITE, offerA)
	r.in(Input{Kind: InResponse, Leg: 2, Txn: 102, Method: sip.INVITE, Msg: &sip.Message{Status: 488, Phrase: "no"}})
	r.want("request 2 INVITE", "respond 1 488")
	r.never("bye")
}

func TestDialogUnknownToThePeerEndsTheCall(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.ask(1, sip.INVITE, offerA)
	r.in(Input{Kind: InResponse, Leg: 2, Txn: 102, Method: sip.INVITE, Msg: &sip.Message{Status: 481, Phrase: "gone"}})
	r.want("respond 1 481", "event intent 1 INVALID_CALL_REFERENCE 0", "bye 1", "bye 2")
}

func TestOfferInTheAnswerIsAnsweredInTheAck(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Invite: invite(""), Steps: []Step{phones("sip:b@h")}})
	m := okWith(answerB)
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: m, NeedAnswer: true})
	r.want("media open 2", "media open 1", "respond 1 200")
	ack := &sip.Message{Method: sip.ACK, Body: offerA}
	ack.Add(sip.HContentType, "application/sdp")
	r.in(Input{Kind: InAck, Leg: 1, Msg: ack})
	r.want("request 2 ACK", "media bridge 1 2")
	if b := r.bodies["request 2 ACK"]; !strings.Contains(b, "m=audio 10002 ") {
		t.Errorf("the callee must be given its own leg's port, got\n%s", b)
	}
}

func TestRedirectIsFollowedOnceAndALoopIsFound(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, Redirects: 3}, Start{Steps: []Step{phones("sip:b@h")}})
	r.routed = []Step{phones("sip:c@h")}
	r.from(2, 302, "", "Contact", "<sip:102@example.com>")
	r.want("route sip:102@example.com", "event ended 2 CALL_FORWARD 0", "invite 3 sip:c@h")
	r.routed = []Step{phones("sip:b@h")}
	r.from(3, 302, "", "Contact", "<sip:101@example.com>")
	r.want("event intent 3 EXCHANGE_ROUTING_ERROR 0", "event ended 3 0", "refuse 1")
}

func TestNoAckEndsBothLegs(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.in(Input{Kind: InEnded, Leg: 1, Name: "no_ack"})
	r.want("event timer 1 2xx 0", "event intent 1 RECOVERY_ON_TIMER_EXPIRE 0", "bye 1", "bye 2")
}

func TestCommandHangsUpRingingAndAnswered(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InCommand, Name: "hangup", By: "ada"})
	r.want("event command 0 hangup 0", "event intent 1 MANAGER_REQUEST 0", "cancel 2", "refuse 1")
	r = newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.in(Input{Kind: InCommand, Name: "hangup", By: "ada"})
	r.want("event intent 1 MANAGER_REQUEST 0", "bye 1", "bye 2")
}

func TestLongestCallIsEnded(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, MaxCall: 3 * time.Second}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, answerB)
	r.pass(3 * time.Second)
	r.want("event timer 1 max_call 0", "event intent 1 Terminated_From_Server 0", "bye 1", "bye 2")
}

func TestEchoAnswersByItself(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, Echo: true}}}}})
	r.want("media open 1", "event stage 0 menu 0", "event app 0 echo 1", "respond 1 200", "media echo 1")
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "finish")
}

func TestDelayedTargetRingsLater(t *testing.T) {
	s := phones("sip:b@h", "sip:c@h")
	s.Targets[1].Delay = 5 * time.Second
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{s}})
	r.never("invite 3")
	r.pass(5 * time.Second)
	r.want("invite 2 sip:b@h", "invite 3 sip:c@h")
}

// TestSection20_4_NobodyOutsideSaysHowAPhoneAlerts: some phones answer by themselves when these headers say so.
func TestSection20_4_NobodyOutsideSaysHowAPhoneAlerts(t *testing.T) {
	for peer, want := range map[Peer]bool{PeerPhone: true, PeerTrunk: false, PeerURI: false, PeerUnknown: false} {
		m := invite(offerA)
		m.Add(sip.HAlertInfo, "<http://x>;info=alert-autoanswer")
		m.Add(sip.HCallInfo, "<sip:x>;answer-after=0")
		m.Add(sip.HSubject, "lunch")
		r := newRig(t, Options{}, Start{Invite: m, Peer: peer, Steps: []Step{phones("sip:b@h")}})
		got := map[sip.HeaderID]bool{}
		for _, h := range r.headers[2] {
			got[h.ID] = true
		}
		if got[sip.HAlertInfo] != want || got[sip.HCallInfo] != want || !got[sip.HSubject] {
			t.Errorf("of a %v: Alert-Info %v, Call-Info %v, Subject %v; want %v, %v, true", peer, got[sip.HAlertInfo], got[sip.HCallInfo], got[sip.HSubject], want, want)
		}
	}
}
