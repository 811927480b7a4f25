package call

import (
	"time"

	"onhook/sip"
	"onhook/txn"
)

// request takes a request in a dialog.
func (c *Call) request(out []Action, now time.Time, in Input) []Action {
	if in.Msg == nil {
		return out
	}
	out, l := c.at(out, now, in)
	switch {
	case l == nil && c.leg(in.Leg) != nil:
		code := 481
		if in.Msg.Method == sip.BYE {
			code = 200
		}
		return c.deny(out, c.leg(in.Leg), in.Txn, code)
	case l == nil:
		return out
	case in.Msg.Method == sip.BYE:
		return c.bye(out, now, l, in)
	}
	switch in.Msg.Method {
	case sip.INVITE, sip.UPDATE:
		return c.passOffer(out, now, l, in)
	case sip.INFO, sip.MESSAGE:
		return c.pass(out, l, in)
	case sip.PRACK:
		// It has an offer, or it would not be here.
		return c.passOffer(out, now, l, in)
	case sip.REFER:
		return c.refer(out, l, in)
	case sip.NOTIFY, sip.SUBSCRIBE:
		// 481 would have some peers end the whole dialog (RFC 5057 section 5.1).
		return c.deny(out, l, in.Txn, 489)
	}
	return c.deny(out, l, in.Txn, 501)
}

func (c *Call) deny(out []Action, l *leg, id txn.ID, code int) []Action {
	return append(out, Action{Kind: ActRespond, Leg: l.id, Txn: id, Msg: &sip.Message{Status: code, Phrase: sip.Phrase(code)}})
}

// opposite returns the leg joined with this one, or nil.
func (c *Call) opposite(id LegID) *leg {
	if id == c.a {
		return c.leg(c.other)
	}
	if id == c.other {
		return c.leg(c.a)
	}
	return nil
}

// partner returns the leg that a request of this one is passed to: the one
// joined with it or, before the answer, the one whose early media it hears.
func (c *Call) partner(l *leg) *leg {
	var o *leg
	switch {
	case c.phase == up:
		if o = c.opposite(l.id); o != nil && o.state == legUp && l.state == legUp {
			return o
		}
		return nil
	case c.phase != trying || c.early == 0 || c.other != 0:
		return nil
	case l.id == Caller:
		o = c.leg(c.early)
	case l.id == c.early:
		o = &c.legs[0]
	}
	if o == nil || o.state != legCalling || o.dialog == 0 {
		return nil
	}
	return o
}

// passOffer passes a re-INVITE or UPDATE to the other party: hold, resume, another codec.
func (c *Call) passOffer(out []Action, now time.Time, l *leg, in Input) []Action {
	text, has := session(in.Msg)
	if in.Msg.Has(sip.HAllow) {
		l.noUpdate = !in.Msg.HasToken(sip.HAllow, "UPDATE")
	}
	switch {
	case in.Msg.Body != "" && !has:
		return c.deny(out, l, in.Txn, 415)
	case in.Msg.Method != sip.INVITE && !has:
		// A session refresh (RFC 4028) needs nothing of the other leg.
		return c.deny(out, l, in.Txn, 200)
	case c.phase == up && l.state == legUp && (c.app.name != "" && l.id == c.a || c.hunt.on):
		return c.answerApps(out, now, l, in)
	}
	r := relay{from: l.id, txn: in.Txn, method: in.Msg.Method, prack: in.Msg.Method == sip.PRACK}
	o := c.partner(l)
	if has && in.Msg.Method != sip.INVITE && (o == nil || c.phase != up && !c.updates(o)) {
		var ok bool
		if out, ok = c.answerEarly(out, l, &r, text); ok {
			return out
		}
	}
	if o == nil || c.phase != up && (in.Msg.Method == sip.INVITE || !c.updates(o)) || c.withheld && in.Msg.Method == sip.INVITE || c.negotiating(l.id) {
		// RFC 3261 section 14.2, RFC 3311 section 5.2: an offer while another one is open is answered 491,
		// and so is an INVITE while "an INVITE it had sent on that dialog is in progress". The caller's is, as long as our 2xx waits for its PRACK.
		return c.refuseOffer(out, &r, 491)
	}
	r.to = o.id
	switch {
	case o.noUpdate:
		r.method = sip.INVITE
	case r.prack:
		r.method = sip.UPDATE
	}
	m := &sip.Message{Method: r.method}
	if has {
		d, err := parseSDP(text)
		switch {
		case err != nil:
			return c.refuseOffer(out, &r, 400)
		case c.viaServer() && d.usable() && !d.carried(), d.kinds()&c.denied(l, o) != 0:
			return c.refuseOffer(out, &r, 488)
		}
		r.said, r.offer = d, true
		seen := c.withMusic(d, l)
		setSession(m, c.describe(o, &seen, nil))
	}
	c.relays = append(c.relays, r)
	return append(out, Action{Kind: ActRequest, Leg: o.id, Dialog: o.dialog, Msg: m})
}

// updates tells whether an early dialog takes an UPDATE with an offer. RFC 3311
// section 5.1: only when the INVITE's offer was answered "in a reliable
// provisional response", here on both legs.
func (c *Call) updates(o *leg) bool {
	return c.legs[0].settled && c.leg(c.early).settled && c.agreed == c.early && !o.noUpdate
}

// denied are the media that the caller or one of two legs may not have.
func (c *Call) denied(a, b *leg) Kinds { return c.start.Deny | a.target.Deny | b.target.Deny }

// pass passes a request without an offer, with its body, to the other party.
func (c *Call) pass(out []Action, l *leg, in Input) []Action {
	o := c.partner(l)
	keys := ""
	if in.Msg.Method == sip.INFO {
		keys = infoDigits(in.Msg)
	}
	switch {
	case o != nil && !c.hunt.on:
		if keys != "" && c.phase == up {
			out = append(out, Action{Kind: ActDigits, Leg: l.id, Target: keys})
		}
	case in.Msg.Method == sip.MESSAGE:
		return c.deny(out, l, in.Txn, 480)
	case in.Msg.GetNamed("Info-Package") != "":
		// RFC 6086 section 4.2.2: an INFO package that we did not ask for.
		return c.deny(out, l, in.Txn, 469)
	default:
		if keys != "" && c.app.name != "" && l.id == c.a {
			out = append(out, Action{Kind: ActDigits, Leg: l.id, Target: keys})
		}
		return c.deny(out, l, in.Txn, 200) // or a digit that nobody hears
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
