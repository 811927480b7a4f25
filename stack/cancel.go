package stack

import (
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// cancelled takes a CANCEL (RFC 3261 section 9.2); s is the INVITE's transaction, if there is one.
func (e *Endpoint) cancelled(r *received, s *server, bad error) {
	if bad != nil {
		v := e.examine(r.m, bad, true)
		e.refuse(r, nil, v.code, v.text)
		return
	}
	// A CANCEL is not authenticated, so it must come from where its INVITE came from.
	if s == nil || s.method != sip.INVITE || s.flow.Remote.Addr() != e.flow.Remote.Addr() || s.flow.Transport != e.flow.Transport {
		// "If the UAS did not find a matching transaction for the CANCEL ... it SHOULD respond to the CANCEL with a 481".
		e.refuse(r, nil, 481, "")
		return
	}
	g := e.dialogs.get(uint64(s.dlg))
	again := 0
	if s.canceled {
		again = 1
	}
	e.journal(s.dlg, s.ref, r.m, again)
	// "the UAS answers the CANCEL request itself with a 200 (OK) response ... the To tag of the response to the
	// CANCEL and the To tag in the response to the original request SHOULD be the same".
	tag := e.steadyTag(r.key)
	if g != nil && g.d != nil {
		tag = g.d.LocalTag()
	}
	m := e.reply(r.m, 200, "", tag)
	e.emit(Action{Kind: ActSend, Flow: r.flow, Data: e.print(m), Msg: m, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Method: sip.CANCEL, Again: again})
	// "If it has [issued a final response], the CANCEL request has no effect on the processing of the original request".
	if !s.canceled && s.status < 200 {
		s.canceled = true
		e.emit(Action{Kind: ActCancelled, Dialog: s.dlg, Ref: e.refOf(s.dlg, s.ref), Txn: s.id, Msg: r.m})
	}
}

// cancelInvite is the user's wish to cancel an INVITE of ours (section 9.1).
func (e *Endpoint) cancelInvite(c *client, extra *sip.Message) {
	if c.wantCancel || c.status >= 200 {
		return
	}
	c.wantCancel = true
	if extra == nil {
		extra = &sip.Message{}
	}
	c.cancelMsg = extra
	switch {
	case len(c.data) == 0:
		// Nothing was sent yet: there is nothing to cancel, and nothing will be sent.
		e.giveUp(c, "cancel")
	case c.invite.State() == txn.Proceeding:
		e.sendCancel(c)
	}
	// "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the client MUST
	// wait for the arrival of a provisional response" (9.1).
}

// sendCancel sends the CANCEL of an INVITE by a transaction of its own.
func (e *Endpoint) sendCancel(c *client) {
	// "The following procedures are used to construct a CANCEL request. The Request-URI, Call-ID, To, the numeric part
	// of CSeq, and From header fields in the CANCEL request MUST be identical ... A CANCEL constructed by a client MUST
	// have only a single Via header field value matching the top Via value in the request being cancelled" (9.1).
	m := e.hopByHop(c.msg, sip.CANCEL, "")
	for i := range c.cancelMsg.Headers {
		switch h := c.cancelMsg.Headers[i]; h.ID {
		case sip.HVia, sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq, sip.HMaxForwards, sip.HRoute, sip.HContentLength, sip.HRequire, sip.HProxyRequire:
		default:
			m.Headers = append(m.Headers, h)
		}
	}
	if e.opt.Product != "" && !m.Has(sip.HUserAgent) {
		m.Add(sip.HUserAgent, e.opt.Product)
	}
	k := &client{
		method: sip.CANCEL, seq: c.seq, dlg: c.dlg, ref: c.ref, own: true, msg: m, flow: c.flow,
		random: e.rnd.Uint64(), cancelOf: c.id,
	}
	k.id = txn.ID(e.clients.add(k))
	k.user = k.id
	c.cancel = k.id
	k.other = txn.NewClient(e.now, e.opt.Timers, c.flow.Transport.Reliable())
	k.data = e.print(m)
	e.emit(Action{Kind: ActSend, Flow: k.flow, Data: k.data, Msg: m, Txn: k.id, Dialog: k.dlg, Ref: e.refOf(k.dlg, k.ref), Method: sip.CANCEL})
	e.scheduleClient(k)
	// "If there is no final response for the original request in 64*T1 seconds ... the client SHOULD then consider the
	// original transaction cancelled and SHOULD destroy the client transaction" (9.1).
	c.cancelAt = e.now.Add(64 * e.opt.Timers.T1)
	e.scheduleClient(c)
}

// hopByHop makes the CANCEL, or the ACK to a final response, that goes with an
// INVITE (sections 9.1 and 17.1.1.3). to is the To of the response, empty: the INVITE's own.
func (e *Endpoint) hopByHop(invite *sip.Message, method sip.Method, to string) *sip.Message {
	m := &sip.Message{Method: method, URI: invite.URI, Headers: make([]sip.Header, 0, 10)}
	via := false
	for i := range invite.Headers {
		h := &invite.Headers[i]
		v := h.Value
		switch h.ID {
		case sip.HVia:
			// "The ACK MUST contain a single Via header field, and this MUST be equal to the top Via header field of the original request" (17.1.1.3).
			if via {
				continue
			}
			via = true
		case sip.HTo:
			if to != "" {
				v = to
			}
		case sip.HRoute, sip.HFrom, sip.HCallID:
		case sip.HCSeq:
			c, err := invite.CSeq()
			if err != nil {
				continue
			}
			v = sip.CSeq{Seq: c.Seq, Method: method}.String()
		default:
			continue
		}
		m.Headers = append(m.Headers, sip.Header{ID: h.ID, Value: v})
	}
	m.Add(sip.HMaxForwards, "70")
	return m
}

// noFinalAfterCancel ends an INVITE whose 487 never came.
func (e *Endpoint) noFinalAfterCancel(c *client) {
	c.cancelAt = time.Time{}
	e.emit(Action{Kind: ActTimer, Dialog: c.dlg, Ref: e.refOf(c.dlg, c.ref), Txn: c.user, Method: sip.INVITE, Timer: "cancel"})
	e.giveUp(c, "cancel")
}

// giveUp ends a request of ours without a response: its dialog and user hear of a timeout of that name.
func (e *Endpoint) giveUp(c *client, name string) {
	e.over(c, dialog.Input{Kind: dialog.InTimeout, Txn: uint64(c.user), Msg: c.msg, Name: name})
	e.dropClient(c)
}
