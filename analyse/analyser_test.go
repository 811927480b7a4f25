package analyse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/capture"
	"onhook/outcome"
)

// TestOrderOfEnd: calls come out in the order in which they ended, while the capture runs.
func TestOrderOfEnd(t *testing.T) {
	p := newTape(t).write("a>b INVITE / b>a 200+sdp / a>b ACK / dialog two / a>b INVITE / b>a 486 / a>b ACK / dialog three / a>b INVITE / b>a 180 / dialog one / a>b BYE / b>a 200/BYE / dialog three / b>a 404 / a>b ACK / wait 33s / dialog four / a>b INVITE")
	var ended []string
	a := New(Options{}, func(c *Call) { ended = append(ended, c.Record.Legs[0].SIPCallID) })
	for i := range p.items {
		a.Take(&p.items[i])
	}
	want := []string{"two@example.com", "one@example.com", "three@example.com"}
	if !slices.Equal(ended, want) {
		t.Errorf("before the capture's end: %v, want %v", ended, want)
	}
	if up, all := a.Open(); up != 1 || all != 1 {
		t.Errorf("%d up, %d open", up, all)
	}
	a.Finish()
	if len(ended) != 4 {
		t.Errorf("%d calls at the end", len(ended))
	}
}

// TestTick: without packets the time alone ends calls.
func TestTick(t *testing.T) {
	p := newTape(t).write("a>b INVITE / b>a 486 / a>b ACK")
	n := 0
	a := New(Options{Source: "hep"}, func(*Call) { n++ })
	for i := range p.items {
		a.Take(&p.items[i])
	}
	a.Tick(p.now.Add(31 * time.Second))
	if n != 0 {
		t.Error("handed out before 32 s")
	}
	a.Tick(p.now.Add(33 * time.Second))
	if n != 1 {
		t.Error("not handed out after 33 s")
	}
}

// TestOtherTrafficIsCounted: registrations and the like make no records.
func TestOtherTrafficIsCounted(t *testing.T) {
	calls, n := newTape(t).write("a>b REGISTER / b>a 401/REGISTER / a>b OPTIONS / b>a 200/OPTIONS / a>b SUBSCRIBE / b>a 202/SUBSCRIBE / b>a NOTIFY / a>b 200/NOTIFY / a>b MESSAGE / b>a 202/MESSAGE / a>b PUBLISH / a>b ACK / b>a 200/BYE").run(Options{})
	if len(calls) != 0 {
		t.Errorf("%d calls", len(calls))
	}
	if n.Registrations != 2 || n.Options != 2 || n.Subscriptions != 5 || n.Other != 2 || n.Strays != 2 || n.Messages != 13 {
		t.Errorf("%+v", n)
	}
}

// TestOptionsInADialogBelongToTheCall: they are messages of it.
func TestOptionsInADialogBelongToTheCall(t *testing.T) {
	calls, n := newTape(t).write(callUp + "a>b OPTIONS / b>a 200/OPTIONS / a>b BYE / b>a 200/BYE").run(Options{})
	if len(calls) != 1 || n.Options != 0 || len(calls[0].Events) != 10 {
		t.Errorf("%d calls, %+v", len(calls), n)
	}
}

// TestTooManyOpen: the longest idle are handed out and counted.
func TestTooManyOpen(t *testing.T) {
	p := newTape(t)
	for i := range 30 {
		p.write(fmt.Sprintf("dialog d%d / a>b INVITE / b>a 180", i))
	}
	calls, n := p.run(Options{MaxOpen: 10})
	if len(calls) != 30 || n.GivenUp != 20 || !calls[0].has("given_up") || calls[0].Record.Legs[0].SIPCallID != "d0@example.com" {
		t.Errorf("%d calls, %d given up", len(calls), n.GivenUp)
	}
}

// TestLateMessagesMakeNoCall: what comes of a call after it was handed out.
func TestLateMessagesMakeNoCall(t *testing.T) {
	calls, n := newTape(t).write(callUp + "a>b BYE / b>a 200/BYE / wait 40s / again / a>b BYE").run(Options{})
	if len(calls) != 1 || n.Late != 2 {
		t.Errorf("%d calls, %+v", len(calls), n)
	}
}

// TestPackedCallsAreWhole: compressing silent calls changes nothing.
func TestPackedCallsAreWhole(t *testing.T) {
	script := ""
	for i := range 40 {
		script += fmt.Sprintf("dialog d%d / a>b INVITE / b>a 200+sdp / a>b ACK / ", i)
	}
	script += "wait 3s / "
	for i := range 40 {
		script += fmt.Sprintf("dialog d%d / a>b BYE / b>a 200/BYE / ", i)
	}
	plain, _ := newTape(t).write(script).run(Options{})
	packed, _ := newTape(t).write(script).run(Options{MaxBytes: 60000})
	if len(plain) != 40 || len(packed) != 40 {
		t.Fatalf("%d and %d calls", len(plain), len(packed))
	}
	for i := range plain {
		a, b := plain[i], packed[i]
		if line(&a.Record) != line(&b.Record) || len(a.Events) != len(b.Events) {
			t.Fatalf("call %d: %s and %s", i, line(&a.Record), line(&b.Record))
		}
		for k := range a.Events {
			if a.Events[k].Msg != b.Events[k].Msg {
				t.Fatalf("call %d, event %d differs", i, k)
			}
		}
	}
}

// TestFoldedAgainItIsTheSame: the events are all there is.
func TestFoldedAgainItIsTheSame(t *testing.T) {
	calls, _ := newTape(t).write(bridged("", callerEnds)).run(Options{})
	c := calls[0]
	if again := outcome.Fold(c.Events, c.Meta); line(&again) != line(&c.Record) || again.ID != c.Record.ID || again.Summary != c.Record.Summary {
		t.Errorf("%s, %s", line(&again), line(&c.Record))
	}
	same, _ := newTape(t).write(bridged("", callerEnds)).run(Options{})
	if same[0].Record.ID != c.Record.ID {
		t.Error("the same capture gives another id")
	}
}

// TestFrames: each event of a message names its packet.
func TestFrames(t *testing.T) {
	calls, _ := newTape(t).write("a>b INVITE / b>a 486 / a>b ACK").run(Options{})
	c := calls[0]
	if got := fmt.Sprint(c.Frames); got != "[0 1 2 3]" || len(c.Events) != 4 {
		t.Errorf("frames %s of %d events", got, len(c.Events))
	}
}

// TestMessagesOfAForgedCallAreBounded: one call cannot take all memory.
func TestMessagesOfOneCallAreBounded(t *testing.T) {
	p := newTape(t).write(callUp)
	for range 2000 {
		p.write("a>b INFO")
	}
	p.write("a>b BYE / b>a 200/BYE")
	calls, _ := p.run(Options{})
	if len(calls) != 1 || len(calls[0].Events) > maxMessages+10 || !calls[0].has("too_long") || calls[0].Record.EndedBy != "caller" {
		t.Errorf("%d events, %s", len(calls[0].Events), line(&calls[0].Record))
	}
}

// TestHeaderForms: compact names, folded lines, space before the colon, no
// bracket around the addresses, bare line feeds.
func TestHeaderForms(t *testing.T) {
	invite := "INVITE sip:b@x SIP/2.0\nv : SIP/2.0/UDP h;branch=z9hG4bK1\nf: sip:a@x ; Tag = one\nt: sip:b@x\ni:\n  folded@x\nCSEQ: 1\n INVITE\n\n"
	busy := "SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;x=y;tag=one\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: folded@x\r\nCSeq: 1 INVITE\r\n\r\n"
	items := []capture.Item{
		{Kind: capture.SIP, At: start, Src: addrOf("a"), Dst: addrOf("b"), Payload: []byte(invite)},
		{Kind: capture.SIP, At: start.Add(time.Second), Src: addrOf("b"), Dst: addrOf("a"), Payload: []byte(busy)},
	}
	calls, n := analyse(t, items, Options{})
	if len(calls) != 1 || calls[0].Record.Status != "Busy" || n.Malformed != 0 {
		t.Fatalf("%d calls, %+v", len(calls), n)
	}
}

// everything is a capture with a call of each kind that the tables have.
func everything(t *testing.T) []capture.Item {
	var items []capture.Item
	at := time.Duration(0)
	scripts := []string{bridged("{X-CID: one@example.com}", callerEnds), different + bridged("", calleeEnds)}
	for _, rows := range [][]row{section3aRows, section7Rows} {
		for _, x := range rows {
			scripts = append(scripts, x.script)
		}
	}
	for i, script := range scripts {
		p := newTape(t).write(script)
		for _, it := range p.items {
			it.At = it.At.Add(at)
			it.Payload = []byte(strings.ReplaceAll(string(it.Payload), "@example.com", fmt.Sprintf("@c%d.example.com", i)))
			items = append(items, it)
		}
		at += time.Second
	}
	slices.SortStableFunc(items, func(a, b capture.Item) int { return a.At.Compare(b.At) })
	return items
}

// TestDroppedAndReordered: with a tenth of the packets gone and others in the
// wrong order nothing breaks, each record keeps the invariants, and what is
// missing is said.
func TestDroppedAndReordered(t *testing.T) {
	all := everything(t)
	whole, _ := analyse(t, all, Options{})
	if len(whole) < 40 {
		t.Fatalf("%d calls", len(whole))
	}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		items := slices.Clone(all)
		items = slices.DeleteFunc(items, func(capture.Item) bool { return r.IntN(10) == 0 })
		for i := range items {
			if k := i + r.IntN(4); r.IntN(5) == 0 && k < len(items) {
				items[i], items[k] = items[k], items[i]
			}
		}
		calls, _ := analyse(t, items, Options{})
		for _, c := range calls {
			if c.Record.ByeReason == "UNSPECIFIED" && len(c.Findings) == 0 {
				t.Errorf("seed %d: %s is UNSPECIFIED, and nothing says what is missing", seed, c.Record.Legs[0].SIPCallID)
			}
		}
	}
}

// TestGarbage: random bytes, and messages with random bytes in them.
func TestGarbage(t *testing.T) {
	all := everything(t)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		items := slices.Clone(all)
		for i := range items {
			b := slices.Clone(items[i].Payload)
			switch r.IntN(4) {
			case 0:
				for range 5 {
					if len(b) > 0 {
						b[r.IntN(len(b))] = byte(r.Uint32())
					}
				}
			case 1:
				b = b[:r.IntN(len(b)+1)]
			}
			items[i].Payload = b
		}
		analyse(t, items, Options{MaxBytes: 100000, MaxOpen: 20})
	}
}

// A faulty source gives an error now and then.
type faulty struct {
	list
	n, every int
}

func (f *faulty) Next() (capture.Item, error) {
	if f.n++; f.n%f.every == 0 {
		return capture.Item{}, fmt.Errorf("packet %d is broken", f.n)
	}
	return f.list.Next()
}

func TestErrorsOfTheSource(t *testing.T) {
	p := newTape(t).write(callUp + "a>b BYE / b>a 200/BYE")
	n := 0
	totals, err := Run(&faulty{list: list{items: p.items}, every: 3}, Options{}, func(*Call) { n++ }, nil)
	if err != nil || n != 1 || len(totals.Notes) == 0 {
		t.Errorf("%v, %d calls, notes %q", err, n, totals.Notes)
	}
	stop := errors.New("enough")
	if _, err := Run(&list{items: p.items}, Options{Parallel: true}, func(*Call) {}, func(*capture.Item) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	broken := errors.New("no more to read")
	if _, err := Run(sourceOf(func() (capture.Item, error) { return capture.Item{}, broken }), Options{}, func(*Call) {}, nil); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type sourceOf func() (capture.Item, error)

func (f sourceOf) Next() (capture.Item, error) { return f() }

// TestParallelGivesTheSame as one goroutine.
func TestParallelGivesTheSame(t *testing.T) {
	items := everything(t)
	one, _ := analyse(t, items, Options{})
	two, _ := analyse(t, items, Options{Parallel: true})
	if len(one) != len(two) {
		t.Fatalf("%d and %d calls", len(one), len(two))
	}
	for i := range one {
		if one[i].Record.ID != two[i].Record.ID || line(&one[i].Record) != line(&two[i].Record) {
			t.Errorf("call %d: %s and %s", i, line(&one[i].Record), line(&two[i].Record))
		}
	}
}

// FuzzAnalyse: any bytes as the messages of a capture.
func FuzzAnalyse(f *testing.F) {
	p := newTape(&testing.T{}).write(bridged("{X-CID: one@example.com}", callerEnds))
	var seed []byte
	for _, it := range p.items {
		seed = append(append(seed, it.Payload...), 0)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var items []capture.Item
		names := []string{"a", "b", "p"}
		for i, b := range strings.Split(string(data), "\x00") {
			at := start.Add(time.Duration(i) * 300 * time.Millisecond)
			items = append(items, capture.Item{Kind: capture.SIP, At: at, Src: addrOf(names[i%3]), Dst: addrOf(names[(i+1)%3]), Payload: []byte(b), Coarse: i%7 == 0})
		}
		analyse(t, items, Options{})
	})
}
