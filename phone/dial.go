package phone

import (
	"context"
	"strconv"
	"strings"
	"time"

	"onhook/sip"
	"onhook/stack"
)

// CallOptions change how a call is placed.
type CallOptions struct {
	Headers []sip.Header // put into the INVITE
	NoOffer bool         // the INVITE has no session description: the other side offers (RFC 3261 section 13.2.1)
	From    string       // another From address, as a URI; empty: the phone's
	Body    string       // of the INVITE, instead of the phone's own session description; a Content-Type in Headers says of what kind
}

// Call calls a number of the phone's domain, or a sip: address. It returns as
// soon as the INVITE is on its way.
func (p *Phone) Call(ctx context.Context, target string) (*Call, error) {
	return p.CallWith(ctx, target, CallOptions{})
}

// CallWith is Call with options.
func (p *Phone) CallWith(ctx context.Context, target string, o CallOptions) (*Call, error) {
	uri, err := p.target(target)
	if err != nil {
		return nil, err
	}
	var c *Call
	if e := p.do(ctx, func() { c, err = p.dial(uri, o) }); e != nil {
		return nil, e
	}
	return c, err
}

// target is the address that a number or address means.
func (p *Phone) target(s string) (string, error) {
	if !strings.Contains(s, ":") {
		if !strings.Contains(s, "@") {
			s += "@" + p.opt.Domain
		}
		s = "sip:" + s
	}
	_, err := sip.ParseURI(s)
	return s, err
}

// dial places a call, in the loop.
func (p *Phone) dial(uri string, o CallOptions) (*Call, error) {
	c := p.newCall(false, uri)
	if err := c.openAudio(); err != nil {
		delete(p.calls, c.ref)
		return nil, err
	}
	c.target = uri
	m := &sip.Message{Method: sip.INVITE, URI: uri}
	from := p.from()
	if o.From != "" {
		from = sip.NameAddr{Display: p.opt.Display, URIText: o.From}.String()
	}
	m.Add(sip.HFrom, from)
	m.Add(sip.HTo, "<"+uri+">")
	m.Add(sip.HContact, p.contact())
	m.Headers = append(m.Headers, o.Headers...)
	switch {
	case o.Body != "":
		if m.Body = o.Body; !m.Has(sip.HContentType) {
			m.Add(sip.HContentType, "application/sdp")
		}
	case !o.NoOffer:
		describe(m, c.sess.offer())
	}
	if !m.Has(sip.HCallID) {
		m.Add(sip.HCallID, strconv.FormatUint(p.rand.Uint64(), 36)+strconv.FormatUint(p.rand.Uint64(), 36))
	}
	c.info.CallID = m.CallID()
	c.invite = m
	p.event(Event{Kind: EvCalling, Call: c.ref, Peer: uri})
	p.feed(stack.Input{Kind: stack.InInvite, Ref: c.ref, Msg: m.Clone(), Dest: p.dest()})
	return c, nil
}

// describe puts a session description into a message.
func describe(m *sip.Message, text string) {
	m.Set(sip.HContentType, "application/sdp")
	m.Body = text
}

// hear takes what the endpoint says about the call.
func (c *Call) hear(a stack.Action) {
	switch a.Kind {
	case stack.ActCreated:
		c.created(a)
	case stack.ActResponse:
		if a.Method == sip.INVITE && c.invite != nil && c.info.AnsweredAt.IsZero() {
			c.response(a)
			return
		}
		if a.Method == sip.INVITE && a.Dialog != c.dialog {
			c.p.feed(stack.Input{Kind: stack.InRelease, Dialog: a.Dialog}) // another branch of a fork answered later
			return
		}
		c.verbAnswered(a)
	case stack.ActCancelled:
		invite := c.txn
		c.finish(Info{Code: 487, Phrase: "Request Terminated", Wire: true, Reason: reasons(a.Msg), EndedBy: "peer"})
		c.p.feed(stack.Input{Kind: stack.InRespond, Txn: invite, Msg: &sip.Message{Status: 487}})
	case stack.ActAck:
		c.acked(a)
	case stack.ActTimeout:
		c.lost(a, 408, "no answer")
	case stack.ActFailed:
		c.lost(a, 503, errorText(a.Err))
	case stack.ActEnded:
		c.broken(a.Why)
	case stack.ActTerminated:
		if a.Dialog == c.dialog {
			c.finish(Info{Phrase: "the dialog ended", EndedBy: "network"})
			delete(c.p.calls, c.ref)
		}
	}
}

// created learns the ids of what was sent.
func (c *Call) created(a stack.Action) {
	if c.dialog == 0 {
		c.dialog = a.Dialog
		return
	}
	for _, v := range c.verbs {
		if v.txn == 0 {
			v.txn = a.Txn
			return
		}
	}
}

// response takes a response to the INVITE that began the call.
func (c *Call) response(a stack.Action) {
	m := a.Msg
	code := m.Status
	switch {
	case code == 100:
		return
	case code < 200:
		if a.Dialog != 0 {
			c.dialog = a.Dialog
		}
		c.progress(a)
	case code < 300:
		c.dialog, c.target = a.Dialog, targetOf(m, c.target)
		c.accepted(a)
	default:
		if again := c.p.authorise(c.invite, m, &c.tries); again != nil && c.info.State != Ended {
			c.invite = again
			c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: again.Clone(), Dest: c.p.dest()})
			return
		}
		by := "peer"
		if code == 487 && c.hungUp() {
			by = "us"
		}
		c.finish(Info{Code: code, Phrase: m.Phrase, Wire: true, Reason: reasons(m), EndedBy: by})
		c.p.feed(stack.Input{Kind: stack.InRelease, Dialog: c.dialog})
	}
}

// progress takes a 101 to 199.
func (c *Call) progress(a stack.Action) {
	m := a.Msg
	if c.info.State == Ended {
		return
	}
	if a.NeedAnswer {
		// RFC 3262 section 5: the offer is in the 18x, the answer in the PRACK.
		p := &sip.Message{Method: sip.PRACK}
		if text, err := c.sess.answer(m.Body); err == nil {
			describe(p, text)
		}
		c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: p})
		c.setAudio()
	} else if m.Body != "" {
		if _, err := c.sess.hear(m.Body); err == nil {
			c.setAudio()
		}
	}
	c.update(func(i *Info) {
		i.Code, i.Phrase, i.Wire = m.Status, m.Phrase, true
		i.Early = i.Early || m.Body != ""
		i.Codec = c.sess.codec
		if i.State == Dialing {
			i.State, i.RangAt = Ringing, c.p.now
		}
	})
	c.p.event(Event{Kind: EvProgress, Call: c.ref, Peer: c.info.Peer, Code: m.Status, Text: m.Phrase})
}

// accepted takes the 2xx.
func (c *Call) accepted(a stack.Action) {
	m := a.Msg
	if c.info.State == Ended || c.hungUp() {
		// It crossed our CANCEL: it is answered all the same, and ended at once.
		c.finish(Info{Code: m.Status, Phrase: m.Phrase, Wire: true, EndedBy: "us"})
		c.p.feed(stack.Input{Kind: stack.InRelease, Dialog: a.Dialog})
		return
	}
	var err error
	if a.NeedAnswer {
		ack := &sip.Message{Method: sip.ACK}
		var text string
		if text, err = c.sess.answer(m.Body); err == nil {
			describe(ack, text)
		}
		c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: ack})
	} else if m.Body != "" {
		_, err = c.sess.hear(m.Body)
	}
	c.up(m.Status, m.Phrase)
	if err != nil {
		c.bye(`SIP;cause=488;text="Not Acceptable Here"`)
	}
}

// up notes the answer.
func (c *Call) up(code int, phrase string) {
	c.update(func(i *Info) {
		i.State, i.AnsweredAt, i.Code, i.Phrase, i.Wire, i.Codec = Answered, c.p.now, code, phrase, true, c.sess.codec
	})
	c.setAudio()
	if c.leg && !c.busy {
		_ = c.idle() // it fails only if the leg has gone
	}
	c.p.event(Event{Kind: EvAnswered, Call: c.ref, Peer: c.info.Peer, Code: code, Text: c.sess.codec})
}

// lost takes a request that got no final response.
func (c *Call) lost(a stack.Action, code int, why string) {
	if a.Method == sip.INVITE && c.info.AnsweredAt.IsZero() {
		by := "network"
		if c.hungUp() {
			by = "us"
		}
		c.finish(Info{Code: code, Phrase: why, EndedBy: by})
		return
	}
	if v := c.takeVerb(a); v != nil {
		v.done(nil, &Refused{What: string(a.Method), Code: code, Phrase: why})
	}
}

// broken takes the end of a dialog that cannot go on.
func (c *Call) broken(why string) {
	if c.info.State != Answered {
		invite := c.txn
		c.finish(Info{Phrase: why, EndedBy: "network"})
		if invite != 0 {
			c.p.feed(stack.Input{Kind: stack.InRespond, Txn: invite, Msg: &sip.Message{Status: 504, Phrase: "Server Time-out"}})
		}
		return
	}
	c.finish(Info{Phrase: why, EndedBy: "network"})
	c.p.feed(stack.Input{Kind: stack.InRelease, Dialog: c.dialog})
}

// takeVerb finds and removes the request that an action is about.
func (c *Call) takeVerb(a stack.Action) *verb {
	at := -1
	for i, v := range c.verbs {
		if v.txn == a.Txn && a.Txn != 0 {
			at = i
			break
		}
		if v.method == a.Method && at < 0 {
			at = i // the endpoint may have sent it again by itself, after a 422
		}
	}
	if at < 0 {
		return nil
	}
	v := c.verbs[at]
	c.verbs = append(c.verbs[:at], c.verbs[at+1:]...)
	return v
}

// verbAnswered takes a response to a request in the dialog.
func (c *Call) verbAnswered(a stack.Action) {
	if a.Msg.Status < 200 {
		return
	}
	v := c.takeVerb(a)
	if v == nil {
		return
	}
	if again := c.p.authorise(v.msg, a.Msg, &v.tries); again != nil {
		v.msg = again
		c.repeat(v)
		return
	}
	if a.Msg.Status == 491 && a.Wait > 0 && !v.again {
		// RFC 3261 section 14.1: both sides asked at once; once more after a random time.
		v.again = true
		time.AfterFunc(a.Wait, func() { c.p.box.post(func() { c.repeat(v) }) })
		return
	}
	if a.Msg.Status >= 300 {
		v.done(a.Msg, refusal(string(a.Method), a.Msg))
		return
	}
	if a.NeedAnswer {
		ack := &sip.Message{Method: sip.ACK}
		if text, err := c.sess.answer(a.Msg.Body); err == nil {
			describe(ack, text)
		}
		c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: ack})
	}
	v.done(a.Msg, nil)
}

// repeat sends a request in the dialog once more.
func (c *Call) repeat(v *verb) {
	if c.info.State == Ended {
		v.done(nil, ErrEnded)
		return
	}
	v.txn = 0
	c.verbs = append(c.verbs, v)
	c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: v.msg.Clone()})
}
