package exchange

import (
	"onhook/call"
	"onhook/outcome"
	"onhook/sip"
	"onhook/stack"
)

// A giving is a leg that one call gives to another.
type giving struct {
	to  uint64 // the leg whose place it takes
	how string // how the two calls are related, for their records
}

// joinOf finds what a Refer-To with Replaces names: the party at the other end of
// that dialog's call takes the place of the leg that asked (RFC 5589 section 7.3).
func (x *Exchange) joinOf(c *live, a *call.Action) {
	r, err := sip.ParseReplaces(sip.Unescape(a.Target))
	if ref, ok := x.ep.Replaced(r); err == nil && ok && c.call.Takes(a.Leg) {
		if y, leg := x.calls.get(ref); y != nil && y != c {
			if other := y.call.Partner(leg); other != 0 {
				x.giveTo(y, other, legRef(c, a.Leg), "attended_transfer")
				return
			}
		}
	}
	x.step(c, call.Input{Kind: call.InAdopt, Leg: a.Leg})
}

// takeOver gives a caller who came with Replaces to the call that it replaces a dialog of.
func (x *Exchange) takeOver(c *live, a *call.Action) {
	to, leg := x.calls.get(c.replaces)
	if to == nil || to == c || !to.call.Takes(leg) {
		x.step(c, call.Input{Kind: call.InCommand, Name: "gone", By: "network"})
		return
	}
	how := "replaces"
	if c.picks {
		how = "pickup"
	}
	x.giveTo(c, a.Leg, c.replaces, how)
}

// giveTo asks a call for a leg; given goes on.
func (x *Exchange) giveTo(c *live, leg call.LegID, to uint64, how string) {
	c.giving = giving{to, how}
	x.step(c, call.Input{Kind: call.InGive, Leg: leg})
}

// given takes a leg out of a call and puts it into the one that it is for.
func (x *Exchange) given(c *live, a *call.Action) {
	g := c.giving
	to, place := x.calls.get(g.to)
	switch {
	case a.Passenger == nil && to != nil:
		x.step(to, call.Input{Kind: call.InAdopt, Leg: place})
		return
	case a.Passenger == nil:
		return
	case to == nil:
		// The call that asked is over: the leg has nobody.
		x.feed(stack.Input{Kind: stack.InRequest, Dialog: a.Passenger.Dialog(), Msg: &sip.Message{Method: sip.BYE}})
		x.closeMedia(c, c.call.MediaLeg(a.Leg))
		return
	}
	l := *c.leg(a.Leg)
	media := c.leg(c.call.MediaLeg(a.Leg))
	l.streams, l.invite = media.streams, 0
	if l.media = media.media; l.media == 0 {
		l.media = legRef(c, c.call.MediaLeg(a.Leg))
	}
	media.streams = 0
	x.recount(c, to, a.Leg, &l)
	x.arriving = &arrival{leg: l, call: to}
	c.meta.Related = append(c.meta.Related, outcome.Related{ID: to.call.ID(), How: g.how})
	to.meta.Related = append(to.meta.Related, outcome.Related{ID: c.call.ID(), How: g.how})
	x.step(to, call.Input{Kind: call.InAdopt, Leg: place, Passenger: a.Passenger})
}

// recount counts a leg of a trunk, in its new call, against what bounds the trunk
// and who called by it: the call that it leaves gives back what it held.
func (x *Exchange) recount(from, to *live, leg call.LegID, l *liveLeg) {
	if leg == call.Caller && from.caller.Trunk != "" {
		l.trunk = from.caller.Trunk
	}
	n := x.lines[l.trunk]
	if n == nil {
		return // it is no trunk's, or of one that is configured no longer
	}
	l.holds = n.key
	x.hold(to, l.holds)
	if l.owner != "" {
		l.account = outsideKey(l.owner)
		x.hold(to, l.account)
	}
}

// An arrival is a leg that has been given and not yet been adopted.
type arrival struct {
	call *live
	leg  liveLeg
}

// arrived makes a leg of another call one of this one's.
func (x *Exchange) arrived(c *live, leg call.LegID) {
	if x.arriving == nil || x.arriving.call != c {
		return
	}
	l := c.leg(leg)
	*l = x.arriving.leg
	x.arriving = nil
	if x.adopted == nil {
		x.adopted = map[uint64]uint64{}
	}
	x.adopted[l.media] = legRef(c, leg)
}
