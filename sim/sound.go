package sim

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"onhook/media"
)

// sounds is the media path as far as applications notice it: what is played to
// the end has a length.
type sounds struct {
	w    *World
	r    *rand.Rand
	most time.Duration // the longest sound
	ends []ending      // by the order in which they began
	done []media.Event
	taps []tap
}

// A tap gives a caller's voice to whoever records it.
type tap struct {
	leg   media.LegID
	sink  media.Sink
	next  time.Time
	quiet time.Time // the caller says nothing more from then on
}

// tapEvery is how much of it comes at a time.
const tapEvery = 200 * time.Millisecond

// record has a caller speak into a recording for up to twice the longest sound, or ends that.
func (s *sounds) record(leg media.LegID, sink media.Sink) {
	if s == nil {
		return
	}
	s.stop(leg)
	if sink != nil {
		s.taps = append(s.taps, tap{leg, sink, s.w.Net.Now.Add(tapEvery), s.w.Net.Now.Add(time.Duration(s.r.Int64N(2 * int64(s.most))))})
	}
}

var (
	voice   = media.Tone(160, 8000, 700) // 20 ms
	silence = make([]int16, 160)
)

// hear gives what was said since the last time.
func (p *tap) hear(now time.Time) {
	frame := voice
	if now.After(p.quiet) {
		frame = silence
	}
	for range tapEvery / (20 * time.Millisecond) {
		p.sink.Write(frame)
	}
	p.next = now.Add(tapEvery)
}

type ending struct {
	leg media.LegID
	at  time.Time
}

// Sounds has what is played end after up to so long.
func (w *World) Sounds(seed uint64, most time.Duration) {
	w.sounds = &sounds{w: w, r: rand.New(rand.NewPCG(seed, 6)), most: most}
	w.Net.Add(netip.AddrPort{}, w.sounds)
}

func (s *sounds) play(leg media.LegID, loop bool) {
	if s == nil {
		return
	}
	s.stop(leg)
	if !loop {
		s.ends = append(s.ends, ending{leg, s.w.Net.Now.Add(time.Millisecond + time.Duration(s.r.Int64N(int64(s.most))))})
	}
}

func (s *sounds) stop(leg media.LegID) {
	if s != nil {
		s.ends = slices.DeleteFunc(s.ends, func(e ending) bool { return e.leg == leg })
		s.taps = slices.DeleteFunc(s.taps, func(p tap) bool { return p.leg == leg })
	}
}

func (s *sounds) events(buf []media.Event) []media.Event {
	if s == nil {
		return buf
	}
	buf = append(buf, s.done...)
	s.done = s.done[:0]
	return buf
}

// Receive takes nothing: nobody sends sound.
func (s *sounds) Receive(time.Time, netip.AddrPort, []byte) {}

// Deadline is when the next sound ends.
func (s *sounds) Deadline() (d time.Time) {
	for _, e := range s.ends {
		if d.IsZero() || e.at.Before(d) {
			d = e.at
		}
	}
	for i := range s.taps {
		if d.IsZero() || s.taps[i].next.Before(d) {
			d = s.taps[i].next
		}
	}
	return d
}

// Tick tells the server which sounds have ended.
func (s *sounds) Tick(now time.Time) {
	s.ends = slices.DeleteFunc(s.ends, func(e ending) bool {
		if e.at.After(now) {
			return false
		}
		s.done = append(s.done, media.Event{Leg: e.leg, Kind: media.PlayDone})
		return true
	})
	for i := range s.taps {
		if p := &s.taps[i]; !p.next.After(now) {
			p.hear(now)
		}
	}
	s.w.node.Tick(now)
}
