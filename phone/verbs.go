package phone

import (
	"context"
	"strings"

	"onhook/sip"
	"onhook/stack"
)

// Hangup ends the call, whatever its state: CANCEL, a refusal (603) or BYE,
// with Reason values as written. It waits until the call is over.
func (c *Call) Hangup(ctx context.Context, reason ...string) error {
	err := c.do(ctx, func() error {
		c.hangup(reason...)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = c.WaitEnded(ctx)
	return err
}

// hangup ends the call, in the loop.
func (c *Call) hangup(reason ...string) {
	switch {
	case c.info.State == Ended || c.hungUp():
	case c.txn != 0:
		c.reject(603, "Decline", reason...)
	case c.info.State == Answered:
		c.bye(reason...)
	default:
		m := &sip.Message{Method: sip.CANCEL}
		for _, r := range reason {
			m.Add(sip.HReason, r)
		}
		c.update(func(i *Info) { i.EndedBy = "us" })
		c.p.feed(stack.Input{Kind: stack.InCancel, Dialog: c.dialog, Msg: m})
	}
}

// hungUp tells whether we have asked for the end.
func (c *Call) hungUp() bool { return c.info.EndedBy == "us" }

// bye sends a BYE; the call is over with its answer.
func (c *Call) bye(reason ...string) {
	m := &sip.Message{Method: sip.BYE}
	for _, r := range reason {
		m.Add(sip.HReason, r)
	}
	c.update(func(i *Info) { i.EndedBy = "us" })
	c.closeAudio()
	c.ask(m, func(*sip.Message, error) {
		// RFC 3261 section 15.1.1: the session is over whatever the answer is.
		c.finish(Info{Reason: reasons(m), EndedBy: "us"})
	})
}

// Hold tells the other side to be silent (RFC 3264 section 8.4: sendonly).
func (c *Call) Hold(ctx context.Context) error { return c.setHold(ctx, true) }

// Resume takes the other side off hold.
func (c *Call) Resume(ctx context.Context) error { return c.setHold(ctx, false) }

func (c *Call) setHold(ctx context.Context, hold bool) error {
	before := 0
	return c.await(ctx, func() (*sip.Message, error) {
		before = c.sess.dir
		c.sess.dir = dirBoth
		if hold {
			c.sess.dir = dirSend
		}
		m := &sip.Message{Method: sip.INVITE}
		m.Add(sip.HContact, c.p.contact())
		describe(m, c.sess.offer())
		return m, nil
	}, func(resp *sip.Message, err error) error {
		if err == nil {
			_, err = c.sess.hear(resp.Body)
		}
		if err != nil {
			c.sess.dir = before // RFC 3261 section 14.1: the session stays as it was
			return err
		}
		c.update(func(i *Info) { i.Held, i.Codec = hold, c.sess.codec })
		c.setAudio()
		kind := EvResumed
		if hold {
			kind = EvHeld
		}
		c.p.event(Event{Kind: kind, Call: c.ref, Peer: c.info.Peer, By: "us"})
		return nil
	})
}

// Transfer asks the other side to call somebody else (RFC 5589 section 6,
// blind). It returns when the other side has accepted that; Info.Transfer tells
// what became of it.
func (c *Call) Transfer(ctx context.Context, target string) error {
	uri, err := c.p.target(target)
	if err != nil {
		return err
	}
	return c.await(ctx, func() (*sip.Message, error) {
		c.update(func(i *Info) { i.Transfer = 0 })
		m := &sip.Message{Method: sip.REFER}
		m.Add(sip.HContact, c.p.contact())
		m.Add(sip.HReferTo, "<"+uri+">")
		m.Add(sip.HReferredBy, "<"+c.p.URI()+">")
		return m, nil
	}, func(_ *sip.Message, err error) error { return err })
}

// WaitTransfer waits until the target of a transfer has answered, and returns
// its final code. A call that ends meanwhile gives the last code known and ErrEnded.
func (c *Call) WaitTransfer(ctx context.Context) (int, error) {
	i, err := c.Wait(ctx, func(i Info) bool { return i.Transfer >= 200 })
	return i.Transfer, err
}

// Send sends any request in the call and returns its final response: INFO,
// MESSAGE, UPDATE and what a test may think of. A refusal is a *Refused.
func (c *Call) Send(ctx context.Context, m *sip.Message) (*sip.Message, error) {
	var resp *sip.Message
	err := c.await(ctx, func() (*sip.Message, error) { return m, nil }, func(r *sip.Message, err error) error {
		resp = r
		return err
	})
	return resp, err
}

// infoDigit takes a digit from an INFO (application/dtmf-relay, the way of old).
func (c *Call) infoDigit(m *sip.Message) {
	for line := range strings.Lines(m.Body) {
		name, v, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "Signal") {
			c.digits(strings.TrimSpace(v))
		}
	}
}

func (c *Call) digits(keys string) {
	if keys == "" {
		return
	}
	c.update(func(i *Info) { i.Digits += keys })
	c.p.event(Event{Kind: EvDigit, Call: c.ref, Text: keys})
}
