package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

const other183 = "v=0\r\no=c 1 1 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// TestWhenTheEarlyMediaThatIsHeardEndsAnotherIs: two trunks or phones are rung
// together and both send a tone of their own; the one that is heard declines.
func TestWhenTheEarlyMediaThatIsHeardEndsAnotherIs(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 183, answerB)
	r.from(3, 183, other183)
	r.want("media bridge 1 2")
	r.never("media bridge 1 3")
	r.from(2, 486, "")
	r.want("event ended 2 0", "media close 2", "media set 3 192.0.2.3:6000 send=true recv=true", "media bridge 1 3")
	// Nobody is joined whom nobody hears any more.
	r.from(3, 486, "")
	r.want("refuse 1")
	r.never("media bridge 1 1")
}

func TestNobodyIsHeardAfterACancel(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h", "sip:c@h")
	r.from(2, 183, answerB)
	r.from(3, 183, other183)
	r.in(Input{Kind: InCancelled, Leg: Caller})
	r.never("media bridge 1 3")
}

// TestOfTheBranchesOfOneINVITETheLatestIsHeard: a carrier announces something, then
// tries one place after another; each says 183 with a tag of its own.
func TestOfTheBranchesOfOneINVITETheLatestIsHeard(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h")
	r.from(2, 183, answerB)
	r.want("media set 2 192.0.2.2:5000 send=true recv=true", "media bridge 1 2", "respond 1 183")
	r.forked(99, 183, other183)
	r.want("event leg 3 101 0", "media set 2 192.0.2.3:6000 send=true recv=true", "media bridge 1 2")
	r.forked(99, 200, other183)
	r.want("respond 1 200", "event bridged 3 0")
	r.never("media close")
}

// TestRFC6228Section3_AfterA199AnotherEarlyDialogIsHeard.
func TestRFC6228Section3_AfterA199AnotherEarlyDialogIsHeard(t *testing.T) {
	r := ringing(t, Options{Relay: true}, "sip:b@h")
	r.from(2, 183, answerB)
	r.forked(99, 183, other183)
	r.want("media set 2 192.0.2.3:6000 send=true recv=true")
	r.forked(99, 199, "")
	r.want("media set 2 192.0.2.2:5000 send=true recv=true", "media bridge 1 2")
	r.never("respond 1 199")
}

// TestRFC3311Section5_2_AnOfferInAnEarlyDialogIsAnsweredInTheOthersPlace: an
// announcement ends and the phone itself sends its tone from elsewhere, which a
// callee tells by UPDATE; the caller knows no reliable responses.
func TestRFC3311Section5_2_AnOfferInAnEarlyDialogIsAnsweredInTheOthersPlace(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "", "sip:b@h")
	r.rel(2, answerB)
	r.want("media bridge 1 2", "respond 1 183")
	r.ask(2, sip.UPDATE, other183)
	r.want("respond 2 200", "media set 2 192.0.2.3:6000 send=true recv=true")
	if b := r.bodies["respond 2 200"]; !strings.Contains(b, "m=audio 10004 RTP/AVP 0 8 101\r\n") {
		t.Errorf("the callee is answered\n%s", b)
	}
	r.never("request")
	// RFC 3261 section 13.2.1: what its 2xx says is ignored, and the last that it said counts.
	r.from(2, 200, "")
	r.want("respond 1 200")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "m=audio 10002 RTP/AVP 8 101\r\n") {
		t.Errorf("the caller is answered\n%s", b)
	}
	r.want()
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "bye 2")
}

// TestAnEarlyOfferIsAnsweredWhileTheHostIsUp: whom a transfer, a
// menu or a queue calls is offered what the server offers, and hears of nobody else yet.
func TestAnEarlyOfferIsAnsweredWhileTheHostIsUp(t *testing.T) {
	r := talking(t, Options{Relay: true}, "UPDATE")
	r.routed = []Step{phones("sip:c@h")}
	refer := &sip.Message{Method: sip.REFER}
	refer.Add(sip.HReferTo, "<sip:103@example.com>")
	r.in(Input{Kind: InRequest, Leg: 2, Dialog: dialogOf(2), Txn: 55, Msg: refer})
	r.want("respond 2 202", "invite 3 sip:c@h")
	r.rel(3, answerB)
	r.ask(3, sip.UPDATE, other183)
	r.want("respond 3 200")
	if b := r.bodies["respond 3 200"]; !strings.Contains(b, "RTP/AVP 0 8 101\r\n") && !strings.Contains(b, "RTP/AVP 8 0 101\r\n") {
		t.Errorf("the target is answered\n%s", b)
	}
	r.never("media bridge 1 3")
	r.from(3, 200, "")
	r.want("event bridged 3 0", "media set 3 192.0.2.3:6000 send=true recv=true")
}

// TestACallersUpdateIsAnsweredInTheCalleesPlace: the caller moves while it hears
// early media of a phone that does nothing reliably.
func TestACallersUpdateIsAnsweredInTheCalleesPlace(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Require", "sip:b@h")
	r.from(2, 183, answerB, "Allow", relAllow)
	r.want("respond 1 183 reliable")
	r.ask(1, sip.UPDATE, offer2+"a=sendonly\r\n")
	r.want("respond 1 200", "media set 1 192.0.2.1:4444 send=false recv=true")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "m=audio 10002 RTP/AVP 8 101\r\n") || !strings.Contains(b, "a=recvonly\r\n") {
		t.Errorf("the caller is answered\n%s", b)
	}
	r.never("request 2 UPDATE")
	r.from(2, 200, answerB)
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.want("respond 1 200", "event bridged 2 0")
	if b := r.bodies["respond 1 200"]; b != "" {
		t.Errorf("the 200 has\n%s", b)
	}
}

// TestAnotherCodecInAnEarlyUpdateIsOfferedToTheCallerAfterTheAnswer: it had the
// first one in a reliable response, and no later one may say otherwise.
func TestAnotherCodecInAnEarlyUpdateIsOfferedToTheCallerAfterTheAnswer(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.want("respond 1 183 reliable")
	r.c.legs[0].noUpdate = true // it cannot be asked
	r.ask(2, sip.UPDATE, strings.Replace(other183, "AVP 8", "AVP 0", 1))
	r.want("respond 2 200")
	r.from(2, 200, "")
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.want("request 1 INVITE")
	if b := r.bodies["request 1 INVITE"]; !strings.Contains(b, "RTP/AVP 0 101\r\n") {
		t.Errorf("the caller is offered\n%s", b)
	}
}

// TestAnEarlyOfferThatNobodyCanAnswerIsRefused: nothing in common, another kind of
// stream, a stream less, or RTP that goes past the server.
func TestAnEarlyOfferThatNobodyCanAnswerIsRefused(t *testing.T) {
	for name, x := range map[string]struct {
		opt  Options
		body string
	}{
		"no codec":   {Options{Relay: true}, strings.Replace(other183, "AVP 8", "AVP 18", 1)},
		"video":      {Options{Relay: true}, strings.Replace(other183, "m=audio", "m=video", 1)},
		"no streams": {Options{Relay: true}, other183[:strings.Index(other183, "m=")]},
		"no relay":   {Options{}, other183},
	} {
		r := reliableCall(t, x.opt, "", "sip:b@h")
		r.rel(2, answerB)
		r.ask(2, sip.UPDATE, x.body)
		if last := r.log[len(r.log)-1]; !strings.HasSuffix(last, " 491") {
			t.Errorf("%s: got %q, want 491", name, last)
		}
	}
}

// TestAnAnswerStatesItsDirection: a phone holds, the other party hears music and
// says nothing of directions, which means both ways. RFC 3264 section 6.1: "If a
// stream is offered as sendonly, the corresponding stream MUST be marked as
// recvonly or inactive in the answer."
func TestAnAnswerStatesItsDirection(t *testing.T) {
	r := talking(t, Options{Relay: true}, "UPDATE")
	r.ask(1, sip.INVITE, offerA+"a=sendonly\r\n")
	r.want("request 2 INVITE")
	r.reply(2, sip.INVITE, 200, answerB)
	r.want("respond 1 200")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "a=recvonly\r\n") {
		t.Errorf("the phone is answered\n%s", b)
	}
	r.pass(time.Second)
}
