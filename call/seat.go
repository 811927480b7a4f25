package call

import "onhook/dialog"

// A SeatState is how far a party has got, as RFC 4235 section 3.7.1 names it.
type SeatState uint8

// The states of a Seat.
const (
	SeatTrying    SeatState = iota // an INVITE is under way
	SeatEarly                      // it is alerted, or alerts
	SeatConfirmed                  // it talks, or an application has it
)

// A Seat is a party of a call as it is now, for those who watch extensions.
type Seat struct {
	Leg     LegID
	Dialog  dialog.ID
	Peer    Peer
	Name    string // user or trunk; empty: none
	URI     string // where it was called; empty: it called
	State   SeatState
	Called  bool  // by us; false: it called
	Partner LegID // who it talks with; 0: nobody, or the server itself
	Holds   bool  // it holds the other one
}

// Seats appends the parties of the call; those that have left are not among them.
func (c *Call) Seats(out []Seat) []Seat {
	if c.phase == ending || c.phase == over {
		return out
	}
	for i := range c.legs {
		l := &c.legs[i]
		s := Seat{Leg: l.id, Dialog: l.dialog, Peer: l.peer, Name: l.name, URI: l.target.URI, Called: l.attempt > 0, Partner: c.Partner(l.id), Holds: l.held}
		switch {
		case l.left:
			continue
		case l.state == legUp:
			s.State = SeatConfirmed
		case l.state != legCalling:
			continue
		case l.progress, l.id == Caller && c.told != nil:
			s.State = SeatEarly
		}
		out = append(out, s)
	}
	return out
}
