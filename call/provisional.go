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
	if l.state != legCalling || c.phase != trying || c.other != 0 {
		return out
	}
	if in.NeedAnswer {
		// An offer in a reliable 18x, though our INVITE did not say that it supports them.
		out = c.cancelKin(out, now, l, "INCOMPATIBLE_DESTINATION", "unasked_offer")
		return c.settle(out, now)
	}
	text, has := session(in.Msg)
	if code == 180 || code == 181 || code == 182 || code == 183 && has {
		l.alerted = true
		out = c.setStage(out, now, "ringing")
	}
	m := &sip.Message{Status: code, Phrase: in.Msg.Phrase}
	if has && c.hasOffer {
		out = c.earlyMedia(out, l, text, m)
	}
	switch {
	case m.Body != "":
	case code == 180 && c.ringing, code == 183 && c.told != nil, code == 199:
		return out // it tells the caller nothing new
	}
	c.ringing = c.ringing || code == 180
	return c.tell(out, now, m)
}

// earlyMedia takes an answer in a provisional response. Where several branches
// send early media, the caller hears the first: RFC 3261 section 13.2.1, "the
// UAC MUST treat the first session description it receives as the answer".
func (c *Call) earlyMedia(out []Action, l *leg, text string, m *sip.Message) []Action {
	if c.early != 0 && c.early != l.id {
		return out
	}
	d, err := parseSDP(text)
	if err != nil || len(d.streams) > len(c.offer.streams) {
		return out
	}
	l.heard, c.early = d, l.id
	setSession(m, c.describe(&c.legs[0], &d, &c.offer))
	return c.join(out, l)
}

// tell sends the caller a provisional response.
func (c *Call) tell(out []Action, now time.Time, m *sip.Message) []Action {
	c.told, c.toldAt = &sip.Message{Status: m.Status, Phrase: m.Phrase}, now.Add(time.Minute)
	return append(out, Action{Kind: ActRespond, Leg: Caller, Msg: m})
}

// tellAgain keeps proxies before us from giving up (RFC 3261 section 13.3.1.1:
// "the UAS MUST send a non-100 provisional response at every minute").
func (c *Call) tellAgain(out []Action, now time.Time) []Action {
	c.toldAt = time.Time{}
	if c.phase != trying || c.other != 0 {
		return out
	}
	return c.tell(out, now, c.told)
}

// join tells the media path where both parties are and relays between them.
func (c *Call) join(out []Action, l *leg) []Action {
	a := &c.legs[0]
	o := c.inviter(l)
	if !c.opt.Relay || o.media != mediaOn || a.media != mediaOn {
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
