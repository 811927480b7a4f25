package call

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	offerA  = "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	answerB = "v=0\r\no=b 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)

// A rig drives a Call and answers for its media, as the exchange would.
type rig struct {
	t      *testing.T
	c      *Call
	now    time.Time
	log    []string // actions since the last look, a line each
	all    []string
	bodies map[string]string // body of the last message by action line
	port   uint16
	noPort bool
	routed []Step
}

func newRig(t *testing.T, opt Options, s Start) *rig {
	t.Helper()
	if s.Invite == nil {
		s.Invite = invite(offerA)
	}
	s.ID, s.Dialog = "call_x", 1
	s.From = "<sip:100@example.com>"
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, port: 10000}
	if opt.Linger == 0 {
		opt.Linger = 2 * time.Second
	}
	r.c = New(r.now, opt, s)
	r.in(Input{Kind: InBegin})
	return r
}

func invite(body string) *sip.Message {
	m := &sip.Message{Method: sip.INVITE, URI: "sip:101@example.com", Body: body}
	m.Add(sip.HCallID, "abc")
	m.Add(sip.HFrom, "<sip:100@example.com>;tag=1")
	m.Add(sip.HTo, "<sip:101@example.com>")
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	return m
}

func (r *rig) in(in Input) {
	r.t.Helper()
	var queue []Input
	for _, a := range r.c.Step(nil, r.now, in) {
		line := describeAction(a)
		r.log, r.all = append(r.log, line), append(r.all, line)
		if a.Msg != nil {
			r.bodies[line] = a.Msg.Body
		}
		switch a.Kind {
		case ActMediaOpen:
			ready := Input{Kind: InMediaReady, Leg: a.Leg}
			if r.noPort {
				ready.Err = errors.New("no port is free")
			}
			for range a.N {
				r.port += 2
				ready.Local = append(ready.Local, netip.AddrPortFrom(netip.MustParseAddr("198.51.100.9"), r.port))
			}
			queue = append(queue, ready)
		case ActRequest:
			queue = append(queue, Input{Kind: InSent, Leg: a.Leg, Txn: txn.ID(100 + a.Leg)})
		case ActRoute:
			queue = append(queue, Input{Kind: InRouted, Leg: a.Leg, Steps: r.routed})
		}
	}
	for _, q := range queue {
		r.in(q)
	}
}

func (r *rig) pass(d time.Duration) {
	end := r.now.Add(d)
	for {
		next := r.c.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		r.now = next
		r.in(Input{Kind: InTick})
	}
	r.now = end
}

func describeAction(a Action) string {
	switch a.Kind {
	case ActEvent:
		e := a.Event
		names := map[EventKind]string{EvLeg: "leg", EvTimer: "timer", EvIntent: "intent", EvCommand: "command", EvStage: "stage", EvApp: "app", EvMedia: "media", EvBridged: "bridged", EvHold: "hold", EvLegEnded: "ended", EvTransportFailed: "unsent"}
		return strings.Join(strings.Fields(fmt.Sprintf("event %s %d %s %s %d", names[e.Kind], e.Leg, e.Name, e.Cause, e.N)), " ")
	case ActInvite:
		return fmt.Sprintf("invite %d %s", a.Leg, a.Msg.URI)
	case ActCancel:
		return fmt.Sprintf("cancel %d", a.Leg)
	case ActRespond:
		return fmt.Sprintf("respond %d %d", a.Leg, a.Msg.Status)
	case ActRefuse:
		return fmt.Sprintf("refuse %d", a.Leg)
	case ActRequest:
		return fmt.Sprintf("request %d %s", a.Leg, a.Msg.Method)
	case ActBye:
		return strings.TrimSpace(fmt.Sprintf("bye %d %s", a.Leg, a.Reason))
	case ActMediaOpen:
		return fmt.Sprintf("media open %d", a.Leg)
	case ActMediaSet:
		return fmt.Sprintf("media set %d %v send=%v recv=%v", a.Leg, a.Media.Remote, a.Media.Send, a.Media.Recv)
	case ActMediaBridge:
		return fmt.Sprintf("media bridge %d %d", a.Leg, a.Other)
	case ActMediaEcho:
		return fmt.Sprintf("media echo %d", a.Leg)
	case ActMediaClose:
		return fmt.Sprintf("media close %d", a.Leg)
	case ActRoute:
		return "route " + a.Target
	case ActRelease:
		return fmt.Sprintf("release %d", a.Leg)
	case ActBegin:
		return "begin"
	case ActFinish:
		return "finish"
	}
	return fmt.Sprint(a.Kind)
}

// want checks that the lines come in this order among what was done since the last look.
func (r *rig) want(lines ...string) {
	r.t.Helper()
	i := 0
	for _, l := range r.log {
		if i < len(lines) && l == lines[i] {
			i++
		}
	}
	if i < len(lines) {
		r.t.Fatalf("want %q, in this order; missing from %q in:\n%s", lines, lines[i], strings.Join(r.log, "\n"))
	}
	r.log = nil
}

// never checks that no line with the prefix was ever done.
func (r *rig) never(prefix string) {
	r.t.Helper()
	for _, l := range r.all {
		if strings.HasPrefix(l, prefix) {
			r.t.Fatalf("%q must not happen:\n%s", prefix, strings.Join(r.all, "\n"))
		}
	}
}

func (r *rig) from(leg LegID, status int, body string, headers ...string) {
	r.t.Helper()
	m := &sip.Message{Status: status, Phrase: "x", Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		m.AddNamed(headers[i], headers[i+1])
	}
	r.in(Input{Kind: InResponse, Leg: leg, Dialog: dialog.ID(10 + leg), Method: sip.INVITE, Msg: m})
}

func (r *rig) ask(leg LegID, method sip.Method, body string) {
	r.t.Helper()
	m := &sip.Message{Method: method, Body: body}
	if body != "" {
		m.Add(sip.HContentType, "application/sdp")
	}
	r.in(Input{Kind: InRequest, Leg: leg, Txn: 55, Msg: m})
}

func phones(uris ...string) Step {
	var s Step
	for _, u := range uris {
		s.Targets = append(s.Targets, Target{Peer: PeerPhone, Name: "101", URI: u})
	}
	return s
}

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
	r.in(Input{Kind: InResponse, Leg: 2, Method: sip.BYE, Msg: &sip.Message{Status: 200}})
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
	r.want("bye 2")
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
	r.want("cancel 3", "refuse 1")
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
	r.want("event intent 2 INCOMPATIBLE_DESTINATION 0", `bye 2 SIP;cause=488;text="Not Acceptable Here"`, "event intent 1 INCOMPATIBLE_DESTINATION 0", "refuse 1")
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
	r.want("event intent 1 EXCHANGE_ROUTING_ERROR 0", "refuse 1")
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
