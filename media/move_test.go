//go:build linux && !portable

package media

import (
	"sync"
	"testing"
)

// Two calls on two workers become one (a transfer): the leg goes over with its stream.
func TestBridgeAcrossWorkers(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Workers = 2 })
	r.e.mu.Lock()
	r.e.workers[0].load += full
	r.e.mu.Unlock()
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.mu.Lock()
	r.e.workers[0].load -= full + 100
	r.e.mu.Unlock()
	b := r.party(2, 2, "127.0.0.1", PCMU)
	if len(r.e.workers) != 2 || r.e.legs[1].w == r.e.legs[2].w {
		t.Fatal("both legs are with one worker")
	}
	music := NewClip(Tone(8000, 8000, 500))
	r.e.Play(2, music, true)
	was := b.hear()
	r.e.Bridge(1, 2)
	r.settled()
	if r.e.legs[1].w != r.e.legs[2].w {
		t.Fatal("the legs are with two workers")
	}
	// Music that was on its way.
	a.say(0, []byte{1})
	got := b.hear()
	for len(got.body) == 160 {
		was, got = got, b.hear()
	}
	if got.body[0] != 1 || got.ssrc != was.ssrc || got.seq != was.seq+1 || !got.marker {
		t.Errorf("%+v does not follow %+v", got.header, was.header)
	}
	r.e.Play(2, music, true)
	b.hear()
	r.e.Close(1)
	r.e.Close(2)
	if len(r.e.groups) != 0 {
		t.Errorf("groups left: %v", r.e.groups)
	}
}

// All methods from many goroutines, while the engine stops: for the race detector, and that nobody hangs.
func TestStopWhileBusy(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Workers = 2 })
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			for i := range LegID(200) {
				id := LegID(g)*1000 + i
				r.e.Open(id, g, false)
				r.e.Echo(id)
				r.e.Query(id)
				r.e.Bridge(id, id-1)
				r.e.Events(nil)
				r.e.Close(id - 1)
			}
		})
	}
	wg.Go(r.e.Stop)
	wg.Wait()
}
