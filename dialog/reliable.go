package dialog

import (
	"time"

	"onhook/sip"
)

// A reliable is what we send of RFC 3262 as UAS: one reliable provisional
// response at a time, repeated until its PRACK.
type reliable struct {
	txn    uint64
	seq    uint32
	rseq   uint32 // the last one used; 0: none yet
	msg    *sip.Message
	next   time.Time
	wait   time.Duration
	giveUp time.Time
	sent   int
	queue  []*sip.Message // the user's responses behind the one that waits for PRACK
	final  *sip.Message   // the user's 2xx, likewise
}

// A reliableIn is what we get of RFC 3262 as UAC.
type reliableIn struct {
	rseq  uint32 // the last in order; 0: none yet
	cseq  uint32 // the INVITE it answers
	waits bool   // the PRACK waits for the user's answer
}

// wantsReliable tells whether a provisional response goes reliably.
func (d *Dialog) wantsReliable(invite *sip.Message, wanted bool) bool {
	if !d.opt.does("100rel") {
		return false
	}
	// RFC 3262 section 3: MUST if the request requires 100rel, MUST NOT if it does not support it.
	if invite.HasToken(sip.HRequire, "100rel") {
		return true
	}
	return wanted && invite.HasToken(sip.HSupported, "100rel")
}

// sendReliable sends a provisional response that wants a PRACK, or queues it:
// "The UAS MUST NOT send a second reliable provisional response until the first is acknowledged."
func (d *Dialog) sendReliable(out []Action, now time.Time, s *server, user *sip.Message) []Action {
	if d.rel.msg != nil {
		d.rel.queue = append(d.rel.queue, user)
		return out
	}
	if d.rel.rseq == 0 {
		// "The value of the header field for the first reliable provisional response MUST be between 1 and 2**31 - 1", at random.
		d.rel.rseq = uint32(d.opt.Rand.Uint64()&0x3fffffff) + 1
	} else {
		d.rel.rseq++
	}
	r := d.complete(s, user)
	r.Add(sip.HRequire, "100rel")
	r.Add(sip.HRSeq, utoa(d.rel.rseq))
	d.sentSDP(s, r)
	if !s.initial {
		d.refreshTarget(s.req) // RFC 6141 section 4.6
	}
	t := &d.rel
	t.txn, t.seq, t.msg, t.sent = s.txn, s.seq, r, 0
	t.wait, t.next, t.giveUp = d.opt.T1, now.Add(d.opt.T1), now.Add(64*d.opt.T1)
	return append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: r})
}

// repeatReliable sends it again: T1, doubling without a bound, until 64*T1
// have gone without a PRACK.
func (d *Dialog) repeatReliable(out []Action, now time.Time) []Action {
	t := &d.rel
	for due(t.next, now) {
		if !now.Before(t.giveUp) {
			d.rel = reliable{rseq: t.rseq}
			// "the UAS SHOULD reject the original request with a 5xx response": its user does.
			return d.end(out, WhyNoPrack)
		}
		t.sent++
		out = append(out, Action{Kind: ActTimer, Name: "100rel"}, Action{Kind: ActRespond, Txn: t.txn, Msg: t.msg, Again: t.sent})
		t.wait *= 2
		t.next = t.next.Add(t.wait)
		if t.next.After(t.giveUp) {
			t.next = t.giveUp
		}
	}
	return out
}

// gotPrack takes a PRACK.
func (d *Dialog) gotPrack(out []Action, now time.Time, s server) []Action {
	in := Input{Txn: s.txn, Msg: s.req}
	r, ok := readRAck(s.req)
	if !ok {
		return d.refuse(out, in, 400, "")
	}
	t := &d.rel
	if t.msg == nil || r != (rack{t.rseq, t.seq, sip.INVITE}) {
		// RFC 3262 section 3: "If a PRACK request is received by the UA core that does not match any
		// unacknowledged reliable provisional response, the UAS MUST respond to the PRACK with a 481".
		return d.refuse(out, in, 481, "")
	}
	switch {
	case d.offer.state == offerSent && d.offer.seq == t.seq && hasSDP(s.req):
		d.offer = offer{} // the answer to the offer in the response
	case d.offer.state != offerNone && hasSDP(s.req):
		return d.refuse(out, in, 488, "")
	default:
		d.gotSDP(&s)
	}
	t.msg, t.next, t.giveUp = nil, time.Time{}, time.Time{}
	if hasSDP(s.req) {
		d.servers = append(d.servers, s)
		out = append(out, Action{Kind: ActRequest, Txn: s.txn, Msg: s.req})
	} else {
		// "If it does match, the response MUST be a 2xx": nobody has to decide anything.
		out = append(out, Action{Kind: ActRespond, Txn: s.txn, Msg: d.complete(&s, &sip.Message{Status: 200})})
	}
	return d.nextReliable(out, now)
}

// nextReliable sends what waited for the PRACK.
func (d *Dialog) nextReliable(out []Action, now time.Time) []Action {
	for i := range d.servers {
		if d.servers[i].txn != d.rel.txn {
			continue
		}
		if q := d.rel.queue; len(q) > 0 {
			d.rel.queue = q[1:]
			return d.sendReliable(out, now, &d.servers[i], q[0])
		}
		if f := d.rel.final; f != nil {
			return d.acceptInvite(out, now, i, f)
		}
	}
	return out
}

// provisional takes a 101 to 199 to an INVITE of ours.
func (d *Dialog) provisional(out []Action, now time.Time, c *client, in Input) []Action {
	m := in.Msg
	rseq := readRSeq(m)
	isReliable := rseq != 0 && d.opt.does("100rel") && m.HasToken(sip.HRequire, "100rel") && m.ToTag() != ""
	if isReliable && d.relIn.rseq != 0 && d.relIn.cseq == c.seq && rseq != d.relIn.rseq+1 {
		// RFC 3262 section 4: a repetition is discarded; one out of order "MUST NOT be acknowledged
		// with a PRACK, and MUST NOT be processed further".
		return out
	}
	if d.state == Calling && m.ToTag() != "" {
		d.establish(m)
		d.state = Early
	} else if isReliable {
		d.refreshTarget(m) // RFC 6141 section 4.7
	}
	if d.target == "" {
		d.target = c.msg.URI
	}
	if v := m.Get(sip.HAllow); v != "" {
		d.peerAllow = v
	}
	if !isReliable {
		return d.toUser(out, c, in, false, 0)
	}
	d.relIn = reliableIn{rseq: rseq, cseq: c.seq}
	if d.responseSDP(c, m) && !d.released && !c.own {
		d.relIn.waits = true
		return d.toUser(out, c, in, true, 0)
	}
	told := *c // sending moves the list of requests
	out = d.sendPrack(out, &sip.Message{Method: sip.PRACK}, true)
	return d.toUser(out, &told, in, false, 0)
}

// sendPrack acknowledges the last reliable provisional response (RFC 3262 section 4).
func (d *Dialog) sendPrack(out []Action, m *sip.Message, own bool) []Action {
	p := &sip.Message{Method: sip.PRACK, Body: m.Body, Headers: append(make([]sip.Header, 0, len(m.Headers)+1), m.Headers...)}
	p.Set(sip.HRAck, rack{d.relIn.rseq, d.relIn.cseq, sip.INVITE}.String())
	return d.sendIn(out, p, own)
}

// sendAnswerPrack sends the PRACK that holds the user's answer.
func (d *Dialog) sendAnswerPrack(out []Action, m *sip.Message) []Action {
	if !d.relIn.waits {
		return append(out, Action{Kind: ActFailed, Method: sip.PRACK, Err: errNoPeer})
	}
	d.relIn.waits = false
	if d.offer.state == offerGot && d.offer.seq == d.relIn.cseq {
		d.offer = offer{}
	}
	d.keepSDP(m)
	return d.sendPrack(out, m, false)
}
