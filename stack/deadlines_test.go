package stack

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestDeadlinesComeInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 50 {
		var h deadlines
		var want []int64
		for range n {
			at := rng.Int64N(100)
			want = append(want, at)
			if n%2 == 0 {
				h.push(due{at: at})
			} else {
				h = append(h, due{at: at})
			}
		}
		h.order()
		slices.Sort(want)
		for _, at := range want {
			if got := h.pop().at; got != at {
				t.Fatalf("%d entries: got %d, want %d", n, got, at)
			}
		}
	}
}

// A dialog that has ended had a session timer, which would have come in a quarter of an hour and more (RFC 4028).
func TestDialogsThatEndLeaveNothingInTheHeap(t *testing.T) {
	b := newBridge()
	b.e.opt.SessionExp = 1800
	most := 0
	for range 4000 {
		b.call(func() {}, func() {})
		b.now = b.now.Add(50 * time.Millisecond)
		s := b.e.State()
		if live := s.Clients + s.Servers + s.Dialogs; len(b.e.heap) > max(2*live, leastSweep)+64 {
			t.Fatalf("%d entries for %d transactions and dialogs", len(b.e.heap), live)
		}
		most = max(most, len(b.e.heap))
	}
	if most < leastSweep {
		t.Fatalf("%d entries at most: nothing had to be swept, so this shows nothing", most)
	}
	b.now = b.now.Add(time.Minute)
	b.step(Input{})
	b.e.sweep()
	if d := b.e.Deadline(); !d.IsZero() || len(b.e.heap) != 0 || cap(b.e.heap) > 8*leastSweep {
		t.Errorf("%d entries of %d, the next at %v, though nothing is left", len(b.e.heap), cap(b.e.heap), d)
	}
}
