package dialog

import (
	"testing"

	"onhook/sip"
)

func (b *bench) challenged(method sip.Method) []Action {
	return b.step(Input{
		Kind: InAgain, Txn: 1, Msg: b.response(407, method), Header: sip.Header{ID: sip.HProxyAuthorization, Value: "Digest x"},
	})
}

func TestSection22_2_AChallengedOfferIsSentAgainAndAnswered(t *testing.T) {
	b := up(t, "Record-Route: <sip:p1;lr>, <sip:p2;lr>")
	first := one(t, b.send(sip.INVITE, "sdp"), ActSend).Msg
	a := one(t, b.challenged(sip.INVITE), ActSend)
	was, _ := first.CSeq()
	is, _ := a.Msg.CSeq()
	eq(t, "CSeq", is, sip.CSeq{Seq: was.Seq + 1, Method: sip.INVITE})
	eq(t, "hop", a.Hop, "sip:p2;lr")
	eq(t, "credentials", a.Msg.Get(sip.HProxyAuthorization), "Digest x")
	eq(t, "credentials of the first", first.Has(sip.HProxyAuthorization), false)
	eq(t, "body", a.Msg.Body, first.Body)
	// It is one offer still: another one has to wait, and its answer is no offer.
	eq(t, "a second offer waits", len(b.send(sip.INVITE, "sdp")), 0)
	out := b.resp(200, sip.INVITE, "sdp")
	eq(t, "NeedAnswer", one(t, out, ActResponse).NeedAnswer, false)
	ack := one(t, out, ActSend).Msg
	eq(t, "ACK", ack.Method, sip.ACK)
	// Section 13.2.2.4: "The ACK MUST contain the same credentials as the INVITE."
	eq(t, "credentials of the ACK", ack.Get(sip.HProxyAuthorization), "Digest x")
}

func TestSection22_2_AChallengedByeHasNotEndedTheDialog(t *testing.T) {
	b := up(t)
	b.send(sip.BYE)
	out := b.challenged(sip.BYE)
	eq(t, "method", one(t, out, ActSend).Msg.Method, sip.BYE)
	eq(t, "state", b.d.State(), Ending)
	one(t, b.resp(200, sip.BYE), ActTerminated)
}
