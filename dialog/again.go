package dialog

import "onhook/sip"

// again sends a request in the dialog once more, with credentials for the
// challenge that it got (RFC 3261 section 22.1). It stays open meanwhile: a BYE
// that is challenged has not ended the dialog at the peer.
func (d *Dialog) again(out []Action, in Input) []Action {
	cseq, err := in.Msg.CSeq()
	if err != nil {
		return out
	}
	i := d.find(cseq.Seq, cseq.Method)
	if i < 0 {
		return out
	}
	c := &d.clients[i]
	was := c.seq
	r := c.msg.Clone()
	r.Del(sip.HVia)
	r.Set(in.Header.ID, in.Header.Value)
	// Section 22.2: "it MUST increment the CSeq header field value as it would normally when sending an updated request."
	c.seq = d.nextSeq()
	r.Set(sip.HCSeq, sip.CSeq{Seq: c.seq, Method: c.method}.String())
	c.msg = r
	if d.offer.state != offerNone && d.offer.seq == was {
		d.offer.seq = c.seq
	}
	return append(out, Action{Kind: ActSend, Msg: r, Hop: d.nextHop(r), Own: c.own, Method: c.method})
}

// nextHop is the URI that a request in the dialog goes to (section 12.2.1.1).
func (d *Dialog) nextHop(r *sip.Message) string {
	if len(d.routes) > 0 && loose(d.routes[0]) {
		return uriOf(d.routes[0])
	}
	return r.URI
}
