package call

import (
	"time"

	"onhook/sip"
)

// provisional takes a 101 to 199.
func (c *Call) provisional(out []Action, now time.Time, l *leg, in Input) []Action {
	code := in.Msg.Status
	r := c.inviter(l)
	r.progress, r.progAt = true, time.Time{}
	if l.state != legCalling || !c.hunting() {
		return out
	}
	if in.NeedAnswer {
		// An offer in a reliable 18x, though our INVITE did not say that it supports them.
		out = c.cancelKin(out, now, l, "INCOMPATIBLE_DESTINATION", "unasked_offer")
		return c.settle(out, now)
	}
	if in.Msg.Has(sip.HAllow) {
		l.noUpdate = !in.Msg.HasToken(sip.HAllow, "UPDATE")
	}
	text, has := session(in.Msg)
	alerting := code == 180 || code == 181 || code == 182 || code == 183 && has
	l.alerted = l.alerted || alerting
	if c.phase == up {
		return c.hunted(out, now, l, in.Msg, alerting)
	}
	if alerting {
		out = c.setStage(out, now, "ringing")
	}
	m := &sip.Message{Status: code, Phrase: in.Msg.Phrase}
	reliable := in.Msg.Has(sip.HRSeq) && in.Msg.HasToken(sip.HRequire, "100rel")
	if has && c.hasOffer && !l.settled {
		out = c.earlyMedia(out, l, text, m, reliable)
	}
	switch {
	case m.Body != "":
	case code == 180 && c.ringing, code == 183 && c.told != nil:
		return out // it tells the caller nothing new
	case code == 199:
		return c.silent(out, l)
	}
	c.ringing = c.ringing || code == 180
	return c.tell(out, now, m, reliable)
}

// silent takes a 199, which ends an early dialog. RFC 6228 section 3: who "is playing
// media associated with an early dialog, and ... then receives a 199 response
// indicating the early dialog has been terminated, ... could start playing media
// associated with a different early dialog": hearNext does.
func (c *Call) silent(out []Action, l *leg) []Action {
	l.heard, l.settled = description{}, false
	if c.early == l.id {
		c.early = 0
	}
	return out
}

// earlyMedia takes an answer in a provisional response. Where several attempts
// send early media, the caller hears the first: RFC 3261 section 13.2.1, "the
// UAC MUST treat the first session description it receives as the answer". Of the
// branches of one INVITE it hears the latest: a carrier that tries one place after
// another does not end the dialog of the one before until somebody answers.
func (c *Call) earlyMedia(out []Action, l *leg, text string, m *sip.Message, reliable bool) []Action {
	d, err := parseSDP(text)
	if err != nil || len(d.streams) > len(c.offer.streams) {
		return out
	}
	l.heard, l.settled = d, reliable
	if o := c.leg(c.early); o != nil && !c.kin(o, l) {
		return out
	}
	c.early = l.id
	if !c.legs[0].settled {
		setSession(m, c.describe(&c.legs[0], &d, &c.offer))
	}
	return c.join(out, l)
}

// tell sends the caller a provisional response: reliably if it wants that, or
// if it can take it and the callee's was reliable.
func (c *Call) tell(out []Action, now time.Time, m *sip.Message, reliable bool) []Action {
	if c.mustRel && !c.hasOffer {
		// RFC 3262 section 5: if the INVITE had no offer, one MUST appear in the first
		// reliable response. There is none before the callee's 2xx.
		return out
	}
	c.told, c.toldAt = &sip.Message{Status: m.Status, Phrase: m.Phrase}, now.Add(time.Minute)
	reliable = c.mustRel || reliable && c.rel100 && c.hasOffer
	c.relied = c.relied || reliable
	if reliable && m.Body != "" {
		c.legs[0].settled, c.agreed = true, c.early
	}
	return append(out, Action{Kind: ActRespond, Leg: Caller, Msg: m, Reliable: reliable})
}

// tellAgain keeps proxies before us from giving up (RFC 3261 section 13.3.1.1:
// "the UAS MUST send a non-100 provisional response at every minute").
func (c *Call) tellAgain(out []Action, now time.Time) []Action {
	c.toldAt = time.Time{}
	if c.phase != trying || c.other != 0 {
		return out
	}
	return c.tell(out, now, c.told, false)
}

// join tells the media path where both parties are and relays between them.
func (c *Call) join(out []Action, l *leg) []Action {
	a := &c.legs[0]
	o := c.inviter(l)
	if !c.viaServer() || o.media != mediaOn || a.media != mediaOn {
		return out
	}
	out = c.setMedia(out, a, l)
	out = c.setMedia(out, l, a)
	return append(out, Action{Kind: ActMediaBridge, Leg: Caller, Other: o.id})
}

// setMedia tells the media path what a leg's party wants, as far as the other
// party lets it: nobody has to send what the other one does not take.
func (c *Call) setMedia(out []Action, l, other *leg) []Action {
	for i := range l.heard.streams {
		if i >= len(l.local) {
			break
		}
		m := l.heard.streams[i].mediaParams()
		if i >= len(other.heard.streams) || !other.heard.streams[i].relayed() {
			m.Send, m.Recv, m.OnHold = false, false, true
		} else if other.heard.streams[i].dir&receives == 0 {
			m.OnHold = true
		}
		out = append(out, Action{Kind: ActMediaSet, Leg: c.inviter(l).id, N: i, Media: m})
	}
	return out
}
