package call

import (
	"time"

	"onhook/sip"
	"onhook/txn"
)

// request takes a request in a dialog.
func (c *Call) request(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	switch in.Msg.Method {
	case sip.BYE:
		return c.bye(out, now, l, in)
	case sip.INVITE, sip.UPDATE:
		return c.passOffer(out, now, l, in)
	case sip.INFO, sip.MESSAGE:
		return c.pass(out, l, in)
	case sip.REFER:
		return c.deny(out, l, in.Txn, 603, "Decline")
	case sip.NOTIFY:
		return c.deny(out, l, in.Txn, 489, "Bad Event")
	}
	return c.deny(out, l, in.Txn, 501, "Not Implemented")
}

func (c *Call) deny(out []Action, l *leg, id txn.ID, code int, phrase string) []Action {
	return append(out, Action{Kind: ActRespond, Leg: l.id, Txn: id, Msg: &sip.Message{Status: code, Phrase: phrase}})
}

// passOffer passes a re-INVITE or UPDATE to the other party: hold, resume, another codec.
func (c *Call) passOffer(out []Action, now time.Time, l *leg, in Input) []Action {
	o := c.opposite(l.id)
	if c.phase == up && c.app != "" && l.id == Caller {
		return c.answerApps(out, now, l, in)
	}
	if c.phase != up || o == nil || o.state != legUp {
		if in.Msg.Method == sip.UPDATE && in.Msg.Body == "" {
			return c.deny(out, l, in.Txn, 200, "OK") // a session refresh (RFC 4028) needs nothing of the other leg
		}
		// RFC 3311 section 5.2: an offer while another is open is answered 491.
		return c.deny(out, l, in.Txn, 491, "Request Pending")
	}
	m := &sip.Message{Method: in.Msg.Method}
	r := relay{from: l.id, to: o.id, txn: in.Txn, method: in.Msg.Method}
	if m.Method == sip.UPDATE && o.noUpdate {
		m.Method, r.method = sip.INVITE, sip.INVITE
	}
	if in.Msg.Body != "" && isSDP(in.Msg) {
		d, err := parseSDP(in.Msg.Body)
		if err != nil {
			return c.deny(out, l, in.Txn, 400, "Bad Request")
		}
		l.heard, r.offer = d, true
		m.Add(sip.HContentType, "application/sdp")
		m.Body = c.describe(o, &d)
	} else if in.Msg.Method == sip.UPDATE {
		return c.deny(out, l, in.Txn, 200, "OK")
	}
	for i := range c.relays {
		// RFC 3261 section 14.1: both sides at once.
		if q := &c.relays[i]; q.to == l.id && q.method != sip.INFO || q.from == l.id && q.method != sip.INFO {
			return c.deny(out, l, in.Txn, 491, "Request Pending")
		}
	}
	c.relays = append(c.relays, r)
	return append(out, Action{Kind: ActRequest, Leg: o.id, Dialog: o.dialog, Msg: m})
}

// pass passes a request without an offer, with its body, to the other party.
func (c *Call) pass(out []Action, l *leg, in Input) []Action {
	o := c.opposite(l.id)
	if c.phase != up || o == nil || o.state != legUp {
		return c.deny(out, l, in.Txn, 200, "OK")
	}
	m := &sip.Message{Method: in.Msg.Method, Body: in.Msg.Body}
	for _, id := range [...]sip.HeaderID{sip.HContentType, sip.HContentDisposition} {
		if v := in.Msg.Get(id); v != "" {
			m.Add(id, v)
		}
	}
	if v := in.Msg.GetNamed("Info-Package"); v != "" {
		m.AddNamed("Info-Package", v)
	}
	c.relays = append(c.relays, relay{from: l.id, to: o.id, txn: in.Txn, method: in.Msg.Method})
	return append(out, Action{Kind: ActRequest, Leg: o.id, Dialog: o.dialog, Msg: m})
}

// sent learns the transaction of a request that was passed on.
func (c *Call) sent(in Input) {
	for i := range c.relays {
		if r := &c.relays[i]; r.to == in.Leg && r.sent == 0 {
			r.sent = in.Txn
			return
		}
	}
}

// relayed takes the response to a request that we sent in a dialog.
func (c *Call) relayed(out []Action, now time.Time, l *leg, in Input) []Action {
	code := in.Msg.Status
	if code < 200 {
		return out
	}
	if in.Method == sip.BYE {
		l.state = legDone
		return c.settleEnd(out, now)
	}
	i := c.relayOf(in.Txn)
	if i < 0 {
		return out
	}
	r := c.relays[i]
	if code == 481 || code == 408 {
		return c.relayFailed(out, now, l, in, code)
	}
	c.dropRelay(i)
	from := c.leg(r.from)
	m := &sip.Message{Status: code, Phrase: in.Msg.Phrase}
	if code < 300 && in.Msg.Body != "" && isSDP(in.Msg) {
		d, err := parseSDP(in.Msg.Body)
		if err != nil {
			return c.deny(out, from, r.txn, 488, "Not Acceptable Here")
		}
		l.heard = d
		m.Add(sip.HContentType, "application/sdp")
		m.Body = c.describe(from, &d)
		if !r.offer {
			r.needAck = true
			c.relays = append(c.relays, r)
		}
	}
	out = append(out, Action{Kind: ActRespond, Leg: from.id, Txn: r.txn, Msg: m})
	if code < 300 && r.offer {
		out = c.applied(out, now, from, l)
	}
	return out
}

// applied tells the media path and the record what an offer and its answer changed.
func (c *Call) applied(out []Action, now time.Time, offerer, answerer *leg) []Action {
	for _, l := range [...]*leg{offerer, answerer} {
		if c.opt.Relay && l.mediaOn {
			out = c.setMedia(out, l)
		}
	}
	// RFC 3264 section 8.4: who offers sendonly or inactive holds; an answer of recvonly does not.
	held := offerer.heard.held()
	if held != offerer.held {
		offerer.held = held
		n := 0
		if held {
			n = 1
		}
		out = event(out, now, Event{Kind: EvHold, Leg: offerer.id, N: n})
	}
	o := c.leg(c.other)
	if o != nil && o.held {
		return c.setStage(out, now, "hold")
	}
	if c.app == "" {
		return c.setStage(out, now, "talking")
	}
	return out
}

// relayFailed takes the loss of a dialog that a request in it showed (outcome/README section 7).
func (c *Call) relayFailed(out []Action, now time.Time, l *leg, in Input, code int) []Action {
	if i := c.relayOf(in.Txn); i >= 0 {
		r := c.relays[i]
		c.dropRelay(i)
		out = c.deny(out, c.leg(r.from), r.txn, code, phraseOf(code))
		if r.method == sip.INFO || r.method == sip.MESSAGE {
			return out
		}
	}
	if c.phase != up || l.state != legUp {
		return out
	}
	if code == 481 {
		return c.hangUp(out, now, "INVALID_CALL_REFERENCE", "in_dialog_481")
	}
	return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", "in_dialog_timeout")
}

func phraseOf(code int) string {
	switch code {
	case 408:
		return "Request Timeout"
	case 481:
		return "Call/Transaction Does Not Exist"
	case 503:
		return "Service Unavailable"
	}
	return "Server Internal Error"
}

func (c *Call) relayOf(id txn.ID) int {
	for i := range c.relays {
		if c.relays[i].sent == id && id != 0 && !c.relays[i].needAck {
			return i
		}
	}
	return -1
}

func (c *Call) dropRelay(i int) {
	c.relays = append(c.relays[:i], c.relays[i+1:]...)
}

// endRelays answers what is still open when a BYE ends the dialog (RFC 3261 section 15.1.2).
func (c *Call) endRelays(out []Action) []Action {
	for _, r := range c.relays {
		if !r.needAck {
			out = c.deny(out, c.leg(r.from), r.txn, 487, "Request Terminated")
		}
	}
	c.relays = nil
	return out
}

// acked takes the ACK to a 2xx; where the 2xx had an offer, its answer goes to the other leg's ACK.
func (c *Call) acked(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	for i := range c.relays {
		r := c.relays[i]
		if r.from != l.id || !r.needAck {
			continue
		}
		c.dropRelay(i)
		return c.passAnswer(out, now, l, c.leg(r.to), in.Msg)
	}
	return out
}

// passAnswer sends the answer of an ACK in the other leg's ACK.
func (c *Call) passAnswer(out []Action, now time.Time, from, to *leg, ack *sip.Message) []Action {
	m := &sip.Message{Method: sip.ACK}
	if ack.Body != "" && isSDP(ack) {
		if d, err := parseSDP(ack.Body); err == nil {
			from.heard = d
			m.Add(sip.HContentType, "application/sdp")
			m.Body = c.describe(to, &d)
		}
	}
	out = append(out, Action{Kind: ActRequest, Leg: to.id, Dialog: to.dialog, Msg: m})
	if m.Body == "" {
		// RFC 3261 section 13.2.1: the answer must be in the ACK.
		return c.hangUp(out, now, "INCOMPATIBLE_DESTINATION", "no answer in the ACK")
	}
	out = c.join(out, c.leg(c.other))
	return c.applied(out, now, to, from)
}

// answerDelayed answers a caller who made no offer with the callee's. Both
// legs need addresses before the callee's offer can be shown to the caller.
func (c *Call) answerDelayed(out []Action, now time.Time, l *leg) []Action {
	if !c.opt.Relay {
		return c.connectDelayed(out, now, l)
	}
	n := max(1, len(l.heard.streams))
	c.other = l.id
	out = append(out, Action{Kind: ActMediaOpen, Leg: l.id, N: n, V6: l.v6})
	return append(out, Action{Kind: ActMediaOpen, Leg: Caller, N: n, V6: c.legs[0].v6})
}

// connectDelayed joins the two; the caller's ACK will bring the answer.
func (c *Call) connectDelayed(out []Action, now time.Time, l *leg) []Action {
	c.relays = append(c.relays, relay{from: Caller, to: l.id, needAck: true, method: sip.INVITE})
	return c.connect(out, now, l)
}

// media takes a finding of the media path.
func (c *Call) media(out []Action, now time.Time, in Input) []Action {
	out = event(out, now, Event{Kind: EvMedia, Leg: in.Leg, Name: in.Name, Text: in.Text})
	if in.Name == "timeout" && c.phase == up {
		out = event(out, now, Event{Kind: EvTimer, Leg: in.Leg, Name: "rtp"})
		return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", "media_timeout")
	}
	return out
}
