package analyse

import (
	"onhook/capture"
)

// A duplicate follows its original so closely that no timer can have sent it
// again; between agents, whose clocks differ, within duplicateAgents.
const (
	duplicateMirror = 30e6 // ns
	duplicateAgents = 10e9 // ns
)

// store keeps a message on its leg.
func (a *Analyser) store(l *leg, h *head, it *capture.Item, fromCaller bool, place uint8) {
	s := seen{
		at: a.clock.at, number: it.Number, branch: h.branch, method: h.method, cseq: h.cseq, status: uint16(h.status), hop: place,
		src: l.addr(it.Src), dst: l.addr(it.Dst), coarse: it.Coarse, cut: it.Truncated, agent: l.agent(keyOf(&it.Agent)),
	}
	// The sender of a response is the other side than that of its request.
	s.caller = fromCaller == (h.status == 0)
	s.remote = h.to
	if !fromCaller {
		s.remote = h.from
	}
	s.tagged = h.status == 0 && h.to != 0
	l.transport = it.Transport
	l.first, l.last = min(l.first, s.at), max(l.last, s.at)
	if i := l.copyOf(&s); i >= 0 {
		a.again(l, i, &s)
	} else if len(l.msgs) < maxMessages || h.method == mBYE {
		a.first(l, h, it, &s)
	} else {
		l.dropped++
	}
	a.enqueue(l.call)
	a.limit()
}

// again keeps a copy of a message: sent again, or captured twice.
func (a *Analyser) again(l *leg, i int, s *seen) {
	m := &l.msgs[i]
	prev := m
	same := m.agent == s.agent // a copy of this agent has been kept
	for j := len(l.msgs) - 1; j > i; j-- {
		if c := &l.msgs[j]; int(c.of) == i+1 && !c.dropped {
			same = same || c.agent == s.agent
			if c.at > prev.at {
				prev = c
			}
		}
	}
	switch {
	case s.agent != m.agent && s.at-m.at < duplicateAgents:
		// Another agent saw the same; its n-th copy is the n-th of the first agent's.
		s.dropped = a.nth(l, i, s.agent)+1 <= 1+a.nth(l, i, m.agent)
	case s.src != m.src || s.dst != m.dst:
		s.dropped = s.at-prev.at < duplicateAgents // another point of its way
	default:
		s.dropped = same && s.at-prev.at < duplicateMirror
	}
	s.of = uint16(i + 1)
	if s.dropped {
		a.total.Duplicates++
	} else {
		a.total.Retransmitted++
	}
	m.again++
	if m.again <= maxCopies || s.dropped {
		if len(l.msgs) < maxMessages {
			l.msgs = append(l.msgs, *s)
		}
	}
}

// nth counts the copies that an agent has shown of a message.
func (a *Analyser) nth(l *leg, i int, agent uint8) (n int) {
	for j := i + 1; j < len(l.msgs); j++ {
		if c := &l.msgs[j]; int(c.of) == i+1 && c.agent == agent {
			n++
		}
	}
	return n
}

// first keeps a message that was not seen before, with its text.
func (a *Analyser) first(l *leg, h *head, it *capture.Item, s *seen) {
	s.begin, s.length = a.paper.write(&l.call.script, it.Payload), uint32(len(it.Payload))
	a.bytes += len(it.Payload)
	if h.sdp {
		if d, ok := readSession(h.body); ok {
			s.sdp, s.held = true, d.held
			side := calleeSide
			if s.caller {
				side = callerSide
			}
			a.flows.describe(l, side, d.addr)
			if h.method == mINVITE && h.status == 0 && h.to == 0 {
				l.keys[keyOrigin] = a.read.hash(d.origin)
			}
		}
	}
	if l.msgs == nil {
		l.msgs = make([]seen, 0, 7)
	}
	l.msgs = append(l.msgs, *s)
	a.follow(l, h, it, s)
}

// follow moves the leg's phase. Only the hop nearest the caller counts, and
// what passes between neighbours of no hop.
func (a *Analyser) follow(l *leg, h *head, it *capture.Item, s *seen) {
	if s.hop != noHop && !l.isNear(s.hop) {
		l.elsewhere++
		return
	}
	switch {
	case s.request():
		a.request(l, h, it, s)
	case s.method == mINVITE && l.phase < answered:
		l.response(s)
		if l.phase >= answered {
			a.index.settle(l)
		}
		if l.replaces && l.phase == answered {
			a.replacing(l, s)
		}
	case s.method == mREFER && s.status >= 200 && s.status < 300:
		a.referred(l, s)
	case s.method == mBYE && s.status >= 200:
		a.ends(l, s) // the BYE itself may not have been captured
	case s.method == mCANCEL && s.status >= 200 && s.status < 300 && !s.caller:
		l.cancelled = true
	}
}

func (a *Analyser) request(l *leg, h *head, it *capture.Item, s *seen) {
	switch s.method {
	case mINVITE:
		if s.tagged {
			if !l.invited && l.phase < answered {
				l.phase = answered // it was so before the capture began
			}
			return
		}
		if l.phase == failed {
			l.phase = fresh
		}
		if !l.invited {
			l.invited, l.replaces = true, hasReplaces(it.Payload)
			a.index.invited(a, l, h, it)
		}
	case mACK:
		l.acked(a, s)
	case mCANCEL:
		if s.caller {
			l.cancelled = true
		}
	case mREFER:
		a.refer(l, s, it.Payload)
	case mNOTIFY:
		a.notified(l, s, h.body)
	case mBYE:
		a.ends(l, s)
	}
}

// ends takes a BYE, or the answer to one. Where several answered, the BYE to one
// that lost is not the end.
func (a *Analyser) ends(l *leg, s *seen) {
	if l.remote != 0 && s.remote != l.remote && s.remote != 0 {
		return
	}
	if l.phase != over {
		l.end = s.at
	}
	l.phase = over
	a.index.settle(l)
}

// response takes a response to the INVITE.
func (l *leg) response(s *seen) {
	switch {
	case s.status == 100:
		l.phase = max(l.phase, trying)
	case s.status < 200:
		l.phase = ringing
	case s.status < 300:
		l.phase, l.remote = answered, s.remote
	default:
		l.phase, l.end = failed, s.at
	}
}

// enqueue puts a call where calls wait that are as far as its caller's leg.
func (a *Analyser) enqueue(c *open) {
	l := c.root()
	want := inFresh
	switch l.phase {
	case trying:
		want = inTrying
	case ringing:
		want = inRinging
	case answered:
		want = inUp
	case failed, over:
		want = inOver
	}
	if l.cancelled && l.phase < answered {
		want = inFresh
	}
	if l.phase == over && c.goesOn(l) {
		want = inUp
	}
	if l.moved && len(c.legs) == 1 {
		want = inOver
	}
	q := &a.queues[want]
	if want == inOver && c.queue == q {
		return // calls are handed out in the order of their ends
	}
	c.touched = a.clock.now
	if c.queue == q && q.tail == c {
		return
	}
	c.unlink()
	q.push(c)
}

// limit hands out calls early when too many are open, or too much is kept:
// those that have ended first, then those silent for longest.
func (a *Analyser) limit() {
	a.squeeze()
	for c := a.queues[inOver].head; c != nil && a.bytes > a.opt.maxBytes() && c.touched+2e9 < a.clock.now; c = a.queues[inOver].head {
		a.handOut(c, byRules)
	}
	for {
		up, all := a.Open()
		if all == 0 || up <= a.opt.maxOpen() && a.bytes <= a.opt.maxBytes()*3 && all <= 2*a.opt.maxOpen() {
			return
		}
		if c := a.queues[inOver].head; c != nil && (up <= a.opt.maxOpen()) {
			a.handOut(c, byRules)
			continue
		}
		var oldest *open
		for i := range a.queues[:inOver] {
			if c := a.queues[i].head; c != nil && (oldest == nil || c.touched < oldest.touched) {
				oldest = c
			}
		}
		if oldest == nil {
			return
		}
		a.total.GivenUp++
		a.handOut(oldest, byLimit)
	}
}

// squeeze compresses the calls that are silent when too much is kept. It runs
// over all of them, so the next run waits until a quarter has come again.
func (a *Analyser) squeeze() {
	if a.bytes <= max(a.opt.maxBytes(), a.squeezed) {
		a.squeezed = min(a.squeezed, 2*a.bytes)
		return
	}
	for i := range a.queues {
		for c := a.queues[i].head; c != nil && c.touched+1e9 < a.clock.now; c = c.next {
			a.bytes -= a.paper.pack(&c.script)
		}
	}
	a.squeezed = a.bytes + a.bytes/4
}

// handOut takes a call out and gives it to the backend.
func (a *Analyser) handOut(c *open, why ending) {
	c.unlink()
	a.bytes -= c.script.size()
	c.whole = a.paper.text(&c.script)
	c.ended, c.now = why, a.clock.now
	a.settleRelated(c)
	for _, l := range c.legs {
		a.forget(l)
	}
	g := a.gaps[min(c.gaps, len(a.gaps)):]
	a.back.take(c, g)
}

// forget takes a leg out of all indices; a short memory of its Call-ID remains.
func (a *Analyser) forget(l *leg) {
	a.unlink(l)
	l.sameLink = nil
	a.index.settle(l)
	a.index.remove(l)
	a.flows.remove(l)
	a.late.add(a.read.hash([]byte(l.callID)))
}

// unlink takes a leg out of those of its Call-ID.
func (a *Analyser) unlink(l *leg) {
	l.removed = true
	p := a.byID[l.callID]
	if p == l {
		if l.sameID == nil {
			delete(a.byID, l.callID)
		} else {
			a.byID[l.callID] = l.sameID
		}
	} else {
		for ; p != nil; p = p.sameID {
			if p.sameID == l {
				p.sameID = l.sameID
				break
			}
		}
	}
}
