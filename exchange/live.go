package exchange

import (
	"time"

	"onhook/call"
	"onhook/dialog"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
	"onhook/txn"
)

// A live is a call that is up, with all that is known of it.
type live struct {
	call     *call.Call
	meta     outcome.Meta
	ref      uint64 // of leg 0: slot and generation
	events   []call.Event
	follower *outcome.Follower // reads them once, when there are many; nil: nobody does
	bytes    int               // of messages in them
	spared   bool              // messages were left out of them, and the log told
	shift    time.Duration     // by which the times of its events are ahead of the loop's, see steady
	legs     []liveLeg
	due      time.Time
	place    int          // in deadlines, from 1; 0: not there
	holds    []string     // keys of inUse
	begun    int          // events that the store has
	inputs   []call.Input // that wait while the call is being stepped
	busy     bool
	session  *session // the application that has the caller
	picks    bool     // it replaces because its caller has dialled the code for that
	replaces uint64   // the leg whose place its caller takes (Replaces); 0: none
	giving   giving
	caller   route.Caller
	charged  bool   // it has been counted among them
	account  string // whose calls outside its attempts by trunks count among; empty: nobody's
	apps     int    // how many applications have had the caller
	idleOnly bool   // while a plan is expanded: extensions that have a call are busy
	id       identity
	asked    bool       // its INVITE has a Privacy header, which callees see
	from     string     // the caller's number; empty: it gives none
	kinds    call.Kinds // media that the INVITE offers
	told     telling
	stored   func(error)  // tells the loop that the store is done with the events; made once
	late     *session     // an application that had it and may have something to store
	clip     media.Source // what a command plays
	finished bool         // the call is over, but for what is stored of it
	lit      []lamp       // the extensions in it, as who watches them was told
	taping   taping
	early    *call.Event // found before it began
}

// A liveLeg is what the exchange keeps of a leg, by LegID-1.
type liveLeg struct {
	invite  txn.ID         // caller's: to be answered
	streams int            // media streams open
	toward  []stack.Target // where the host of its target leads, if that was asked
	media   uint64         // the leg that they were opened for, if it was another one
	trunk   string         // whose credentials may answer a challenge
	realm   string         // of the challenge to its INVITE that was answered
	holds   string         // its key in inUse, of a trunk
	account string         // likewise, of an account outside
	owner   string         // whose account that is
	user    string         // the extension whose phone was called
	rings   bool           // and for which the call counts as one of its own, since this phone rings or talks
	msg     *sip.Message
	dest    sip.Flow
	tries   int
	dialog  dialog.ID // of the INVITE we sent
	flow    sip.Flow
	flowIn  string
	flowOut string
	tones   bool // its party sends no telephone-events
	heard   bool // keys are looked for in its sound while it is relayed
	secret  bool // its sound is encrypted for the other party
}

// maxSpare bounds how many lives are kept to be used again.
const maxSpare = 1024

// usualEvents is a little more than what a bridged call that is up has seen. Its end makes room for more, which stays with the live for its next call.
const usualEvents = 16

// newLive returns an empty live.
func (x *Exchange) newLive() *live {
	if n := len(x.spare); n > 0 {
		c := x.spare[n-1]
		x.spare = x.spare[:n-1]
		x.unneeded = min(x.unneeded, n-1)
		c.shift = x.clock.shift
		return c
	}
	c := &live{shift: x.clock.shift, events: make([]call.Event, 0, usualEvents), legs: make([]liveLeg, 0, 2)}
	c.stored = func(err error) { x.box.answer(answer{stored: c, err: err}) }
	return c
}

// reuse keeps a live whose record is stored: nobody refers to it any more.
func (x *Exchange) reuse(c *live) {
	if len(x.spare) >= maxSpare || cap(c.events) > 128 {
		return
	}
	clear(c.events)
	clear(c.legs)
	*c = live{events: c.events[:0], legs: c.legs[:0], holds: c.holds[:0], lit: c.lit[:0], stored: c.stored}
	x.spare = append(x.spare, c)
}

// spareLess lets go of a part of those that were not needed since the last look:
// a peak keeps its memory for a while only.
func (x *Exchange) spareLess() {
	if n := x.unneeded / 8; n > 0 && x.unneeded <= len(x.spare) {
		less := len(x.spare) - n
		clear(x.spare[less:])
		x.spare = x.spare[:less]
	}
	x.unneeded = len(x.spare)
	x.calls.spare()
}

// refs: generation (23 bits), slot (24 bits), leg (16 bits). The top bit says
// that it is no call: a trunk that is asked whether it is there.
const (
	legBits  = 16
	slotBits = 24
	genMask  = 1<<23 - 1
	notCall  = 1 << 63
)

func legRef(c *live, leg call.LegID) uint64 { return c.ref | uint64(leg) }

// slots gives calls their places; a place that is free again has another generation.
type slots struct {
	calls []*live
	gens  []uint32
	free  []uint32
	base  uint32 // the generation before the first of a new place
	used  int
}

// leastPlaces are kept when all are free.
const leastPlaces = 1024

func (s *slots) add(c *live) {
	var i uint32
	if n := len(s.free); n > 0 {
		i = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		i = uint32(len(s.calls))
		s.calls = append(s.calls, nil)
		s.gens = append(s.gens, s.base)
	}
	s.gens[i] = (s.gens[i] + 1) & genMask
	s.calls[i] = c
	s.used++
	c.ref = uint64(s.gens[i])<<(slotBits+legBits) | uint64(i)<<legBits
}

// get finds the call and leg of a reference; nil if the call is over.
func (s *slots) get(ref uint64) (*live, call.LegID) {
	i := ref >> legBits & (1<<slotBits - 1)
	if i >= uint64(len(s.calls)) {
		return nil, 0
	}
	c := s.calls[i]
	if c == nil || c.ref>>legBits != ref>>legBits {
		return nil, 0
	}
	return c, call.LegID(ref & (1<<legBits - 1))
}

func (s *slots) remove(c *live) {
	i := c.ref >> legBits & (1<<slotBits - 1)
	s.calls[i] = nil
	s.free = append(s.free, uint32(i))
	s.used--
}

// spare gives back the room of a peak when no call is left. Places that are made anew
// go on with the generations, so that no reference of before names a call.
func (s *slots) spare() {
	if s.used > 0 || len(s.calls) <= leastPlaces {
		return
	}
	for _, g := range s.gens {
		s.base = max(s.base, g)
	}
	s.calls, s.gens, s.free = nil, nil, nil
}

// leg returns the record of a leg, made if it is new.
func (c *live) leg(id call.LegID) *liveLeg {
	for len(c.legs) < int(id) {
		c.legs = append(c.legs, liveLeg{})
	}
	return &c.legs[id-1]
}

// journal appends an event and gives it its number.
func (c *live) journal(e call.Event) uint32 {
	e.Seq = uint32(len(c.events) + 1)
	e.At = e.At.Add(c.shift)
	c.bytes += len(e.Msg)
	c.events = append(c.events, e)
	return e.Seq
}
