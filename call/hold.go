package call

import "time"

// applied tells the media path and the record what an offer and its answer changed.
func (c *Call) applied(out []Action, now time.Time, offerer, answerer *leg) []Action {
	if c.viaServer() && c.inviter(offerer).media == mediaOn && c.inviter(answerer).media == mediaOn {
		out = c.setMedia(out, offerer, answerer)
		out = c.setMedia(out, answerer, offerer)
	}
	if c.phase == trying {
		return out // nobody talks yet
	}
	// RFC 3264 section 8.4: who offers sendonly or inactive holds; an answer can
	// only end a hold, since recvonly and inactive are also how a hold is answered.
	out = c.setHold(out, now, offerer, offerer.heard.held())
	if !answerer.heard.held() {
		out = c.setHold(out, now, answerer, false)
	}
	if c.phase != up || c.app.name != "" || c.hunt.on {
		return out
	}
	if o := c.leg(c.other); o != nil && o.held {
		return c.setStage(out, now, "hold")
	}
	return c.setStage(out, now, "talking")
}

// setHold notes whether a leg's party holds.
func (c *Call) setHold(out []Action, now time.Time, l *leg, held bool) []Action {
	if l.held == held {
		return out
	}
	l.held = held
	n := 0
	if held {
		n = 1
	}
	return event(out, now, Event{Kind: EvHold, Leg: l.id, N: n})
}

// media takes a finding of the media path.
func (c *Call) media(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	if o := c.leg(c.other); o != nil && o.root == l.id {
		l = o // the branch that has the addresses now
	}
	if in.Name == "timeout" && (c.phase != up || c.leg(c.a).held || c.other != 0 && c.leg(c.other).held) {
		return out // outcome/README section 7: never while on hold
	}
	out = event(out, now, Event{Kind: EvMedia, Leg: l.id, Name: in.Name, Text: in.Text})
	if in.Name == "timeout" {
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "rtp"})
		return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", "media_timeout")
	}
	return out
}
