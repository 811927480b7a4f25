package phone

import (
	"strconv"
	"strings"

	"onhook/sip"
	"onhook/stack"
)

// referred takes the peer's REFER: we call the target and tell the peer how it
// goes (RFC 3515 section 2.4).
func (c *Call) referred(a stack.Action, m *sip.Message) {
	to, err := a.Msg.ReferTo()
	if err != nil {
		m.Status, m.Phrase = 400, "Bad Refer-To"
		c.p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: m})
		return
	}
	m.Status, m.Phrase = 202, "Accepted"
	m.Add(sip.HContact, c.p.contact())
	c.p.feed(stack.Input{Kind: stack.InRespond, Txn: a.Txn, Msg: m})
	uri, headers, _ := strings.Cut(to.URIText, "?")
	c.p.event(Event{Kind: EvReferred, Call: c.ref, Peer: uri})
	// Section 2.4.4: the first NOTIFY goes at once.
	c.tell(100, "Trying", false)
	var o CallOptions
	if by := a.Msg.Get(sip.HReferredBy); by != "" {
		o.Headers = append(o.Headers, sip.Header{ID: sip.HReferredBy, Value: by})
	}
	if r := replacesIn(headers); r != "" {
		// RFC 5589 section 7.3: the INVITE that the REFER asks for has the Replaces of the Refer-To's URI.
		o.Headers = append(o.Headers, sip.Header{ID: sip.HReplaces, Value: r})
	}
	to2, err := c.p.dial(uri, o)
	if err != nil {
		c.tell(503, "Service Unavailable", true)
		return
	}
	told := 100
	to2.notify = func(i Info) {
		if i.Code == told || i.Code < 180 {
			return
		}
		told = i.Code
		over := i.State >= Answered
		c.tell(i.Code, i.Phrase, over)
		if over {
			to2.notify = nil
		}
	}
}

// tell sends a NOTIFY about a transfer (RFC 3515 section 2.4.5).
func (c *Call) tell(code int, phrase string, over bool) {
	if c.info.State != Answered {
		return
	}
	m := &sip.Message{Method: sip.NOTIFY}
	m.Add(sip.HContact, c.p.contact())
	m.Add(sip.HEvent, "refer")
	state := "active;expires=60"
	if over {
		state = "terminated;reason=noresource"
	}
	m.Add(sip.HSubscriptionState, state)
	m.Add(sip.HContentType, "message/sipfrag;version=2.0")
	m.Body = "SIP/2.0 " + strconv.Itoa(code) + " " + phrase + "\r\n"
	c.ask(m, func(*sip.Message, error) {})
}

// notified takes the peer's NOTIFY about a transfer that we asked for.
func (c *Call) notified(n, m *sip.Message) {
	event, _, _ := strings.Cut(n.Get(sip.HEvent), ";")
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		m.Status, m.Phrase = 489, "Bad Event"
		return
	}
	rest, ok := strings.CutPrefix(n.Body, "SIP/2.0 ")
	if !ok {
		return
	}
	digits, phrase, _ := strings.Cut(strings.TrimSpace(rest), " ")
	code, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	phrase, _, _ = strings.Cut(phrase, "\r\n")
	c.update(func(i *Info) { i.Transfer = code })
	c.p.event(Event{Kind: EvTransfer, Call: c.ref, Code: code, Text: phrase})
}
