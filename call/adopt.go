package call

import (
	"strings"
	"time"

	"onhook/dialog"
)

// A Passenger is a leg on its way from one call to another: two calls are joined
// by an attended transfer (RFC 5589 section 7.3), or a dialog of one is replaced by
// that of another (RFC 3891).
type Passenger struct{ leg leg }

// Dialog is the leg's dialog.
func (p *Passenger) Dialog() dialog.ID { return p.leg.dialog }

// NextLeg is the id that the next leg of the call will have.
func (c *Call) NextLeg() LegID { return LegID(len(c.legs) + 1) }

// Partner is the leg that this one is joined with; 0: with none.
func (c *Call) Partner(id LegID) LegID {
	if o := c.opposite(id); c.phase == up && !c.hunt.on && o != nil && o.state == legUp && c.leg(id).state == legUp {
		return o.id
	}
	return 0
}

// MediaLeg is the leg whose addresses in the media path this one uses.
func (c *Call) MediaLeg(id LegID) LegID {
	if l := c.leg(id); l != nil {
		return c.inviter(l).id
	}
	return id
}

// Takes tells whether another call's leg may take the place of this one: it is
// joined with a party, or it rings and the caller's offer is one that the server
// can answer itself.
func (c *Call) Takes(id LegID) bool {
	l := c.leg(id)
	switch {
	case l == nil || !c.viaServer() || c.full():
		return false
	case c.Partner(id) != 0, c.parked() && id == c.a:
		return true
	}
	return c.phase == trying && id != Caller && l.pending() && c.hasOffer && c.offer.ownStream() >= 0 && c.legs[0].media == mediaOn
}

// attended asks for the join that a REFER with Replaces is about.
func (c *Call) attended(out []Action, l *leg, replaces string) []Action {
	c.transfer.cause = "ATTENDED_TRANSFER"
	return append(out, Action{Kind: ActJoin, Leg: l.id, Target: replaces})
}

// replacesOf is the Replaces header that a Refer-To URI asks for, unescaped later; empty: none.
func replacesOf(headers string) string {
	for h := range strings.SplitSeq(headers, "&") {
		if name, value, ok := strings.Cut(h, "="); ok && strings.EqualFold(name, "Replaces") {
			return value
		}
	}
	return ""
}

// give takes a leg out of the call for another one: what is left of this call ends.
func (c *Call) give(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil || l.state != legUp || c.phase != up {
		return append(out, Action{Kind: ActGiven, Leg: in.Leg})
	}
	p := &Passenger{leg: *l}
	p.leg.media, p.leg.root = c.inviter(l).media, 0
	p.leg.target.Transfer = false // given for this call, whose caller is not the other's
	by := "caller"
	if o := c.opposite(l.id); o != nil {
		if o.id != c.a {
			by = "callee"
		}
		out = event(out, now, Event{Kind: EvLegEnded, Leg: o.id, Cause: "ATTENDED_TRANSFER"})
	}
	out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: "ATTENDED_TRANSFER"})
	out = event(out, now, Event{Kind: EvIntent, Leg: c.a, Cause: "ATTENDED_TRANSFER", By: by})
	l.state = legDone
	c.inviter(l).media = mediaOff
	out = append(out, Action{Kind: ActGiven, Leg: l.id, Passenger: p})
	return c.close(out, now)
}

// adopt takes a leg of another call in the place of one of its own.
func (c *Call) adopt(out []Action, now time.Time, in Input) []Action {
	byRefer := c.transfer.by != 0 && !c.transfer.routed && c.transfer.by == in.Leg
	by := c.leg(in.Leg)
	if in.Passenger == nil || by == nil || !c.Takes(in.Leg) {
		if byRefer {
			out = c.deny(out, by, c.transfer.txn, 404)
			c.transfer = transfer{}
		}
		if in.Passenger != nil {
			out = append(out, Action{Kind: ActBye, Leg: in.Leg, Dialog: in.Passenger.leg.dialog})
		}
		return out
	}
	l := in.Passenger.leg
	l.id, l.root, l.attempt, l.set = c.NextLeg(), 0, 0, 0
	c.legs = append(c.legs, l)
	n := &c.legs[len(c.legs)-1]
	by = c.leg(in.Leg) // the legs may have moved
	out = event(out, now, Event{Kind: EvLeg, Leg: n.id, Peer: n.peer, Name: n.name, Text: n.target.URI})
	out = append(out, Action{Kind: ActBind, Leg: n.id, Dialog: n.dialog})
	switch {
	case c.phase == trying:
		return c.picked(out, now, n)
	case c.parked():
		return c.retrieved(out, now, n)
	}
	if byRefer {
		out = c.accept(out, by)
	} else {
		c.transfer = transfer{by: by.id, quiet: true, routed: true, cause: "ATTENDED_TRANSFER"}
	}
	c.hunt = hunt{on: true, host: c.opposite(by.id).id}
	out = c.found(out, now, n)
	return c.resume(out, now, n, false)
}

// picked joins the caller with a leg that another phone's call brought, while others rang.
func (c *Call) picked(out []Action, now time.Time, l *leg) []Action {
	a := &c.legs[0]
	body, m, ok := c.offer.answerOwn(&a.origin, ownAddr(a.local))
	if !ok {
		return out // Takes has asked
	}
	c.anchored = true
	out = c.answered(out, now, a, body)
	out = append(out, Action{Kind: ActMediaSet, Leg: a.id, Media: m})
	c.other = l.id
	out = event(out, now, Event{Kind: EvBridged, Leg: l.id, Of: uint32(Caller)})
	out = c.setStage(out, now, "talking")
	out = c.cancelPending(out, now, "PICKED_OFF", "")
	return c.joinOwn(out, a, l)
}

// takeOver answers the caller of a call that replaces a dialog of another one, and gives it away.
func (c *Call) takeOver(out []Action, now time.Time) []Action {
	a := &c.legs[0]
	c.anchored = true
	if !c.hasOffer {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "an INVITE with Replaces needs an offer here")
	}
	if a.media == mediaOff {
		c.app.waits = true
		return c.openMedia(out, now, a, 1)
	}
	c.app.waits = false
	body, m, ok := c.offer.answerOwn(&a.origin, ownAddr(a.local))
	if !ok {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "")
	}
	out = c.answered(out, now, a, body)
	out = append(out, Action{Kind: ActMediaSet, Leg: a.id, Media: m})
	return append(out, Action{Kind: ActTakeOver, Leg: a.id})
}
