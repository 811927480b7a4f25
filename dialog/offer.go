package dialog

import (
	"time"

	"onhook/sip"
)

// The states of offer and answer (RFC 3264 section 4, RFC 6337 section 2).
const (
	offerNone = iota
	offerSent // ours, no answer yet
	offerGot  // the peer's, not answered yet
)

// An offer is the session description that waits for its answer, if there is one.
type offer struct {
	state int
	seq   uint32 // CSeq number of the request that holds it, or whose response does
}

// gotSDP takes the peer's session description in a request that may hold an
// offer: INVITE, UPDATE, PRACK.
func (d *Dialog) gotSDP(s *server) {
	if hasSDP(s.req) {
		d.offer = offer{state: offerGot, seq: s.seq}
	}
}

// sentSDP notes a session description in our response: an answer to the
// offer in the request, or in an INVITE's first reliable response a new offer
// (RFC 3261 section 13.2.1, RFC 3262 section 5).
func (d *Dialog) sentSDP(s *server, m *sip.Message) {
	if !hasSDP(m) {
		return
	}
	switch {
	case d.offer.state == offerGot && d.offer.seq == s.seq:
		d.offer = offer{}
		s.sdp = true
	case d.offer.state == offerNone && s.req.Method == sip.INVITE && !s.sdp && !hasSDP(s.req):
		d.offer = offer{state: offerSent, seq: s.seq}
		s.sdp = true
	}
	d.keepSDP(m)
}

// offerRefused takes back an offer whose request failed: the session stays as
// it was (RFC 3261 section 14.1).
func (d *Dialog) offerRefused(seq uint32) {
	if d.offer.state != offerNone && d.offer.seq == seq {
		d.offer = offer{}
	}
}

// responseSDP takes the session description in a 2xx or reliable 1xx to a
// request of ours and tells whether it is an offer that wants an answer.
func (d *Dialog) responseSDP(c *client, m *sip.Message) (isOffer bool) {
	if !hasSDP(m) {
		return false
	}
	switch {
	case d.offer.state == offerSent && d.offer.seq == c.seq:
		d.offer = offer{}
		c.sdp = true
	case d.offer.state == offerNone && c.method == sip.INVITE && !c.sdp && !hasSDP(c.msg):
		d.offer = offer{state: offerGot, seq: c.seq}
		c.sdp = true
		return true
	}
	return false
}

// glare tells how a request that may change the session must be refused now:
// 0 for not at all (RFC 3261 section 14.2, RFC 3311 section 5.2, RFC 6337 section 4.2.2).
func (d *Dialog) glare(m *sip.Message) int {
	switch m.Method {
	case sip.INVITE:
		switch {
		case d.clientOf(sip.INVITE) != nil:
			// UAS-IcI: an INVITE of ours is in progress: 491.
			return 491
		case d.serverOf(sip.INVITE) != nil, d.two.msg != nil && d.offer.state == offerSent:
			// UAS-IsI: a second INVITE before the final response to the first, or
			// before the ACK that holds the answer: 500.
			return 500
		case d.clientOf(sip.UPDATE) != nil:
			return 491 // UAS-UcI
		case d.serverOf(sip.UPDATE) != nil:
			return 500 // UAS-UsI
		}
	case sip.UPDATE:
		switch {
		case d.serverOf(sip.UPDATE) != nil:
			// UAS-UsU; RFC 3311 section 5.2: an UPDATE before the final response to a previous one: 500.
			return 500
		case !hasSDP(m):
			return 0
		case d.clientOf(sip.UPDATE) != nil:
			return 491 // UAS-UcU
		case d.offer.state == offerSent:
			// RFC 3311 section 5.2: we have an offer out that has no answer: 491.
			return 491
		case d.offer.state == offerGot:
			// "... has received an offer ... to which it has not yet generated an answer": 500.
			return 500
		case d.relIn.waits:
			return 491 // RFC 6337 figure 7: the PRACK is still to come
		}
	}
	return 0
}

// retryAfter is the value of Retry-After with a 500: "a randomly chosen value of between 0 and 10 seconds".
func (d *Dialog) retryAfter() string { return utoa(uint32(d.opt.Rand.Uint64() % 11)) }

// pendingWait is how long to wait after a 491 (RFC 3261 section 14.1): the
// owner of the Call-ID 2.1 to 4 s, the other side 0 to 2 s, in units of 10 ms.
func (d *Dialog) pendingWait() time.Duration {
	if d.uac {
		return between(d.opt.Rand, 2100*time.Millisecond, 4*time.Second, 10*time.Millisecond)
	}
	return between(d.opt.Rand, 0, 2*time.Second, 10*time.Millisecond)
}
