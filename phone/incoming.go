package phone

import (
	"context"

	"onhook/sip"
	"onhook/stack"
)

// ringing takes an INVITE that calls us.
func (p *Phone) ringing(a stack.Action) {
	if a.Refuse != 0 && a.Refuse != 483 {
		// RFC 3261 section 8.2: the endpoint has found what forbids to take it. A call
		// with Max-Forwards 0 has arrived: section 16.3 is for those who forward.
		p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: &sip.Message{Status: a.Refuse}})
		return
	}
	old, ok := p.replaced(a)
	if !ok {
		return
	}
	c := p.newCall(true, peerOf(a.Msg.Get(sip.HFrom)))
	c.dialog, c.txn, c.target = a.Dialog, a.Txn, targetOf(a.Msg, c.info.Peer)
	c.info.State, c.info.RangAt, c.info.CallID = Ringing, p.now, a.Msg.CallID()
	if u, err := sip.ParseURI(a.Msg.URI); err == nil {
		c.info.Dialled = sip.Unescape(u.User)
	}
	p.feed(stack.Input{Kind: stack.InBind, Dialog: a.Dialog, Ref: c.ref})
	if a.Msg.Body != "" {
		if _, err := c.sess.hear(a.Msg.Body); err != nil {
			c.reject(488, "Not Acceptable Here", "")
			return
		}
	}
	if err := c.openAudio(); err != nil {
		c.reject(500, "Server Internal Error", "")
		return
	}
	c.offers = a.Msg.Body == ""
	if !p.opt.NoRinging && old == nil {
		c.respond(180, "Ringing", false)
	}
	p.event(Event{Kind: EvIncoming, Call: c.ref, Peer: c.info.Peer})
	select {
	case p.incoming <- c:
	default:
		c.reject(486, "Busy Here", "")
		return
	}
	if old != nil {
		c.takePlace(old)
	}
}

// respond sends a provisional response, in the loop.
func (c *Call) respond(code int, phrase string, early bool) {
	m := &sip.Message{Status: code, Phrase: phrase}
	m.Add(sip.HContact, c.p.contact())
	if early && !c.offers {
		describe(m, c.ownAnswer())
		c.setAudio()
	}
	c.p.feed(stack.Input{Kind: stack.InRespond, Txn: c.txn, Msg: m, Reliable: c.p.opt.Reliable})
}

// ownAnswer is our side of the offer heard last.
func (c *Call) ownAnswer() string {
	dir := c.sess.dir
	if c.sess.remoteDir&dirSend == 0 {
		dir &^= dirRecv
	}
	if c.sess.remoteDir&dirRecv == 0 {
		dir &^= dirSend
	}
	return c.sess.describe([]string{c.sess.codec}, c.sess.dtmf, dir, nil)
}

// Progress answers a call that comes in with a 18x; early puts our session
// description into it, so that sound can flow before the answer.
func (c *Call) Progress(ctx context.Context, code int, phrase string, early bool) error {
	return c.do(ctx, func() error {
		if c.txn == 0 || code <= 100 || code >= 200 {
			return ErrState
		}
		c.respond(code, phrase, early)
		return nil
	})
}

// Answer takes a call that comes in.
func (c *Call) Answer(ctx context.Context) error {
	return c.do(ctx, func() error {
		if c.txn == 0 {
			return ErrState
		}
		c.accept()
		return nil
	})
}

// accept sends the 200, in the loop.
func (c *Call) accept() {
	m := &sip.Message{Status: 200, Phrase: "OK"}
	m.Add(sip.HContact, c.p.contact())
	if c.offers {
		describe(m, c.sess.offer())
	} else {
		describe(m, c.ownAnswer())
	}
	id := c.txn
	c.txn = 0
	c.p.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: m})
	c.up(200, "OK")
}

// Reject refuses a call that comes in, with a final code from 300 and Reason
// values, as written; an empty phrase is the code's own.
func (c *Call) Reject(ctx context.Context, code int, phrase string, reason ...string) error {
	return c.do(ctx, func() error {
		if c.txn == 0 || code < 300 || code > 699 {
			return ErrState
		}
		c.reject(code, phrase, reason...)
		return nil
	})
}

// Respond answers a call that comes in with any response from 101, as given:
// its headers and body are the user's to choose. A 2xx must hold
// a session description that the phone can speak, as its own does: Answer is for that.
func (c *Call) Respond(ctx context.Context, m *sip.Message) error {
	return c.do(ctx, func() error {
		if c.txn == 0 || m.Status <= 100 || m.Status > 699 {
			return ErrState
		}
		switch {
		case m.Status >= 300:
			c.refuse(m)
		case m.Status >= 200:
			id := c.txn
			c.txn = 0
			c.p.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: m})
			c.up(m.Status, m.Phrase)
		default:
			c.p.feed(stack.Input{Kind: stack.InRespond, Txn: c.txn, Msg: m, Reliable: c.p.opt.Reliable})
		}
		return nil
	})
}

// Redirect answers a call that comes in with a 302 to another address.
func (c *Call) Redirect(ctx context.Context, target string) error {
	uri, err := c.p.target(target)
	if err != nil {
		return err
	}
	return c.do(ctx, func() error {
		if c.txn == 0 {
			return ErrState
		}
		m := &sip.Message{Status: 302, Phrase: "Moved Temporarily"}
		m.Add(sip.HContact, "<"+uri+">")
		c.refuse(m)
		return nil
	})
}

func (c *Call) reject(code int, phrase string, reason ...string) {
	m := &sip.Message{Status: code, Phrase: phrase}
	for _, r := range reason {
		if r != "" {
			m.Add(sip.HReason, r)
		}
	}
	c.refuse(m)
}

func (c *Call) refuse(m *sip.Message) {
	id := c.txn
	if m.Phrase == "" {
		m.Phrase = sip.Phrase(m.Status)
	}
	c.finish(Info{Code: m.Status, Phrase: m.Phrase, Wire: true, Reason: reasons(m), EndedBy: "us"})
	c.p.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: m})
}

// acked takes the ACK to our 2xx.
func (c *Call) acked(a stack.Action) {
	if !c.info.Acked {
		c.update(func(i *Info) { i.Acked = true })
	}
	if !c.offers {
		return
	}
	c.offers = false
	if _, err := c.sess.hear(a.Msg.Body); err != nil {
		c.bye(`SIP;cause=488;text="Not Acceptable Here"`)
		return
	}
	c.update(func(i *Info) { i.Codec = c.sess.codec })
	c.setAudio()
}

// request takes a request of the peer in the call.
func (c *Call) request(a stack.Action) {
	m := &sip.Message{Status: 200, Phrase: "OK"}
	switch a.Msg.Method {
	case sip.BYE:
		invite := c.txn
		c.finish(Info{Reason: reasons(a.Msg), EndedBy: "peer"})
		c.p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: m})
		if invite != 0 {
			c.p.feed(stack.Input{Kind: stack.InRespond, Txn: invite, Msg: &sip.Message{Status: 487}})
		}
		return
	case sip.INVITE, sip.UPDATE, sip.PRACK:
		c.changedByPeer(a, m)
	case sip.INFO:
		c.infoDigit(a.Msg)
	case sip.REFER:
		c.referred(a, m)
		return
	case sip.NOTIFY:
		c.notified(a.Msg, m)
	case sip.OPTIONS, sip.MESSAGE:
	default:
		m.Status, m.Phrase = 501, "Not Implemented"
	}
	c.p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: m})
}

// changedByPeer answers a re-INVITE, UPDATE or PRACK: hold, resume, another address.
func (c *Call) changedByPeer(a stack.Action, m *sip.Message) {
	m.Add(sip.HContact, c.p.contact())
	if a.Msg.Body == "" {
		if a.Msg.Method == sip.INVITE {
			c.offers = true
			describe(m, c.sess.offer())
		}
		return
	}
	if a.Msg.Method == sip.PRACK && c.offers {
		c.offers = false
		_, _ = c.sess.hear(a.Msg.Body) // an answer that cannot be used leaves the call without sound, which is told by no_audio
		c.setAudio()
		return
	}
	before := c.sess
	text, err := c.sess.answer(a.Msg.Body)
	if err != nil {
		c.sess = before
		m.Status, m.Phrase = 488, "Not Acceptable Here"
		return
	}
	describe(m, text)
	c.setAudio()
	held := c.sess.remoteDir&dirRecv == 0
	if held == c.info.HeldByPeer {
		return
	}
	c.update(func(i *Info) { i.HeldByPeer = held })
	kind := EvResumed
	if held {
		kind = EvHeld
	}
	c.p.event(Event{Kind: kind, Call: c.ref, Peer: c.info.Peer, By: "peer"})
}
