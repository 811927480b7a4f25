package outcome

import "onhook/call"

// A Folder reads one call after the other and uses its room again: for a loop
// that folds many. Its methods give what the functions of the same names give;
// nothing of what they return is touched by the next one.
type Folder struct {
	s    scan
	meta Meta
}

// keptLegs bounds the room for legs that is used again.
const keptLegs = 64

func (f *Folder) read(events []call.Event, meta *Meta) *scan {
	legs := f.s.legs
	f.meta = *meta
	f.s = scan{}
	f.s.init(&f.meta)
	if cap(legs) > len(f.s.room) && cap(legs) <= keptLegs {
		clear(legs)
		f.s.legs = legs[:0]
	}
	f.s.read(events)
	return &f.s
}

// Fold makes the record of a call from its events.
func (f *Folder) Fold(events []call.Event, meta *Meta) Record {
	s := f.read(events, meta)
	d := s.decide()
	return s.record(&d)
}

// Verdict says what the caller must be sent when its call is being refused.
func (f *Folder) Verdict(events []call.Event, meta *Meta) Answer {
	s := f.read(events, meta)
	d := s.decide()
	return d.answer(meta.options())
}

// LegByeReason returns the Reason header's value for the BYE that we send on a
// leg; empty: none.
func (f *Folder) LegByeReason(events []call.Event, meta *Meta, leg call.LegID) string {
	return f.read(events, meta).legByeReason(leg)
}

// CancelReason returns the Reason header's value for the CANCEL of a leg;
// empty: none.
func (f *Folder) CancelReason(events []call.Event, meta *Meta, leg call.LegID) string {
	return f.read(events, meta).cancelReason(leg)
}
