package dialog

import (
	"time"

	"onhook/sip"
)

// An ack is the ACK to a 2xx, kept for its repetitions.
type ack struct {
	seq  uint32
	msg  *sip.Message
	hop  string
	sent int
}

// ackTwo makes and sends the ACK to a 2xx (RFC 3261 section 13.2.2.4).
func (d *Dialog) ackTwo(out []Action, invite *sip.Message, seq uint32, user *sip.Message) []Action {
	m := &sip.Message{Method: sip.ACK}
	if user != nil {
		m.Body, m.Headers = user.Body, append(m.Headers, user.Headers...)
	}
	// "The ACK MUST contain the same credentials as the INVITE."
	for i := range invite.Headers {
		switch h := &invite.Headers[i]; h.ID {
		case sip.HAuthorization, sip.HProxyAuthorization:
			m.Headers = append(m.Headers, *h)
		}
	}
	// "The sequence number of the CSeq header field MUST be the same as the INVITE being acknowledged."
	r, hop := d.build(m, seq)
	d.acks[1] = d.acks[0]
	d.acks[0] = ack{seq: seq, msg: r, hop: hop}
	return append(out, Action{Kind: ActSend, Msg: r, Hop: hop, Own: true, Method: sip.ACK})
}

// repeatAck sends the ACK again for a repeated 2xx: "an ACK MUST be passed to
// the transport layer every time a 2xx is received". It tells whether there is one.
func (d *Dialog) repeatAck(out *[]Action, seq uint32) bool {
	for i := range d.acks {
		if a := &d.acks[i]; a.msg != nil && a.seq == seq {
			a.sent++
			*out = append(*out, Action{Kind: ActSend, Msg: a.msg, Hop: a.hop, Own: true, Method: sip.ACK, Again: a.sent})
			return true
		}
	}
	return false
}

// sendAnswerAck sends the ACK that holds the user's answer.
func (d *Dialog) sendAnswerAck(out []Action, m *sip.Message) []Action {
	for i := range d.clients {
		if c := &d.clients[i]; c.method == sip.INVITE && c.final {
			inv, seq := c.msg, c.seq
			d.keepSDP(m)
			d.drop(i)
			d.offerRefused(seq)
			return d.ackTwo(out, inv, seq, m)
		}
	}
	return append(out, Action{Kind: ActFailed, Method: sip.ACK, Err: errNoPeer})
}

// A twoHundred is our 2xx to an INVITE, repeated until its ACK comes.
type twoHundred struct {
	txn    uint64
	seq    uint32
	msg    *sip.Message
	next   time.Time
	wait   time.Duration
	giveUp time.Time
	sent   int
}

func (d *Dialog) startTwo(now time.Time, s *server, m *sip.Message) {
	d.two = twoHundred{txn: s.txn, seq: s.seq, msg: m, next: now.Add(d.opt.T1), wait: d.opt.T1, giveUp: now.Add(64 * d.opt.T1)}
}

// repeatTwo sends the 2xx again (section 13.3.1.4): after T1, then at doubling
// intervals up to T2, over every transport; after 64*T1 without an ACK the session ends.
func (d *Dialog) repeatTwo(out []Action, now time.Time) []Action {
	t := &d.two
	for due(t.next, now) {
		if !now.Before(t.giveUp) {
			released := d.bye != nil
			d.two = twoHundred{}
			d.offer = offer{}
			if released {
				return out // flush sends the BYE now: "or until the server transaction times out"
			}
			return d.end(out, WhyNoAck)
		}
		t.sent++
		out = append(out, Action{Kind: ActTimer, Name: "2xx"}, Action{Kind: ActRespond, Txn: t.txn, Msg: t.msg, Again: t.sent})
		t.wait = min(2*t.wait, d.opt.T2)
		t.next = t.next.Add(t.wait)
		if t.next.After(t.giveUp) {
			t.next = t.giveUp
		}
	}
	return out
}

// gotAck takes an ACK to a 2xx of ours.
func (d *Dialog) gotAck(out []Action, m *sip.Message, seq uint32) []Action {
	if d.two.msg == nil || seq != d.two.seq {
		return out
	}
	d.two = twoHundred{}
	// An offer in our 2xx is answered here, or never: without an answer the session stays as it was.
	d.offerRefused(seq)
	return append(out, Action{Kind: ActAck, Msg: m})
}
