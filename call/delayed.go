package call

import (
	"time"

	"onhook/sip"
)

// answerDelayed answers a caller who made no offer with the callee's. Both
// legs need addresses before the callee's offer can be shown to the caller.
func (c *Call) answerDelayed(out []Action, now time.Time, l *leg) []Action {
	if !c.opt.Relay {
		return c.connectDelayed(out, now, l)
	}
	n := max(1, len(l.heard.streams))
	c.other = l.id
	out = c.openMedia(out, now, c.inviter(l), n)
	return c.openMedia(out, now, &c.legs[0], n)
}

// connectDelayed joins the two; the caller's ACK will bring the answer.
func (c *Call) connectDelayed(out []Action, now time.Time, l *leg) []Action {
	c.relays = append(c.relays, relay{from: Caller, to: l.id, needAck: true, initial: true, method: sip.INVITE, said: l.heard})
	return c.connect(out, now, l)
}

// acked takes the ACK to a 2xx; where the 2xx had an offer, its answer goes to the other leg's ACK.
func (c *Call) acked(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil || in.Msg == nil {
		return out
	}
	if c.app.name != "" && l.id == c.a {
		return c.ackedApp(out, now, l, in.Msg)
	}
	if c.redo && l.id == Caller && c.phase == up {
		return c.offerAgain(out, now)
	}
	for i := range c.relays {
		if c.relays[i].from == l.id && c.relays[i].needAck {
			return c.passAnswer(out, now, c.dropRelay(i), in.Msg)
		}
	}
	return out
}

// passAnswer sends the answer of an ACK in the other leg's ACK.
func (c *Call) passAnswer(out []Action, now time.Time, r relay, ack *sip.Message) []Action {
	from, to := c.leg(r.from), c.leg(r.to)
	text, has := session(ack)
	d, err := parseSDP(text)
	ok := has && err == nil && len(d.streams) <= len(r.said.streams)
	if !ok && !r.initial && len(from.heard.streams) <= len(r.said.streams) {
		d, ok = from.heard, true // the session stays as it was
	}
	m := &sip.Message{Method: sip.ACK}
	if ok {
		setSession(m, c.describe(to, &d, &r.said))
		from.heard, to.heard = d, r.said
	}
	out = append(out, Action{Kind: ActRequest, Leg: to.id, Dialog: to.dialog, Msg: m})
	if !ok {
		// RFC 3261 section 13.2.1: the answer must be in the ACK.
		return c.hangUp(out, now, "INCOMPATIBLE_DESTINATION", "no answer in the ACK")
	}
	if r.initial {
		out = c.join(out, to)
	}
	return c.applied(out, now, to, from)
}
