package phone

import (
	"context"
	"errors"
	"strings"

	"onhook/sip"
	"onhook/stack"
)

// Consult holds a call and calls somebody else from the same phone: Join may
// follow when the other one has answered.
func (c *Call) Consult(ctx context.Context, target string) (*Call, error) {
	if err := c.Hold(ctx); err != nil {
		return nil, err
	}
	return c.p.Call(ctx, target)
}

// Join asks the other side to take our place in another call of this phone that
// is answered, too: an attended transfer (RFC 5589 section 7.3). It returns when the other side has
// accepted that; Info.Transfer tells what became of it.
func (c *Call) Join(ctx context.Context, other *Call) error {
	if other == nil || other == c || other.p != c.p {
		return errors.New("phone: join: want another call of this phone")
	}
	return c.await(ctx, func() (*sip.Message, error) {
		r, ok := c.p.ep.Replaces(other.dialog)
		if !ok || other.info.State != Answered {
			return nil, ErrState
		}
		c.update(func(i *Info) { i.Transfer = 0 })
		m := &sip.Message{Method: sip.REFER}
		m.Add(sip.HContact, c.p.contact())
		m.Add(sip.HReferTo, "<"+other.target+"?Replaces="+sip.EscapeHeader(r.String())+">")
		m.Add(sip.HReferredBy, "<"+c.p.URI()+">")
		return m, nil
	}, func(_ *sip.Message, err error) error { return err })
}

// targetOf is the Contact of a message, where the peer is reached; the other address if it has none.
func targetOf(m *sip.Message, other string) string {
	if a, err := m.Contact(); err == nil {
		uri, _, _ := strings.Cut(a.URIText, "?")
		return uri
	}
	return other
}

// replacesIn is the Replaces value among the headers of a Refer-To URI; empty: none.
func replacesIn(headers string) string {
	for h := range strings.SplitSeq(headers, "&") {
		if name, v, _ := strings.Cut(h, "="); strings.EqualFold(name, "Replaces") {
			return sip.Unescape(v)
		}
	}
	return ""
}

// replaced finds the call that an INVITE is to take the place of; false: the INVITE was refused.
func (p *Phone) replaced(a stack.Action) (*Call, bool) {
	r, has, err := a.Msg.Replaces()
	if !has {
		return nil, true
	}
	status := 400
	if err == nil {
		// RFC 3891 section 3: "if no match is found, the UAS rejects the INVITE and returns a 481".
		status = 481
		if ref, ok := p.ep.Replaced(r); ok {
			c := p.calls[ref]
			switch {
			case c == nil || c.info.State == Ended:
			case c.info.State == Answered && r.EarlyOnly:
				// Section 3: "If the flag is present, the UA rejects the request with a 486 Busy response."
				status = 486
			case c.info.State == Answered || !c.info.Incoming:
				return c, true
			}
			// Section 3: "If the Replaces header field matches an early dialog that was not initiated by this UA, it returns a 481".
		}
	}
	p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: &sip.Message{Status: status}})
	return nil, false
}

// takePlace answers a call that comes in the place of another one: RFC 3891 section
// 3, "it accepts the new INVITE by sending a 200-class response, and shuts down the replaced dialog".
func (c *Call) takePlace(old *Call) {
	c.accept()
	old.hangup()
}
