package call

import (
	"time"

	"onhook/sip"
)

// response takes a response on a leg.
func (c *Call) response(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	if l.id == Caller || l.answered || in.Method != sip.INVITE {
		return c.relayed(out, now, l, in)
	}
	switch code := in.Msg.Status; {
	case code == 100:
		return out
	case code < 200:
		return c.provisional(out, now, l, in)
	case code < 300:
		return c.answer(out, now, l, in)
	default:
		return c.rejected(out, now, l, in.Msg)
	}
}

// provisional takes a 101 to 199.
func (c *Call) provisional(out []Action, now time.Time, l *leg, in Input) []Action {
	code := in.Msg.Status
	l.progress = true
	if l.state != legCalling || c.phase != trying {
		return out
	}
	l.dialog = in.Dialog
	sdp := in.Msg.Body != "" && isSDP(in.Msg) && c.hasOffer
	if code == 180 || code == 181 || code == 182 || code == 183 && sdp {
		l.alerted = true
		out = c.setStage(out, now, "ringing")
	}
	if c.allProgressed() {
		c.progAt = time.Time{}
	}
	m := &sip.Message{Status: code, Phrase: in.Msg.Phrase}
	if sdp {
		d, err := parseSDP(in.Msg.Body)
		if err != nil {
			return out
		}
		l.heard = d
		c.early = l.id
		m.Add(sip.HContentType, "application/sdp")
		m.Body = c.describe(&c.legs[0], &d)
		out = c.join(out, l)
	} else if code == 180 && c.ringing || code == 183 || code == 199 {
		return out
	}
	c.ringing = c.ringing || code == 180
	return append(out, Action{Kind: ActRespond, Leg: Caller, Msg: m})
}

func (c *Call) allProgressed() bool {
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.state == legCalling && !l.progress {
			return false
		}
	}
	return true
}

// join tells the media path where both parties are and relays between them.
func (c *Call) join(out []Action, l *leg) []Action {
	if !c.opt.Relay || !l.mediaOn || !c.legs[0].mediaOn {
		return out
	}
	out = c.setMedia(out, &c.legs[0])
	out = c.setMedia(out, l)
	return append(out, Action{Kind: ActMediaBridge, Leg: Caller, Other: l.id})
}

func (c *Call) setMedia(out []Action, l *leg) []Action {
	for i := range l.heard.streams {
		if i < len(l.local) {
			out = append(out, Action{Kind: ActMediaSet, Leg: l.id, N: i, Media: l.heard.streams[i].mediaParams()})
		}
	}
	return out
}

// answer takes a 2xx to an attempt.
func (c *Call) answer(out []Action, now time.Time, l *leg, in Input) []Action {
	late := l.state != legCalling || c.phase != trying
	l.dialog, l.answered = in.Dialog, true
	l.noUpdate = !in.Msg.HasToken(sip.HAllow, "UPDATE")
	if late {
		// Section 7: a 2xx that crosses our CANCEL gets ACK and BYE.
		l.state = legClosing
		return append(out, Action{Kind: ActBye, Leg: l.id, Dialog: l.dialog})
	}
	l.state = legUp
	if in.Msg.Body != "" && isSDP(in.Msg) {
		d, err := parseSDP(in.Msg.Body)
		if err != nil {
			return c.unusable(out, now, l, err.Error())
		}
		l.heard = d
	}
	if c.hasOffer && (!l.heard.usable() || !common(&c.offer, &l.heard)) {
		return c.unusable(out, now, l, "the 2xx has no answer with a codec that was offered")
	}
	if in.NeedAnswer {
		return c.answerDelayed(out, now, l)
	}
	return c.connect(out, now, l)
}

// unusable ends an attempt whose 2xx cannot be used.
func (c *Call) unusable(out []Action, now time.Time, l *leg, why string) []Action {
	out = event(out, now, Event{Kind: EvIntent, Leg: l.id, Cause: "INCOMPATIBLE_DESTINATION", By: "platform", Text: why})
	out = append(out, Action{Kind: ActBye, Leg: l.id, Dialog: l.dialog, Reason: `SIP;cause=488;text="Not Acceptable Here"`})
	l.state = legClosing
	out = c.closeMedia(out, l)
	return c.refuseAll(out, now, "INCOMPATIBLE_DESTINATION", 488, why)
}

// connect joins the caller with the attempt that answered.
func (c *Call) connect(out []Action, now time.Time, l *leg) []Action {
	c.phase, c.other = up, l.id
	c.ringAt, c.progAt = time.Time{}, time.Time{}
	id := l.id
	m := &sip.Message{Status: 200, Phrase: "OK"}
	a := &c.legs[0]
	if len(l.heard.streams) > 0 {
		m.Add(sip.HContentType, "application/sdp")
		m.Body = c.describe(a, &l.heard)
	}
	a.answered, a.state = true, legUp
	out = append(out, Action{Kind: ActRespond, Leg: Caller, Msg: m})
	out = event(out, now, Event{Kind: EvBridged, Leg: id, Of: uint32(Caller)})
	out = c.setStage(out, now, "talking")
	out = c.join(out, l)
	if c.opt.MaxCall > 0 {
		c.maxAt = now.Add(c.opt.MaxCall)
	}
	return c.cancelPending(out, now, "PICKED_OFF", "")
}

// rejected takes a final response that is not a 2xx.
func (c *Call) rejected(out []Action, now time.Time, l *leg, m *sip.Message) []Action {
	l.code = m.Status
	if l.state == legClosing {
		l.state = legDone
		return c.settleEnd(out, now)
	}
	if l.state != legCalling {
		return out
	}
	if m.Status < 400 && c.phase == trying && c.redirects < c.opt.Redirects {
		if contact, err := m.Contact(); err == nil && contact.URIText != "*" {
			c.redirects++
			return append(out, Action{Kind: ActRoute, Leg: l.id, Target: contact.URIText})
		}
	}
	return c.failedAttempt(out, now, l, "")
}

// routed goes on with a redirect when it is known where it leads.
func (c *Call) routed(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil || l.state != legCalling || c.phase != trying {
		return out
	}
	for _, s := range in.Steps {
		for _, t := range s.Targets {
			if c.hasTried(t.URI) {
				// Section 6 and reasons.csv: a chain that comes back to a target already tried.
				l.state = legDone
				out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: "CALL_FORWARD", Code: l.code})
				out = c.closeMedia(out, l)
				return c.refuseAll(out, now, "EXCHANGE_ROUTING_ERROR", 0, "redirected to a target already tried: "+t.URI)
			}
		}
	}
	if len(in.Steps) == 0 {
		return c.failedAttempt(out, now, l, "")
	}
	rest := append([]Step(nil), c.steps[c.step:]...)
	c.steps = append(append(c.steps[:c.step:c.step], in.Steps...), rest...)
	return c.failedAttempt(out, now, l, "CALL_FORWARD")
}

func (c *Call) hasTried(uri string) bool {
	for _, t := range c.tried {
		if t == uri {
			return true
		}
	}
	return false
}

// timeout takes the end of a transaction without a final response.
func (c *Call) timeout(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: in.Name, Text: string(in.Method)})
	return c.noFinal(out, now, l, in, 408)
}

// failed takes the news that a request could not be delivered.
func (c *Call) failed(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	out = event(out, now, Event{Kind: EvTransportFailed, Leg: l.id, Name: string(in.Method), Text: in.Name})
	return c.noFinal(out, now, l, in, 503)
}

// noFinal ends what waited for a final response (RFC 3261 section 8.1.3.1: as a 408 or 503).
func (c *Call) noFinal(out []Action, now time.Time, l *leg, in Input, code int) []Action {
	if in.Method == sip.INVITE && !l.answered && l.id != Caller {
		l.code = code
		if l.state == legClosing {
			l.state = legDone
			return c.settleEnd(out, now)
		}
		if l.state == legCalling {
			return c.failedAttempt(out, now, l, "")
		}
		return out
	}
	if in.Method == sip.BYE || l.state == legClosing || c.phase == ending {
		l.state = legDone
		return c.settleEnd(out, now)
	}
	return c.relayFailed(out, now, l, in, code)
}
