package exchange

import "time"

// No timer fires before what had come when it was due has been told to whom it
// may concern: an ACK that came in time is not missed because it is read late.
//
// A turn takes packets first, and then fires the timers that were due before the
// oldest packet that waits has come. Where the loop finds itself late, the whole
// process may not have run for a while: then even the times of arrival are not to
// be trusted, and what waits, here or in the sockets, goes first.
const (
	// lateTurn is how late a timer is that says that the loop, or the process, did not run.
	lateTurn = 20 * time.Millisecond
	// mostWaits bounds how many turns go by without a timer: in a flood there is always something that waits.
	mostWaits = 500
)

// late tells whether a timer is overdue.
func (x *Exchange) late() bool {
	d := x.ep.Deadline()
	if c := x.heap.first(); d.IsZero() || !c.IsZero() && c.Before(d) {
		d = c
	}
	if d.IsZero() || x.now.Sub(d) < lateTurn {
		x.waits = 0
		return false
	}
	return x.waits < mostWaits
}

// unread tells whether the wire has something that it has not handed over. It is
// to be asked before the mailbox is emptied.
func (x *Exchange) unread() bool { return x.opt.Unread != nil && x.opt.Unread() }

// happened sets until: the time up to which all that came has been taken. As long
// as something has to go first it stays what it was.
func (x *Exchange) happened(first bool) {
	if first {
		x.waits++
		return
	}
	x.until = x.now
	if t := x.box.oldest(); !t.IsZero() && t.Before(x.until) {
		x.until = t
	}
}
