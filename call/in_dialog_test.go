package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// talking is a rig whose two parties talk; allow is the callee's Allow.
func talking(t *testing.T, opt Options, allow string) *rig {
	t.Helper()
	r := ringing(t, opt, "sip:b@h")
	r.from(2, 200, answerB, "Allow", allow)
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.log = nil
	return r
}

func TestSection14_2_ASecondOfferIsAnswered491FromBothSides(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.ask(1, sip.INVITE, offerA)
	r.want("request 2 INVITE")
	r.ask(2, sip.INVITE, answerB)
	r.want("respond 2 491")
	r.ask(2, sip.UPDATE, answerB)
	r.want("respond 2 491")
	r.ask(1, sip.UPDATE, offerA)
	r.want("respond 1 491")
	r.reply(2, sip.INVITE, 491, "")
	r.want("respond 1 491")
	r.ask(2, sip.INVITE, answerB)
	r.want("request 1 INVITE")
	r.never("bye")
}

func TestSection9_2_TheCancelOfAReInviteEndsNothing(t *testing.T) {
	r := talking(t, Options{}, "INVITE, UPDATE")
	r.ask(Caller, sip.INVITE, offerA)
	r.want("request 2 INVITE")
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.reply(2, sip.INVITE, 200, answerB)
	r.want("respond 1 200")
	r.never("bye")
	r.never("refuse")
}

func TestAnUpdateToAPartyWithoutUpdateBecomesAReInvite(t *testing.T) {
	r := talking(t, Options{}, "INVITE, ACK, BYE")
	r.ask(1, sip.UPDATE, offerA+"a=sendonly\r\n")
	r.want("request 2 INVITE")
	r.reply(2, sip.INVITE, 200, answerB+"a=recvonly\r\n")
	r.want("respond 1 200", "event hold 1 1")
	r = talking(t, Options{}, "INVITE, ACK, BYE, UPDATE")
	r.ask(1, sip.UPDATE, offerA)
	r.want("request 2 UPDATE")
	r.reply(2, sip.UPDATE, 200, answerB)
	r.want("respond 1 200")
	r.ask(2, sip.UPDATE, answerB) // the caller's INVITE had no Allow
	r.want("request 1 INVITE")
}

func TestAnUpdateInTheEarlyDialogIsNotPassed(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h")
	r.from(2, 183, answerB)
	r.ask(2, sip.UPDATE, answerB)
	r.want("respond 2 491")
	r.ask(2, sip.UPDATE, "") // a session refresh
	r.want("respond 2 200")
	r.never("request")
}

func TestARequestThatWaitedInItsDialogFindsItsAnswer(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	// The dialog queues it, so no InSent comes: as a call without the rig's answer.
	out := r.c.Step(nil, r.now, Input{Kind: InRequest, Leg: 1, Dialog: 1, Txn: 70, Msg: withSDP(sip.INVITE, offerA)})
	if len(out) != 1 || out[0].Kind != ActRequest {
		t.Fatalf("got %+v", out)
	}
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 12, Txn: 4711, Method: sip.INVITE, Msg: okWith(answerB)})
	r.want("respond 1 200")
}

func TestARequestThatWasNeverSentEndsNoCall(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.c.Step(nil, r.now, Input{Kind: InRequest, Leg: 1, Dialog: 1, Txn: 70, Msg: withSDP(sip.INVITE, offerA)})
	r.in(Input{Kind: InFailed, Leg: 2, Dialog: 12, Method: sip.INVITE, Name: "waited 32 s"})
	r.want("respond 1 500")
	r.never("bye")
	r.never("event unsent")
}

func withSDP(m sip.Method, body string) *sip.Message {
	r := &sip.Message{Method: m}
	setSession(r, body)
	return r
}

func TestInfoPassesInTheCallAndDuringEarlyMedia(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h", "sip:c@h")
	r.ask(1, sip.INFO, "")
	r.want("respond 1 200")
	r.from(3, 183, answerB)
	r.ask(1, sip.INFO, "")
	r.want("request 3 INFO")
	r.reply(3, sip.INFO, 200, "")
	r.want("respond 1 200")
	r.from(3, 200, answerB)
	r.ask(3, sip.INFO, "")
	r.want("request 1 INFO")
	r.reply(1, sip.INFO, 481, "")
	r.want("respond 3 500") // a 481 would end the sender's dialog (RFC 3261 section 12.2.1.2)
	r.never("bye 1")
}

func TestWhatIsNotPassedIsRefusedPolitely(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	for _, x := range []struct {
		method sip.Method
		want   string
	}{{sip.REFER, "respond 2 603"}, {sip.NOTIFY, "respond 2 489"}, {sip.SUBSCRIBE, "respond 2 489"}, {sip.PUBLISH, "respond 2 501"}, {sip.PRACK, "respond 2 200"}} {
		r.ask(2, x.method, "")
		r.want(x.want)
	}
	r.ask(2, sip.MESSAGE, "")
	r.want("request 1 MESSAGE")
	r = ringing(t, Options{}, "sip:b@h")
	r.ask(1, sip.MESSAGE, "")
	r.want("respond 1 480")
}

func TestSection16_7_AChallengeOfTheOtherLegIsNotPassed(t *testing.T) {
	for code, want := range map[int]string{407: "respond 1 403", 401: "respond 1 403", 503: "respond 1 500", 302: "respond 1 500", 415: "respond 1 415"} {
		r := talking(t, Options{}, "UPDATE")
		r.ask(1, sip.INVITE, offerA)
		r.reply(2, sip.INVITE, code, "")
		r.want(want)
	}
}

func TestARefusedOfferLeavesTheMediaAsItWas(t *testing.T) {
	r := talking(t, Options{Relay: true}, "UPDATE")
	r.ask(1, sip.INVITE, strings.Replace(offerA, "4000", "4444", 1)+"a=sendonly\r\n")
	r.reply(2, sip.INVITE, 488, "")
	r.log = nil
	r.ask(2, sip.INVITE, answerB)
	r.reply(1, sip.INVITE, 200, offerA)
	r.want("respond 2 200", "media set 1 192.0.2.1:4000 send=true recv=true")
	r.never("event hold")
	r.never("media set 1 192.0.2.1:4444")
}

func TestSection8OfRFC3264_AStreamThatOneSideRefusedIsNotWaitedFor(t *testing.T) {
	video := "m=video 4002 RTP/AVP 96\r\n"
	c := New(epoch, Options{Relay: true}, Start{Invite: invite(offerA + video), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, c: c}
	r.in(Input{Kind: InBegin})
	r.want("invite 2 sip:b@h")
	for _, a := range c.Step(nil, epoch, Input{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: okWith(answerB + "m=video 0 RTP/AVP 96\r\n")}) {
		if a.Kind == ActMediaSet && a.Media.OnHold != (a.N == 1) {
			t.Errorf("leg %d stream %d: %+v", a.Leg, a.N, a.Media)
		}
		if a.Kind == ActRespond && strings.Count(a.Msg.Body, "m=") != 2 {
			t.Errorf("the answer must have two streams:\n%s", a.Msg.Body)
		}
	}
}

func TestBothHoldAndEachResumes(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.ask(1, sip.INVITE, offerA+"a=sendonly\r\n")
	r.reply(2, sip.INVITE, 200, answerB+"a=recvonly\r\n")
	r.want("event hold 1 1")
	r.ask(2, sip.INVITE, answerB+"a=inactive\r\n")
	r.reply(1, sip.INVITE, 200, offerA+"a=inactive\r\n")
	r.want("event hold 2 1", "event stage 0 hold 0")
	r.ask(2, sip.INVITE, answerB)
	r.reply(1, sip.INVITE, 200, offerA+"a=sendonly\r\n")
	r.want("event hold 2 0", "event stage 0 talking 0")
	if r.c.legs[0].held != true {
		t.Error("the caller still holds")
	}
}

// Sound that is encrypted for the two parties passes: no application can take it, and who is held hears no music in it.
func TestRFC3711_SoundOfTwoPartiesIsTheirs(t *testing.T) {
	secret := func(text string) string {
		return strings.Replace(text, "RTP/AVP", "RTP/SAVP", 1) + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
	}
	r := newRig(t, Options{Relay: true}, Start{Invite: invite(secret(offerA)), Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, Echo: true}}}}})
	r.want("event intent 1 INCOMPATIBLE_DESTINATION 0", "refuse 1")
	r.never("respond 1 200")

	r = newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Invite: invite(secret(offerA)), Steps: []Step{phones("sip:b@h")}})
	r.from(2, 200, secret(answerB))
	r.want("media bridge 1 2")
	r.ask(2, sip.INVITE, secret(answerB)+"a=inactive\r\n")
	if b := r.bodies["request 1 INVITE"]; !strings.Contains(b, "a=inactive\r\n") || !strings.Contains(b, "a=crypto:1 ") {
		t.Errorf("the hold must reach the caller as it is, got\n%s", b)
	}
	r.reply(1, sip.INVITE, 200, secret(offerA)+"a=inactive\r\n")
	r.want("event hold 2 1")
	r.never("media play")
}

// A party that no music can be played to would go on hearing the other one: the command says so, and nothing is held.
func TestHoldByACommandNeedsACodecOfOurs(t *testing.T) {
	opus := func(text, formats string) string {
		return strings.Replace(text, formats, "111 101", 1) + "a=rtpmap:111 opus/48000/2\r\n"
	}
	for _, c := range []struct {
		offer, answer string
		want          []string
	}{
		{offerA, answerB, []string{"commanded", "event hold 2 1", "media play 1 hold"}},
		{opus(offerA, "0 8 101"), opus(answerB, "8 101"), []string{"commanded a party speaks no codec of the server's"}},
	} {
		r := newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Invite: invite(c.offer), Steps: []Step{phones("sip:b@h")}})
		r.from(2, 200, c.answer)
		r.want("media bridge 1 2")
		r.in(Input{Kind: InCommand, Name: CmdHold, N: CallerSide, By: "ada"})
		r.want(c.want...)
		if len(c.want) == 1 {
			r.never("event command")
			r.never("event hold")
		}
	}
}

func TestAReInviteWithoutOfferEndsAHold(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.ask(2, sip.INVITE, answerB+"a=sendonly\r\n")
	r.reply(1, sip.INVITE, 200, offerA+"a=recvonly\r\n")
	r.want("event hold 2 1")
	r.ask(2, sip.INVITE, "")
	r.want("request 1 INVITE")
	r.reply(1, sip.INVITE, 200, offerA)
	r.want("respond 2 200")
	r.ask(1, sip.UPDATE, offerA) // the ACK is still to come
	r.want("respond 1 491")
	r.in(Input{Kind: InAck, Leg: 2, Dialog: 12, Msg: withSDP(sip.ACK, answerB)})
	r.want("request 1 ACK", "event hold 2 0", "event stage 0 talking 0")
}

func TestAnAckWithoutAnswerLeavesTheSessionAsItWas(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.ask(1, sip.INVITE, "")
	r.reply(2, sip.INVITE, 200, answerB)
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.want("request 2 ACK")
	if b := r.bodies["request 2 ACK"]; !strings.Contains(b, "m=audio 4000 ") {
		t.Errorf("the ACK must answer the offer, got %q", b)
	}
	r.never("bye")
}

func delayed(t *testing.T, opt Options, slow bool) *rig {
	t.Helper()
	opt.Linger, opt.Ring = time.Second, time.Minute
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, slow: slow, port: 10000}
	r.c = New(r.now, opt, Start{Invite: invite(""), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InBegin})
	r.want("invite 2 sip:b@h")
	return r
}

func answerWithOffer(r *rig) {
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: okWith(answerB), NeedAnswer: true})
}

func TestADelayedOfferThatTheCallerLeavesUnanswered(t *testing.T) {
	for _, relay := range []bool{false, true} {
		r := delayed(t, Options{Relay: relay}, false)
		answerWithOffer(r)
		r.want("respond 1 200")
		r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
		r.want("request 2 ACK", "event intent 1 INCOMPATIBLE_DESTINATION 0", "bye 1", "bye 2")
	}
}

func TestCancelWhileADelayedOfferWaitsForMedia(t *testing.T) {
	r := delayed(t, Options{Relay: true}, true)
	answerWithOffer(r)
	r.want("media open 2", "media open 1")
	r.in(Input{Kind: InMediaReady, Leg: 2, Local: addrs("198.51.100.9:10000")})
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.want("refuse 1", "bye 2", "media close 2")
	r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10002")})
	r.want("media close 1")
	r.never("respond 1 200")
	r.pass(time.Minute)
	r.want("finish")
}

func TestADelayedOfferMayNotComeInAReliable18x(t *testing.T) {
	r := delayed(t, Options{}, false)
	r.in(Input{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: &sip.Message{Status: 183, Body: answerB}, NeedAnswer: true})
	r.want("event intent 2 INCOMPATIBLE_DESTINATION 0", "cancel 2", "refuse 1")
}

func TestADelayedOfferIsNotEarlyMedia(t *testing.T) {
	r := delayed(t, Options{Relay: true}, false)
	r.from(2, 180, answerB)
	r.want("respond 1 180")
	if b := r.bodies["respond 1 180"]; b != "" {
		t.Errorf("RFC 3261 section 13.2.1: an offer must be in a reliable response, got %q", b)
	}
}

func TestEchoAnswersAReInviteAndANewStream(t *testing.T) {
	r := newRig(t, Options{Relay: true}, Start{Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, Echo: true}}}}})
	first := r.bodies["respond 1 200"]
	r.log = nil
	r.ask(1, sip.INVITE, offerA)
	r.want("respond 1 200")
	if b := r.bodies["respond 1 200"]; b != first {
		t.Errorf("the same session must be described the same:\n%s\n%s", first, b)
	}
	r.ask(1, sip.INVITE, strings.Replace(offerA, "m=audio", "m=video 4002 RTP/AVP 96\r\nm=audio", 1)+"a=sendonly\r\n")
	r.want("respond 1 200", "event hold 1 1")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "m=video 0 ") || !strings.Contains(b, "m=audio 10002 ") || !strings.Contains(b, "a=recvonly") {
		t.Errorf("got\n%s", b)
	}
	r.ask(1, sip.INVITE, "")
	r.want("respond 1 200")
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: withSDP(sip.ACK, offerA)})
	r.want("event hold 1 0")
	r.ask(1, sip.INFO, "")
	r.want("respond 1 200")
}

func TestEchoMayFollowAPhoneThatDoesNotAnswer(t *testing.T) {
	r := newRig(t, Options{Ring: 5 * time.Second}, Start{Steps: []Step{phones("sip:b@h"), {Targets: []Target{{Peer: PeerPlatform, Echo: true}}}}})
	r.pass(5 * time.Second)
	r.want("cancel 2", "media open 1", "event stage 0 menu 0", "respond 1 200", "media echo 1")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "c=IN IP4 198.51.100.9\r\n") {
		t.Errorf("got\n%s", b)
	}
}

func TestRTPTimeoutOnHoldEndsNothing(t *testing.T) {
	r := talking(t, Options{Relay: true}, "UPDATE")
	r.ask(1, sip.INVITE, offerA+"a=sendonly\r\n")
	r.reply(2, sip.INVITE, 200, answerB+"a=recvonly\r\n")
	r.in(Input{Kind: InMedia, Leg: 2, Name: "timeout"})
	r.never("bye")
}

func TestALostDialogEndsTheCall(t *testing.T) {
	r := talking(t, Options{}, "UPDATE")
	r.in(Input{Kind: InTerminated, Leg: 2, Dialog: 12})
	r.want("event intent 1 RECOVERY_ON_TIMER_EXPIRE 0", "bye 1")
	r.never("bye 2")
}

// TestInfoKeysOfThoseWhoTalkAreHeard: they pass on, and are told to the server, which has codes for those who talk.
func TestInfoKeysOfThoseWhoTalkAreHeard(t *testing.T) {
	r := ringing(t, Options{}, "sip:b@h", "sip:c@h")
	key := func(leg LegID, kind, body string) {
		m := &sip.Message{Method: sip.INFO, Body: body}
		m.Add(sip.HContentType, kind)
		r.in(Input{Kind: InRequest, Leg: leg, Dialog: dialogOf(leg), Txn: 55, Msg: m})
	}
	r.from(3, 183, answerB)
	key(1, "application/dtmf", "1")
	r.want("request 3 INFO") // early: nobody talks yet
	r.reply(3, sip.INFO, 200, "")
	r.from(3, 200, answerB)
	key(1, "application/dtmf-relay", "Signal=*\r\nDuration=160\r\n")
	r.want("digits 1 *", "request 3 INFO")
	r.reply(3, sip.INFO, 200, "")
	key(3, "application/dtmf", "11")
	r.want("digits 3 #", "request 1 INFO")
	r.reply(1, sip.INFO, 415, "")
	key(1, "text/plain", "1")
	r.want("request 3 INFO")
}
