package call

import (
	"time"

	"onhook/sip"
)

// A caller whose offer was answered in a reliable 18x with the description of
// one party, and whom another party then answered, knows nothing of the latter:
// no further response to the INVITE may describe it (RFC 3261 section 13.2.1).
// So it is offered to the caller by a re-INVITE.

// offerAgain offers the caller the description of the party that answered.
func (c *Call) offerAgain(out []Action, now time.Time) []Action {
	c.redo = false
	a, o := &c.legs[0], c.leg(c.other)
	if o == nil || o.state != legUp || a.state != legUp {
		return out
	}
	if c.negotiating(Caller) {
		a.owe(now, 0, debt{again: true})
		return out
	}
	m := &sip.Message{Method: sip.INVITE}
	setSession(m, c.describe(a, &o.heard, nil))
	c.relays = append(c.relays, relay{to: Caller, method: sip.INVITE, offer: true, said: o.heard})
	return append(out, Action{Kind: ActRequest, Leg: Caller, Dialog: a.dialog, Msg: m})
}

// offered takes the caller's answer to that. The callee keeps what it has.
func (c *Call) offered(out []Action, now time.Time, a *leg, answer description) []Action {
	a.heard, a.debt = answer, debt{}
	o := c.leg(c.other)
	if o == nil {
		return out
	}
	return c.applied(out, now, o, a)
}
