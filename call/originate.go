package call

import "time"

// CmdOriginate is the EvCommand that a call begins with which we make. N: how many
// parties it has beside the server; Text: the URIs of the first and of whom it is
// to be connected with, apart by a space.
const CmdOriginate = "originate"

// An Origin is what is special of a call that an operator made: the first party
// is rung by Start.Steps and, once it has answered, connected with a destination.
// RFC 3725 calls this third party call control; the server stays between the two.
type Origin struct {
	Peer        Peer   // what the first party is, for the record; Start.Name is its name
	To          string // the destination, as ActDestination gives it back
	From        string // the From header's value that the first party sees
	Application bool   // the destination is an application: the server itself is the caller
}

// origination is where a call that we make stands.
type origination struct {
	first bool // the first party is being called
	asked bool // it has answered, and the destination is being looked up
}

// seat is the leg that our decisions are about: the caller's, or the server's
// own, where it is the caller.
func (c *Call) seat() LegID {
	switch o := c.start.Origin; {
	case c.platform != 0:
		return c.platform
	case o == nil:
	case o.Application && c.other == 0:
		return Caller
	case c.a == Caller:
		return 0 // the first party's, which has not answered: no leg of the record yet
	}
	return c.a
}

// originate calls the first party. The call counts as up: the server is there already.
func (c *Call) originate(out []Action, now time.Time) []Action {
	c.phase, c.anchored = up, true
	if c.start.Cause != "" {
		// It is a leg of the record all the same, as that of an extension whose calls go elsewhere.
		c.legs = append(c.legs, leg{id: c.NextLeg(), peer: c.start.Origin.Peer, name: c.start.Name, state: legDone})
		id := c.legs[len(c.legs)-1].id
		out = event(out, now, Event{Kind: EvLeg, Leg: id, Peer: c.start.Origin.Peer, Name: c.start.Name, Attempt: 1, Set: 1})
		out = event(out, now, Event{Kind: EvLegEnded, Leg: id, Cause: c.start.Cause})
		return c.hangUp(out, now, c.start.Cause, c.start.Detail)
	}
	c.hunt = hunt{on: true, host: Caller, offer: *ownOffer(nil), from: c.start.Origin.From}
	return c.dial(out, now)
}

// firstUp goes on when the first party has answered: it takes the caller's place.
func (c *Call) firstUp(out []Action, now time.Time, l *leg) []Action {
	c.a, c.ringAt, c.hunt, c.origin = l.id, time.Time{}, hunt{}, origination{asked: true}
	if c.opt.MaxCall > 0 {
		c.maxAt = now.Add(c.opt.MaxCall)
	}
	out = c.endKin(out, now, l, "PICKED_OFF")
	out = c.cancelPending(out, now, "PICKED_OFF", "")
	return append(out, Action{Kind: ActDestination, Leg: l.id, Target: c.start.Origin.To})
}

// secondRouted connects the first party with the destination.
func (c *Call) secondRouted(out []Action, now time.Time, in Input) []Action {
	c.origin.asked = false
	if c.phase != up {
		return out
	}
	if len(in.Steps) == 0 {
		return c.hangUp(out, now, in.Cause, in.Text)
	}
	return c.hand(out, now, in.Steps)
}
