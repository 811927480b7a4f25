package call

import (
	"time"

	"onhook/sip"
)

// answerEcho answers the caller with the echo test, the one application that is no more than a way of media.
func (c *Call) answerEcho(out []Action, now time.Time) []Action {
	if c.phase == up {
		return c.echoUp(out, now)
	}
	a := c.leg(c.a)
	c.app.name = "echo"
	if !c.hasOffer {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "the echo test needs an offer in the INVITE")
	}
	if a.media == mediaOff {
		c.app.waits = true
		return c.openMedia(out, now, a, 1)
	}
	c.app.waits = false
	body, m, ok := c.offer.answerOwn(&a.origin, ownAddr(a.local))
	if !ok {
		return c.refuse(out, now, "INCOMPATIBLE_DESTINATION", 488, "the echo test speaks G.711 only")
	}
	out = c.setStage(out, now, "menu")
	out = event(out, now, Event{Kind: EvApp, Name: "echo", Text: "echo", N: 1})
	out = c.answered(out, now, a, body)
	out = append(out, Action{Kind: ActMediaSet, Leg: a.id, Media: m})
	return append(out, Action{Kind: ActMediaEcho, Leg: a.id})
}

// echoUp gives a caller to the echo test who is answered already.
func (c *Call) echoUp(out []Action, now time.Time) []Action {
	out = c.seatPlatform(out, now, "echo")
	a := c.leg(c.a)
	m, ok := a.heard.ownMedia()
	if !ok {
		return c.hangUp(out, now, "INCOMPATIBLE_DESTINATION", "the echo test speaks G.711 only")
	}
	out = c.endApp(out)
	c.app, c.ringAt, c.hunt = application{name: "echo"}, time.Time{}, hunt{}
	if by := c.leg(c.transfer.by); by != nil && c.transfer.routed {
		c.other = 0
		out = c.transferred(out, now, by)
	}
	out = c.setStage(out, now, "menu")
	out = event(out, now, Event{Kind: EvApp, Name: "echo", Text: "echo", N: 1})
	out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(a).id, Media: m})
	return append(out, Action{Kind: ActMediaEcho, Leg: c.inviter(a).id})
}

// answerApps answers a re-INVITE or UPDATE of a caller who is with an application.
func (c *Call) answerApps(out []Action, now time.Time, l *leg, in Input) []Action {
	r := &sip.Message{Status: 200, Phrase: "OK"}
	text, has := session(in.Msg)
	if !has {
		// RFC 3261 section 14.2: a re-INVITE without an offer is answered with one of ours, as it stands.
		setSession(r, l.origin.last)
		return append(out, Action{Kind: ActRespond, Leg: l.id, Txn: in.Txn, Msg: r})
	}
	d, err := parseSDP(text)
	if err != nil {
		return c.deny(out, l, in.Txn, 400)
	}
	body, m, ok := d.answerOwn(&l.origin, ownAddr(l.local))
	if !ok {
		return c.deny(out, l, in.Txn, 488)
	}
	l.heard = d
	setSession(r, body)
	out = append(out, Action{Kind: ActRespond, Leg: l.id, Txn: in.Txn, Msg: r})
	out = c.setHold(out, now, l, !m.Send)
	return append(out, Action{Kind: ActMediaSet, Leg: l.id, Media: m})
}

// ackedApp takes the answer to an offer of an application's.
func (c *Call) ackedApp(out []Action, now time.Time, l *leg, ack *sip.Message) []Action {
	text, has := session(ack)
	d, err := parseSDP(text)
	if !has || err != nil || c.phase != up {
		return out
	}
	i := d.ownStream()
	if i < 0 {
		return out
	}
	l.heard = d
	m, _ := d.ownMedia()
	out = c.setHold(out, now, l, !m.Send)
	return append(out, Action{Kind: ActMediaSet, Leg: l.id, Media: m})
}

// ownAddr is where an application takes its one stream.
func ownAddr(local []addrPort) addrPort {
	if len(local) == 0 {
		return addrPort{}
	}
	return local[0]
}
