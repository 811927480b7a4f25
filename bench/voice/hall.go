package voice

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Hall has parties send, spread over each 20 ms, and hear, all on one thread.
type Hall struct {
	mu       sync.Mutex // held for a round
	parties  []*Party
	counting bool
	sum      Tally
}

// A Tally is what was counted in a while.
type Tally struct {
	Heard
	Sent int64 // by parties that have no other party in the call
}

// Add brings parties in.
func (h *Hall) Add(p ...*Party) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parties = append(h.parties, p...)
}

// Remove sends parties out and closes them.
func (h *Hall) Remove(gone ...*Party) {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[*Party]bool, len(gone))
	for _, p := range gone {
		out[p] = true
		p.Close()
	}
	kept := h.parties[:0]
	for _, p := range h.parties {
		if !out[p] {
			kept = append(kept, p)
		}
	}
	clear(h.parties[len(kept):])
	h.parties = kept
}

// Begin begins to count; End ends it.
func (h *Hall) Begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sum, h.counting = Tally{}, true
}

// End says what was counted since Begin.
func (h *Hall) End() Tally {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counting = false
	return h.sum
}

const tick = 20 * time.Millisecond

// Run goes on until ctx is done.
func (h *Hall) Run(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	voice := said()
	b := make([]byte, 172)
	b[0] = 0x80
	began := time.Now()
	for round := 0; ctx.Err() == nil; round++ {
		copy(b[12:], voice[round%50*160:])
		at := began.Add(time.Duration(round) * tick)
		h.round(round, at, b)
		sleepUntil(at.Add(tick)) // with no party nobody else waits
	}
}

// round is 20 ms.
func (h *Hall) round(round int, at time.Time, b []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	counted := &h.sum.Heard
	if !h.counting {
		counted = nil
	}
	for i, p := range h.parties {
		sleepUntil(at.Add(tick * time.Duration(i) / time.Duration(len(h.parties))))
		p.hear(counted)
		if p.Talks > 0 && (round+i)%p.Talks == 0 && p.send(b, uint32(p.local.Port())) && h.counting && !p.Pair {
			h.sum.Sent++
		}
	}
}

// sleepUntil does not sleep for less than a sleep costs.
func sleepUntil(at time.Time) {
	if wait := time.Until(at); wait > 100*time.Microsecond {
		ts := unix.NsecToTimespec(int64(wait))
		_ = unix.Nanosleep(&ts, nil)
	}
}
