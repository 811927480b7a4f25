package sim

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/route"
	"onhook/sip"
)

// trunkWorld is a server with trunks t1 to tN at carriers 10.0.5.1 to N; 9 and digits lead to "to".
func trunkWorld(t *testing.T, to string, groups []exchange.TrunkGroup, trunks ...exchange.Trunk) (*World, []*Carrier) {
	t.Helper()
	names := []string{"sim"}
	for i := range trunks {
		n := &trunks[i]
		n.Name, n.Host = fmt.Sprintf("t%d", i+1), fmt.Sprintf("10.0.5.%d", i+1)
		n.Sources = []netip.Prefix{netip.MustParsePrefix(n.Host + "/32")}
		names = append(names, n.Name)
	}
	for _, g := range groups {
		names = append(names, g.Name)
	}
	var list []route.Destination
	for text := range strings.SplitSeq(to, " ") {
		d, err := route.ParseDestination(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	routes, err := route.New(route.Options{
		Rules: []route.Rule{
			{Match: `9(\d+)`, To: list, Number: "$1", Transit: true},
			{Match: `([1-8])`, To: []route.Destination{{Kind: route.ToSIP, Text: "sip:$1@10.0.1.$1"}}},
		},
		Trunks: names, Local: []string{ServerAddr.Addr().String()},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorld(1, Faults{}, func(s *exchange.Settings) {
		s.Routes, s.TrunkGroups = routes, groups
		s.Trunks = append(s.Trunks, trunks...)
	})
	w.Net.Add(CallerAddr, silent{})
	var carriers []*Carrier
	for i := range trunks {
		carriers = append(carriers, w.Carrier(byte(i+1)))
	}
	return w, carriers
}

var askings int

// dial has the caller dial a number, with header lines of its own, and gives the reason of the call's record.
func (w *World) dial(number, headers string, wait time.Duration) string {
	askings++
	q := fresh()
	q.number, q.headers = number, []string{headers}
	before := len(w.Saved)
	w.node.Receive(w.Net.Now, CallerAddr, []byte(q.text(1000+askings)))
	w.Server.Turn(w.Net.Now) // for the answer to a look-up
	w.Net.Run(w.Net.Now.Add(wait))
	if len(w.Saved) == before {
		return ""
	}
	return w.Saved[len(w.Saved)-1].Record.ByeReason
}

// trunks are their states; the loop turns for it.
func (w *World) trunks() []exchange.TrunkState {
	var out []exchange.TrunkState
	w.command(func() { out, _ = w.Server.Trunks(context.Background()) })
	return out
}

// command does something that waits for the loop.
func (w *World) command(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	for {
		select {
		case <-done:
			return
		case <-w.Server.Wake():
			w.Server.Turn(w.Net.Now)
		}
	}
}

func always(code int, phrase, headers string) func(*sip.Message) (int, string, string) {
	return func(*sip.Message) (int, string, string) { return code, phrase, headers }
}

// TestHealthHasHysteresis: two bad answers in a row make a trunk down, two good ones up.
func TestHealthHasHysteresis(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, exchange.Trunk{Options: 40 * time.Second})
	code := 200
	c[0].Answer = func(*sip.Message) (int, string, string) { return code, "Whatever", "" }
	w.Net.Run(w.Net.Now.Add(35 * time.Second)) // timer F is over after 32 s
	for i, step := range []struct {
		code  int
		state string
		bad   int
		why   string
	}{
		{503, "up", 1, ""},
		{200, "up", 0, ""},
		{503, "up", 1, ""},
		{503, "down", 2, "503 Whatever to 2 OPTIONS in a row"},
		{503, "down", 3, "503 Whatever to 3 OPTIONS in a row"},
		{404, "down", 0, "503 Whatever to 3 OPTIONS in a row"}, // whatever it answers, somebody is there
		{503, "down", 1, "503 Whatever to 1 OPTIONS in a row"},
		{200, "down", 0, "503 Whatever to 1 OPTIONS in a row"},
		{200, "up", 0, ""},
		{0, "up", 1, ""},
		{0, "down", 2, "no answer to 2 OPTIONS in a row"},
	} {
		code = step.code
		w.Net.Run(w.Net.Now.Add(40 * time.Second))
		s := w.trunks()[1]
		if s.State != step.state || s.Health.Bad != step.bad || s.Reason != step.why {
			t.Fatalf("step %d, %d: got %s %q, %d bad in a row, want %s %q, %d", i, step.code, s.State, s.Reason, s.Health.Bad, step.state, step.why, step.bad)
		}
	}
	if got := w.dial("9555", "", time.Minute); got != "GATEWAY_DOWN" {
		t.Errorf("got %s, want GATEWAY_DOWN", got)
	}
}

// TestSection21_5_4_RetryAfterTakesATrunkOutOfChoice for as long as it says, and no longer.
func TestSection21_5_4_RetryAfterTakesATrunkOutOfChoice(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1 trunk:t2", nil, exchange.Trunk{}, exchange.Trunk{})
	c[0].Answer = always(503, "Service Unavailable", "Retry-After: 120\r\n")
	c[1].Answer = always(486, "Busy Here", "")
	want := func(reason string, first, second int) {
		t.Helper()
		if got := w.dial("9555", "", 5*time.Second); got != reason || len(c[0].Seen) != first || len(c[1].Seen) != second {
			t.Errorf("got %s with %d and %d INVITEs, want %s with %d and %d", got, len(c[0].Seen), len(c[1].Seen), reason, first, second)
		}
	}
	want("USER_BUSY", 1, 1)
	want("USER_BUSY", 1, 2)
	if s := w.trunks()[1]; s.State != "down" || !strings.Contains(s.Reason, "left alone until") {
		t.Errorf("got %s %q", s.State, s.Reason)
	}
	w.Net.Run(w.Net.Now.Add(2 * time.Minute))
	want("USER_BUSY", 2, 3)
	// A 503 without Retry-After: only this call goes elsewhere (RFC 3261 section 21.5.4: as if it were a 500).
	w.Net.Run(w.Net.Now.Add(2 * time.Minute))
	c[0].Answer = always(503, "Service Unavailable", "")
	want("USER_BUSY", 3, 4)
	want("USER_BUSY", 4, 5)
}

// TestSection6_FailOver: what fails over and what decides, and which reason the call has.
func TestSection6_FailOver(t *testing.T) {
	for _, c := range []struct {
		first, second int
		reason        string
		tried         int // INVITEs at the second
	}{
		{500, 486, "USER_BUSY", 1},
		{502, 404, "UNALLOCATED_NUMBER", 1},
		{503, 500, "NORMAL_TEMPORARY_FAILURE", 1},
		{504, 603, "CALL_REJECTED", 1},
		{408, 486, "USER_BUSY", 1},
		{0, 486, "USER_BUSY", 1}, // timer B
		{486, 500, "USER_BUSY", 0},
		{404, 500, "UNALLOCATED_NUMBER", 0},
		{403, 500, "OUTGOING_CALL_BARRED", 0},
		{603, 500, "CALL_REJECTED", 0},
	} {
		w, carriers := trunkWorld(t, "trunk:t1 trunk:t2", nil, exchange.Trunk{}, exchange.Trunk{})
		carriers[0].Answer = always(c.first, "First", "")
		carriers[1].Answer = always(c.second, "Second", "")
		w.Net.Faults.Delay = time.Millisecond
		got := w.dial("9555", "", time.Minute)
		if got == "" {
			t.Errorf("%d, %d: no record", c.first, c.second)
			continue
		}
		rec := w.Saved[0].Record
		trunk := []string{"t1", "t2"}[c.tried]
		if got != c.reason || len(carriers[1].Seen) != c.tried || rec.Trunk != trunk {
			t.Errorf("%d, %d: got %s by %s, %d INVITEs at the second, want %s by %s, %d", c.first, c.second, got, rec.Trunk, len(carriers[1].Seen), c.reason, trunk, c.tried)
		}
		if n := w.Server.Idle(); n != "" {
			t.Errorf("left over: %s", n)
		}
	}
}

// TestRFC3263Section4_3_TheAddressesOfATrunkAreTriedInTurn before the next trunk is.
func TestRFC3263Section4_3_TheAddressesOfATrunkAreTriedInTurn(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, exchange.Trunk{}, exchange.Trunk{}, exchange.Trunk{})
	// The first trunk's name has the addresses of the other two.
	set := w.Settings
	set.Call.Ring = time.Minute // longer than timer B
	set.Trunks = append([]exchange.Trunk(nil), set.Trunks...)
	for i := range set.Trunks {
		if set.Trunks[i].Name == "t1" {
			set.Trunks[i].Host, set.Trunks[i].Sources = "carrier.example", nil
		}
	}
	set.Trunks[2].Sources, set.Trunks[3].Sources = nil, nil
	w.Hosts = map[string][]netip.AddrPort{"carrier.example": {c[1].addr, c[2].addr}}
	w.command(func() { _ = w.Server.Configure(context.Background(), set) })
	c[1].Answer, c[2].Answer = always(503, "Service Unavailable", ""), always(486, "Busy Here", "")
	if got := w.dial("9555", "", 5*time.Second); got != "USER_BUSY" || len(c[1].Seen) != 1 || len(c[2].Seen) != 1 {
		t.Errorf("503: got %s, %d and %d INVITEs", got, len(c[1].Seen), len(c[2].Seen))
	}
	c[1].Answer = always(0, "", "")
	if got := w.dial("9555", "", 2*time.Minute); got != "USER_BUSY" || len(c[1].Seen) != 2 || len(c[2].Seen) != 2 {
		t.Errorf("silence: got %s, %d and %d INVITEs", got, len(c[1].Seen), len(c[2].Seen))
	}
	// And calls from either are the trunk's.
	callee := w.Callee(1)
	callee.Final = 486
	q := fresh()
	q.number = "1"
	w.node.Receive(w.Net.Now, c[2].addr, []byte(q.text(1)))
	w.Net.Run(w.Net.Now.Add(5 * time.Second))
	if n := len(w.Saved); n != 3 || w.Saved[n-1].Record.Trunk != "t1" {
		t.Errorf("%d records, the last by %q", n, w.Saved[n-1].Record.Trunk)
	}
}

// TestRFC2782WeightsShareTheCalls: by weight among equals, the lower priority first, and one that is down passed over.
func TestRFC2782WeightsShareTheCalls(t *testing.T) {
	group := []exchange.TrunkGroup{{Name: "g", Members: []exchange.TrunkMember{
		{Trunk: "t1", Priority: 1, Weight: 3}, {Trunk: "t2", Priority: 1, Weight: 1}, {Trunk: "t3", Priority: 2, Weight: 100}, {Trunk: "t4", Priority: 0, Weight: 1},
	}}}
	w, c := trunkWorld(t, "trunk:g", group, exchange.Trunk{}, exchange.Trunk{}, exchange.Trunk{}, exchange.Trunk{Disabled: true})
	for _, k := range c {
		k.Answer = always(486, "Busy Here", "")
	}
	const calls = 400
	for range calls {
		w.dial("9555", "", 3*time.Second)
	}
	// 400 draws of 3/4: the standard deviation is 8.7.
	if n := len(c[0].Seen); n < 300-35 || n > 300+35 || n+len(c[1].Seen) != calls || len(c[2].Seen)+len(c[3].Seen) != 0 {
		t.Errorf("got %d, %d, %d, %d calls, want about 300, 100, none, none", n, len(c[1].Seen), len(c[2].Seen), len(c[3].Seen))
	}
	for _, k := range c {
		k.Answer = always(500, "Server Internal Error", "")
	}
	before := len(c[2].Seen)
	w.dial("9555", "", 3*time.Second)
	if len(c[2].Seen) != before+1 {
		t.Error("after both of priority 1 the one of priority 2 is to be tried")
	}
}

// TestRefusalsOfTrunks: which reason a call has for each of what may be wrong with the only trunk.
func TestRefusalsOfTrunks(t *testing.T) {
	for name, c := range map[string]struct {
		trunk exchange.Trunk
		want  string
	}{
		"disabled":   {exchange.Trunk{Disabled: true}, "REQUESTED_CHAN_UNAVAIL"},
		"full":       {exchange.Trunk{Channels: 1}, "NORMAL_CIRCUIT_CONGESTION"},
		"per second": {exchange.Trunk{PerSec: 1}, "NORMAL_CIRCUIT_CONGESTION"},
		"free":       {exchange.Trunk{Channels: 2, PerSec: 2}, "NO_USER_RESPONSE"},
	} {
		w, carriers := trunkWorld(t, "trunk:t1", nil, c.trunk)
		carriers[0].Answer = always(0, "", "")
		w.dial("9555", "", 0)
		w.dial("9555", "", time.Minute)
		got := ""
		for _, s := range w.Saved {
			if got == "" || s.Record.ByeReason != "NO_USER_RESPONSE" {
				got = s.Record.ByeReason
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if n := w.Server.Idle(); n != "" {
			t.Errorf("%s: left over: %s", name, n)
		}
	}
}

// TestAChannelIsHeldOnlyWhileItIsTried: a call that waits at the second trunk holds no channel of the first.
func TestAChannelIsHeldOnlyWhileItIsTried(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1 trunk:t2", nil, exchange.Trunk{Channels: 1}, exchange.Trunk{Channels: 1})
	c[0].Answer = always(500, "Server Internal Error", "")
	c[1].Answer = always(180, "Ringing", "")
	w.dial("9555", "", time.Second)
	if s := w.trunks(); s[1].Calls != 0 || s[2].Calls != 1 || s[2].State != "full" {
		t.Errorf("got %d and %d calls, %s", s[1].Calls, s[2].Calls, s[2].State)
	}
	// A second call finds the first trunk free and failing, the second full.
	if got := w.dial("9555", "", time.Second); got != "NORMAL_TEMPORARY_FAILURE" || len(c[0].Seen) != 2 || len(c[1].Seen) != 1 {
		t.Errorf("got %s, %d and %d INVITEs", got, len(c[0].Seen), len(c[1].Seen))
	}
}

// TestIncomingCallsCountToo: by source address alone, and both ways.
func TestIncomingCallsCountToo(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, exchange.Trunk{Channels: 1})
	c[0].Answer = always(0, "", "")
	callee := w.Callee(1)
	callee.Ring = time.Millisecond
	q := fresh()
	q.number = "1"
	// From an address that is no trunk's the same words are a stranger's, who is asked for credentials.
	w.node.Receive(w.Net.Now, netip.MustParseAddrPort("10.9.9.9:5060"), []byte(q.text(1)))
	w.Net.Run(w.Net.Now.Add(time.Second))
	if len(w.Started) != 0 {
		t.Fatal("a stranger's INVITE became a call")
	}
	w.node.Receive(w.Net.Now, c[0].addr, []byte(q.text(2)))
	w.Net.Run(w.Net.Now.Add(time.Second))
	if s := w.trunks()[1]; s.Calls != 1 {
		t.Fatalf("%d calls, want 1", s.Calls)
	}
	w.node.Receive(w.Net.Now, c[0].addr, []byte(q.text(3)))
	w.Net.Run(w.Net.Now.Add(time.Second))
	if got := w.Saved[0].Record.ByeReason; got != "NORMAL_CIRCUIT_CONGESTION" {
		t.Errorf("the second call in: got %s", got)
	}
	if got := w.dial("9555", "", time.Second); got != "NORMAL_CIRCUIT_CONGESTION" {
		t.Errorf("a call out: got %s", got)
	}
}

// TestOperatorsWord: disable and enable, over a reload too.
func TestOperatorsWord(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, exchange.Trunk{})
	c[0].Answer = always(486, "Busy Here", "")
	say := func(name string, on bool) (err error) {
		w.command(func() { err = w.Server.EnableTrunk(context.Background(), name, on, "a test") })
		return err
	}
	if err := say("nobody", false); err != exchange.ErrNoTrunk {
		t.Errorf("got %v", err)
	}
	if got := w.dial("9555", "", 3*time.Second); got != "USER_BUSY" {
		t.Errorf("got %s", got)
	}
	if err := say("t1", false); err != nil {
		t.Fatal(err)
	}
	if got := w.dial("9555", "", 3*time.Second); got != "REQUESTED_CHAN_UNAVAIL" {
		t.Errorf("disabled: got %s", got)
	}
	if s := w.trunks()[1]; s.State != "disabled" || s.Reason != "by an operator" {
		t.Errorf("got %+v", s)
	}
	if err := say("t1", true); err != nil {
		t.Fatal(err)
	}
	if got := w.dial("9555", "", 3*time.Second); got != "USER_BUSY" {
		t.Errorf("enabled: got %s", got)
	}
}
