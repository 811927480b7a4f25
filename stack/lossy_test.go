package stack

import (
	"testing"
	"time"

	"onhook/sip"
)

// lossy makes the link lose, double and delay messages, by a seed.
func lossy(l *link, seed uint64, percent uint64) {
	r := seeded(seed)
	l.lose = func(from *side, a Action) bool {
		l.delay = time.Duration(r.Uint64()%300) * time.Millisecond
		if r.Uint64()%100 < percent {
			return true
		}
		if r.Uint64()%100 < percent {
			l.wire = append(l.wire, packet{
				at: l.now.Add(time.Duration(r.Uint64()%900) * time.Millisecond), data: a.Data,
				flow: sip.Flow{Transport: a.Flow.Transport, Local: a.Flow.Remote, Remote: from.addr},
			})
		}
		return false
	}
}

// phone answers what comes: it rings, and answers, refuses or waits.
func phone(final int) func(*side, Action) {
	return func(s *side, x Action) {
		switch {
		case x.Kind == ActRequest && x.Method == sip.INVITE && x.Dialog != 0:
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(180)})
			if final != 0 {
				m := answer(final)
				if final == 200 {
					withSDP(m)
				}
				s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: m})
			}
		case x.Kind == ActRequest:
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(200)})
		case x.Kind == ActCancelled:
			s.do(Input{Kind: InRespond, Txn: x.Txn, Msg: answer(487)})
		case x.Kind == ActEnded:
			s.do(Input{Kind: InRequest, Dialog: x.Dialog, Msg: msg(sip.BYE, "")})
		}
	}
}

// TestLossyLink runs calls over a link that loses, doubles and reorders. Each
// ends at both sides, each side is told at most one final response of the
// INVITE, and nothing is left over.
func TestLossyLink(t *testing.T) {
	for seed := range uint64(200) {
		for _, how := range []string{"bye", "busy", "cancel"} {
			l, a, b := twoSides(t)
			lossy(l, seed*3+1, 5+seed%40)
			final := map[string]int{"bye": 200, "busy": 486, "cancel": 0}[how]
			b.hook = phone(final)
			a.hook = phone(0)
			dlg := a.invite(b)
			l.run(3 * time.Second)
			switch how {
			case "cancel":
				a.do(Input{Kind: InCancel, Dialog: dlg})
			case "bye":
				l.run(10 * time.Second)
				a.do(Input{Kind: InRequest, Dialog: dlg, Msg: msg(sip.BYE, "")})
			}
			l.run(40 * time.Second)
			a.do(Input{Kind: InCancel, Dialog: dlg})
			a.do(Input{Kind: InRelease, Dialog: dlg})
			if b.count(ActRequest) > 0 {
				b.respond(480) // its own ring timer; nothing where it answered
			}
			l.run(150 * time.Second)
			finals := 0
			for _, x := range a.log {
				if x.Kind == ActResponse && x.Method == sip.INVITE && x.Msg.Status >= 200 {
					finals++
				}
			}
			if finals > 1 || b.count(ActRequest) > 2 || b.count(ActCancelled) > 1 || a.count(ActTerminated) != 1 {
				t.Errorf("seed %d, %s: %d finals, %d requests, %d cancels, %d terminated", seed, how, finals, b.count(ActRequest), b.count(ActCancelled), a.count(ActTerminated))
			}
			l.empty()
			if t.Failed() {
				for _, line := range l.trace {
					t.Log(line)
				}
				return
			}
		}
	}
}

// TestBusyComesThroughLoss: up to a quarter of the messages may be lost,
// and an INVITE's final response comes through all the same.
func TestBusyComesThroughLoss(t *testing.T) {
	for seed := range uint64(100) {
		l, a, b := twoSides(t)
		lossy(l, seed+1000, 25)
		b.hook = phone(486)
		a.invite(b)
		l.run(30 * time.Second)
		n := 0
		for _, x := range a.log {
			if x.Kind == ActResponse && x.Msg.Status == 486 {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("seed %d: the 486 came %d times\n%v", seed, n, l.trace)
		}
	}
}
