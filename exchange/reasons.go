package exchange

import (
	"onhook/call"
	"onhook/outcome"
)

// manyEvents is from how many events on a call has a reader of its own, which goes
// along with it. Others are read anew each time they are asked about, with the room
// that all of them share: few calls are asked about twice.
const manyEvents = 200

// roundReason says why the attempts of a call's present round have not reached anybody,
// as far as they are those from a leg on.
func (x *Exchange) roundReason(c *live, from call.LegID) outcome.Reason {
	if f := c.reader(); f != nil {
		return f.RoundReason(c.events, &c.meta, from)
	}
	return x.folder.RoundReason(c.events, &c.meta, from)
}

// cancelReason is the Reason of the CANCEL of a leg; empty: none.
func (x *Exchange) cancelReason(c *live, leg call.LegID) string {
	if f := c.reader(); f != nil {
		return f.CancelReason(c.events, &c.meta, leg)
	}
	return x.folder.CancelReason(c.events, &c.meta, leg)
}

// reader is a call's own reader; nil: it is too short for one.
func (c *live) reader() *outcome.Follower {
	if c.follower == nil && len(c.events) >= manyEvents {
		c.follower = new(outcome.Follower)
	}
	return c.follower
}
