package media

import (
	"testing"
	"time"
)

// talk has members of a conference say a tone each and gives what each of them heard, in the second half of so many packets.
func talk(r *rig, members []*party, hertz []float64, packets int) (heard [][]int16) {
	r.t.Helper()
	tones := make([][]int16, len(members))
	for i, hz := range hertz {
		if hz > 0 {
			tones[i] = Tone(packets*tickFrames, 5000, hz)
		}
	}
	heard = make([][]int16, len(members))
	for i := range packets {
		for j, m := range members {
			if tones[j] != nil {
				m.say(uint8(m.cfg.PT), m.cfg.Codec.Encode(nil, tones[j][i*tickFrames:(i+1)*tickFrames]))
			}
		}
		for j, m := range members {
			pcm, _ := m.listenFor(1) // the clock of the conference is ours, too
			if i >= packets/2 {
				heard[j] = append(heard[j], pcm...)
			}
		}
	}
	return heard
}

func TestConferenceEachHearsTheOthersAndNotItself(t *testing.T) {
	r := newRig(t, nil)
	codecs, hertz := []Codec{PCMU, PCMA, PCMU, PCMA}, []float64{400, 700, 1000, 0}
	var members []*party
	for i, c := range codecs {
		members = append(members, r.party(LegID(i+1), uint64(i+1), "127.0.0.1", c))
		if err := r.e.Join(LegID(i+1), 7); err != nil {
			t.Fatal(err)
		}
	}
	for i, pcm := range talk(r, members, hertz, 60) {
		for j, hz := range hertz {
			if hz == 0 {
				continue
			}
			share, want := Goertzel(pcm, hz), 0.5
			if i == 3 {
				want = 1.0 / 3
			}
			if i == j && share > 0.01 {
				t.Errorf("member %d hears itself: share %.3f", i+1, share)
			}
			if i != j && (share < want-0.1 || share > want+0.1) {
				t.Errorf("member %d hears member %d with a share of %.2f, want %.2f", i+1, j+1, share, want)
			}
		}
	}
	// Who leaves is heard no more, and hears no more.
	if err := r.e.Idle(1); err != nil {
		t.Fatal(err)
	}
	r.settled()
	for i, pcm := range talk(r, members[1:], hertz[1:], 60) {
		if share := Goertzel(pcm, 400); share > 0.01 {
			t.Errorf("member %d hears who has left: share %.2f", i+2, share)
		}
	}
	r.e.Announce(7, NewClip(Tone(8000, 8000, 1500)))
	for i, pcm := range talk(r, members[1:], []float64{0, 0, 0}, 40) {
		if share := Goertzel(pcm, 1500); share < 0.9 {
			t.Errorf("member %d does not hear the announcement: share %.2f", i+2, share)
		}
	}
}

// Members of several workers meet in one, and go back to bridges from there.
func TestConferenceAcrossWorkers(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Workers = 2 })
	if len(r.e.workers) == 1 && severalWorkers {
		r.e.mu.Lock()
		r.e.workers[0].load = full // the next one begins elsewhere
		r.e.mu.Unlock()
	}
	b := r.party(2, 2, "127.0.0.1", PCMU)
	r.e.mu.Lock()
	r.e.workers[0].load -= min(full, r.e.workers[0].load)
	r.e.mu.Unlock()
	a := r.party(1, 1, "127.0.0.1", PCMU)
	for id := range LegID(2) {
		if err := r.e.Join(id+1, 1); err != nil {
			t.Fatal(err)
		}
	}
	heard := talk(r, []*party{a, b}, []float64{400, 700}, 40)
	if x, y := Goertzel(heard[0], 700), Goertzel(heard[1], 400); x < 0.9 || y < 0.9 {
		t.Errorf("they hear each other with shares of %.2f and %.2f", x, y)
	}
	if err := r.e.Bridge(1, 2); err != nil {
		t.Fatal(err)
	}
	r.settled()
	r.e.Close(1)
	r.e.Close(2)
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	if len(r.e.groups) != 0 {
		t.Errorf("%d groups are left, want none", len(r.e.groups))
	}
}

// A word over a bridge is heard instead of the other party, who is heard again when it is over.
func TestOverABridge(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	r.e.Bridge(1, 2)
	r.e.Over(1, NewClip(Tone(5*tickFrames, 8000, 500)))
	r.settled()
	b.say(0, sine(PCMU))
	pcm, packets := a.listenFor(5)
	if share := Goertzel(pcm, 500); share < 0.9 {
		t.Errorf("share of the word %.2f", share)
	}
	r.seen(2, 1, came)
	r.later(tickTime)
	r.settled()
	b.say(0, []byte{9})
	if got := a.hear(); got.body[0] != 9 || got.seq != packets[4].seq+1 || got.ssrc != packets[0].ssrc || !got.marker {
		t.Errorf("after the word: %+v, want the other party in the same stream", got.header)
	}
	r.hasNo(PlayDone)
}

func TestConferenceAllocatesNothing(t *testing.T) {
	r := newRig(t, nil)
	for id := range LegID(5) {
		r.party(id+1, uint64(id+1), "127.0.0.1", PCMU)
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

// What keeps a binding of a NAT alive has a type that nobody agreed on: a recording goes on.
func TestRecordOutlivesPacketsOfAnotherType(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", Pass), r.party(2, 1, "127.0.0.1", Pass)
	r.e.Bridge(1, 2)
	buf := NewBuffer(80000)
	r.e.Record(1, buf)
	r.settled()
	for i := range 3 * mostOdd {
		a.say(126, nil)
		b.hear()
		if i%3 == 0 {
			r.later(time.Second)
		}
	}
	for range 5 {
		a.say(8, sine(PCMA))
		b.hear()
	}
	r.later(100 * time.Millisecond)
	r.later(100 * time.Millisecond)
	r.hasNo(RecordDone)
	r.e.Record(1, nil)
	r.settled()
	if most := loud(buf.Samples()); most < 1000 {
		t.Errorf("the recording's loudest sample is %d", most)
	}
}

// Two who agreed on a codec among themselves are recorded, and told something, where it is G.711; where it is another nothing can be.
func TestRecordAndOverWhereTheCodecIsTheParties(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", Pass), r.party(2, 1, "127.0.0.1", Pass)
	r.e.Bridge(1, 2)
	buf := NewBuffer(8000)
	r.e.Record(1, buf)
	r.settled()
	b.say(8, sine(PCMA)) // so that it is known what a understands
	a.hear()
	r.e.Over(1, NewClip(Tone(5*tickFrames, 8000, 800)))
	pcm, packets := a.listenFor(5)
	if share := Goertzel(pcm, 800); share < 0.9 || packets[0].pt != 8 {
		t.Errorf("the word has a share of %.2f in payload type %d, want 8", share, packets[0].pt)
	}
	for range 10 {
		a.say(8, sine(PCMA))
	}
	r.seen(1, 10, came)
	r.later(100 * time.Millisecond)
	r.later(100 * time.Millisecond)
	r.e.Record(1, nil)
	r.settled()
	if most := loud(buf.Samples()); most < 1000 {
		t.Errorf("the recording's loudest sample is %d", most)
	}
	r.e.Record(2, NewBuffer(8000))
	r.settled()
	for range mostOdd {
		b.say(111, []byte{1, 2, 3})
	}
	if ev := r.event(RecordDone, 2); !ev.Failed {
		t.Error("a codec that is not ours was recorded, want Failed")
	}
}
