package dialog

import (
	"testing"

	"onhook/sip"
)

func TestRFC3262Section3_NotReliableWithoutSupport(t *testing.T) {
	b := newBench(t)
	b.uas("sdp")
	r := one(t, b.answer(sip.INVITE, 180, "reliable"), ActRespond).Msg
	if r.Has(sip.HRSeq) || r.Has(sip.HRequire) {
		t.Error("a reliable 180 to a peer that does not support 100rel")
	}
}

func TestRFC3262Section3_FinalRefusalStopsRepetition(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	b.answer(sip.INVITE, 183, "reliable", "sdp")
	b.answer(sip.INVITE, 486)
	eq(t, "state", b.d.State(), Terminated)
	if !b.d.Deadline().IsZero() {
		t.Error("a deadline is left")
	}
}

func TestRFC3262Section3_2xxNeedNotWaitForAResponseWithoutSDP(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	b.answer(sip.INVITE, 180, "reliable")
	eq(t, "status", one(t, b.answer(sip.INVITE, 200, "sdp"), ActRespond).Msg.Status, 200)
}

func TestRFC3262Section5_OfferInReliableResponseAnswerInPrack(t *testing.T) {
	b := newBench(t)
	b.uas("Supported: 100rel")
	r := one(t, b.answer(sip.INVITE, 183, "reliable", "sdp"), ActRespond).Msg
	out := b.recv(sip.PRACK, 11, "RAck: "+r.Get(sip.HRSeq)+" 10 INVITE", "sdp")
	one(t, out, ActRequest)
	eq(t, "offer", b.d.offer.state, offerNone)
	eq(t, "status", one(t, b.answer(sip.PRACK, 200), ActRespond).Msg.Status, 200)
}

func TestRFC3262Section5_OfferInPrackAnswerInIts200(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	r := one(t, b.answer(sip.INVITE, 183, "reliable", "sdp"), ActRespond).Msg
	one(t, b.recv(sip.PRACK, 11, "RAck: "+r.Get(sip.HRSeq)+" 10 INVITE", "sdp"), ActRequest)
	eq(t, "offer", b.d.offer.state, offerGot)
	b.answer(sip.PRACK, 200, "sdp")
	eq(t, "offer", b.d.offer.state, offerNone)
}

func TestRFC3262Section3_PrackWithoutRAckIs400(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	b.answer(sip.INVITE, 183, "reliable", "sdp")
	eq(t, "status", one(t, b.recv(sip.PRACK, 11), ActRespond).Msg.Status, 400)
}

func TestRFC3262Section3_RSeqGrowsByOne(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	first := readRSeq(one(t, b.answer(sip.INVITE, 180, "reliable"), ActRespond).Msg)
	if first == 0 || first >= 1<<31 {
		t.Errorf("RSeq %d", first)
	}
	b.answer(sip.INVITE, 183, "reliable", "sdp")
	out := b.recv(sip.PRACK, 11, "RAck: "+utoa(first)+" 10 INVITE")
	eq(t, "RSeq", readRSeq(out[len(out)-1].Msg), first+1)
}

func TestRFC3262Section4_UnreliableResponseGetsNoPrack(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	for _, a := range b.resp(183, sip.INVITE, "RSeq: 1") {
		if a.Kind == ActSend {
			t.Error("PRACK without Require: 100rel")
		}
	}
}

func TestRFC6337_PreviewOfAnswerInUnreliableResponse(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(183, sip.INVITE, "sdp")
	eq(t, "offer still open", b.d.offer.state, offerSent)
	// RFC 3311 section 5.1: no UPDATE with an offer before the answer.
	if out := b.send(sip.UPDATE, "sdp"); len(out) != 0 {
		t.Errorf("UPDATE went: %v", kinds(out))
	}
	out := b.resp(200, sip.INVITE, "sdp")
	eq(t, "then it goes", one(t, out[1:], ActSend).Msg.Method, sip.UPDATE)
}

func TestRFC3311Section5_1_UpdateInEarlyDialogAfterReliableAnswer(t *testing.T) {
	b := newBench(t)
	b.uac("sdp")
	b.resp(183, sip.INVITE, "Require: 100rel", "RSeq: 1", "sdp")
	b.resp(200, sip.PRACK)
	m := one(t, b.send(sip.UPDATE, "sdp"), ActSend).Msg
	eq(t, "method", m.Method, sip.UPDATE)
}

func TestRFC3311Section5_2_OfferWhileOursIsOut(t *testing.T) {
	b := up(t)
	b.send(sip.UPDATE, "sdp")
	eq(t, "status", one(t, b.recv(sip.UPDATE, 1, "sdp"), ActRespond).Msg.Status, 491)
}

func TestRFC6337_2xxWithOfferAnsweredInAck(t *testing.T) {
	b := newBench(t)
	b.uas()
	b.answer(sip.INVITE, 200, "sdp")
	eq(t, "offer", b.d.offer.state, offerSent)
	// UAS-IsI: before the ACK with the answer another INVITE is refused.
	eq(t, "status", one(t, b.recv(sip.INVITE, 11, "sdp"), ActRespond).Msg.Status, 500)
	a := one(t, b.recv(sip.ACK, 10, "sdp"), ActAck)
	if a.Msg.Body == "" {
		t.Error("the answer did not reach the user")
	}
	eq(t, "offer", b.d.offer.state, offerNone)
}

func TestRFC3311Section5_1_TheCalleesUpdateWaitsForThePrack(t *testing.T) {
	b := newBench(t)
	b.uas("sdp", "Supported: 100rel")
	r := one(t, b.answer(sip.INVITE, 183, "reliable", "sdp"), ActRespond).Msg
	if out := b.send(sip.UPDATE, "sdp"); len(out) != 0 {
		t.Errorf("UPDATE went before the PRACK: %v", kinds(out))
	}
	out := b.recv(sip.PRACK, 11, "RAck: "+r.Get(sip.HRSeq)+" 10 INVITE")
	eq(t, "then it goes", one(t, out, ActSend).Msg.Method, sip.UPDATE)
}
