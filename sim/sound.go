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
	s.w.node.Tick(now)
}
