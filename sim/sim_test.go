package sim

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"onhook/outcome"
)

var (
	seeds = flag.Int("seeds", 0, "how many seeds each test of seeds runs; 0: as many as it does in the suite")
	first = flag.Uint64("seed", 1, "the first seed")
)

// A plan is what one seed decides.
type plan struct {
	faults Faults
	script func(w *World) (*Caller, *Callee)
	name   string
}

func spanOf(r *rand.Rand, limit time.Duration) time.Duration {
	return time.Millisecond + time.Duration(r.Int64N(int64(limit)))
}

// faultsOf chooses what the network does to datagrams.
func faultsOf(r *rand.Rand) Faults {
	pick := func(f float64) float64 {
		if r.IntN(3) == 0 {
			return 0
		}
		return r.Float64() * f
	}
	return Faults{
		Loss: pick(0.25), Repeat: pick(0.3), Reorder: pick(0.3),
		Delay: spanOf(r, 80*time.Millisecond), Jitter: spanOf(r, 3*time.Second),
	}
}

// planOf chooses faults and behaviour from a seed.
func planOf(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 2))
	span := func(limit time.Duration) time.Duration { return spanOf(r, limit) }
	p := plan{faults: faultsOf(r)}
	talkA, talkB, cancel, ring, after := span(20*time.Second), span(20*time.Second), span(6*time.Second), span(2*time.Second), span(8*time.Second)
	codes := []int{486, 603, 404, 480, 408, 503, 600, 302, 500, 488, 403}
	code := codes[r.IntN(len(codes))]
	kind := r.IntN(8)
	names := []string{"caller hangs up", "callee hangs up", "both hang up", "refused", "cancelled", "cancel against answer", "never answered", "silent"}
	p.name = names[kind]
	more := rand.New(rand.NewPCG(seed, 3))
	twin, twin2 := time.Duration(0), time.Duration(0)
	if more.IntN(4) == 0 {
		twin = time.Millisecond + time.Duration(more.Int64N(int64(5*time.Second)))
		p.name += ", a second phone rings"
		if more.IntN(2) == 0 {
			twin2 = twin + time.Duration(more.Int64N(int64(6*time.Second)))
			p.name += " and answers"
		}
	}
	rel, says, noPrack, updA, updB := false, "", false, false, false
	if more.IntN(3) == 0 && twin == 0 {
		rel, says = more.IntN(3) > 0, []string{"", "Supported", "Require"}[more.IntN(3)]
		noPrack, updA, updB = more.IntN(6) == 0, more.IntN(2) == 0, more.IntN(2) == 0
		p.name += fmt.Sprintf(", reliable %v, caller %q, prack %v, update %v %v", rel, says, !noPrack, updA, updB)
	}
	p.script = func(w *World) (*Caller, *Callee) {
		a, b := w.Caller(fmt.Sprint("seed", seed), "1"), w.Callee(1)
		b.Ring, b.Final, b.After = ring, 200, after
		b.Twin, b.Twin2 = twin, twin2
		a.Rel, a.NoPrack, a.Update, b.Rel, b.Update = says, noPrack, updA, rel, updB
		switch kind {
		case 0:
			a.Talk = talkA
		case 1:
			b.Talk = talkB
		case 2:
			a.Talk, b.Talk = talkA, talkA
		case 3:
			b.Final = code
		case 4:
			a.Cancel, b.Final = cancel, 0
		case 5:
			a.Cancel, a.Talk = after+p.faults.Delay*time.Duration(r.IntN(4)), talkA
		case 6:
			b.Final = 0
		case 7:
			b.Silent = true
		}
		return a, b
	}
	return p
}

// runSeed runs one world until everything must be over and returns what is wrong;
// some of its faults can be left out.
func runSeed(seed uint64, without ...string) (w *World, p plan, bad []string) {
	p = planOf(seed)
	p.faults = p.faults.without(without)
	w = NewWorld(seed, p.faults, nil)
	a, b := p.script(w)
	a.Start(w.Net.Now)
	w.Net.Run(Epoch.Add(60 * time.Second))
	// After the faults stop everything has to come to rest.
	w.Net.Faults = Faults{Delay: p.faults.Delay}
	w.Net.Run(Epoch.Add(6 * time.Minute))
	if a.toTag != "" && !a.ended {
		a.hangUp(w.Net.Now) // a caller who talks on hangs up in the end
	}
	w.Net.Run(Epoch.Add(12 * time.Minute))
	bad = w.Check()
	bad = append(bad, truths(w, a, b)...)
	return w, p, bad
}

// truths holds the records against what the phones saw.
func truths(w *World, a *Caller, b *Callee) (bad []string) {
	for _, s := range w.Saved {
		r := s.Record
		if len(a.Finals) > 0 && r.SIPFinal != a.Finals[0] {
			bad = append(bad, fmt.Sprintf("the caller saw %d, the record says %d", a.Finals[0], r.SIPFinal))
		}
		bad = append(bad, recordTruths(&s)...)
	}
	if len(b.Up) > 0 {
		bad = append(bad, "the callee still believes in a call that is over")
	}
	return bad
}

// recordTruths holds of a record what needs no phone.
func recordTruths(s *Saved) (bad []string) {
	r := s.Record
	again := outcome.Fold(s.Events, outcome.Meta{ID: r.ID, Source: r.Source, Direction: r.Direction, Trunk: r.Trunk})
	if again.ByeReason != r.ByeReason || again.Status != r.Status || again.EndedBy != r.EndedBy {
		bad = append(bad, fmt.Sprintf("folded again: %s %s, first %s %s", again.Status, again.ByeReason, r.Status, r.ByeReason))
	}
	if r.EndedAt.Before(r.StartedAt) || r.AnsweredAt != nil && (r.AnsweredAt.Before(r.StartedAt) || r.EndedAt.Before(*r.AnsweredAt)) {
		bad = append(bad, fmt.Sprintf("times out of order: %v %v %v", r.StartedAt, r.AnsweredAt, r.EndedAt))
	}
	if late := s.At.Sub(r.EndedAt); late > 5*time.Second {
		bad = append(bad, fmt.Sprintf("the record came %v after the end", late))
	}
	if r.ByeReason == "UNSPECIFIED" {
		bad = append(bad, "UNSPECIFIED")
	}
	return bad
}

func TestSeeds(t *testing.T) {
	forSeeds(t, 500, func(seed uint64, without ...string) (*World, plan, []string) { return runSeed(seed, without...) })
}

// TestSameSeedSameRun holds that a seed decides everything.
func TestSameSeedSameRun(t *testing.T) {
	trace := func() string {
		w, _, _ := runSeed(42)
		var b strings.Builder
		for _, s := range w.Net.Trace {
			fmt.Fprintf(&b, "%v %v %v %s\n", s.At, s.From, s.To, s.Data)
		}
		return b.String()
	}
	first, second := trace(), trace()
	if first != second {
		t.Error("two runs of one seed differ")
	}
}

// TestFaultless holds the plain endings without any fault.
func TestFaultless(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(a *Caller, b *Callee)
		want   [3]string
	}{
		{"caller hangs up", func(a *Caller, b *Callee) { b.Final, a.Talk = 200, 3*time.Second }, [3]string{"Call Ended", "NORMAL_CLEARING", "caller"}},
		{"callee hangs up", func(_ *Caller, b *Callee) { b.Final, b.Talk = 200, 3*time.Second }, [3]string{"Call Ended", "NORMAL_CLEARING", "callee"}},
		{"busy", func(_ *Caller, b *Callee) { b.Final = 486 }, [3]string{"Busy", "USER_BUSY", "callee"}},
		{"cancelled", func(a *Caller, b *Callee) { b.Ring, a.Cancel = time.Second, 4*time.Second }, [3]string{"Cancelled", "ORIGINATOR_CANCEL", "caller"}},
		{"never answered", func(_ *Caller, b *Callee) { b.Ring = time.Second }, [3]string{"Not Answered", "NO_ANSWER", "platform"}},
		{"silent", func(_ *Caller, b *Callee) { b.Silent = true }, [3]string{"Unreachable", "NO_USER_RESPONSE", "platform"}},
		{"no ack", func(a *Caller, b *Callee) { b.Final, a.NoAck = 200, true }, [3]string{"Call Ended", "RECOVERY_ON_TIMER_EXPIRE", "network"}},
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
			r := w.Saved[0].Record
			if got := [3]string{r.Status, r.ByeReason, r.EndedBy}; got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if len(bad) > 0 {
				report(t, 1, w, plan{name: c.name}, bad)
			}
		})
	}
}
