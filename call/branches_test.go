package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

func ringing(t *testing.T, opt Options, targets ...string) *rig {
	t.Helper()
	if opt.Ring == 0 {
		opt.Ring = time.Minute
	}
	return newRig(t, opt, Start{Steps: []Step{phones(targets...)}})
}

func TestSection13_2_1_TheFirstEarlyMediaIsTheOneThatIsHeard(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 183, answerB)
	r.want("event stage 0 ringing 0", "media bridge 1 2", "respond 1 183")
	r.from(3, 183, answerB)
	r.never("media bridge 1 3")
	r.from(3, 180, "")
	r.want("respond 1 180")
	r.from(2, 486, "")
	r.want("media close 2")
	r.from(3, 183, answerB)
	r.want("media bridge 1 3", "respond 1 183")
}

func TestTheWinnersMediaTakesThePlaceOfAnothersEarlyMedia(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 183, answerB)
	r.from(3, 200, answerB)
	r.want("respond 1 200", "event bridged 3 0", "cancel 2", "media close 2", "media bridge 1 3")
}

func TestProvisionalResponsesThatSayNothingNewAreKept(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 183, "") // the first one tells the caller that somebody is at work
	r.want("respond 1 183")
	r.from(2, 183, "")
	r.from(2, 180, "")
	r.want("respond 1 180")
	r.log = nil
	r.from(2, 180, "")
	r.from(2, 199, "")
	if len(r.log) != 0 {
		t.Errorf("nothing is to be said: %q", r.log)
	}
	r.from(2, 182, "")
	r.want("respond 1 182")
}

func Test183WithoutSDPIsNoAlerting(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 183, "")
	r.never("event stage 0 ringing 0")
	r.from(2, 180, "") // 180 after 183
	r.want("event stage 0 ringing 0")
}

func TestABrokenDescriptionInA180DoesNotHideTheRinging(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 180, "v=0\r\nrubbish")
	r.want("respond 1 180")
	if b := r.bodies["respond 1 180"]; b != "" {
		t.Errorf("the caller got %q", b)
	}
}

func TestSection13_3_1_1_AProvisionalResponseGoesEveryMinute(t *testing.T) {
	r := ringing(t, Options{Ring: 150 * time.Second}, "sip:b@h")
	r.from(2, 180, "")
	r.log = nil
	r.pass(149 * time.Second)
	r.want("respond 1 180", "respond 1 180")
	r.from(2, 200, answerB)
	r.log = nil
	r.pass(10 * time.Minute)
	if len(r.log) != 0 {
		t.Errorf("nothing is due after the answer: %q", r.log)
	}
}

func TestSection13_2_2_4_EachFurther2xxGetsBye(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 200, answerB)
	r.in(Input{Kind: InForked, Leg: 2, Dialog: 99})
	r.want("event leg 3 101 0", "bind 3 99")
	r.in(Input{Kind: InResponse, Leg: 3, Dialog: 99, Method: sip.INVITE, Msg: okWith(answerB)})
	r.want(`bye 3 SIP;cause=200;text="Call completed elsewhere"`)
	r.in(Input{Kind: InRequest, Leg: 3, Dialog: 99, Txn: 7, Msg: &sip.Message{Method: sip.BYE}})
	r.want("respond 3 200")
	r.in(Input{Kind: InResponse, Leg: 3, Dialog: 99, Method: sip.BYE, Msg: &sip.Message{Status: 200}})
	r.never("bye 1")
	r.never("finish")
}

func TestSection16_7_ARivalOfA6xxStillWins(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 603, "")
	r.want("event intent 3 0", "cancel 3")
	r.from(3, 200, answerB)
	r.want("respond 1 200", "event bridged 3 0", "media bridge 1 3")
	r.never("refuse")
}

func TestA6xxIsTheAnswerWhenTheRingTimerEndsItsRivals(t *testing.T) {
	r := ringing(t, Options{Ring: 10 * time.Second}, "sip:b@h", "sip:c@h")
	r.from(2, 603, "")
	r.pass(10 * time.Second)
	r.want("cancel 3", "refuse 1")
	r.from(3, 200, answerB)
	r.want("bye 3")
}

func TestAnUnusable2xxIsOneFailedAttempt(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h", "sip:c@h")
	r.from(2, 200, "")
	r.want("event intent 2 INCOMPATIBLE_DESTINATION 0", `bye 2 SIP;cause=488;text="Not Acceptable Here"`)
	r.never("refuse")
	r.from(3, 200, answerB)
	r.want("respond 1 200")
}

func TestABranchsAnswerIsNotMixedWithAnothers(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 183, answerB)
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 99, Method: sip.INVITE, Msg: &sip.Message{Status: 200}})
	r.want("event leg 3 101 0", "event intent 3 INCOMPATIBLE_DESTINATION 0", "event ended 2 0", "refuse 1")
}

func TestUnansweredDialogsOfABranchedLegAreReleased(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 180, "")
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 99, Method: sip.INVITE, Msg: &sip.Message{Status: 180}})
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.pass(time.Minute)
	r.want("cancel 2", "event intent 3 ORIGINATOR_CANCEL 0", "refuse 1", "release 1", "release 2", "release 3", "finish")
}

func TestAByeBeforeTheCalleesAnswerWaitsForItsFinalResponse(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 180, "")
	r.ask(2, sip.BYE, "")
	r.want("respond 2 200")
	r.never("refuse")
	r.from(2, 487, "")
	r.want("event ended 2 0", "refuse 1")
}

func TestMediaThatComesTooLateIsGivenBack(t *testing.T) {
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, slow: true}
	r.c = New(r.now, Options{Relay: true, Linger: time.Second}, Start{Invite: invite(offerA), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InBegin})
	r.want("media open 1")
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.in(Input{Kind: InTerminated, Leg: 1, Dialog: 1})
	r.never("finish")
	r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10000")})
	r.want("refuse 1", "media close 1", "finish")
	r.never("invite")
}

func TestNoINVITEGoesAndNoneIsCancelledWhileMediaIsAwaited(t *testing.T) {
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, slow: true}
	r.c = New(r.now, Options{Relay: true, Linger: time.Second}, Start{Invite: invite(offerA), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InBegin})
	r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10000")})
	r.want("media open 2")
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.in(Input{Kind: InMediaReady, Leg: 2, Local: addrs("198.51.100.9:10002")})
	r.want("refuse 1", "media close 1", "media close 2")
	r.never("cancel")
	r.never("invite")
}

func TestMaxForwardsGoesDownByOne(t *testing.T) {
	m := invite(offerA)
	m.Add(sip.HMaxForwards, "12")
	c := New(epoch, Options{}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
	for _, a := range c.Step(nil, epoch, Input{Kind: InBegin}) {
		if a.Kind == ActInvite && a.Msg.Get(sip.HMaxForwards) != "11" {
			t.Errorf("Max-Forwards is %q, want 11", a.Msg.Get(sip.HMaxForwards))
		}
	}
}

func TestAMultipartOffersItsSessionDescription(t *testing.T) {
	m := invite("--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n" + offerA + "--b1--\r\n")
	m.Set(sip.HContentType, `multipart/mixed;boundary="b1"`)
	r := newRig(t, Options{}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
	r.want("invite 2 sip:b@h")
	if b := r.bodies["invite 2 sip:b@h"]; !strings.HasPrefix(b, "v=0\r\n") || !strings.Contains(b, "m=audio 4000 ") || strings.Contains(b, "b1") {
		t.Errorf("the callee is offered\n%s", b)
	}
}

func TestSection8_2_3_AnotherBodyIsRefusedBy415(t *testing.T) {
	m := invite("hello")
	m.Set(sip.HContentType, "text/plain")
	r := newRig(t, Options{}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
	r.want("event intent 1 SERVICE_NOT_IMPLEMENTED 0", "refuse 1")
}

func TestAnOfferThatCannotBeCarriedIsRefused(t *testing.T) {
	r := newRig(t, Options{Relay: true}, Start{Invite: invite(strings.Replace(offerA, "RTP/AVP", "UDP/TLS/RTP/SAVPF", 1)), Steps: []Step{phones("sip:b@h")}})
	r.want("event intent 1 BEARERCAPABILITY_NOTIMPL 0", "refuse 1")
}

func TestRFC3262Section3_ACancelWhileThe2xxWaitsForThePrack(t *testing.T) {
	m := invite(offerA)
	m.Add(sip.HSupported, "100rel")
	// With or without a description in them: two reliable responses wait for two PRACKs, and our 2xx behind them.
	for _, body := range []string{answerB, ""} {
		r := newRig(t, Options{}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
		r.from(2, 183, body, "Require", "100rel", "RSeq", "1")
		r.from(2, 180, "", "Require", "100rel", "RSeq", "2")
		r.from(2, 200, answerB)
		r.log = nil
		r.in(Input{Kind: InCancelled, Leg: Caller})
		r.want("refuse 1", "bye 2")
		r.never("bye 1")
	}
}
