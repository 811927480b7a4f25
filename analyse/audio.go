package analyse

import (
	"time"

	"onhook/call"
)

// The silences that tell of media.
const (
	mediaStopped = 15 * int64(time.Second) // an end of audio that may have ended the call
	mediaShort   = 3 * int64(time.Second)  // calls shorter than that tell nothing of their audio
)

// mediaEvents writes what RTP shows: a side that stopped, or never sent.
func (b *builder) mediaEvents(t *track, place int) {
	i := t.answer()
	m := b.media()
	if i < 0 || m == nil {
		return
	}
	begin := t.l.msgs[i].at
	end, byCallee := b.c.now, false
	if y := t.bye(); y >= 0 {
		end, byCallee = t.l.msgs[y].at, t.l.msgs[y].caller == t.outward
	}
	a, c := &m[callerSide], &m[calleeSide]
	if t.outward && m == &t.l.media {
		a, c = c, a
	}
	if end-begin < mediaShort || a.packets+c.packets < 50 {
		return
	}
	switch {
	case a.packets == 0 && c.addr.IsValid():
		b.conclude(place, end, -2, call.Event{Kind: call.EvMedia, Name: "one_way", Text: "no audio from the caller"})
	case c.packets == 0 && a.addr.IsValid():
		b.conclude(place, end, -2, call.Event{Kind: call.EvMedia, Name: "one_way", Text: "no audio from the callee"})
	}
	if byCallee && a.packets > 0 && end-a.last > mediaStopped && c.packets > 0 && end-c.last < mediaStopped/3 && !b.heldAt(t, end) {
		b.conclude(place, a.last+mediaStopped, -2, call.Event{Kind: call.EvMedia, Name: "timeout", Text: "no audio from the caller"})
	}
}

// media is what is known of the call's audio: on the caller's leg, or on the
// first that has any.
func (b *builder) media() *[2]stream {
	for i := range b.tracks {
		if m := &b.tracks[i].l.media; m[0].packets+m[1].packets > 0 {
			return m
		}
	}
	return nil
}

// heldAt tells whether a side holds at a time.
func (b *builder) heldAt(t *track, at int64) bool {
	held := map[string]bool{}
	for i := range b.steps {
		s := &b.steps[i]
		if s.msg >= 0 || s.at > at {
			continue
		}
		switch e := &b.events[s.event]; e.Kind {
		case call.EvHold:
			held["leg"] = e.N == 1
		case call.EvStage:
			held["stage"] = e.Name == "hold"
		}
	}
	return held["leg"] || held["stage"]
}
