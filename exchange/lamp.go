package exchange

import (
	"slices"

	"onhook/call"
	"onhook/dialog"
	"onhook/sip"
)

// lamps are the calls of extensions, kept only while somebody watches one: then
// each step of a call is compared with what was told of it.
type lamps struct {
	watched int
	of      map[string][]*live // the calls that an extension has, in the order in which it came to them
	seats   []call.Seat        // room
	next    []lamp             // room
}

// A lamp is an extension in a call.
type lamp struct {
	leg    call.LegID
	dialog dialog.ID
	user   string
	state  call.SeatState
	called bool
	remote identity
}

// watchLamps counts those who watch. With the first one the calls that are up are looked through.
func (x *Exchange) watchLamps(n int) {
	s := &x.lamps
	switch s.watched += n; {
	case s.watched == 0:
		s.of = nil
	case s.of == nil:
		s.of = map[string][]*live{}
		for _, c := range x.calls.calls {
			if c == nil {
				continue
			}
			c.lit = x.lampsOf(c, c.lit[:0])
			for i := range c.lit {
				s.add(c.lit[i].user, c)
			}
		}
	}
}

func (s *lamps) add(user string, c *live) {
	if !slices.Contains(s.of[user], c) {
		s.of[user] = append(s.of[user], c)
	}
}

func (s *lamps) remove(user string, c *live) {
	if s.of[user] = slices.DeleteFunc(s.of[user], func(o *live) bool { return o == c }); len(s.of[user]) == 0 {
		delete(s.of, user)
	}
}

// light tells those who watch the extensions of a call what has changed.
func (x *Exchange) light(c *live) {
	s := &x.lamps
	s.next = x.lampsOf(c, s.next[:0])
	if slices.Equal(c.lit, s.next) {
		return
	}
	var changed []string
	for _, list := range [...][]lamp{c.lit, s.next} {
		for i := range list {
			if u := list[i].user; !slices.Contains(changed, u) {
				changed = append(changed, u)
			}
		}
	}
	c.lit = append(c.lit[:0], s.next...)
	for _, user := range changed {
		if slices.ContainsFunc(c.lit, func(l lamp) bool { return l.user == user }) {
			s.add(user, c)
		} else {
			s.remove(user, c)
		}
	}
	for _, user := range changed {
		x.changed(dialogName, user)
	}
}

// lampsOf are the extensions in a call as it is now.
func (x *Exchange) lampsOf(c *live, out []lamp) []lamp {
	x.lamps.seats = c.call.Seats(x.lamps.seats[:0])
	seats := x.lamps.seats
	for i := range seats {
		// A phone that is called and does not ring yet is none that anybody need see: RFC 4235
		// section 3.7.2 leaves it to us, and the ringing then need not wait for its NOTIFY.
		if s := &seats[i]; s.Peer == call.PeerPhone && x.users[s.Name] != nil && !(s.Called && s.State == call.SeatTrying) {
			out = append(out, lamp{
				leg: s.Leg, dialog: s.Dialog, user: s.Name, state: s.State, called: s.Called, remote: x.remoteOf(c, seats, s),
			})
		}
	}
	return out
}

// remoteOf is whom a party talks with, or is called by, or calls.
func (x *Exchange) remoteOf(c *live, seats []call.Seat, s *call.Seat) identity {
	partner := s.Partner
	if partner == 0 && s.Called {
		partner = call.Caller
	}
	i := slices.IndexFunc(seats, func(o call.Seat) bool { return o.Leg == partner })
	switch {
	case i < 0 && s.Called, i >= 0 && seats[i].Leg == call.Caller:
		return c.id
	case i < 0:
		return identity{number: c.call.Number()}
	case seats[i].Peer == call.PeerPhone:
		return x.identityOf(seats[i].Name)
	}
	if u, err := sip.ParseURI(seats[i].URI); err == nil {
		return identity{number: sip.Unescape(u.User)}
	}
	return identity{number: seats[i].Name}
}
