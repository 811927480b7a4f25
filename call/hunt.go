package call

import (
	"time"

	"onhook/sip"
)

// A hunt is the search for a party while the call is up: an application dials
// for its caller, or a party was transferred and the target rings.
type hunt struct {
	on      bool
	host    LegID        // who is to be joined with whoever answers
	offer   description  // what the targets are offered
	from    string       // the From that they see; empty: the caller's
	headers []sip.Header // what their INVITEs say besides: Referred-By
	keep    bool         // the stage stays as it is while they ring
}

// hunting tells whether an attempt may be answered and win.
func (c *Call) hunting() bool {
	switch c.phase {
	case trying:
		return c.other == 0 && (c.app.name == "" || c.app.dialing)
	case up:
		return c.hunt.on
	}
	return false
}

// offers tells whether attempts are sent an offer.
func (c *Call) offers() bool { return c.hasOffer || c.hunt.on }

// wanted is the offer that attempts are sent.
func (c *Call) wanted() *description {
	if c.hunt.on {
		return &c.hunt.offer
	}
	return &c.offer
}

// viaServer tells whether RTP of the call goes through the server.
func (c *Call) viaServer() bool { return c.opt.Relay || c.anchored }

// hand gives the caller, whom an application had, to the steps of a plan.
func (c *Call) hand(out []Action, now time.Time, steps []Step) []Action {
	out = c.setStage(out, now, "routing")
	c.steps, c.step, c.global = steps, 0, false
	if c.phase == up {
		host := c.leg(c.a)
		c.hunt = hunt{on: true, host: host.id, offer: *ownOffer(host), from: c.guest()}
		out = c.play(out, host, "ringback")
	}
	return c.dial(out, now)
}

// hunted takes a 101 to 199 of an attempt while its host is up already: it hears
// what the server plays, and a transferor is told.
func (c *Call) hunted(out []Action, now time.Time, l *leg, m *sip.Message, alerting bool) []Action {
	if text, has := session(m); has && m.Has(sip.HRSeq) {
		// RFC 3262 section 5: it is the answer, and the 2xx need not repeat it.
		if d, err := parseSDP(text); err == nil {
			l.heard, l.settled = d, true
		}
	}
	if !alerting {
		return out
	}
	if !c.hunt.keep {
		out = c.setStage(out, now, "ringing")
	}
	if m.Status == 180 && c.transfer.by != 0 {
		out = c.notify(out, 180, "Ringing")
	}
	return out
}

// found joins the host of a hunt with the attempt that answered.
func (c *Call) found(out []Action, now time.Time, l *leg) []Action {
	if c.origin.first {
		return c.firstUp(out, now, l)
	}
	h := c.hunt
	host := c.leg(h.host)
	c.ringAt, c.hunt = time.Time{}, hunt{}
	by := c.leg(c.transfer.by)
	if by != nil && by.id == c.a || c.platform != 0 {
		// outcome/README section 3: "if the caller transferred, the target's leg is from then on the caller's leg".
		c.a, c.other, c.platform = l.id, host.id, 0
	} else {
		c.other = l.id
	}
	out = event(out, now, Event{Kind: EvBridged, Leg: c.other, Of: uint32(c.a)})
	if by != nil {
		out = c.transferred(out, now, by)
	}
	out = c.setStage(out, now, "talking")
	out = c.endKin(out, now, l, "PICKED_OFF")
	out = c.cancelPending(out, now, "PICKED_OFF", "")
	out = c.joinOwn(out, host, l)
	if c.app.name != "" {
		c.app.name, c.app.dialing = "", false
		out = append(out, Action{Kind: ActVerbDone, Leg: l.id, Target: l.name})
	}
	return c.resume(out, now, host, false)
}

// play lets a party hear a sound of the server's. The media path must know its codec for that.
func (c *Call) play(out []Action, l *leg, sound string) []Action {
	if m, ok := l.heard.ownMedia(); ok {
		out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(l).id, Media: m})
	}
	return append(out, Action{Kind: ActMediaPlay, Leg: c.inviter(l).id, Target: sound})
}

// huntFailed goes on when nobody whom a hunt called has answered.
func (c *Call) huntFailed(out []Action, now time.Time) []Action {
	if c.app.dialing {
		return c.dialled(out)
	}
	if c.transfer.by != 0 {
		return c.transferFailed(out, now)
	}
	// What the attempts gave explains the end: no intent of ours does.
	c.hunt = hunt{}
	return c.close(out, now)
}

// joinOwn relays between two legs that speak one of our own codecs, or, where
// one of them does not, as it was offered to the other.
func (c *Call) joinOwn(out []Action, host, l *leg) []Action {
	a, okA := host.heard.ownMedia()
	b, okB := l.heard.ownMedia()
	if !okA || !okB {
		out = c.setMedia(out, host, l)
		out = c.setMedia(out, l, host)
		return append(out, Action{Kind: ActMediaBridge, Leg: c.inviter(host).id, Other: c.inviter(l).id})
	}
	out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(host).id, Media: a})
	out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(l).id, Media: b})
	return append(out, Action{Kind: ActMediaBridge, Leg: c.inviter(host).id, Other: c.inviter(l).id})
}

// ownMedia is what the party wants of the stream that an application takes.
func (d *description) ownMedia() (Media, bool) {
	i := d.ownStream()
	if i < 0 {
		return Media{}, false
	}
	s := &d.streams[i]
	m := s.mediaParams()
	m.Codec, m.PT, _ = s.firstCodec()
	return m, true
}

// ownOffer is an offer of one audio stream in our own codecs, that of the leg
// first, as a description to be rewritten. A leg that speaks none of them is
// offered on as it is.
func ownOffer(l *leg) *description {
	order := "8 0"
	if l != nil {
		m, ok := l.heard.ownMedia()
		if !ok && l.heard.usable() {
			return &l.heard
		}
		if m.Codec == "PCMU" {
			order = "0 8"
		}
	}
	d, err := parseSDP("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 9 RTP/AVP " + order + " 101\r\n" +
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n")
	if err != nil {
		return &description{} // the text above is right
	}
	return &d
}

// resume offers a leg that was put on hold by whoever is gone now a session that goes
// both ways; refused: it has been offered that, and was about to make an offer itself.
func (c *Call) resume(out []Action, now time.Time, l *leg, refused bool) []Action {
	told, err := parseSDP(l.origin.last)
	if err != nil || l.state != legUp {
		return out
	}
	held := false
	for i := range told.streams {
		if s := &told.streams[i]; s.port != 0 && s.dir != sendrecv {
			s.dir, held = sendrecv, true
		}
	}
	if !held && !refused {
		return out
	}
	if c.negotiating(l.id) {
		l.owe(now, 0, debt{refused: refused})
		return out
	}
	m := &sip.Message{Method: sip.INVITE}
	setSession(m, told.rewrite(&l.origin, l.local, nil))
	c.relays = append(c.relays, relay{to: l.id, method: sip.INVITE, offer: true, own: true, said: told})
	return append(out, Action{Kind: ActRequest, Leg: l.id, Dialog: l.dialog, Msg: m})
}

// resumed takes the answer to an offer of our own.
func (c *Call) resumed(out []Action, now time.Time, l *leg, m *sip.Message) []Action {
	text, has := session(m)
	d, err := parseSDP(text)
	if m.Status >= 300 || !has || err != nil {
		return out // the session stays as it was
	}
	l.heard, l.debt = d, debt{}
	out = c.setHold(out, now, l, d.held())
	if p, ok := d.ownMedia(); ok && c.viaServer() {
		out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(l).id, Media: p})
	}
	return out
}
