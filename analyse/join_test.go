package analyse

import (
	"net/netip"
	"strings"
	"testing"

	"onhook/call"
	"onhook/sip"
)

// bridged is a call through the server p: a calls p, p calls b. second is what
// the second leg's INVITE has more.
func bridged(second, end string) string {
	return "a>p INVITE / p>a 100 / dialog two / p>b INVITE " + second + " / b>p 180 / dialog one / p>a 180 / dialog two / b>p 200+sdp / p>b ACK / dialog one / p>a 200+sdp / a>p ACK / wait 5s / " + end
}

const callerEnds = "dialog one / a>p BYE / p>a 200/BYE / dialog two / p>b BYE / b>p 200/BYE"

const calleeEnds = "dialog two / by callee / b>p BYE / p>b 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE"

// different makes the second leg's numbers say nothing.
const different = "dialog two / from 77 / to 88 / dialog one / "

var joinRows = []struct {
	name, script, want string
	reason             string
	strength           Strength
}{
	{"X-CID", different + bridged("{X-CID: one@example.com}", callerEnds), "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", "X-CID", Certain},
	{"a header like X-CID", different + bridged("{X-Orig-Call-ID: one@example.com}", calleeEnds), "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "X-CID", Certain},
	{
		"Session-ID", different + "a>p INVITE {Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000} / p>a 100 / dialog two / p>b INVITE {Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000} / b>p 486 / p>b ACK / dialog one / p>a 486 / a>p ACK",
		"Busy 486 USER_BUSY 486 callee no routing certain", "Session-ID", Certain,
	},
	{"numbers and time", bridged("", callerEnds), "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain", "numbers and time", Likely},
	{"the called number with a prefix", "dialog two / from 99 / to 1002 / dialog one / to 00431002 / " + bridged("", calleeEnds), "", "", 0},
	{"the last seven digits count", "dialog two / from 99 / to 435551002 / dialog one / to +431235551002 / " + bridged("", calleeEnds), "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain", "numbers and time", Guess},
	{"nothing in common", different + bridged("", callerEnds), "", "", 0},
}

// TestJoins: the legs of a server that makes calls of its own are one call,
// with the reason and its strength.
func TestJoins(t *testing.T) {
	for _, x := range joinRows {
		t.Run(x.name, func(t *testing.T) {
			calls, totals := newTape(t).write(x.script).run(Options{})
			if x.reason == "" {
				if len(calls) != 2 || totals.Joined != 0 {
					t.Fatalf("%d calls, %d joined: want two calls apart", len(calls), totals.Joined)
				}
				return
			}
			if len(calls) != 1 || len(calls[0].Joins) != 1 {
				t.Fatalf("%d calls: %+v", len(calls), calls[0].Joins)
			}
			c := calls[0]
			if j := c.Joins[0]; j.Reason != x.reason || j.Strength != x.strength || j.From != 1 || j.To != 2 {
				t.Errorf("joined by %+v", j)
			}
			if got := line(&c.Record); got != x.want {
				t.Errorf("\n got %s\nwant %s", got, x.want)
			}
			if len(c.Record.Legs) != 2 || c.Record.Legs[0].Direction != "in" || c.Record.Legs[1].Direction != "out" {
				t.Errorf("legs: %+v", c.Record.Legs)
			}
		})
	}
}

// TestJoinBySDPOrigin: a server that lets media pass keeps the caller's origin line.
func TestJoinBySDPOrigin(t *testing.T) {
	p := newTape(t).write(different + bridged("", callerEnds))
	for i := range p.items {
		p.items[i].Payload = []byte(replace(string(p.items[i].Payload), "o=utwo@example.com 3344556 1 IN IP4 198.51.100.1", "o=uone@example.com 3344556 1 IN IP4 192.0.2.1"))
	}
	calls, _ := p.run(Options{})
	if len(calls) != 1 || len(calls[0].Joins) != 1 || calls[0].Joins[0].Reason != "SDP origin" || calls[0].Joins[0].Strength != Likely {
		t.Fatalf("%d calls, joins %+v", len(calls), calls[0].Joins)
	}
}

// TestJoinByCorrelation: an agent's correlation id joins.
func TestJoinByCorrelation(t *testing.T) {
	p := newTape(t).write(different + bridged("", callerEnds))
	for i := range p.items {
		p.items[i].Correlation = "f00d"
	}
	calls, _ := p.run(Options{Source: "hep"})
	if len(calls) != 1 || len(calls[0].Joins) != 1 || calls[0].Joins[0].Reason != "correlation id" {
		t.Fatalf("%d calls, joins %+v", len(calls), calls[0].Joins)
	}
	if calls[0].Record.Source != "hep" {
		t.Errorf("source %s", calls[0].Record.Source)
	}
}

// TestJoinIsNotGuessedBetweenSeveral: two calls of the same numbers are pending at once.
func TestJoinIsNotGuessedBetweenSeveral(t *testing.T) {
	calls, totals := newTape(t).write("a>p INVITE / p>a 100 / dialog three / a>p INVITE / p>a 100 / dialog two / p>b INVITE / b>p 486 / p>b ACK / dialog one / p>a 486 / a>p ACK").run(Options{})
	if len(calls) != 3 || totals.Ambiguous != 1 {
		t.Errorf("%d calls, %d ambiguous", len(calls), totals.Ambiguous)
	}
}

// TestTwoCallsBetweenTheSameHostsStayApart: the second does not come from where the first went to.
func TestTwoCallsBetweenTheSameHostsStayApart(t *testing.T) {
	calls, totals := newTape(t).write("a>p INVITE / p>a 100 / dialog two / a>p INVITE / p>a 486 / a>p ACK / dialog one / p>a 486 / a>p ACK").run(Options{})
	if len(calls) != 2 || totals.Joined != 0 {
		t.Errorf("%d calls, %d joined", len(calls), totals.Joined)
	}
}

// TestAttempts: a server rings one phone after the other; the last decides.
func TestAttempts(t *testing.T) {
	calls, _ := newTape(t).write("a>p INVITE / p>a 100 / dialog two / p>b INVITE / b>p 404 / p>b ACK / dialog three / p>c INVITE / c>p 180 / dialog one / p>a 180 / dialog three / wait 20s / p>c CANCEL / c>p 200/CANCEL / c>p 487 / p>c ACK / dialog one / p>a 480 / a>p ACK").run(Options{})
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	c := calls[0]
	if got, want := line(&c.Record), "Not_Answered 480 NO_ANSWER 480 platform no ringing likely"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if l := c.Record.Legs; len(l) != 3 || l[1].FinalCode != 404 || l[2].FinalCode != 487 {
		t.Errorf("legs %+v", l)
	}
	sets := map[call.LegID]uint16{}
	for _, e := range c.Events {
		if e.Kind == call.EvLeg {
			sets[e.Leg] = e.Set
		}
	}
	if sets[2] == sets[3] {
		t.Error("attempts one after the other are one set")
	}
}

// TestAnAttemptIsRefusedByICMP: the second leg's port is closed.
func TestAnAttemptIsRefusedByICMP(t *testing.T) {
	calls, _ := newTape(t).write("a>p INVITE / p>a 100 / dialog two / p>b INVITE {X-CID: one@example.com} / icmp b>p / dialog one / p>a 502 / a>p ACK").run(Options{})
	if got, want := line(&calls[0].Record), "Call_Failed 502 NETWORK_OUT_OF_ORDER 502 network no routing guess transport"; len(calls) != 1 || got != want {
		t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
	}
}

// TestOneHost: callers and server on one address, over TCP, where each
// connection has a port of its own: the same numbers are no reason to join.
func TestOneHost(t *testing.T) {
	p := newTape(t).write("a>p INVITE / p>a 100 / dialog two / x>p INVITE / p>x 486 / x>p ACK / dialog one / p>a 486 / a>p ACK")
	for i := range p.items {
		it := &p.items[i]
		it.Transport = sip.TCP
		it.Src, it.Dst = oneHost(it.Src), oneHost(it.Dst)
	}
	calls, totals := p.run(Options{})
	if len(calls) != 2 || totals.Joined != 0 {
		t.Errorf("%d calls, %d joined", len(calls), totals.Joined)
	}
}

// oneHost puts all hosts on one address, each with a port of its own.
func oneHost(a netip.AddrPort) netip.AddrPort {
	b := a.Addr().As4()
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 5000+uint16(b[0]))
}

// The server answers by itself, then calls: a menu, say.
func TestTheServerAnswersFirst(t *testing.T) {
	const begins = "a>p INVITE / p>a 200+sdp / a>p ACK / wait 4s / dialog two / p>b INVITE {X-CID: one@example.com} / "
	for end, want := range map[string]string{
		"b>p 486 / p>b ACK / dialog one / by callee / p>a BYE / a>p 200/BYE":                                                   "Busy 486 USER_BUSY 200 callee platform routing certain",
		"b>p 200+sdp / p>b ACK / wait 5s / by callee / b>p BYE / p>b 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE": "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain",
	} {
		calls, _ := newTape(t).write(begins + end).run(Options{})
		if got := line(&calls[0].Record); len(calls) != 1 || got != want {
			t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
		}
	}
}

// TestBlindTransfer: section 7; the callee sends REFER, the server calls the target.
func TestBlindTransfer(t *testing.T) {
	begins := bridged("{X-CID: one@example.com}", "") + "dialog two / by callee / b>p REFER {Refer-To: <sip:88@example.com>} / p>b 202/REFER / dialog three / to 88 / p>c INVITE {X-CID: one@example.com} / c>p 180 / "
	for end, want := range map[string]string{
		"wait 2s / dialog one / a>p BYE / p>a 200/BYE / dialog three / p>c CANCEL / c>p 200/CANCEL / c>p 487 / p>c ACK":                                                                        "Abandoned 903 Abandoned_On_Hold 200 caller party ringing certain",
		"c>p 200+sdp / p>c ACK / dialog two / by callee / b>p BYE / p>b 200/BYE / wait 5s / dialog three / by callee / c>p BYE / p>c 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE": "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain",
		"c>p 486 / p>c ACK / wait 2s / dialog two / by callee / b>p BYE / p>b 200/BYE / dialog one / by callee / p>a BYE / a>p 200/BYE":                                                        "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain",
	} {
		calls, _ := newTape(t).write(begins + end).run(Options{})
		if got := line(&calls[0].Record); len(calls) != 1 || got != want {
			t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
		}
	}
}

// TestReplaces: the finding names the dialog that is replaced.
func TestReplaces(t *testing.T) {
	calls, _ := newTape(t).write("a>b INVITE {Replaces: 425928@bobster.example.org;to-tag=7743;from-tag=6472} / b>a 486 / a>b ACK").run(Options{})
	if !calls[0].has("replaces") {
		t.Errorf("%+v", calls[0].Findings)
	}
}

// TestTheServerEndsBothLegs: neither party hung up, no timer ran.
func TestTheServerEndsBothLegs(t *testing.T) {
	for _, x := range []struct{ reason, want string }{
		{"", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely"},
		// FreeSWITCH says so in each BYE: it is no reason.
		{`{Reason: Q.850;cause=16;text="NORMAL_CLEARING"}`, "Call_Ended 901 Terminated_From_Server 200 platform party talking likely"},
		{"{Reason: SIP;cause=200}", "Call_Ended 901 Terminated_From_Server 200 platform party talking likely"},
		{"{Reason: Q.850;cause=102}", "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain"},
		{"{Reason: SIP;cause=503}", "Call_Ended 200 NORMAL_TEMPORARY_FAILURE 200 network party talking certain"},
	} {
		ends := "dialog one / by callee / p>a BYE " + x.reason + " / dialog two / p>b BYE " + x.reason + " / b>p 200/BYE / dialog one / a>p 200/BYE"
		calls, _ := newTape(t).write(bridged("{X-CID: one@example.com}", ends)).run(Options{})
		if got := line(&calls[0].Record); len(calls) != 1 || got != x.want {
			t.Errorf("%s: %d calls\n got %s\nwant %s", x.reason, len(calls), got, x.want)
		}
		if bye := "BYE from the server to both parties"; strings.Contains(x.want, "network") && !strings.Contains(calls[0].Record.Summary, bye) {
			t.Errorf("%s: %s, want %q in it", x.reason, calls[0].Record.Summary, bye)
		}
	}
}

// TestNoPRACK: RFC 3262 section 3: the server gives up the call after 64*T1.
func TestNoPRACK(t *testing.T) {
	const again = " / wait 400ms / again / wait 900ms / again / wait 1900ms / again / wait 3900ms / again / wait 7900ms / again / wait 16s"
	calls, _ := newTape(t).write("a>p INVITE / p>a 100 / dialog two / p>b INVITE {X-CID: one@example.com} / b>p 180 / dialog one / p>a 180 {Require: 100rel & RSeq: 1}" + again + " / dialog two / p>b CANCEL / b>p 200/CANCEL / dialog one / p>a 504 / a>p ACK / dialog two / b>p 487 / p>b ACK").run(Options{})
	if got, want := line(&calls[0].Record), "Call_Failed 504 RECOVERY_ON_TIMER_EXPIRE 504 network no ringing likely no_prack"; len(calls) != 1 || got != want {
		t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
	}
}

// TestTimerBOfAnAttempt: what the caller is told follows from it, if it came a moment before.
func TestTimerBOfAnAttempt(t *testing.T) {
	calls, _ := newTape(t).write("a>p INVITE / p>a 100 / dialog two / p>b INVITE {X-CID: one@example.com} / wait 31800ms / dialog one / p>a 408 / a>p ACK").run(Options{})
	if got, want := line(&calls[0].Record), "Unreachable 408 NO_USER_RESPONSE 408 network no routing certain timer_b"; len(calls) != 1 || got != want {
		t.Errorf("%d calls\n got %s\nwant %s", len(calls), got, want)
	}
}

// TestAnsweredElsewhere: a set rung together; the loser's CANCEL is no end.
func TestAnsweredElsewhere(t *testing.T) {
	calls, _ := newTape(t).write("a>p INVITE / dialog two / p>b INVITE / dialog three / p>c INVITE / c>p 180 / dialog two / b>p 180 / dialog one / p>a 180 / dialog two / b>p 200+sdp / p>b ACK / dialog three / p>c CANCEL {Reason: SIP;cause=200} / c>p 200/CANCEL / c>p 487 / p>c ACK / dialog one / p>a 200+sdp / a>p ACK / wait 9s / " + calleeEnds).run(Options{})
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	if got, want := line(&calls[0].Record), "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := calls[0].Record.Legs[2].Reason; got != "PICKED_OFF" {
		t.Errorf("the loser's reason is %s", got)
	}
}
