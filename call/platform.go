package call

import "time"

// seatPlatform puts the server in the place of a caller that has sent whom it
// called to an application. outcome/README section 3: "After a completed transfer
// the target takes the place of the transferor"; section 2, of calls that the
// server makes: "the platform is the caller and the party is the callee: its
// answer is party, its BYE NORMAL_CLEARING, and the caller's stage rules do not
// apply". Who was called has the application from here on as a caller would.
func (c *Call) seatPlatform(out []Action, now time.Time, app string) []Action {
	by := c.leg(c.transfer.by)
	if by == nil || !c.transfer.routed || by.id != c.a || c.other == 0 {
		return out
	}
	host := c.other
	p := leg{id: c.NextLeg(), peer: PeerPlatform, name: app, state: legDone}
	c.legs = append(c.legs, p)
	c.a, c.platform = host, p.id
	out = event(out, now, Event{Kind: EvLeg, Leg: p.id, Peer: p.peer, Name: p.name})
	return event(out, now, Event{Kind: EvBridged, Leg: host, Of: uint32(p.id)})
}

// Sent tells that an application has one who was called, whom the caller sent to it.
func (c *Call) Sent() bool { return c.platform != 0 }

// guest is the From that those see who are called for one who was sent to an
// application; empty: the caller's own.
func (c *Call) guest() string {
	if c.platform == 0 {
		return ""
	}
	return c.leg(c.a).aor()
}
