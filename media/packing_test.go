package media

import (
	"fmt"
	"testing"
	"time"
)

// What begins here is sent in packets as long as the peer asked for, in one stream without holes.
func TestPacketsAreAsLongAsThePeerAsked(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 40, 60} {
		n := ms * 8
		check := func(t *testing.T, a *party) {
			t.Helper()
			pcm, packets := a.listenFor(12)
			for i, h := range packets {
				if len(h.body) != n || h.seq != packets[0].seq+uint16(i) || h.ts != packets[0].ts+uint32(i*n) || h.marker && i > 0 {
					t.Errorf("packet %d: %d bytes, want %d: %+v after %+v", i, len(h.body), n, h.header, packets[0].header)
				}
			}
			if share := Goertzel(pcm, 500); share < 0.98 {
				t.Errorf("share of the tone %.3f", share)
			}
		}
		t.Run(fmt.Sprintf("prompt of %d ms", ms), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			a := r.party(1, 1, "127.0.0.1", PCMA)
			a.cfg.Ptime = time.Duration(ms) * time.Millisecond
			a.set()
			r.e.Play(1, NewClip(Tone(8000, 8000, 500)), true)
			check(t, a)
		})
		t.Run(fmt.Sprintf("room of %d ms", ms), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			a := r.party(1, 1, "127.0.0.1", PCMA)
			a.cfg.Ptime = time.Duration(ms) * time.Millisecond
			a.set()
			if err := r.e.Join(1, 1); err != nil {
				t.Fatal(err)
			}
			r.settled()
			r.e.Announce(1, NewClip(Tone(80000, 8000, 500)))
			// What was sent before the announcement began is silence.
			for {
				if h := a.hear(); !PCMA.silent(h.body) {
					break
				}
			}
			check(t, a)
		})
	}
}

// A room gathers what is too little for a packet in place.
func TestPackingAllocatesNothing(t *testing.T) {
	r := newRig(t, nil)
	for id := range LegID(4) {
		p := r.party(id+1, uint64(id+1), "127.0.0.1", PCMU)
		p.cfg.Ptime = time.Duration(id+1) * 10 * time.Millisecond
		p.set()
		if err := r.e.Join(id+1, 1); err != nil {
			t.Fatal(err)
		}
	}
	r.settled()
	w := r.e.legs[1].w
	n := 0.0
	w.poll.call(w, func() { n = testing.AllocsPerRun(100, func() { w.tickAll() }) })
	if n != 0 {
		t.Errorf("%v allocations for 20 ms, want 0", n)
	}
}

// What was gathered before something else was sent is not sent after it.
func TestPackingForgetsAtASeam(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	a.cfg.Ptime = 60 * time.Millisecond
	a.set()
	if err := r.e.Join(1, 1); err != nil {
		t.Fatal(err)
	}
	r.settled()
	l := r.e.legs[1]
	gathered := func() (n int) {
		l.w.poll.call(l.w, func() { n = len(l.packing) })
		return n
	}
	for deadline := time.Now().Add(30 * time.Second); gathered() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("nothing is gathered")
		}
	}
	r.e.Idle(1)
	if n := gathered(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
