package call

import (
	"time"

	"onhook/sip"
)

// elsewhere is what a branch is told that answered when another one had won.
const elsewhere = `SIP;cause=200;text="Call completed elsewhere"`

// answer takes a 2xx to an attempt.
func (c *Call) answer(out []Action, now time.Time, l *leg, in Input) []Action {
	late := l.state != legCalling && !l.rival || !c.hunting()
	l.answered, l.rival, l.left, l.progAt = true, false, false, time.Time{}
	if in.Msg.Has(sip.HAllow) || !late {
		l.noUpdate = !in.Msg.HasToken(sip.HAllow, "UPDATE")
	}
	if late {
		// Section 7: a 2xx that crosses our CANCEL, or comes after the ring timer, gets ACK and BYE.
		out = c.endKin(out, now, l, "")
		out = c.closeMedia(out, l)
		reason := ""
		if c.legs[0].answered {
			reason = elsewhere
		}
		return l.bye(out, reason)
	}
	c.inviter(l).progAt = time.Time{}
	l.state = legUp
	needAnswer := in.NeedAnswer && !c.offers()
	// RFC 3261 section 13.2.1: the UAC "MUST ignore any session descriptions in subsequent responses to the initial INVITE".
	if text, has := session(in.Msg); has && !l.settled {
		d, err := parseSDP(text)
		if err != nil {
			return c.unusable(out, now, l, err.Error())
		}
		l.heard = d
	}
	if why := c.misfit(l, needAnswer); why != "" {
		return c.unusable(out, now, l, why)
	}
	if needAnswer {
		return c.answerDelayed(out, now, l)
	}
	return c.connect(out, now, l)
}

// misfit says why the session description of a 2xx cannot be used; empty: it can.
func (c *Call) misfit(l *leg, needAnswer bool) string {
	d := &l.heard
	switch {
	case needAnswer && c.opt.Relay && d.usable() && !d.carried():
		return "no stream of the offer in the 2xx is RTP that the server can carry"
	case needAnswer && d.kinds()&c.denied(l, l) != 0:
		return "the offer in the 2xx holds media that a party may not have"
	case needAnswer:
		return ""
	case !c.offers():
		// RFC 3261 section 13.2.1: if the INVITE has no offer, the 2xx MUST have one.
		return "the 2xx has no offer, nor had the INVITE"
	case d.text == "":
		return "the 2xx has no answer to the offer"
	case len(d.streams) > len(c.wanted().streams):
		// RFC 3264 section 6: "the answer MUST contain exactly the same number of "m=" lines as the offer".
		return "the answer has more streams than the offer"
	case c.wanted().usable() && (!d.usable() || !common(c.wanted(), d)):
		return "the 2xx has no answer with a codec that was offered"
	}
	return ""
}

// unusable ends an attempt whose 2xx cannot be used.
func (c *Call) unusable(out []Action, now time.Time, l *leg, why string) []Action {
	out = event(out, now, Event{Kind: EvIntent, Leg: l.id, Cause: "INCOMPATIBLE_DESTINATION", By: "platform", Code: 488})
	out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Text: why})
	out = l.bye(out, `SIP;cause=488;text="Not Acceptable Here"`)
	out = c.endKin(out, now, l, "")
	if c.early == l.id {
		c.early = 0
	}
	out = c.closeMedia(out, l)
	return c.settle(out, now)
}

// connect joins the caller with the attempt that answered.
func (c *Call) connect(out []Action, now time.Time, l *leg) []Action {
	if c.phase == up {
		return c.found(out, now, l)
	}
	c.phase, c.other = up, l.id
	c.ringAt, c.expireAt, c.toldAt = time.Time{}, time.Time{}, time.Time{}
	m := &sip.Message{Status: 200, Phrase: "OK"}
	a := &c.legs[0]
	switch {
	case a.settled:
		// RFC 6337 section 3.1.1: after the answer "the UAS should not include any SDPs in subsequent responses to the INVITE".
		c.redo = c.agreed != l.id
	case l.heard.text != "":
		var offer *description
		if c.hasOffer {
			offer = &c.offer
		}
		setSession(m, c.describe(a, &l.heard, offer))
	}
	a.answered, a.state, c.withheld = true, legUp, c.mustRel || c.relied
	out = append(out, Action{Kind: ActRespond, Leg: Caller, Msg: m})
	if !c.withheld {
		out = c.bridged(out, now)
	}
	// The others first: one of them may be whom the caller heard until now.
	out = c.endKin(out, now, l, "PICKED_OFF")
	out = c.cancelPending(out, now, "PICKED_OFF", "")
	if c.hasOffer {
		out = c.join(out, l)
	}
	return out
}

// bridged notes that the two are joined: our 2xx is on its way.
func (c *Call) bridged(out []Action, now time.Time) []Action {
	c.withheld = false
	out = event(out, now, Event{Kind: EvBridged, Leg: c.other, Of: uint32(Caller)})
	out = c.setStage(out, now, "talking")
	if c.opt.MaxCall > 0 {
		c.maxAt = now.Add(c.opt.MaxCall)
	}
	return out
}
