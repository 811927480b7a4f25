package stack

import (
	"errors"
	"strings"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// packet takes a datagram or a message from a stream.
func (e *Endpoint) packet(text string) {
	m, err := e.parse(text)
	if m == nil {
		e.note(-4, "not a SIP message: "+errText(err))
		if e.flow.Transport.Reliable() {
			// What follows on this stream cannot be trusted to begin where a message begins (section 18.3).
			e.emit(Action{Kind: ActCloseFlow, Flow: e.flow})
		}
		return
	}
	if err == nil {
		err = m.Check()
	}
	if m.IsRequest() {
		e.request(m, err)
		return
	}
	if err != nil {
		// RFC 3261 section 8.1.1 by way of 18.1.2: what cannot be read cannot be matched.
		e.note(-4, "malformed response dropped: "+errText(err))
		return
	}
	e.response(m)
}

// parse reads a message. Nobody keeps a response or an ACK beyond the Step that
// it came in and what follows from it at once, so that one message serves for
// all of them; other requests are kept until they are answered, and longer.
func (e *Endpoint) parse(text string) (*sip.Message, error) {
	if len(text) > sip.MaxMessage || !strings.HasPrefix(text, "SIP/2.0 ") && !strings.HasPrefix(text, "ACK ") {
		return sip.ParseString(text)
	}
	m := &e.brief
	err := sip.ParseInto(m, text)
	if m.Method == "" && m.Status == 0 {
		return nil, err
	}
	return m, err
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// response matches a response to the request it answers (RFC 3261 section 17.1.3).
func (e *Endpoint) response(m *sip.Message) {
	n := 0
	var top string
	for v := range m.Values(sip.HVia) {
		if n == 0 {
			top = v
		}
		n++
	}
	// "If there is more than one Via header field value in a response, the UAC SHOULD discard the message" (8.1.3.3).
	if n != 1 {
		e.note(-4, "response with a number of Vias that is not 1 dropped")
		return
	}
	via, err := sip.ParseVia(top)
	if err != nil {
		return
	}
	id, random, ok := readBranch(via.Branch())
	c := e.clients.get(id)
	if !ok || c == nil || c.random != random {
		// RFC 6026 section 7.2: "Any response received that does not match an existing client transaction state machine is simply dropped".
		e.note(-4, "response without a request dropped")
		return
	}
	// "the response MUST be silently discarded" if sent-by is not ours (18.1.2).
	if c.face == nil || !c.face.isSentBy(&via) {
		return
	}
	cseq, err := m.CSeq()
	if err != nil {
		return
	}
	// "the method parameter in the CSeq header field matches the method of the request that created the
	// transaction. The method is needed since a CANCEL request ... shares the same value of the branch" (17.1.3).
	if cseq.Method == sip.CANCEL && c.method != sip.CANCEL {
		if c = e.clients.get(uint64(c.cancel)); c == nil {
			return
		}
	}
	if c.method != cseq.Method || c.seq != cseq.Seq {
		return
	}
	e.answered(c, m)
}

// request takes a request; bad says what is wrong with it.
func (e *Endpoint) request(m *sip.Message, bad error) {
	via, err := e.fixVia(m)
	if err != nil {
		e.note(-4, "request without a usable Via dropped: "+err.Error())
		return
	}
	k, merged := e.keysOf(m, &via)
	s := e.servers.get(uint64(e.byKey.get(k)))
	if s != nil && m.Method != sip.CANCEL {
		e.repeated(s, m)
		return
	}
	if m.Method == sip.ACK {
		e.ack(m, bad)
		return
	}
	r := received{m: m, via: via, key: k, merged: merged, flow: e.answerFlow(&via)}
	if !reachable(r.flow.Remote.Addr()) || r.flow.Remote.Port() == 0 {
		e.note(-4, "request from an address that no answer can go to dropped")
		return
	}
	if v := e.answerable(m); v != "" {
		e.note(-4, "request without "+v+" dropped: "+errText(bad))
		return
	}
	if m.Method == sip.CANCEL {
		e.cancelled(&r, s, bad)
		return
	}
	if m.ToTag() != "" && m.Method != sip.REGISTER && m.Method != sip.SUBSCRIBE {
		e.inDialog(&r, bad)
		return
	}
	e.outside(&r, bad)
}

// A received is a request in hand.
type received struct {
	m      *sip.Message
	via    sip.Via
	key    key
	merged key // zero: none
	flow   sip.Flow
}

// answerable says which of the headers is missing without which no answer can be made.
func (e *Endpoint) answerable(m *sip.Message) string {
	for _, id := range [...]sip.HeaderID{sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq} {
		if m.Get(id) == "" {
			return id.String()
		}
	}
	return ""
}

// repeated takes a request that matches a server transaction: a retransmission, or the ACK to an INVITE's final.
func (e *Endpoint) repeated(s *server, m *sip.Message) {
	in := txn.InRequest
	if m.Method == sip.ACK {
		in = txn.InAck
	}
	again := 0
	if in == txn.InAck {
		if s.acks++; s.acks > 1 {
			again = s.acks - 1
		}
	} else {
		s.came++
		again = s.came
	}
	e.journal(s.dlg, s.ref, m, again)
	s.pending = m
	e.stepServer(s, txn.Input{Kind: in})
	s.pending = nil
}

// ack takes an ACK that matches no transaction: one to a 2xx, or nothing. An ACK is never answered.
func (e *Endpoint) ack(m *sip.Message, bad error) {
	if bad != nil {
		e.note(-4, "malformed ACK dropped: "+errText(bad))
		return
	}
	if g := e.dialogOf(m); g != nil && g.d != nil {
		e.journal(g.id, g.ref, m, 0)
		e.stepDialog(g, dialog.Input{Kind: dialog.InReceive, Msg: m})
	}
}

// journal tells the shell of a message that belongs to a dialog or an INVITE.
func (e *Endpoint) journal(id dialog.ID, ref uint64, m *sip.Message, again int) {
	if id != 0 {
		e.emit(Action{Kind: ActReceived, Dialog: id, Ref: e.refOf(id, ref), Flow: e.flow, Msg: m, Method: m.Method, Again: again})
	}
}

// inDialog takes a request with a To tag (RFC 3261 section 12.2.2).
func (e *Endpoint) inDialog(r *received, bad error) {
	g := e.dialogOf(r.m)
	if g == nil && e.subscribed(r.m) {
		e.outside(r, bad)
		return
	}
	if g == nil || g.d == nil {
		// "If the request has a tag in the To header field, but the dialog identifier does not match any existing
		// dialogs ... reject the request with a 481" (12.2.2).
		e.refuse(r, nil, 481, "")
		return
	}
	e.journal(g.id, g.ref, r.m, 0)
	if bad != nil && isContactMissing(bad) {
		bad = nil // the remote target stays as it was
	}
	if v := e.examine(r.m, bad, true); v.code != 0 {
		e.refuse(r, g, v.code, v.text)
		return
	}
	if g.peer.Transport != sip.NoTransport {
		g.peer = e.flow // the peer behind a NAT, or its connection, has moved
	}
	s := e.newServer(r)
	s.dlg, s.ref = g.id, g.ref
	e.stepDialog(g, dialog.Input{Kind: dialog.InReceive, Txn: uint64(s.id), Msg: r.m})
}

// subscribed tells whether a request may be of a subscription that the endpoint's user made. A SUBSCRIBE is given to
// it anyway.
func (e *Endpoint) subscribed(m *sip.Message) bool {
	return e.opt.Events && m.ToTag() != "" && m.Method == sip.NOTIFY
}

// isContactMissing tells whether an INVITE's only fault is to have no Contact.
func isContactMissing(err error) bool {
	var p *sip.ParseError
	return errors.As(err, &p) && p.Kind == sip.Missing && p.Header == sip.HContact
}

// outside takes a request outside a dialog.
func (e *Endpoint) outside(r *received, bad error) {
	if e.opt.MaxTxns > 0 && e.servers.live >= e.opt.MaxTxns {
		// Section 21.5.4: overloaded. What belongs to a dialog is still taken, so that calls can end.
		e.refuse(r, nil, 503, "")
		return
	}
	// "If the request has no tag in the To header field, the UAS core MUST check the request against ongoing
	// transactions. If the From tag, Call-ID, and CSeq exactly match ... but the request does not match that
	// transaction ... the UAS core SHOULD generate a 482" (8.2.2.2).
	if r.merged != (key{}) && e.merged.get(r.merged) != 0 {
		e.refuse(r, nil, 482, "")
		return
	}
	switch r.m.Method {
	case sip.BYE, sip.PRACK, sip.UPDATE, sip.INFO, sip.NOTIFY:
		// They live in a dialog only: "If the BYE does not match an existing dialog, the UAS core SHOULD generate a 481"
		// (15.1.2); RFC 3262 section 3, RFC 3311 section 5.2, RFC 6086 section 4.2.2 and RFC 6665 section 4.1.3 say the same.
		if bad == nil && !e.subscribed(r.m) {
			e.refuse(r, nil, 481, "")
			return
		}
	}
	v := e.examine(r.m, bad, false)
	if r.m.Method == sip.INVITE {
		e.invited(r, v)
		return
	}
	if v.code != 0 {
		e.refuse(r, nil, v.code, v.text)
		return
	}
	s := e.newServer(r)
	e.emit(Action{Kind: ActRequest, Txn: s.id, Msg: r.m, Flow: e.flow, Method: r.m.Method})
}

// invited takes an initial INVITE. What is wrong with it is told to the user,
// who answers: a call that is refused has a record too, after authentication.
func (e *Endpoint) invited(r *received, v verdict) {
	s := e.newServer(r)
	g := e.newEntry(0)
	g.server = s.id
	s.dlg, s.refuse = g.id, v.code
	e.journal(g.id, 0, r.m, 0)
	if v.code == 0 {
		f := e.faceFor(e.flow.Transport, e.flow.Local, e.flow.Remote.Addr())
		d, err := dialog.NewUAS(e.dialogOptions(f, uint64(g.id), g.random), r.m)
		if err != nil {
			v = verdict{400, err.Error(), err}
			var p *sip.ParseError
			if errors.As(err, &p) {
				v.code = p.Code
			}
			s.refuse = v.code
		} else {
			g.d = d
			e.sawPeer(g, r.m, &r.via)
			e.stepDialog(g, dialog.Input{Kind: dialog.InReceive, Txn: uint64(s.id), Msg: r.m})
			return
		}
	}
	e.emit(Action{Kind: ActRequest, Dialog: g.id, Txn: s.id, Msg: r.m, Flow: e.flow, Method: sip.INVITE, Refuse: v.code, Text: v.text, Err: v.err})
}
