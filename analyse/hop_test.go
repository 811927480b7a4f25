package analyse

import (
	"strings"
	"testing"
	"time"
)

func replace(s, from, to string) string { return strings.ReplaceAll(s, from, to) }

// onward gives a message a second Via: that of a proxy before it.
const (
	viaP = "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKproxy1"
	viaA = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone@example.com-INVITE-1"
)

// TestHops: one INVITE seen on both sides of a proxy is one leg; the hop
// nearest the caller counts.
func TestHops(t *testing.T) {
	both := " {" + viaP + " & " + viaA + "}"
	for _, x := range []row{
		{"answered, BYE past the proxy", "a>p INVITE / p>b INVITE" + both + " / b>p 180" + both + " / p>a 180 / b>p 200+sdp" + both + " / p>a 200+sdp / a>b ACK / wait 4s / by callee / b>a BYE / a>b 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "hops"},
		{"the proxy sends another code than it got", "a>p INVITE / p>a 100 / p>b INVITE" + both + " / b>p 503" + both + " / p>a 500 / a>p ACK", "Call_Failed 500 NORMAL_TEMPORARY_FAILURE 500 network no routing likely", "hops"},
		{"the answer was captured behind the proxy only", "a>p INVITE / p>a 100 / p>b INVITE" + both + " / b>p 200+sdp" + both + " / a>p ACK / wait 4s / a>p BYE / p>a 200/BYE", "Call_Ended 200 NORMAL_CLEARING 200 caller party talking likely", "hops"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := newTape(t)
			// Each INVITE is told with the same number: it is the same request.
			for _, step := range strings.Split(x.script, " / ") {
				if strings.HasPrefix(step, "p>b INVITE") {
					p.d.last--
				}
				p.one(step)
			}
			calls, _ := p.run(Options{})
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			if got := line(&calls[0].Record); got != x.want {
				t.Errorf("\n got %s\nwant %s", got, x.want)
			}
			if len(calls[0].Record.Legs) != 1 || !calls[0].has(x.finding) {
				t.Errorf("legs %+v, findings %+v", calls[0].Record.Legs, calls[0].Findings)
			}
		})
	}
}

// TestSameCallIDBetweenOtherPeers: without a proxy's Via it is another call.
func TestSameCallIDBetweenOtherPeers(t *testing.T) {
	p := newTape(t)
	p.write("a>b INVITE / b>a 486 / a>b ACK")
	p.d.last = 0
	p.write("c>d INVITE {Via: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bKother} / d>c 603 {Via: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bKother} / c>d ACK")
	calls, _ := p.run(Options{})
	if len(calls) != 2 || calls[0].Record.Status != "Busy" || calls[1].Record.Status != "Declined" {
		t.Fatalf("%d calls", len(calls))
	}
	if calls[0].Record.ID == calls[1].Record.ID {
		t.Error("two calls have one id")
	}
}

// TestAServerThatKeepsTheCallID: its second leg goes on from the first.
func TestAServerThatKeepsTheCallID(t *testing.T) {
	p := newTape(t)
	p.write("a>p INVITE / p>a 100")
	p.d.last = 0
	v := " {Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKserver}"
	p.write("p>b INVITE" + v + " / b>p 486" + v + " / p>b ACK" + v + " / p>a 486 / a>p ACK")
	calls, _ := p.run(Options{})
	if len(calls) != 1 || len(calls[0].Joins) != 1 || calls[0].Joins[0].Reason != "Call-ID" || calls[0].Record.ByeReason != "USER_BUSY" {
		t.Fatalf("%d calls, %+v", len(calls), calls[0].Joins)
	}
}

// TestTheCallIDIsUsedAgain: a second call of the same Call-ID and tag after the first ended.
func TestTheCallIDIsUsedAgain(t *testing.T) {
	calls, _ := newTape(t).write(callUp + "a>b BYE / b>a 200/BYE / wait 1s / a>b INVITE / b>a 486 / a>b ACK").run(Options{})
	if len(calls) != 2 || calls[0].Record.Status != "Call Ended" || calls[1].Record.Status != "Busy" {
		t.Fatalf("%d calls", len(calls))
	}
}

// TestWhoCalledIsNotAnAddress: both sides have the same address, and both hang up once.
func TestWhoCalledIsNotAnAddress(t *testing.T) {
	old := hosts["b"]
	hosts["b"] = "192.0.2.1:5060"
	defer func() { hosts["b"] = old }()
	for end, want := range map[string]string{"a>b BYE / b>a 200/BYE": "caller", "by callee / b>a BYE / a>b 200/BYE": "callee"} {
		calls, _ := newTape(t).write(callUp + end).run(Options{})
		if len(calls) != 1 || calls[0].Record.EndedBy != want {
			t.Errorf("%s: ended by %s", end, calls[0].Record.EndedBy)
		}
	}
}

// TestFailOver: RFC 3263 section 4.3, the next server is tried with the same Call-ID.
func TestFailOver(t *testing.T) {
	p := newTape(t)
	p.write("a>b INVITE / icmp b>a")
	p.d.last = 0
	v := " {Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnext}"
	p.write("a>c INVITE" + v + " / c>a 180" + v + " / c>a 603" + v + " / a>c ACK" + v)
	calls, _ := p.run(Options{})
	if len(calls) != 1 || calls[0].Record.ByeReason != "CALL_REJECTED" {
		t.Fatalf("%d calls, %s", len(calls), line(&calls[0].Record))
	}
}

// TestDuplicatesOfTwoAgents: each message captured by two agents, whose clocks
// differ by a second, counts once; a real retransmission still counts.
func TestDuplicatesOfTwoAgents(t *testing.T) {
	p := newTape(t).write("agent 1 / a>b INVITE / wait 400ms / again / b>a 180 / b>a 200+sdp / a>b ACK / wait 3s / a>b BYE / b>a 200/BYE")
	one := p.items
	p.items = nil
	for _, it := range one {
		p.items = append(p.items, it)
		it.Agent.ID = 2
		it.At = it.At.Add(time.Second)
		p.items = append(p.items, it)
	}
	calls, totals := p.run(Options{Source: "hep"})
	if len(calls) != 1 || totals.Duplicates != 7 || totals.Retransmitted != 1 {
		t.Fatalf("%d calls, %d duplicates, %d retransmitted", len(calls), totals.Duplicates, totals.Retransmitted)
	}
	if got, want := line(&calls[0].Record), "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if !calls[0].has("duplicates") {
		t.Error("no finding")
	}
}

// TestDuplicatesOfAMirror: the switch shows each packet twice.
func TestDuplicatesOfAMirror(t *testing.T) {
	p := newTape(t).write(callUp + "a>b BYE / b>a 200/BYE")
	one := p.items
	p.items = nil
	for _, it := range one {
		p.items = append(p.items, it)
		it.At = it.At.Add(20 * time.Microsecond)
		p.items = append(p.items, it)
	}
	calls, totals := p.run(Options{})
	if len(calls) != 1 || totals.Duplicates != uint64(len(one)) || totals.Retransmitted != 0 {
		t.Fatalf("%d calls, %+v", len(calls), totals)
	}
}

// TestCoarseClock: an agent with whole seconds, whose packets came in the wrong order.
func TestCoarseClock(t *testing.T) {
	p := newTape(t).write("coarse / a>b INVITE / b>a 100 / b>a 180 / b>a 200+sdp / a>b ACK / a>b BYE / b>a 200/BYE")
	for i, k := range []int{3, 1, 2, 0, 5, 4, 6} {
		p.items[i], p.items[k] = p.items[k], p.items[i]
	}
	calls, _ := p.run(Options{})
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	if got, want := line(&calls[0].Record), "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestAcksBeforeTheirCauses: without a coarse clock too the cause goes before the effect.
func TestEffectsBeforeTheirCauses(t *testing.T) {
	p := newTape(t).write("a>b INVITE / b>a 486 / a>b ACK")
	p.items[0].At, p.items[1].At = p.items[1].At, p.items[0].At
	p.items[0], p.items[1] = p.items[1], p.items[0]
	calls, _ := p.run(Options{})
	if got, want := line(&calls[0].Record), "Busy 486 USER_BUSY 486 callee no routing likely"; len(calls) != 1 || got != want {
		t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
	}
}

// TestGapAndJump: what the capture says of itself stands with the calls.
func TestGapAndJump(t *testing.T) {
	calls, totals := newTape(t).write(callUp + "gap 3 packets dropped by the kernel / a>b BYE / b>a 200/BYE").run(Options{})
	if len(calls) != 1 || !calls[0].has("capture_gap") || totals.Lost != 3 {
		t.Errorf("%+v %+v", calls[0].Findings, totals)
	}
	calls, totals = newTape(t).write("a>b INVITE / b>a 180 / wait -3600s / b>a 200+sdp / a>b ACK / wait 5s / a>b BYE / b>a 200/BYE").run(Options{})
	if len(calls) != 1 || totals.Jumps != 1 || calls[0].Record.ByeReason != "NORMAL_CLEARING" || calls[0].Record.TalkMS < 5000 || calls[0].Record.TalkMS > 5300 || !calls[0].has("clock_jump") {
		t.Errorf("%d calls, %d jumps, %s, talked %d ms", len(calls), totals.Jumps, line(&calls[0].Record), calls[0].Record.TalkMS)
	}
	calls, _ = newTape(t).write("a>b INVITE / b>a 486 / a>b ACK / gap 3 packets dropped by the kernel / dialog two / wait -3600s / a>b INVITE / b>a 486 / a>b ACK").run(Options{})
	for _, c := range calls {
		if c.has("clock_jump") || c.has("capture_gap") {
			t.Errorf("%s was over, or not begun: %+v", c.Record.Legs[0].SIPCallID, c.Findings)
		}
	}
	calls, totals = newTape(t).write("a>b INVITE / wait 90000s / dialog two / a>b INVITE / b>a 486 / a>b ACK").run(Options{})
	if len(calls) != 2 || totals.Jumps != 1 || calls[0].Record.ByeReason != "UNSPECIFIED" || !calls[0].has("clock_jump") {
		t.Errorf("%d calls, %d jumps, %s", len(calls), totals.Jumps, line(&calls[0].Record))
	}
}

// TestT1IsRead: the intervals show T1 = 100 ms, so timer B has run after 6.4 s.
func TestT1IsRead(t *testing.T) {
	p := newTape(t)
	p.step = 0
	calls, _ := p.write("a>b INVITE / wait 100ms / again / wait 200ms / again / wait 400ms / again / wait 40s / dialog late / a>b OPTIONS").run(Options{})
	if len(calls) != 1 || calls[0].Record.Detail != "timer_b" || calls[0].Record.DurationMS != 6400 || !calls[0].has("t1") {
		t.Errorf("%s, %d ms", line(&calls[0].Record), calls[0].Record.DurationMS)
	}
}
