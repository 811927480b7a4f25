package dialog

import (
	"errors"
	"slices"
	"time"

	"onhook/sip"
)

// The errors of ActFailed for what InSend asked.
var (
	errQueue  = errors.New("dialog: the request waited 32 s for another transaction to end, want one INVITE or offer at a time (RFC 3261 section 14.1)")
	errState  = errors.New("dialog: no such request in this state of the dialog")
	errOver   = errors.New("dialog: the dialog ended while the request waited")
	errNoPeer = errors.New("dialog: an ACK or PRACK without a response that waits for it")
)

// send takes a request of the user.
func (d *Dialog) send(out []Action, now time.Time, m *sip.Message) []Action {
	switch m.Method {
	case sip.ACK:
		return d.sendAnswerAck(out, m)
	case sip.PRACK:
		return d.sendAnswerPrack(out, m)
	case sip.BYE:
		return d.sendBye(out, m, false)
	case sip.INVITE:
		if d.uac && d.remoteTag == "" && d.state == Calling {
			return d.sendInitial(out, now, m)
		}
	}
	if d.state == Calling || d.state == Ending || m.Method == sip.INVITE && d.state == Early {
		return append(out, Action{Kind: ActFailed, Method: m.Method, Err: errState})
	}
	if d.mustWait(m) {
		d.queue = append(d.queue, queued{m, now.Add(64 * d.opt.T1)})
		return out
	}
	return d.sendIn(out, m, false)
}

// sendIn sends a request in the dialog by a new transaction.
func (d *Dialog) sendIn(out []Action, m *sip.Message, own bool) []Action {
	seq := d.nextSeq()
	r, hop := d.build(m, seq)
	if m.Method == sip.INVITE || m.Method == sip.UPDATE {
		d.askTimer(r)
		if hasSDP(m) {
			d.offer = offer{state: offerSent, seq: seq}
			d.keepSDP(m)
		}
	}
	d.clients = append(d.clients, client{seq: seq, method: m.Method, own: own, msg: r})
	return append(out, Action{Kind: ActSend, Msg: r, Hop: hop, Own: own, Method: m.Method})
}

// mustWait tells whether a request may not go yet.
func (d *Dialog) mustWait(m *sip.Message) bool {
	switch m.Method {
	case sip.INVITE:
		// RFC 3261 section 14.1: no new INVITE while another INVITE transaction is in
		// progress in either direction. RFC 6337 section 4.2.2: nor an UPDATE.
		return d.clientOf(sip.INVITE) != nil || d.clientOf(sip.UPDATE) != nil || d.serverOf(sip.INVITE) != nil ||
			d.serverOf(sip.UPDATE) != nil || d.two.msg != nil || d.offer.state != offerNone
	case sip.UPDATE:
		// RFC 3311 section 5.1: no UPDATE with an offer while one is open in either direction;
		// RFC 6337 section 4.2.2: one UPDATE at a time.
		return d.clientOf(sip.UPDATE) != nil || d.serverOf(sip.UPDATE) != nil || hasSDP(m) && (d.offer.state != offerNone || d.initialOpen())
	}
	return false
}

// initialOpen tells whether the first offer and answer are still to come, so that no UPDATE may offer (RFC 3311 section 5.1).
func (d *Dialog) initialOpen() bool {
	if d.state != Early {
		return false
	}
	if c := d.clientOf(sip.INVITE); c != nil {
		return !c.sdp
	}
	if s := d.serverOf(sip.INVITE); s != nil {
		// "... has received a PRACK for that reliable provisional response".
		return !s.sdp || d.rel.msg != nil && hasSDP(d.rel.msg)
	}
	return false
}

// flush sends what waited, in order, as far as it may go now.
func (d *Dialog) flush(out []Action, now time.Time) []Action {
	if d.bye != nil && d.two.msg == nil {
		m := d.bye
		d.bye = nil
		out = d.sendBye(out, m, d.released)
	}
	for len(d.queue) > 0 {
		q := d.queue[0]
		var err error
		switch {
		case d.state != Early && d.state != Confirmed:
			err = errOver
		case due(q.until, now):
			err = errQueue
		case d.mustWait(q.msg):
			return out
		}
		d.queue = d.queue[1:]
		if err != nil {
			out = append(out, Action{Kind: ActFailed, Method: q.msg.Method, Err: err})
			continue
		}
		out = d.sendIn(out, q.msg, false)
	}
	return out
}

// sendBye ends the dialog (section 15.1.1).
func (d *Dialog) sendBye(out []Action, m *sip.Message, own bool) []Action {
	switch {
	case d.state == Ending:
		return append(out, Action{Kind: ActFailed, Method: sip.BYE, Err: errState})
	case d.state == Calling, d.state == Early && !d.uac:
		// Section 15: the caller may send BYE in an early dialog, the callee must
		// not; and nobody may outside a dialog.
		return append(out, Action{Kind: ActFailed, Method: sip.BYE, Err: errState})
	case d.two.msg != nil:
		// Section 15: the callee must not send BYE until it has received the ACK
		// for its 2xx or until the server transaction times out.
		d.bye = m
		return out
	}
	for i := range d.clients {
		// A 2xx whose ACK waited for an answer gets it now, without one, and the BYE after it.
		if c := &d.clients[i]; c.final && c.method == sip.INVITE {
			out = d.ackTwo(out, c.msg, c.seq, nil)
			d.drop(i)
			break
		}
	}
	d.state = Ending
	d.session, d.retryAt = session{}, time.Time{}
	out = d.sendIn(out, m, own)
	return d.refuseOpen(out)
}

// refuseOpen answers what the peer still waits for when the dialog ends.
func (d *Dialog) refuseOpen(out []Action) []Action {
	kept := d.servers[:0]
	for _, s := range d.servers {
		if s.initial || s.req.Method == sip.BYE {
			kept = append(kept, s)
			continue
		}
		// Section 15.1.2: pending requests are answered, 487 recommended.
		out = append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(&s, &sip.Message{Status: 487})})
	}
	d.servers = kept
	return out
}

// release takes the user's word that it wants no more of the dialog.
func (d *Dialog) release(out []Action, now time.Time) []Action {
	d.released = true
	switch d.state {
	case Confirmed:
		return d.sendBye(out, &sip.Message{Method: sip.BYE}, true)
	case Calling, Early:
		if !d.uac {
			for i := range d.servers {
				if d.servers[i].initial {
					return d.respond(out, now, Input{Kind: InRespond, Txn: d.servers[i].txn, Msg: &sip.Message{Status: 480}})
				}
			}
			return d.terminate(out)
		}
		if d.clientOf(sip.INVITE) == nil {
			return d.terminate(out)
		}
	}
	return out
}

// clientOf returns our open request of that method, or nil.
func (d *Dialog) clientOf(m sip.Method) *client {
	for i := range d.clients {
		if d.clients[i].method == m {
			return &d.clients[i]
		}
	}
	return nil
}

// serverOf returns the peer's open request of that method, or nil.
func (d *Dialog) serverOf(m sip.Method) *server {
	for i := range d.servers {
		if d.servers[i].req.Method == m {
			return &d.servers[i]
		}
	}
	return nil
}

func (d *Dialog) find(seq uint32, m sip.Method) int {
	for i := range d.clients {
		if d.clients[i].seq == seq && d.clients[i].method == m {
			return i
		}
	}
	return -1
}

func (d *Dialog) drop(i int) { d.clients = slices.Delete(d.clients, i, i+1) }
