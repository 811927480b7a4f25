package exchange

import (
	"time"

	"onhook/call"
)

// A steady is the loop's time: the system's clock as it was at the start, and
// what has passed since. An operator, or a machine that slept, may set the clock
// while calls are up: timers and durations do not notice.
type steady struct {
	origin time.Time
	shift  time.Duration // by which the system's clock is ahead of this time
}

// clockStep is the least by which the clock must have been set for anybody to be told.
const clockStep = time.Second

// at is the steady time at a time of the system, which carries what has passed
// since another one as well (package time, monotonic clocks); wall is what the
// system's clock says then. set is by how much the clock was set since the last time.
func (s *steady) at(now, wall time.Time) (t time.Time, set time.Duration) {
	if s.origin.IsZero() {
		s.origin = now
	}
	t = s.origin.Add(now.Sub(s.origin))
	shift := wall.Round(0).Sub(t.Round(0))
	if d := shift - s.shift; d >= clockStep || d <= -clockStep {
		s.shift, set = shift, d
	}
	return t, set
}

// setTime sets the loop's time.
func (x *Exchange) setTime(now time.Time) {
	wall := now
	if x.opt.Wall != nil {
		wall = x.opt.Wall(now)
	}
	t, set := x.clock.at(now, wall)
	x.now = t.UTC() // records and events are in UTC wherever the server lives; the monotonic part stays
	if set == 0 {
		return
	}
	x.log.Warn("the system's clock was set: calls that are up keep the time they began with", "by", set)
	for _, c := range x.calls.calls {
		if c != nil && !c.finished {
			c.journal(call.Event{At: x.now, Kind: call.EvClock, N: int(set / time.Millisecond)})
		}
	}
}

// wall is what the system's clock says now: the time of what is kept beside calls, and of calls that begin.
func (x *Exchange) wall() time.Time { return x.now.Add(x.clock.shift) }
