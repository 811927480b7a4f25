package analyse

import "onhook/call"

// holds follows offers and answers. "Held by the other party means that the last
// accepted offer from the other party made our stream to it sendonly or inactive".
func (b *builder) holds(t *track, place int) {
	i := t.answer()
	began := t.l.adopted // what comes on a leg of another call is answered already
	switch {
	case i >= 0:
		began = t.l.msgs[i].at
	case began == 0:
		return
	}
	var held [2]bool
	for _, k := range t.kept {
		m := &t.l.msgs[k]
		if m.method != mINVITE && m.method != mUPDATE || m.status < 200 || m.status > 299 || m.at <= began && k <= i {
			continue
		}
		offer := t.find(func(o *seen) bool {
			return o.request() && o.method == m.method && o.cseq == m.cseq && o.caller != m.caller
		})
		if offer < 0 || !t.l.msgs[offer].tagged {
			continue
		}
		o := &t.l.msgs[offer]
		if !o.sdp {
			o = m // the offer is in the 2xx, the answer in the ACK (RFC 3261 section 13.2.1)
		}
		if !o.sdp {
			continue
		}
		side := calleeSide
		if o.caller {
			side = callerSide
		}
		if held[side] != o.held {
			held[side] = o.held
			b.hold(t, place, side, o.held, m.at)
		}
	}
}

// hold writes that a side holds or resumes. Where only one leg was captured the
// other party has no leg of its own: then the stage tells it.
func (b *builder) hold(t *track, place, side int, on bool, at int64) {
	far := calleeSide
	if !t.sent() {
		far = callerSide
	}
	n, stage := 0, "talking"
	if on {
		n, stage = 1, "hold"
	}
	switch {
	case side == far:
		b.conclude(place, at, 60, call.Event{Kind: call.EvHold, N: n})
	case t.id == call.Caller && len(b.tracks) == 1:
		b.conclude(place, at, 60, call.Event{Kind: call.EvStage, Name: stage})
	}
}
