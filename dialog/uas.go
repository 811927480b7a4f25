package dialog

import (
	"slices"
	"time"

	"onhook/sip"
)

// receive takes a request of the peer.
func (d *Dialog) receive(out []Action, now time.Time, in Input) []Action {
	m := in.Msg
	cseq, err := m.CSeq()
	if err != nil {
		return d.refuse(out, in, 400, "")
	}
	if m.Method == sip.ACK {
		return d.gotAck(out, m, cseq.Seq)
	}
	s := server{txn: in.Txn, seq: cseq.Seq, req: m}
	if !d.uac && d.state == Calling && len(d.servers) == 0 && m.Method == sip.INVITE {
		s.initial = true
		return d.take(out, s)
	}
	if d.state == Calling {
		return d.refuse(out, in, 481, "") // no dialog yet, so no request can be in it
	}
	if d.hasRemoteSeq && cseq.Seq < d.remoteSeq {
		// RFC 3261 section 12.2.2: "If ... the sequence number of the request is lower than the remote
		// sequence number, the request is out of order and MUST be rejected with a 500".
		return d.refuse(out, in, 500, "")
	}
	// Section 12.2.2: an empty remote sequence number is set by the first request.
	d.remoteSeq, d.hasRemoteSeq = cseq.Seq, true
	switch {
	case m.Method == sip.BYE:
		return d.gotBye(out, s)
	case d.state == Ending || d.released:
		return d.refuse(out, in, 481, "")
	case m.Method == sip.PRACK:
		return d.gotPrack(out, now, s)
	}
	switch d.glare(m) {
	case 491:
		return d.refuse(out, in, 491, "")
	case 500:
		// RFC 3261 section 14.2, RFC 3311 section 5.2: 500 with a Retry-After of 0 to 10 s.
		return d.refuse(out, in, 500, d.retryAfter())
	}
	if v := m.Get(sip.HAllow); v != "" {
		d.peerAllow = v
	}
	return d.take(out, s)
}

// take opens a request for the user.
func (d *Dialog) take(out []Action, s server) []Action {
	if s.req.Method == sip.INVITE || s.req.Method == sip.UPDATE {
		if r := d.tooSmall(s.req); r != nil {
			out = append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: r})
			if s.initial {
				return d.terminate(out)
			}
			return out
		}
		d.gotSDP(&s)
	}
	d.servers = append(d.servers, s)
	return append(out, Action{Kind: ActRequest, Txn: s.txn, Msg: s.req})
}

// refuse answers a request by the dialog itself.
func (d *Dialog) refuse(out []Action, in Input, code int, retryAfter string) []Action {
	text := phrase(code)
	if code == 500 {
		text = "Server Internal Error"
	}
	r := d.reply(in.Msg, code, text)
	if d.opt.Product != "" {
		r.Add(sip.HServer, d.opt.Product)
	}
	if retryAfter != "" {
		r.Add(sip.HRetryAfter, retryAfter)
	}
	return append(out, Action{Kind: ActRespond, Txn: in.Txn, Msg: r})
}

// gotBye takes a BYE, also before our ACK came or in an early dialog (section 15.1.2).
func (d *Dialog) gotBye(out []Action, s server) []Action {
	d.state = Ending
	d.two, d.session, d.retryAt = twoHundred{}, session{}, time.Time{}
	d.bye = nil
	if d.released {
		return append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(&s, &sip.Message{Status: 200})})
	}
	d.servers = append(d.servers, s)
	return append(out, Action{Kind: ActRequest, Txn: s.txn, Msg: s.req})
}

// respond takes the user's answer to a request.
func (d *Dialog) respond(out []Action, now time.Time, in Input) []Action {
	for i := range d.servers {
		if d.servers[i].txn != in.Txn {
			continue
		}
		s := &d.servers[i]
		if s.req.Method == sip.INVITE {
			return d.respondInvite(out, now, i, in)
		}
		r := d.complete(s, in.Msg)
		if in.Msg.Status < 200 {
			return append(out, Action{Kind: ActRespond, Txn: in.Txn, Msg: r})
		}
		return d.respondOther(out, now, i, r)
	}
	return note(out, -4, "an answer to a request that has one already, or that the dialog's end has answered")
}

func (d *Dialog) respondOther(out []Action, now time.Time, i int, r *sip.Message) []Action {
	s := d.servers[i]
	d.servers = slices.Delete(d.servers, i, i+1)
	if r.Status < 300 {
		d.sentSDP(&s, r)
		if s.req.Method == sip.UPDATE {
			// RFC 6141 section 4.6: the target changes as the 2xx goes.
			d.refreshTarget(s.req)
			d.grantTimer(now, &s, r)
		}
	}
	d.offerRefused(s.seq)
	out = append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: r})
	if s.req.Method == sip.BYE {
		return d.refuseOpen(out)
	}
	return out
}

// respondInvite takes the user's answer to an INVITE.
func (d *Dialog) respondInvite(out []Action, now time.Time, i int, in Input) []Action {
	s := &d.servers[i]
	code := in.Msg.Status
	switch {
	case code == 100:
		return append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(s, in.Msg)})
	case code < 200:
		if s.initial && d.state == Calling {
			d.state = Early
		}
		if d.wantsReliable(s.req, in.Reliable) {
			return d.sendReliable(out, now, s, in.Msg)
		}
		return append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(s, in.Msg)})
	case code < 300 && d.state != Ending:
		if d.rel.msg != nil && d.rel.txn == s.txn && (hasSDP(d.rel.msg) || len(d.rel.queue) > 0) {
			// RFC 3262 section 3: no 2xx while a reliable provisional response with a
			// session description is not acknowledged.
			d.rel.final = in.Msg
			return out
		}
		return d.acceptInvite(out, now, i, in.Msg)
	}
	answer := in.Msg
	if code < 300 {
		answer = &sip.Message{Status: 487} // the BYE has come before
	}
	return d.refuseInvite(out, i, answer)
}

// acceptInvite sends a 2xx (section 13.3.1.4).
func (d *Dialog) acceptInvite(out []Action, now time.Time, i int, user *sip.Message) []Action {
	s := d.servers[i]
	r := d.complete(&s, user)
	d.sentSDP(&s, r)
	d.servers = slices.Delete(d.servers, i, i+1)
	d.rel = reliable{rseq: d.rel.rseq}
	if !s.initial {
		d.refreshTarget(s.req)
	}
	d.state = Confirmed
	d.grantTimer(now, &s, r)
	d.startTwo(now, &s, r)
	return append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: r})
}

// refuseInvite sends a final response that is no 2xx.
func (d *Dialog) refuseInvite(out []Action, i int, user *sip.Message) []Action {
	s := d.servers[i]
	d.servers = slices.Delete(d.servers, i, i+1)
	d.offerRefused(s.seq)
	if d.rel.txn == s.txn {
		// RFC 3262 section 3: once the final response has gone, the provisional ones are not repeated.
		d.rel = reliable{rseq: d.rel.rseq}
	}
	out = append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(&s, user)})
	if s.initial && d.state != Ending {
		return d.terminate(out)
	}
	return out
}
