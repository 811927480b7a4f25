package outcome

import "onhook/call"

// A Follower goes along with one call that has many attempts, as that of a caller
// who waits long in a queue: it reads each event once. Its methods give what the
// functions of the same names give for the same events; between two of them events
// are only added. The zero Follower has read nothing. It must not be copied.
type Follower struct {
	s    scan
	meta Meta
	read int // so many events
}

// follow reads what has come since.
func (f *Follower) follow(events []call.Event, meta *Meta) *scan {
	f.meta = *meta
	if f.read == 0 {
		f.s.init(&f.meta)
	}
	f.s.read(events[f.read:])
	f.read = len(events)
	return &f.s
}

// RoundReason says why the attempts of the present round have not reached anybody; see RoundReason.
func (f *Follower) RoundReason(events []call.Event, meta *Meta, from call.LegID) Reason {
	return f.follow(events, meta).roundReason(from)
}

// CancelReason returns the Reason header's value for the CANCEL of a leg; empty: none.
func (f *Follower) CancelReason(events []call.Event, meta *Meta, leg call.LegID) string {
	return f.follow(events, meta).cancelReason(leg)
}
