package exchange

import "time"

// The loop may stand still: the process is stopped, or the machine has no time for it.
// What peers have sent meanwhile waits in the sockets, and is read a moment after the
// loop goes on. If its time went on at once, transactions would be found overdue before
// that, and calls ended that were answered in time. So the time of timers stands still
// too, until what has come is read. What calls write down has the true times.
const (
	standstill = time.Second            // late by so much
	gathering  = 300 * time.Millisecond // what has come meanwhile is read for so long
)

// Run drives the loop until Stop; it returns when the loop has ended.
func (x *Exchange) Run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	real := x.opt.Now()
	armed, until := real.Add(time.Hour), real
	now := real
	for {
		x.Turn(now)
		d := x.Deadline()
		if !d.IsZero() {
			d = d.Add(x.clock.stood)
			if real.Before(until) && d.Before(until) {
				d = until
			}
		}
		// Deadlines mostly move later: the timer then stays, and a turn too many is cheaper than to set it each time.
		if !d.IsZero() && d.Before(armed) {
			armed = d
			timer.Reset(max(0, d.Sub(x.opt.Now())))
		}
		select {
		case <-x.box.wake:
		case <-timer.C:
			armed = x.opt.Now().Add(time.Hour)
			timer.Reset(time.Hour)
		case <-x.stopped:
			x.Turn(x.opt.Now().Add(-x.clock.stood))
			x.cancel()
			for _, c := range x.box.close() {
				c.done <- ErrStopped
			}
			return
		}
		real = x.opt.Now()
		if late := real.Sub(d); !d.IsZero() && late >= standstill {
			until = real.Add(gathering)
			x.log.Warn("the server stood still: what came meanwhile is read before anything counts as late", "ms", late.Milliseconds())
		}
		if real.Before(until) {
			x.stand(real.Add(-x.clock.stood).Sub(now))
		} else {
			now = real.Add(-x.clock.stood)
		}
	}
}

// stand keeps the loop's time where it is, though so much has passed.
func (x *Exchange) stand(d time.Duration) {
	x.clock.stood += d
	x.clock.shift += d
	for _, c := range x.calls.calls {
		if c != nil {
			c.shift += d
		}
	}
}
