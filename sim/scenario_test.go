package sim

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/outcome"
	"onhook/route"
)

// The scenarios of docs/faults.md that are about signalling alone. Each is one
// call, or many of the same, on a network with one fault.

// A scene is a world that is set up for one scenario.
type scene struct {
	w *World
	a *Caller
	b *Callee
}

// newScene makes a world with this fault; the callee rings and answers.
func newScene(seed uint64, f Faults) *scene {
	w := NewWorld(seed, f, nil)
	s := &scene{w: w, a: w.Caller(fmt.Sprint("scene", seed), "1"), b: w.Callee(1)}
	s.b.Ring, s.b.Final, s.b.After = time.Second, 200, 2*time.Second
	s.a.Talk = 10 * time.Second
	return s
}

// run plays it to its end and returns the one record there is.
func (s *scene) run(t *testing.T) outcome.Record {
	t.Helper()
	s.a.Start(s.w.Net.Now)
	s.w.Net.Run(Epoch.Add(10 * time.Minute))
	bad := append(s.w.Check(), truths(s.w, s.a, s.b)...)
	if len(s.w.Saved) != 1 {
		t.Fatalf("%d records: %v", len(s.w.Saved), bad)
	}
	if len(bad) > 0 {
		report(t, 1, s.w, plan{name: t.Name()}, bad)
	}
	return s.w.Saved[0].Record
}

// ends checks status, reason, who ended it, and the final response.
func ends(t *testing.T, r outcome.Record, status, reason, by string, final int) {
	t.Helper()
	got := fmt.Sprint(r.Status, " ", r.ByeReason, " ", r.EndedBy, " ", r.SIPFinal)
	if want := fmt.Sprint(status, " ", reason, " ", by, " ", final); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// sent is when the first message was sent that begins so, and how many there were.
func (s *scene) sent(from, to netip.AddrPort, start string) (first time.Time, n int) {
	for _, m := range s.w.Net.Trace {
		if m.From == from && m.To == to && bytes.HasPrefix(m.Data, []byte(start)) {
			if n++; n == 1 {
				first = m.At
			}
		}
	}
	return first, n
}

// lose loses the first n messages that begin so.
func (s *scene) lose(n int, from netip.AddrPort, start string) {
	s.w.Net.Lose = func(m Sent) bool {
		if n > 0 && m.From == from && bytes.HasPrefix(m.Data, []byte(start)) {
			n--
			return true
		}
		return false
	}
}

func TestScenario01_TenPercentLoss(t *testing.T) {
	failed, longest := 0, time.Duration(0)
	for seed := range uint64(500) {
		s := newScene(seed, Faults{Loss: 0.1, Delay: 20 * time.Millisecond})
		r := s.run(t)
		if r.ByeReason != "NORMAL_CLEARING" || r.SIPFinal != 200 {
			failed++
			t.Logf("seed %d: %s %s", seed, r.Status, r.ByeReason)
		}
		longest = max(longest, time.Duration(r.SetupMS)*time.Millisecond)
	}
	if failed > 0 {
		t.Errorf("%d of 500 calls failed", failed)
	}
	t.Logf("the longest set-up took %v", longest)
}

func TestScenario02_EveryPacketTwice(t *testing.T) {
	s := newScene(1, Faults{Repeat: 1, Delay: 20 * time.Millisecond, Reorder: 0.5, Jitter: 200 * time.Millisecond})
	r := s.run(t)
	ends(t, r, "Call Ended", "NORMAL_CLEARING", "caller", 200)
	if s.b.Calls != 1 || len(r.Legs) != 2 {
		t.Errorf("the callee was called %d times, the record has %d legs", s.b.Calls, len(r.Legs))
	}
	// What is charged is what was talked: the caller hangs up 10 s after the answer.
	if late := r.TalkMS - 10_000; late < -500 || late > 500 {
		t.Errorf("talked %d ms", r.TalkMS)
	}
}

func TestScenario03_Reordered(t *testing.T) {
	passed := 0
	for seed := range uint64(100) {
		s := newScene(seed, Faults{Reorder: 0.2, Jitter: 2 * time.Second, Delay: 10 * time.Millisecond})
		s.a.Talk = 50 * time.Millisecond // so that the BYE may pass the ACK
		acked := false
		s.w.Net.Watch = func(m Sent, arrives bool) {
			if arrives && m.From == CallerAddr {
				acked = acked || bytes.HasPrefix(m.Data, []byte("ACK"))
				if !acked && bytes.HasPrefix(m.Data, []byte("BYE")) {
					passed++
					acked = true
				}
			}
		}
		if r := s.run(t); r.Status != "Call Ended" || r.ByeReason != "NORMAL_CLEARING" || r.EndedBy != "caller" {
			t.Errorf("seed %d: %s %s by %s", seed, r.Status, r.ByeReason, r.EndedBy)
		}
	}
	if passed == 0 {
		t.Error("no BYE came before its ACK: nothing was shown")
	}
}

func TestScenario04_ThreeSecondsOfJitter(t *testing.T) {
	for seed := range uint64(100) {
		s := newScene(seed, Faults{Reorder: 1, Jitter: 3 * time.Second, Delay: 10 * time.Millisecond})
		s.a.Talk = 20 * time.Second
		if r := s.run(t); r.SIPFinal != 200 || r.ByeReason != "NORMAL_CLEARING" {
			t.Errorf("seed %d: %s %s, final %d", seed, r.Status, r.ByeReason, r.SIPFinal)
		}
		if _, n := s.sent(CallerAddr, ServerAddr, "INVITE"); n < 2 && seed == 0 {
			t.Error("nothing was sent again: the jitter was too little to show anything")
		}
		if s.b.Calls != 1 {
			t.Errorf("seed %d: the callee was called %d times", seed, s.b.Calls)
		}
	}
}

func TestScenario05_TheFirstResponseIsLost(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	s.lose(1, ServerAddr, "SIP/2.0 100")
	ends(t, s.run(t), "Call Ended", "NORMAL_CLEARING", "caller", 200)
	if _, n := s.sent(CallerAddr, ServerAddr, "INVITE"); n < 2 {
		t.Errorf("the caller sent %d INVITEs: nothing was lost", n)
	}
	if _, n := s.sent(ServerAddr, CallerAddr, "SIP/2.0 100"); n != 2 {
		t.Errorf("100 was sent %d times, want once more for the repeated INVITE", n)
	}
	var same [][]byte
	for _, m := range s.w.Net.Trace {
		if m.From == ServerAddr && m.To == CallerAddr && bytes.HasPrefix(m.Data, []byte("SIP/2.0 100")) {
			same = append(same, m.Data)
		}
	}
	if len(same) == 2 && !bytes.Equal(same[0], same[1]) {
		t.Errorf("the second 100 is another one:\n%s\n%s", same[0], same[1])
	}
	if s.b.Calls != 1 {
		t.Errorf("the callee was called %d times", s.b.Calls)
	}
}

func TestScenario06_TheAnswerIsLostThreeTimes(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	s.lose(3, s.b.addr, "SIP/2.0 200")
	r := s.run(t)
	ends(t, r, "Call Ended", "NORMAL_CLEARING", "caller", 200)
	// The callee answers after 2 s and repeats after 0.5, 1, 2 s: the fourth is the first to arrive.
	answer := 2*time.Second + 3500*time.Millisecond + 20*time.Millisecond
	if got := r.AnsweredAt.Sub(Epoch); (got - answer).Abs() > 100*time.Millisecond {
		t.Errorf("answered after %v, want when the first 200 came, %v", got, answer)
	}
}

func TestScenario07_NoAckFromTheCaller(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	s.a.NoAck, s.a.Talk = true, 0
	r := s.run(t)
	ends(t, r, "Call Ended", "RECOVERY_ON_TIMER_EXPIRE", "network", 200)
	if r.Detail != "no_ack" {
		t.Errorf("detail %q", r.Detail)
	}
	first, n := s.sent(ServerAddr, CallerAddr, "SIP/2.0 200")
	bye, _ := s.sent(ServerAddr, CallerAddr, "BYE")
	// RFC 3261 section 13.3.1.4: T1, doubling to T2, for 64*T1; then BYE.
	if n < 10 || bye.Sub(first) != 32*time.Second || !s.a.Byed {
		t.Errorf("200 was sent %d times, BYE came %v after the first", n, bye.Sub(first))
	}
	if at, _ := s.sent(ServerAddr, s.b.addr, "BYE"); at.Sub(first) != 32*time.Second {
		t.Errorf("BYE to the callee %v after the 200", at.Sub(first))
	}
}

func TestScenario08_TheAnswerCrossesTheCancel(t *testing.T) {
	s := newScene(1, Faults{Delay: 50 * time.Millisecond})
	s.a.Cancel = 2060 * time.Millisecond // the callee answers while the CANCEL flies
	r := s.run(t)
	if got, _ := s.sent(s.b.addr, ServerAddr, "SIP/2.0 200"); got.IsZero() {
		t.Fatal("the callee never answered: nothing crossed")
	}
	ends(t, r, "Cancelled", "ORIGINATOR_CANCEL", "caller", 487)
	if r.TalkMS != 0 || r.AnsweredAt != nil {
		t.Errorf("talked %d ms, answered %v", r.TalkMS, r.AnsweredAt)
	}
	if _, n := s.sent(ServerAddr, s.b.addr, "ACK"); n == 0 {
		t.Error("the callee got no ACK")
	}
	if _, n := s.sent(ServerAddr, s.b.addr, "BYE"); n == 0 {
		t.Error("the callee got no BYE")
	}
}

func TestScenario09_CancelBeforeAnyProvisional(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	s.b.Ring, s.b.Final, s.a.Cancel = 5*time.Second, 0, 500*time.Millisecond
	r := s.run(t)
	ends(t, r, "Cancelled", "ORIGINATOR_CANCEL", "caller", 487)
	ring, _ := s.sent(s.b.addr, ServerAddr, "SIP/2.0 180")
	cancel, n := s.sent(ServerAddr, s.b.addr, "CANCEL")
	// RFC 3261 section 9.1: no CANCEL before a provisional response.
	if n == 0 || cancel.Before(ring) || cancel.Sub(ring) > time.Second {
		t.Errorf("rang at %v, CANCEL at %v (%d)", ring, cancel, n)
	}
}

func TestScenario10_ByeFromBothAtOnce(t *testing.T) {
	s := newScene(1, Faults{Delay: 50 * time.Millisecond})
	s.a.Talk, s.b.Talk = 5*time.Second, 5*time.Second-20*time.Millisecond
	r := s.run(t)
	if r.Status != "Call Ended" || r.ByeReason != "NORMAL_CLEARING" || r.EndedBy != "caller" && r.EndedBy != "callee" {
		t.Errorf("%s %s by %s", r.Status, r.ByeReason, r.EndedBy)
	}
	for _, of := range []netip.AddrPort{CallerAddr, s.b.addr} {
		if _, n := s.sent(of, ServerAddr, "BYE"); n != 1 {
			t.Errorf("%v sent %d BYEs: it got no answer, or nothing crossed", of, n)
		}
	}
}

func TestScenario11_TheByeToTheCalleeIsNotAnswered(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	gone := false
	s.w.Net.Lose = func(m Sent) bool {
		gone = gone || m.From == CallerAddr && bytes.HasPrefix(m.Data, []byte("BYE"))
		return gone && (m.From == s.b.addr || m.To == s.b.addr)
	}
	s.a.Start(s.w.Net.Now)
	s.w.Net.Run(Epoch.Add(5 * time.Minute))
	if bad := s.w.Check(); len(bad) > 0 || len(s.w.Saved) != 1 {
		t.Fatalf("%d records, %v", len(s.w.Saved), bad)
	}
	r := s.w.Saved[0].Record
	ends(t, r, "Call Ended", "NORMAL_CLEARING", "caller", 200)
	bye, _ := s.sent(CallerAddr, ServerAddr, "BYE")
	if _, n := s.sent(CallerAddr, ServerAddr, "BYE"); n != 1 {
		t.Errorf("the caller sent %d BYEs: it was not answered at once", n)
	}
	var last, answered time.Time // RFC 3261 section 17.1.2.2: timer F ends what is said to the callee
	for _, m := range s.w.Net.Trace {
		if m.From == ServerAddr && m.To == CallerAddr && bytes.HasPrefix(m.Data, []byte("SIP/2.0 200")) && bytes.Contains(m.Data, []byte(" BYE\r\n")) {
			answered = m.At
		}
		if m.From == ServerAddr && m.To == s.b.addr && bytes.HasPrefix(m.Data, []byte("BYE")) {
			last = m.At
		}
	}
	if after := answered.Sub(bye); after <= 0 || after > 20*time.Millisecond {
		t.Errorf("the caller's BYE was answered after %v", after)
	}
	if after := last.Sub(bye); after <= 0 || after > 33*time.Second {
		t.Errorf("the last BYE to the callee went %v after the caller's", after)
	}
	if late := s.w.Saved[0].At.Sub(bye); late > 5*time.Second {
		t.Errorf("the record came %v after the BYE", late)
	}
	if r.EndedAt.Sub(bye) > time.Second {
		t.Errorf("ended %v after the BYE", r.EndedAt.Sub(bye))
	}
}

func TestScenario13_TheCalleeIsSilent(t *testing.T) {
	s := newScene(1, Faults{Delay: 10 * time.Millisecond})
	s.b.Silent = true
	r := s.run(t)
	if r.Status != "Unreachable" || r.ByeReason != "NO_USER_RESPONSE" || r.DurationMS > 33_000 {
		t.Errorf("%s %s after %d ms", r.Status, r.ByeReason, r.DurationMS)
	}
	if len(s.a.Finals) != 1 || s.a.Finals[0] != 408 && s.a.Finals[0] != 503 && s.a.Finals[0] != 480 {
		t.Errorf("the caller got %v", s.a.Finals)
	}
}

// TestScenario13_ASilentTrunkIsFollowedByTheNext after timer B, and the record lists both.
func TestScenario13_ASilentTrunkIsFollowedByTheNext(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1 trunk:t2", nil, exchange.Trunk{}, exchange.Trunk{})
	c[0].Answer, c[1].Answer = always(0, "", ""), always(486, "Busy Here", "")
	began := w.Net.Now
	if got := w.dial("9555", "", 2*time.Minute); got != "USER_BUSY" || len(c[1].At) != 1 {
		t.Fatalf("got %s, %d INVITEs at the second trunk", got, len(c[1].At))
	}
	// The ring time, 20 s here, or timer B, 64*T1 (RFC 3261 section 17.1.1.2), whichever comes first.
	if after := c[1].At[0].Sub(began); after > 33*time.Second {
		t.Errorf("the second trunk was called after %v", after)
	}
	legs := w.Saved[0].Record.Legs
	if len(legs) != 3 || legs[1].Target != "t1" || legs[1].Reason != "NO_USER_RESPONSE" || legs[2].Target != "t2" || legs[2].FinalCode != 486 {
		t.Errorf("legs: %+v", legs)
	}
}

// TestScenario15_AClosedPortIsFollowedAtOnce by the next trunk, not after timer B.
func TestScenario15_AClosedPortIsFollowedAtOnce(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1 trunk:t2", nil, exchange.Trunk{}, exchange.Trunk{})
	w.Refuses = map[netip.AddrPort]bool{c[0].addr: true}
	c[1].Answer = always(486, "Busy Here", "")
	began := w.Net.Now
	if got := w.dial("9555", "", time.Minute); got != "USER_BUSY" || len(c[1].At) != 1 {
		t.Fatalf("got %s, %d INVITEs at the second trunk", got, len(c[1].At))
	}
	if after := c[1].At[0].Sub(began); after > 100*time.Millisecond {
		t.Errorf("the second trunk was called after %v", after)
	}
	legs := w.Saved[0].Record.Legs
	if len(legs) != 3 || !legs[1].Synthetic || legs[1].Reason != "NETWORK_OUT_OF_ORDER" {
		t.Errorf("legs: %+v", legs)
	}
	// And where there is no other: NETWORK_OUT_OF_ORDER at once (outcome/README section 7).
	w.Refuses[c[1].addr] = true
	began = w.Net.Now
	if got := w.dial("9555", "", time.Minute); got != "NETWORK_OUT_OF_ORDER" {
		t.Errorf("got %s", got)
	} else if r := w.Saved[1].Record; r.EndedAt.Sub(began) > time.Second || r.Status != "Unreachable" && r.Status != "Call Failed" {
		t.Errorf("%s after %v", r.Status, r.EndedAt.Sub(began))
	}
}

func TestClass25_ACallThatComesBackIsRefused(t *testing.T) {
	// The number leads to the server's own address: each round takes a hop.
	w := NewWorld(1, Faults{Delay: time.Millisecond}, func(s *exchange.Settings) { s.Routes = loopRoutes(t) })
	a := w.Caller("loop", "1")
	a.Start(w.Net.Now)
	w.Net.Run(Epoch.Add(5 * time.Minute))
	if bad := w.Check(); len(bad) > 0 {
		t.Error(bad)
	}
	if len(w.Started) > 75 {
		t.Errorf("%d calls came of one that leads to itself", len(w.Started))
	}
	if len(a.Finals) != 1 || a.Finals[0] != 482 && a.Finals[0] != 483 {
		t.Errorf("the caller got %v, want 482 or 483", a.Finals)
	}
}

// loopRoutes has number 1 lead to the server itself.
func loopRoutes(t *testing.T) *route.Table {
	t.Helper()
	r, err := route.New(route.Options{
		Rules: []route.Rule{{Match: "1", To: []route.Destination{{Kind: route.ToSIP, Text: "sip:1@" + ServerAddr.String()}}}},
		Local: []string{ServerAddr.Addr().String()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
