package call

import (
	"strings"
	"time"
)

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
	return c.setStage(c.waitingMusic(out), now, c.talkStage())
}

// talkStage is the stage of two parties that are joined: "hold while the other party holds" (outcome/README section 1).
func (c *Call) talkStage() string {
	if o := c.leg(c.other); o != nil && o.holds() {
		return "hold"
	}
	return "talking"
}

// holds tells whether a leg's party holds, itself or by a command.
func (l *leg) holds() bool { return l.held || l.ordered }

// waitingMusic lets the party of a phone that holds hear music, and joins the two
// again when it holds no more. A trunk that holds sends what it likes itself.
func (c *Call) waitingMusic(out []Action) []Action {
	a, o := c.leg(c.a), c.leg(c.other)
	if o == nil || !c.viaServer() || c.inviter(a).media != mediaOn || c.inviter(o).media != mediaOn {
		return out
	}
	was := c.music || a.plays || o.plays
	c.music, a.plays, o.plays = false, false, false
	toA, toO := a.waits(o), o.waits(a)
	if was && (!toA || !toO) {
		out = c.rejoin(out, a, o)
	}
	if toA {
		c.music, out = true, c.play(out, a, "hold")
	}
	if toO {
		c.music, out = true, c.play(out, o, "hold")
	}
	return out
}

// rejoin relays between two parties again who heard something of the server's:
// as it comes where they speak the same codec, which may be none of the server's.
func (c *Call) rejoin(out []Action, a, o *leg) []Action {
	if len(a.heard.streams) > 0 && len(o.heard.streams) > 0 && a.heard.streams[0].first() != o.heard.streams[0].first() {
		return c.joinOwn(out, a, o)
	}
	out = c.setMedia(out, a, o)
	out = c.setMedia(out, o, a)
	return append(out, Action{Kind: ActMediaBridge, Leg: c.inviter(a).id, Other: c.inviter(o).id})
}

// first is the payload type that the party likes best.
func (s *stream) first() string {
	f, _, _ := strings.Cut(s.formats, " ")
	return f
}

// waits tells whether a leg's party is to hear music because of the other one.
func (l *leg) waits(other *leg) bool {
	if !other.ordered && (!other.held || other.peer != PeerPhone || l.held) {
		return false
	}
	_, ok := l.heard.ownMedia()
	return ok
}

// withMusic is a phone's offer to hold as the other party sees it: it hears music
// where the phone would have it hear nothing.
func (c *Call) withMusic(d description, holder *leg) description {
	if holder.peer != PeerPhone || !c.viaServer() || !d.held() {
		return d
	}
	streams := append([]stream(nil), d.streams...)
	for i := range streams {
		if streams[i].relayed() && streams[i].media == "audio" && !streams[i].secret() {
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

// setHold notes whether a leg's party holds, by what it offers or answers.
func (c *Call) setHold(out []Action, now time.Time, l *leg, held bool) []Action {
	was := l.holds()
	l.held = held
	return l.holding(out, now, was)
}

// holding says that a leg holds, or does no more, if that has changed.
func (l *leg) holding(out []Action, now time.Time, was bool) []Action {
	if l.holds() == was {
		return out
	}
	n := 0
	if !was {
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
	if in.Name == "played" {
		return c.played(out, l)
	}
	if in.Name == "timeout" && (c.phase != up || c.leg(c.a).holds() || c.other != 0 && c.leg(c.other).holds()) {
		return out // outcome/README section 7: never while on hold
	}
	out = event(out, now, Event{Kind: EvMedia, Leg: l.id, Name: in.Name, Text: in.Text})
	if in.Name == "timeout" {
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "rtp"})
		return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", "media_timeout")
	}
	return out
}
