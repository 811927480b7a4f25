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
	out = c.waitingMusic(out)
	if o := c.leg(c.other); o != nil && o.held {
		return c.setStage(out, now, "hold")
	}
	return c.setStage(out, now, "talking")
}

// waitingMusic lets the party of a phone that holds hear music, and joins the two
// again when it holds no more. A trunk that holds sends what it likes itself.
func (c *Call) waitingMusic(out []Action) []Action {
	a, o := c.leg(c.a), c.leg(c.other)
	if o == nil || !c.viaServer() || c.inviter(a).media != mediaOn || c.inviter(o).media != mediaOn {
		return out
	}
	var hears *leg
	switch {
	case a.held == o.held:
	case a.held && a.peer == PeerPhone:
		hears = o
	case o.held && o.peer == PeerPhone:
		hears = a
	}
	was := c.music
	c.music = 0
	if hears != nil {
		if _, ok := hears.heard.ownMedia(); ok {
			c.music = hears.id
			return c.play(out, hears, "hold")
		}
	}
	if was != 0 {
		out = append(out, Action{Kind: ActMediaBridge, Leg: c.inviter(a).id, Other: c.inviter(o).id})
	}
	return out
}

// withMusic is a phone's offer to hold as the other party sees it: it hears music
// where the phone would have it hear nothing.
func (c *Call) withMusic(d description, holder *leg) description {
	if holder.peer != PeerPhone || !c.viaServer() || !d.held() {
		return d
	}
	streams := append([]stream(nil), d.streams...)
	for i := range streams {
		if streams[i].relayed() && streams[i].media == "audio" {
			streams[i].dir |= sends
		}
	}
	d.streams = streams
	return d
}

// within keeps an answer's directions within those of the offer (RFC 3264 section
// 6.1), which the answering party may have seen with music.
func (d description) within(offer *description) description {
	streams := append([]stream(nil), d.streams...)
	for i := range streams {
		if i < len(offer.streams) {
			streams[i].dir &= mirror(offer.streams[i].dir)
		}
	}
	d.streams = streams
	return d
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
