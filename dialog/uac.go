package dialog

import (
	"time"

	"onhook/sip"
)

// sendInitial sends the INVITE that may form the dialog, first or again after
// a failure that can be mended (401, 407, 422, 3xx).
func (d *Dialog) sendInitial(out []Action, now time.Time, m *sip.Message) []Action {
	if d.clientOf(sip.INVITE) != nil || d.released {
		return append(out, Action{Kind: ActFailed, Method: sip.INVITE, Err: errState})
	}
	from, err := m.From()
	if err == nil {
		_, err = m.To()
	}
	if err != nil {
		return append(out, Action{Kind: ActFailed, Method: sip.INVITE, Err: err})
	}
	if d.callID == "" {
		if d.callID = m.CallID(); d.callID == "" {
			d.callID = newCallID(d.opt.Rand, d.opt.Host)
		}
		if d.localTag = from.Tag(); d.localTag == "" {
			d.localTag = d.opt.newTag()
		}
	}
	from.Params = from.Params.With("tag", d.localTag)
	d.local, d.remote = from.String(), m.Get(sip.HTo)
	return d.sendInvite(out, m, false)
}

// sendInvite completes an initial INVITE (section 8.1.1) and sends it.
func (d *Dialog) sendInvite(out []Action, m *sip.Message, own bool) []Action {
	seq := d.nextSeq()
	r := &sip.Message{Method: sip.INVITE, URI: m.URI, Body: m.Body, Headers: make([]sip.Header, 0, len(m.Headers)+12)}
	for v := range m.Lines(sip.HRoute) {
		r.Add(sip.HRoute, v)
	}
	d.frame(r, m, seq)
	d.askTimer(r)
	if hasSDP(r) {
		d.offer = offer{state: offerSent, seq: seq}
		d.keepSDP(r)
	}
	d.invite = r
	d.overAt = time.Time{}
	d.clients = append(d.clients, client{seq: seq, method: sip.INVITE, msg: r})
	return append(out, Action{Kind: ActSend, Msg: r, Hop: firstHop(r), Own: own, Method: sip.INVITE})
}

func (d *Dialog) inviteSeq() uint32 {
	c, err := d.invite.CSeq()
	if err != nil {
		return d.localSeq
	}
	return c.Seq
}

// response takes a response to a request of ours.
func (d *Dialog) response(out []Action, now time.Time, in Input) []Action {
	cseq, err := in.Msg.CSeq()
	if err != nil {
		return note(out, 0, "a response without a usable CSeq: "+err.Error())
	}
	if cseq.Method == sip.INVITE && in.Msg.Status >= 200 && in.Msg.Status < 300 {
		if d.repeatAck(&out, cseq.Seq) {
			return out
		}
	}
	i := d.find(cseq.Seq, cseq.Method)
	if i < 0 {
		return out
	}
	if cseq.Method == sip.INVITE {
		return d.inviteResponse(out, now, i, in)
	}
	return d.otherResponse(out, now, i, in)
}

// inviteResponse takes a response to an INVITE.
func (d *Dialog) inviteResponse(out []Action, now time.Time, i int, in Input) []Action {
	c := &d.clients[i]
	code := in.Msg.Status
	switch {
	case c.final:
		return out // a repeated 2xx whose ACK waits for the user's answer
	case code == 100:
		return d.toUser(out, c, in, false, 0)
	case code < 200:
		return d.provisional(out, now, c, in)
	case code < 300:
		return d.accepted(out, now, i, in)
	}
	return d.refused(out, now, i, in)
}

// toUser passes a response on, unless it is to a request of our own making.
func (d *Dialog) toUser(out []Action, c *client, in Input, needAnswer bool, wait time.Duration) []Action {
	code := in.Msg.Status
	if d.released || c.own && code != 401 && code != 407 {
		return out // a challenge to a refresh of ours needs the user's credentials
	}
	return append(out, Action{Kind: ActResponse, Txn: in.Txn, Msg: in.Msg, Method: c.method, NeedAnswer: needAnswer, Wait: wait})
}

// establish makes or completes the dialog from a response with a To tag
// (RFC 3261 section 12.1.2).
func (d *Dialog) establish(m *sip.Message) {
	if m.Status >= 200 || d.remoteTag == "" {
		d.remoteTag, d.remote = m.ToTag(), m.Get(sip.HTo)
		// "The route set MUST be set to the list of URIs in the Record-Route
		// header field from the response, taken in reverse order"; section
		// 13.2.2.4: recomputed by the 2xx.
		d.routes = appendRoutes(d.routes[:0], m, true)
	}
	d.refreshTarget(m)
	if v := m.Get(sip.HAllow); v != "" {
		d.peerAllow = v
	}
}

// refreshTarget takes the remote target from a Contact.
func (d *Dialog) refreshTarget(m *sip.Message) {
	if c, err := m.Contact(); err == nil && c.URIText != "*" {
		d.target = c.URIText
	}
}

// accepted takes a 2xx to an INVITE.
func (d *Dialog) accepted(out []Action, now time.Time, i int, in Input) []Action {
	c := &d.clients[i]
	initial := d.state == Calling || d.state == Early
	if initial {
		d.establish(in.Msg)
		d.state = Confirmed
		d.overAt = time.Time{}
	} else {
		// Section 12.2.1.2: a 2xx to a target refresh request replaces the remote target.
		d.refreshTarget(in.Msg)
	}
	if d.target == "" {
		d.target = c.msg.URI
	}
	isOffer := d.responseSDP(c, in.Msg)
	d.relIn = reliableIn{}
	d.answerTimer(now, in.Msg, c.msg)
	if isOffer && !d.released && d.state == Confirmed && !c.own {
		// Section 13.2.2.4: the ACK to a 2xx with an offer must hold the answer.
		c.final = true
		return append(out, Action{Kind: ActResponse, Txn: in.Txn, Msg: in.Msg, Method: sip.INVITE, NeedAnswer: true})
	}
	seq, inv, own := c.seq, c.msg, c.own
	d.drop(i)
	d.offerRefused(seq)
	out = d.ackTwo(out, inv, seq, nil)
	if !own && !d.released {
		out = append(out, Action{Kind: ActResponse, Txn: in.Txn, Msg: in.Msg, Method: sip.INVITE})
	}
	if initial && d.released {
		// Section 15 and outcome rules: a 2xx that came after its user had gone is ended by BYE.
		return d.sendBye(out, &sip.Message{Method: sip.BYE}, true)
	}
	return out
}

// refused takes a final response to an INVITE that is not a 2xx; the
// transaction has sent the ACK.
func (d *Dialog) refused(out []Action, now time.Time, i int, in Input) []Action {
	c := d.clients[i]
	d.drop(i)
	d.offerRefused(c.seq)
	if d.state == Confirmed || d.state == Ending {
		return d.refusedIn(out, now, &c, in)
	}
	d.relIn = reliableIn{}
	if d.fork || d.released {
		return d.terminate(out)
	}
	if in.Canceled {
		return d.terminate(d.toUser(out, &c, in, false, 0))
	}
	if in.Msg.Status == 422 && d.raiseMinSE(in.Msg) {
		// RFC 4028 section 7.3: the retry has the same Call-ID, To and From and a CSeq one higher.
		d.forget()
		return d.sendInvite(out, stripTimer(c.msg), true)
	}
	out = d.toUser(out, &c, in, false, 0)
	switch in.Msg.Status {
	case 300, 301, 302, 305, 380, 401, 407, 413, 415, 416, 420, 421, 422, 488, 494:
		// Section 8.1.3.4 and 8.1.3.5: its user may mend the request and send it again.
		d.forget()
		d.overAt = now.Add(64 * d.opt.T1)
		return out
	}
	// Section 12.3: the early dialog ends with the final response.
	return d.terminate(out)
}

// forget returns to the state before any response, for another try.
func (d *Dialog) forget() {
	d.state, d.remoteTag, d.remote = Calling, "", d.invite.Get(sip.HTo)
	d.routes, d.target, d.peerAllow = nil, "", ""
	d.offer = offer{}
}

// otherResponse takes a response to a request that is no INVITE.
func (d *Dialog) otherResponse(out []Action, now time.Time, i int, in Input) []Action {
	c := &d.clients[i]
	if in.Msg.Status < 200 {
		return d.toUser(out, c, in, false, 0)
	}
	done := d.clients[i]
	if in.Msg.Status < 300 {
		d.responseSDP(&done, in.Msg)
		if done.method == sip.UPDATE {
			// RFC 3311 section 5.1: UPDATE is a target refresh request.
			d.refreshTarget(in.Msg)
			d.answerTimer(now, in.Msg, done.msg)
		}
	}
	d.offerRefused(done.seq)
	d.drop(i)
	if done.method == sip.BYE {
		// Section 15.1.1: the session is over whatever the response says.
		return d.toUser(out, &done, in, false, 0)
	}
	if in.Msg.Status >= 300 {
		return d.refusedIn(out, now, &done, in)
	}
	return d.toUser(out, &done, in, false, 0)
}

// refusedIn takes a failure of a request in the dialog.
func (d *Dialog) refusedIn(out []Action, now time.Time, c *client, in Input) []Action {
	code := in.Msg.Status
	var wait time.Duration
	if code == 491 {
		wait = d.pendingWait()
	}
	if code == 422 && d.raiseMinSE(in.Msg) && d.state == Confirmed {
		return d.sendIn(out, stripTimer(c.msg), c.own)
	}
	out = d.toUser(out, c, in, false, wait)
	if d.state != Confirmed || c.method != sip.INVITE && c.method != sip.UPDATE {
		return out
	}
	// Section 12.2.1.2: a 481 or 408 ends the dialog.
	switch {
	case code == 481:
		return d.end(out, Why481)
	case code == 408:
		return d.end(out, WhyTimeout)
	case c.own:
		return d.refreshRefused(out, now, c, in.Msg, wait)
	}
	return out
}

// timeout takes the end of a transaction of ours without a final response.
func (d *Dialog) timeout(out []Action, now time.Time, in Input) []Action {
	return d.noFinal(out, in, Action{Kind: ActTimeout, Txn: in.Txn, Name: in.Name})
}

// failed takes the news that a request of ours could not be sent.
func (d *Dialog) failed(out []Action, now time.Time, in Input) []Action {
	return d.noFinal(out, in, Action{Kind: ActFailed, Txn: in.Txn, Err: in.Err})
}

func (d *Dialog) noFinal(out []Action, in Input, tell Action) []Action {
	cseq, err := in.Msg.CSeq()
	if err != nil {
		return out
	}
	i := d.find(cseq.Seq, cseq.Method)
	if i < 0 {
		return out
	}
	c := d.clients[i]
	d.drop(i)
	d.offerRefused(c.seq)
	if !c.own && !d.released && !(d.fork && d.state != Confirmed) {
		tell.Method = c.method
		out = append(out, tell)
	}
	switch {
	case c.method == sip.BYE:
		return out
	case c.method == sip.INVITE && (d.state == Calling || d.state == Early):
		return d.terminate(out)
	case c.method == sip.INVITE || c.method == sip.UPDATE:
		// Section 12.2.1.2: no response at all ends the dialog as a 408 does.
		return d.end(out, WhyTimeout)
	}
	return out
}

// over takes the end of the initial INVITE's client transaction.
func (d *Dialog) over(out []Action) []Action {
	// Section 13.2.2.4: 64*T1 after the first 2xx all early dialogs that got none are terminated.
	if d.uac && (d.state == Calling || d.state == Early) && d.clientOf(sip.INVITE) != nil {
		return d.terminate(out)
	}
	if d.uac && d.state == Confirmed && d.invite != nil {
		// No 2xx to it can come any more, repeated or forked: what was kept for that goes.
		seq := d.inviteSeq()
		for i := range d.acks {
			if d.acks[i].seq == seq {
				d.acks[i] = ack{}
			}
		}
		d.invite = nil
	}
	return out
}
