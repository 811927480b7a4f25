package call

import (
	"time"

	"onhook/sip"
	"onhook/txn"
)

// A relay is a request in a dialog that was passed on to the other leg and
// whose answer belongs to the one that sent it.
type relay struct {
	from, to LegID  // from 0: it is our own
	txn      txn.ID // to be answered
	sent     txn.ID // what we sent for it; 0: it waits in its dialog
	method   sip.Method
	offer    bool        // the request had an offer
	needAck  bool        // its 2xx brought an offer: the ACK brings the answer
	prack    bool        // the request was a PRACK
	initial  bool        // it is the INVITE that began the call
	own      bool        // it is our own, and its answer is for an application or a hunt
	said     description // the offer
}

// reply answers the one that sent a request that was passed on.
func (c *Call) reply(out []Action, r *relay, m *sip.Message) []Action {
	if r.from == 0 {
		return out
	}
	if r.prack && m.Status >= 300 {
		// The PRACK itself is right: only its offer is refused (RFC 6337 section 3.1).
		m = &sip.Message{Status: 488, Phrase: sip.Phrase(488)}
	}
	return append(out, Action{Kind: ActRespond, Leg: r.from, Txn: r.txn, Msg: m})
}

// refuseOffer is reply with a code.
func (c *Call) refuseOffer(out []Action, r *relay, code int) []Action {
	return c.reply(out, r, &sip.Message{Status: code, Phrase: sip.Phrase(code)})
}

// negotiates tells whether the relay may change the session.
func (r *relay) negotiates() bool { return r.method == sip.INVITE || r.method == sip.UPDATE }

// negotiating tells whether an offer or its answer is under way on a leg.
func (c *Call) negotiating(id LegID) bool {
	for i := range c.relays {
		if r := &c.relays[i]; r.negotiates() && (r.from == id || r.to == id) {
			return true
		}
	}
	return false
}

// sent learns the transaction of a request that was passed on.
func (c *Call) sent(in Input) {
	for i := range c.relays {
		if r := &c.relays[i]; r.to == in.Leg && r.sent == 0 && !r.needAck && r.method == in.Method {
			r.sent = in.Txn
			return
		}
	}
}

// relayOf finds what a response, or the lack of one, belongs to. A request
// that waited in its dialog for another one to end went by a transaction that
// nobody told of.
func (c *Call) relayOf(in Input) int {
	waited := -1
	for i := range c.relays {
		r := &c.relays[i]
		switch {
		case r.needAck || r.to != in.Leg:
		case in.Txn != 0 && r.sent == in.Txn:
			return i
		case r.sent == 0 && r.method == in.Method && waited < 0:
			waited = i
		}
	}
	return waited
}

func (c *Call) dropRelay(i int) relay {
	r := c.relays[i]
	c.relays = append(c.relays[:i], c.relays[i+1:]...)
	return r
}

// relayed takes the response to a request that we sent in a dialog.
func (c *Call) relayed(out []Action, now time.Time, l *leg, in Input) []Action {
	code := in.Msg.Status
	if code < 200 {
		return out
	}
	if in.Method == sip.BYE {
		if l.state == legClosing {
			return c.gone(out, now, l)
		}
		return out
	}
	i := c.relayOf(in)
	if i < 0 {
		return out
	}
	r := c.dropRelay(i)
	switch {
	case code == 491 && r.from == 0:
		return c.refused491(out, now, l, &r, in.Wait)
	case r.own && code != 481 && code != 408:
		return c.resumed(out, now, l, in.Msg)
	case code < 300 && r.negotiates():
		return c.accepted(out, now, l, in, r)
	case r.negotiates() && (code == 481 || code == 408):
		return c.lost(out, now, l, r, code, "")
	}
	m := &sip.Message{Status: passedCode(code, r.negotiates()), Phrase: in.Msg.Phrase}
	if m.Status != code {
		m.Phrase = sip.Phrase(m.Status)
	}
	return c.reply(out, &r, m)
}

// passedCode is what the sender of a request is told for the other party's
// response. A challenge, a redirect or an overload of the other leg is not its
// own (RFC 3261 section 16.7), and a 408 or 481 would end its dialog (section 12.2.1.2).
func passedCode(code int, negotiates bool) int {
	switch {
	case code == 401 || code == 407:
		return 403
	case code == 503 || code >= 300 && code < 400 || !negotiates && (code == 408 || code == 481):
		return 500
	}
	return code
}

// accepted takes a 2xx to a re-INVITE or UPDATE that was passed on.
func (c *Call) accepted(out []Action, now time.Time, l *leg, in Input, r relay) []Action {
	from := c.leg(r.from)
	m := &sip.Message{Status: in.Msg.Status, Phrase: in.Msg.Phrase}
	text, has := session(in.Msg)
	d, err := parseSDP(text)
	switch {
	case !has && !r.offer:
		return c.reply(out, &r, m)
	case r.offer && (!has || err != nil || len(d.streams) > len(r.said.streams)):
		return c.refuseOffer(out, &r, 488) // no answer that can be used: the session stays as it was
	case r.from == 0:
		return c.offered(out, now, l, d)
	case err != nil:
		// RFC 3261 section 13.2.2.4: an offer that is not acceptable is acknowledged and then BYE is sent.
		out = c.refuseOffer(out, &r, 488)
		return c.hangUp(out, now, "INCOMPATIBLE_DESTINATION", "the offer in a 2xx is "+err.Error())
	case !r.offer:
		setSession(m, c.describe(from, &d, nil))
		r.needAck, r.said = true, d
		c.relays = append(c.relays, r)
		return c.reply(out, &r, m)
	}
	kept := d.within(&r.said)
	setSession(m, c.describe(from, &kept, &r.said))
	from.heard, l.heard = r.said, d
	if c.opposite(l.id) == from {
		l.debt = debt{} // what it is to hear of now, it has been told
	}
	out = c.reply(out, &r, m)
	return c.applied(out, now, from, l)
}

// unanswered takes the lack of a final response to a request that was passed on.
func (c *Call) unanswered(out []Action, now time.Time, l *leg, in Input, code int) []Action {
	i := c.relayOf(in)
	if i < 0 {
		return out // InEnded tells of a refresh that the dialog made itself
	}
	r := c.dropRelay(i)
	if !r.negotiates() || in.Kind == InFailed && in.Txn == 0 {
		return c.refuseOffer(out, &r, 500)
	}
	detail := ""
	if code == 503 {
		detail = "transport"
	}
	return c.lost(out, now, l, r, code, detail)
}

// lost ends the call: a request in a dialog showed that the dialog is gone (outcome/README section 7).
func (c *Call) lost(out []Action, now time.Time, l *leg, r relay, code int, detail string) []Action {
	out = c.refuseOffer(out, &r, code)
	if c.phase != up || l.state != legUp {
		return out
	}
	if code == 481 {
		return c.hangUp(out, now, "INVALID_CALL_REFERENCE", "in_dialog_481")
	}
	if detail == "" {
		detail = "in_dialog_timeout"
	}
	return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", detail)
}

// endRelaysOf answers what was passed to a leg that has ended, and forgets what it asked.
func (c *Call) endRelaysOf(out []Action, l *leg) []Action {
	kept := c.relays[:0]
	for i := range c.relays {
		switch r := &c.relays[i]; l.id {
		case r.to:
			out = c.refuseOffer(out, r, 500)
		case r.from:
		default:
			kept = append(kept, *r)
		}
	}
	c.relays = kept
	return out
}

// endRelays answers what is still open when a BYE ends the dialog (RFC 3261 section 15.1.2).
func (c *Call) endRelays(out []Action) []Action {
	for i := range c.relays {
		if r := &c.relays[i]; !r.needAck {
			out = c.refuseOffer(out, r, 487)
		}
	}
	c.relays = nil
	return out
}
