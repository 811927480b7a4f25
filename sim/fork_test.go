package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSection13_2_2_4_EachBranchHasItsLegInTheRecord plays a proxy with two
// phones behind it, which answers one INVITE with two tags.
func TestSection13_2_2_4_EachBranchHasItsLegInTheRecord(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(a *Caller, b *Callee)
		want   string // the legs: number, final code, reason
	}{
		{"the second one answers", func(a *Caller, b *Callee) {
			a.Talk, b.Ring, b.Twin, b.Twin2 = 3*time.Second, time.Second, 2*time.Second, 4*time.Second
		}, "1 200 NORMAL_CLEARING, 2 0 PICKED_OFF, 3 200 NORMAL_CLEARING"},
		{"both answer", func(a *Caller, b *Callee) {
			a.Talk, b.Ring, b.Final, b.After, b.Twin, b.Twin2 = 3*time.Second, time.Second, 200, 3*time.Second, 2*time.Second, 4*time.Second
		}, "1 200 NORMAL_CLEARING, 2 200 NORMAL_CLEARING, 3 200 PICKED_OFF"},
		{"nobody answers", func(_ *Caller, b *Callee) { b.Ring, b.Twin = 2*time.Second, time.Second }, "1 480 NO_ANSWER, 2 487 NO_ANSWER, 3 0 NO_ANSWER"},
		{"only the second one rings", func(_ *Caller, b *Callee) { b.Twin, b.Final, b.After = time.Second, 480, 3*time.Second }, "1 480 NO_ANSWER, 2 480 NO_ANSWER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := NewWorld(1, Faults{Delay: 20 * time.Millisecond}, nil)
			a, b := w.Caller("x", "1"), w.Callee(1)
			c.script(a, b)
			a.Start(w.Net.Now)
			w.Net.Run(Epoch.Add(5 * time.Minute))
			bad := append(w.Check(), truths(w, a, b)...)
			if len(w.Saved) != 1 {
				t.Fatalf("%d records: %v", len(w.Saved), bad)
			}
			var legs []string
			for _, l := range w.Saved[0].Record.Legs {
				legs = append(legs, fmt.Sprintf("%d %d %s", l.ID, l.FinalCode, l.Reason))
			}
			if got := strings.Join(legs, ", "); got != c.want {
				t.Errorf("legs: %s\nwant: %s", got, c.want)
			}
			if len(bad) > 0 {
				report(t, 1, w, plan{name: c.name}, bad)
			}
		})
	}
}

// TestSection13_2_2_4_ABranchThatAnswersAfterItsCallIsOver is let go at once: the first that
// is heard of a second phone comes when nothing is known of the call any more.
func TestSection13_2_2_4_ABranchThatAnswersAfterItsCallIsOver(t *testing.T) {
	s := newScene(1, Faults{Delay: 20 * time.Millisecond})
	s.a.Talk, s.b.Twin, s.b.Twin2 = time.Second, 11500*time.Millisecond, 12*time.Second
	s.a.Start(s.w.Net.Now)
	s.w.Net.Run(Epoch.Add(11 * time.Second))
	if len(s.w.Saved) != 1 || len(s.b.Up) != 0 {
		t.Fatalf("%d records, phones that are up: %v", len(s.w.Saved), s.b.Up)
	}
	if _, n := s.sent(ServerAddr, s.b.addr, "BYE"); n != 1 {
		t.Fatalf("%d BYEs to the phone that answered first", n)
	}
	s.w.Net.Run(Epoch.Add(13 * time.Second))
	if _, n := s.sent(ServerAddr, s.b.addr, "BYE"); n != 2 || len(s.b.Up) != 0 {
		t.Errorf("%d BYEs in all, phones that are up: %v", n, s.b.Up)
	}
	s.w.Net.Run(Epoch.Add(10 * time.Minute))
	if bad := append(s.w.Check(), truths(s.w, s.a, s.b)...); len(bad) > 0 {
		report(t, 1, s.w, plan{name: t.Name()}, bad)
	}
}
