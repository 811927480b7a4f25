package call

import "onhook/sip"

// hearNext lets the caller hear the early media of another attempt, or branch,
// when what it heard has ended: that one has said before where it is.
func (c *Call) hearNext(out []Action) []Action {
	if c.phase != trying || c.early != 0 || !c.hasOffer || !c.hunting() {
		return out
	}
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.state == legCalling && l.code == 0 && l.heard.text != "" {
			c.early = l.id
			return c.join(out, l)
		}
	}
	return out
}

// answerEarly answers an offer in an early dialog in the place of the other
// party, which cannot be asked: RFC 3311 section 5.1 allows an UPDATE with an offer
// only after the INVITE's offer was answered "in a reliable provisional response",
// and the other side knows none, or no UPDATE. RTP goes through the server, so
// that party need not know where this one is; what it said of itself is the answer.
// false: it cannot be answered so.
func (c *Call) answerEarly(out []Action, l *leg, r *relay, text string) ([]Action, bool) {
	o, said := c.spokenFor(l)
	d, err := parseSDP(text)
	if o == nil || err != nil || !c.viaServer() || c.negotiating(l.id) || !said.answers(&d) || d.kinds()&c.denied(l, o) != 0 {
		return out, false
	}
	kept := said.within(&d)
	m := &sip.Message{Status: 200, Phrase: sip.Phrase(200)}
	setSession(m, c.describe(l, &kept, &d))
	out = c.reply(out, r, m)
	switch {
	case l.id == Caller:
		c.offer = d
	case c.agreed == l.id && !d.alike(&l.heard):
		c.agreed = 0 // the caller knows another description of it, and is offered this one when it has answered
	}
	l.heard = d
	if c.phase == trying && (l.id == Caller || l.id == c.early) && c.inviter(l).media == mediaOn && c.inviter(o).media == mediaOn {
		out = c.setMedia(out, l, o)
		out = c.setMedia(out, o, l)
	}
	return out, true
}

// spokenFor is the party in whose place an offer of this one may be answered, and
// what it has said of itself; nil: nobody's.
func (c *Call) spokenFor(l *leg) (o *leg, said *description) {
	switch {
	case !c.hunting() || !c.offers():
	case l.id != Caller:
		if l.state == legCalling && l.settled {
			return c.leg(c.a), c.wanted()
		}
	case c.phase == trying && l.settled:
		if o = c.leg(c.early); o != nil && o.heard.text != "" {
			return o, &o.heard
		}
	}
	return nil, nil
}

// answers tells whether a description can stand as the answer to another offer
// than the one that it was made for: stream by stream the same, with a format in common.
func (d *description) answers(offer *description) bool {
	if len(d.streams) > len(offer.streams) || !common(offer, d) {
		return false
	}
	for i := range d.streams {
		a, o := &d.streams[i], &offer.streams[i]
		if a.media != o.media || a.port != 0 && o.port != 0 && a.proto != o.proto {
			return false
		}
	}
	return true
}

// alike tells whether two descriptions of a party differ in nothing but where it is.
func (d *description) alike(e *description) bool {
	if len(d.streams) != len(e.streams) {
		return false
	}
	for i := range d.streams {
		a, b := &d.streams[i], &e.streams[i]
		if a.media != b.media || a.proto != b.proto || a.formats != b.formats || a.dir != b.dir || (a.port == 0) != (b.port == 0) {
			return false
		}
	}
	return true
}
