package dialog

import (
	"errors"
	"slices"
	"testing"
	"time"

	"onhook/sip"
)

func TestReleaseOfAConfirmedDialogSendsBye(t *testing.T) {
	b := up(t)
	a := one(t, b.step(Input{Kind: InRelease}), ActSend)
	eq(t, "method", a.Msg.Method, sip.BYE)
	eq(t, "own", a.Own, true)
	// Nobody is told of what comes now, but the peer gets its answers.
	eq(t, "status", one(t, b.recv(sip.INFO, 5), ActRespond).Msg.Status, 481)
	out := b.recv(sip.BYE, 6)
	eq(t, "status", one(t, out, ActRespond).Msg.Status, 200)
	if got := kinds(b.resp(200, sip.BYE)); !slices.Equal(got, []ActionKind{ActTerminated}) {
		t.Errorf("the BYE's answer gives %v", got)
	}
}

func TestReleaseBeforeTheAckWaitsForIt(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 200, "sdp")
	if out := b.step(Input{Kind: InRelease}); len(out) != 0 {
		t.Fatalf("release gives %v", kinds(out))
	}
	eq(t, "method", one(t, b.recv(sip.ACK, 10), ActSend).Msg.Method, sip.BYE)
}

func TestReleaseOfACallThatRingsHereRefusesIt(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	out := b.step(Input{Kind: InRelease})
	eq(t, "status", one(t, out, ActRespond).Msg.Status, 480)
	one(t, out, ActTerminated)
}

func TestReleaseWhileCallingThenRefused(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.step(Input{Kind: InRelease})
	if got := kinds(b.resp(487, sip.INVITE)); !slices.Equal(got, []ActionKind{ActTerminated}) {
		t.Errorf("a refusal after release gives %v", got)
	}
}

func TestReleaseWith2xxThatHoldsAnOffer(t *testing.T) {
	b := newBench(t)
	b.uac()
	b.step(Input{Kind: InRelease})
	var methods []sip.Method
	for _, a := range b.resp(200, sip.INVITE, "sdp") {
		if a.Kind == ActSend {
			methods = append(methods, a.Msg.Method)
		}
	}
	if !slices.Equal(methods, []sip.Method{sip.ACK, sip.BYE}) {
		t.Errorf("sent %v, want ACK and BYE", methods)
	}
}

func TestByeInPlaceOfTheAnswerAcksFirst(t *testing.T) {
	b := newBench(t)
	b.uac()
	b.resp(200, sip.INVITE, "sdp")
	var methods []sip.Method
	for _, a := range b.send(sip.BYE) {
		if a.Kind == ActSend {
			methods = append(methods, a.Msg.Method)
		}
	}
	if !slices.Equal(methods, []sip.Method{sip.ACK, sip.BYE}) {
		t.Errorf("sent %v, want ACK and BYE", methods)
	}
}

func TestAChallengeThatNobodyAnswersEndsTheDialog(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(407, sip.INVITE)
	eq(t, "state", b.d.State(), Calling)
	var got []Action
	b.until(64*500*time.Millisecond, func(out []Action) { got = append(got, out...) })
	one(t, got, ActTerminated)
}

func TestInviteThatCannotBeSent(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	why := errors.New("refused")
	out := b.step(Input{Kind: InFailed, Txn: 7, Msg: b.last[sip.INVITE], Err: why})
	a := one(t, out, ActFailed)
	eq(t, "error", a.Err, why)
	eq(t, "method", a.Method, sip.INVITE)
	eq(t, "txn", a.Txn, 7)
	one(t, out, ActTerminated)
}

func TestAReleasedDialogEndsItselfWhenItCannotGoOn(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	b.answer(sip.INVITE, 200, "sdp")
	b.step(Input{Kind: InRelease})
	var got []Action
	b.until(33*time.Second, func(out []Action) { got = append(got, out...) })
	eq(t, "method", one(t, got, ActSend).Msg.Method, sip.BYE)
	for _, a := range got {
		if a.Kind == ActEnded {
			t.Error("a user that is no longer interested was told of the end")
		}
	}
}

func TestAnAnswerThatComesTooLateIsNoted(t *testing.T) {
	b := upUAS(t)
	out := b.step(Input{Kind: InRespond, Txn: 999, Msg: &sip.Message{Status: 200}})
	eq(t, "kind", out[0].Kind, ActNote)
}

func TestRequestsBeforeTheDialogFail(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	for _, m := range []sip.Method{sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK, sip.ACK, sip.INVITE} {
		if one(t, b.send(m), ActFailed).Err == nil {
			t.Errorf("%s before any response: no error", m)
		}
	}
}
