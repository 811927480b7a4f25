package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

const (
	relAllow = "INVITE, ACK, BYE, CANCEL, PRACK, UPDATE"
	offer2   = "v=0\r\no=a 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4444 RTP/AVP 8\r\n"
)

// reliableCall is a call whose INVITE says what it does of 100rel.
func reliableCall(t *testing.T, opt Options, header string, uris ...string) *rig {
	t.Helper()
	m := invite(offerA)
	if header != "" {
		m.AddNamed(header, "100rel")
	}
	m.Add(sip.HAllow, relAllow)
	opt.Ring = time.Minute
	return newRig(t, opt, Start{Invite: m, Steps: []Step{phones(uris...)}})
}

// rel brings a reliable 183.
func (r *rig) rel(leg LegID, body string) {
	r.t.Helper()
	r.from(leg, 183, body, "Require", "100rel", "RSeq", "1", "Allow", relAllow)
}

func TestRFC3262Section3_TheCallersSideIsReliable(t *testing.T) {
	for _, x := range []struct {
		header   string
		reliable bool // the callee's
		want     string
	}{
		{"Require", false, "respond 1 183 reliable"},
		{"Require", true, "respond 1 183 reliable"},
		{"Supported", true, "respond 1 183 reliable"},
		{"Supported", false, "respond 1 183"},
		{"", true, "respond 1 183"},
	} {
		r := reliableCall(t, Options{}, x.header, "sip:b@h")
		if x.reliable {
			r.rel(2, answerB)
		} else {
			r.from(2, 183, answerB)
		}
		r.want(x.want)
	}
}

func TestRFC6337Section3_1_1_NoSDPAfterTheReliableAnswer(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.want("respond 1 183 reliable")
	// RFC 3261 section 13.2.1: the UAC "MUST ignore any session descriptions in subsequent responses".
	r.from(2, 200, strings.Replace(answerB, "5000", "6000", 1))
	r.want("respond 1 200", "media set 2 192.0.2.2:5000 send=true recv=true")
	if b := r.bodies["respond 1 200"]; b != "" {
		t.Errorf("the 200 has\n%s", b)
	}
	// The stack says when the 200 has left, and only then are they joined.
	r.never("event bridged")
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.want("event bridged 2 0", "event stage 0 talking 0")
}

func TestRFC3262Section3_NoPrackInTimeIsRefused(t *testing.T) {
	r := reliableCall(t, Options{}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.in(Input{Kind: InEnded, Leg: 1, Dialog: 1, Name: "no_prack"})
	r.want("event timer 1 prack 0", "event intent 1 RECOVERY_ON_TIMER_EXPIRE 0", "cancel 2", "refuse 1")
	// The same when the callee has answered meanwhile and our 2xx waits for the PRACK.
	r = reliableCall(t, Options{}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.from(2, 200, "")
	r.in(Input{Kind: InEnded, Leg: 1, Dialog: 1, Name: "no_prack"})
	r.want("event intent 1 RECOVERY_ON_TIMER_EXPIRE 0", "refuse 1", "bye 2")
	r.never("bye 1")
}

func TestACalleeThatLeavesWhileOur2xxWaitsForThePrack(t *testing.T) {
	r := reliableCall(t, Options{}, "Supported", "sip:b@h")
	r.rel(2, answerB)
	r.from(2, 200, "")
	r.ask(2, sip.BYE, "")
	r.want("respond 2 200", "event intent 1 NORMAL_TEMPORARY_FAILURE 0", "refuse 1")
	r.never("bye 1")
}

// RFC 3261 section 14.1: no INVITE goes to a party whose own one is still in progress.
func TestSection14_1_ACalleesReInviteWhileOur2xxWaitsForThePrack(t *testing.T) {
	r := reliableCall(t, Options{}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.from(2, 200, "")
	r.ask(2, sip.INVITE, answerB)
	r.want("respond 1 200", "respond 2 491")
	r.never("request 1 INVITE")
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.ask(2, sip.INVITE, answerB)
	r.want("request 1 INVITE")
}

// TestACallerThatLeavesWhileOur2xxWaitsForThePrack has had no final response: it withdraws (outcome/README section 3 rule 2).
func TestACallerThatLeavesWhileOur2xxWaitsForThePrack(t *testing.T) {
	r := reliableCall(t, Options{}, "Supported", "sip:b@h")
	r.rel(2, answerB)
	r.from(2, 200, "")
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "refuse 1", "bye 2")
	r.never("bye 1")
	r.never("event intent 1")
}

func TestRFC3262Section5_WithoutAnOfferNothingReliableGoesBeforeThe2xx(t *testing.T) {
	m := invite("")
	m.AddNamed("Require", "100rel")
	r := newRig(t, Options{Ring: time.Minute}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
	r.from(2, 180, "")
	r.want("event stage 0 ringing 0")
	r.never("respond 1")
}

func TestRFC3311Section5_1_AnUpdateInTheEarlyDialogPasses(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Supported", "sip:b@h")
	r.rel(2, answerB)
	r.log = nil
	r.ask(1, sip.UPDATE, offer2)
	r.want("request 2 UPDATE")
	if b := r.bodies["request 2 UPDATE"]; !strings.Contains(b, "RTP/AVP 8\r\n") || strings.Contains(b, "4444") {
		t.Errorf("the callee is offered\n%s", b)
	}
	r.ask(2, sip.UPDATE, answerB) // section 5.2: one is open
	r.want("respond 2 491")
	r.reply(2, sip.UPDATE, 200, answerB)
	r.want("respond 1 200", "media set 1 192.0.2.1:4444 send=true recv=true")
	r.ask(2, sip.UPDATE, answerB)
	r.want("request 1 UPDATE")
	r.reply(1, sip.UPDATE, 488, "")
	r.want("respond 2 488")
	r.from(2, 200, "")
	r.want("respond 1 200")
}

func TestRFC3311Section5_1_NoUpdateBeforeBothAnswersAreReliable(t *testing.T) {
	for _, x := range []struct {
		name string
		play func(r *rig)
		say  string
	}{
		{"the callee's answer was not reliable", func(r *rig) { r.from(2, 183, answerB, "Allow", relAllow); r.ask(1, sip.UPDATE, offer2) }, "Require"},
		{"the caller's was not", func(r *rig) { r.rel(2, answerB); r.ask(2, sip.UPDATE, answerB) }, ""},
		{"the callee does not allow it", func(r *rig) { r.from(2, 183, answerB, "Require", "100rel", "RSeq", "1"); r.ask(1, sip.UPDATE, offer2) }, "Require"},
	} {
		r := reliableCall(t, Options{}, x.say, "sip:b@h")
		x.play(r)
		r.never("request")
		if last := r.log[len(r.log)-1]; !strings.HasSuffix(last, " 491") {
			t.Errorf("%s: got %q, want 491", x.name, last)
		}
	}
}

func TestRFC3262Section5_APracksOfferIsAnswered(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Require", "sip:b@h")
	r.rel(2, answerB)
	r.ask(1, sip.PRACK, offer2)
	r.want("request 2 UPDATE")
	r.reply(2, sip.UPDATE, 200, answerB)
	r.want("respond 1 200")
	if b := r.bodies["respond 1 200"]; !strings.Contains(b, "m=audio 10002 ") {
		t.Errorf("the answer in the 2xx to the PRACK is\n%s", b)
	}
	// RFC 6337 section 3.1: if nobody can answer it now, or does not want to, it is 488, whatever the callee said.
	r.ask(1, sip.PRACK, offer2)
	r.reply(2, sip.UPDATE, 500, "")
	r.want("request 2 UPDATE", "respond 1 488")
	r = reliableCall(t, Options{}, "Require", "sip:b@h")
	r.from(2, 183, answerB)
	r.ask(1, sip.PRACK, offer2)
	r.want("respond 1 488")
	r.never("request")
}

func TestARequestToAPartyThatHasGoneIsAnswered(t *testing.T) {
	r := reliableCall(t, Options{}, "Require", "sip:b@h", "sip:c@h")
	r.rel(2, answerB)
	r.ask(1, sip.UPDATE, offer2)
	r.from(2, 486, "")
	r.want("request 2 UPDATE", "respond 1 500")
}

func TestSection13_2_1_AnotherPartyThanTheOneThatAnsweredReliably(t *testing.T) {
	r := reliableCall(t, Options{Relay: true}, "Require", "sip:b@h", "sip:c@h")
	r.rel(2, answerB)
	r.from(3, 200, strings.Replace(answerB, "5000", "6000", 1))
	r.want("respond 1 200", "cancel 2", "media bridge 1 3")
	if b := r.bodies["respond 1 200"]; b != "" {
		t.Errorf("the 200 has\n%s", b)
	}
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.want("request 1 INVITE")
	if b := r.bodies["request 1 INVITE"]; !strings.Contains(b, "RTP/AVP 8 101\r\n") {
		t.Errorf("the caller is offered\n%s", b)
	}
	r.reply(1, sip.INVITE, 200, offer2)
	r.want("media set 1 192.0.2.1:4444 send=true recv=true")
	r.never("request 3")
	r.never("respond 3")
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.ask(1, sip.BYE, "")
	r.want("respond 1 200", "bye 3")
}

func TestOurOwnReInviteThatIsRefusedEndsNothing(t *testing.T) {
	r := reliableCall(t, Options{}, "Require", "sip:b@h", "sip:c@h")
	r.rel(2, answerB)
	r.from(3, 200, answerB)
	r.in(Input{Kind: InAnswered, Leg: 1})
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.want("request 1 INVITE")
	r.reply(1, sip.INVITE, 491, "") // section 14.1: once more
	r.want("request 1 INVITE")
	r.reply(1, sip.INVITE, 488, "")
	r.never("bye")
	if len(r.log) != 0 {
		t.Errorf("got %q", r.log)
	}
}

func TestSection14_2_AnInviteInAnEarlyDialogIsRefused(t *testing.T) {
	m := invite(offerA)
	m.Add(sip.HSupported, "100rel")
	m.Add(sip.HAllow, "UPDATE")
	r := newRig(t, Options{Ring: time.Minute}, Start{Invite: m, Steps: []Step{phones("sip:b@h")}})
	r.from(2, 183, answerB, "RSeq", "1", "Require", "100rel", "Allow", "UPDATE")
	r.ask(2, sip.INVITE, answerB)
	r.want("respond 1 183 reliable", "respond 2 491")
	r.ask(2, sip.UPDATE, answerB)
	r.want("request 1 UPDATE")
}
