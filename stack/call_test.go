package stack

import (
	"testing"
	"time"

	"onhook/sip"
)

func twoSides(t *testing.T) (*link, *side, *side) {
	l := newLink(t)
	return l, l.add("A", "192.0.2.1:5060", nil), l.add("B", "192.0.2.2:5060", nil)
}

func TestPlainCall(t *testing.T) {
	l, a, b := twoSides(t)
	dlg := a.invite(b)
	l.run(50 * time.Millisecond)
	b.respond(180)
	l.run(time.Second)
	b.respond(200)
	l.run(time.Second)
	if n := b.count(ActAck); n != 1 {
		t.Errorf("B was told of %d ACKs", n)
	}
	a.do(Input{Kind: InRequest, Dialog: dlg, Msg: msg(sip.BYE, "")})
	l.run(50 * time.Millisecond)
	var bye Action
	for _, x := range b.log {
		if x.Kind == ActRequest && x.Method == sip.BYE {
			bye = x
		}
	}
	b.do(Input{Kind: InRespond, Txn: bye.Txn, Msg: answer(200)})
	l.run(time.Second)
	l.wants("A: INVITE", "B: 180", "B: 200", "A: ACK", "A: BYE", "B: 200")
	if a.count(ActTerminated) != 1 || b.count(ActTerminated) != 1 {
		t.Errorf("terminated: A %d, B %d", a.count(ActTerminated), b.count(ActTerminated))
	}
	l.run(40 * time.Second)
	l.empty()
}

func TestCancelledCall(t *testing.T) {
	l, a, b := twoSides(t)
	b.hook = func(s *side, x Action) {
		if x.Kind == ActCancelled {
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(487)})
		}
	}
	dlg := a.invite(b)
	l.run(50 * time.Millisecond)
	b.respond(180)
	l.run(time.Second)
	a.do(Input{Kind: InCancel, Dialog: dlg, Msg: answer(0, "Reason: SIP;cause=200")})
	l.run(time.Second)
	l.wants("A: INVITE", "B: 180", "A: CANCEL", "B: 200", "B: 487", "A: ACK")
	if r := b.find(ActCancelled).Msg.Get(sip.HReason); r != "SIP;cause=200" {
		t.Errorf("Reason of the CANCEL: %q", r)
	}
	l.run(40 * time.Second)
	l.empty()
}

func TestRegisterAndOptions(t *testing.T) {
	l, a, b := twoSides(t)
	b.hook = func(s *side, x Action) {
		if x.Kind == ActRequest {
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(200)})
		}
	}
	for _, m := range []sip.Method{sip.REGISTER, sip.OPTIONS} {
		a.do(Input{Kind: InRequest, Ref: 9, Msg: msg(m, "sip:192.0.2.2", "From: <sip:alice@a.example>", "To: <sip:alice@a.example>")})
		l.run(time.Second)
	}
	l.wants("A: REGISTER", "B: 200", "A: OPTIONS", "B: 200")
	if n := a.count(ActResponse); n != 2 {
		t.Errorf("A got %d responses", n)
	}
	if x := a.log[len(a.log)-1]; x.Ref != 9 || x.Msg.Get(sip.HAllow) == "" || x.Msg.ToTag() == "" {
		t.Errorf("the answer to OPTIONS: %+v %s", x, x.Msg)
	}
	l.run(40 * time.Second)
	l.empty()
}
