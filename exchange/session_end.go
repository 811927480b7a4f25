package exchange

import (
	"slices"
	"sync/atomic"
	"time"

	"onhook/call"
)

// endSession ends the application's hold of a call. One that has recorded may
// still say that it has stored something: the call's record waits for that.
func (x *Exchange) endSession(c *live) {
	s := c.session
	if s == nil {
		return
	}
	if n := s.placed(); n > 0 {
		c.journal(call.Event{At: x.now, Kind: call.EvApp, Leg: call.Caller, Name: s.info.App, Text: "place " + itoa(n)})
	}
	s.cancel()
	c.session = nil
	if s.keeps {
		c.late, s.until = s, x.now.Add(storeLimit)
		x.storing = append(x.storing, s)
	}
}

// storeLimit is how long the record of a call waits for its application to
// store what was recorded: a disk takes its time, but not for ever.
const storeLimit = 10 * time.Second

// letGoLate ends the waits that have lasted too long.
func (x *Exchange) letGoLate() {
	for _, s := range x.storing {
		if !s.until.After(x.now) {
			x.log.Error("application has not stored what it recorded", "call", s.info.ID, "app", s.info.App)
			x.letGo(s)
		}
	}
}

// letGo ends the wait for an application that had recorded.
func (x *Exchange) letGo(s *session) {
	x.storing = slices.DeleteFunc(slices.Clone(x.storing), func(o *session) bool { return o == s })
	c, _ := x.calls.get(s.ref)
	if c == nil || c.late != s {
		return
	}
	c.late = nil
	if c.finished {
		x.finish(c)
	}
}

// At notes where the caller's place in a queue stands (app.Placer).
func (s *session) At(place *atomic.Int32) { s.place.Store(place) }

// placed is the caller's place; 0: it waits in no queue.
func (s *session) placed() int {
	if p := s.place.Load(); p != nil {
		return int(p.Load())
	}
	return 0
}
