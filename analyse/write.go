package analyse

import (
	"strings"

	"onhook/call"
	"onhook/sip"
)

// write turns the steps into events.
func (b *builder) write() {
	b.out.Events = make([]call.Event, 0, len(b.steps)+len(b.tracks)+2)
	b.out.Frames = make([]uint64, 0, cap(b.out.Events))
	for i := range b.tracks {
		t := &b.tracks[i]
		if i == 0 {
			b.leg(t, b.steps[0].at)
		}
	}
	begun := make([]bool, len(b.tracks))
	begun[0] = true
	for i := range b.steps {
		s := &b.steps[i]
		t := &b.tracks[s.track]
		if !begun[s.track] {
			begun[s.track] = true
			b.leg(t, s.at)
		}
		if s.msg < 0 {
			b.add(b.events[s.event], s.at, 0)
			continue
		}
		b.message(t, s)
	}
}

// add numbers an event.
func (b *builder) add(e call.Event, at int64, frame uint64) uint32 {
	b.seq++
	e.Seq, e.At = b.seq, b.time(at)
	b.out.Events = append(b.out.Events, e)
	b.out.Frames = append(b.out.Frames, frame)
	return b.seq
}

// leg says that a leg began, and why it is taken as a part of this call.
func (b *builder) leg(t *track, at int64) {
	e := call.Event{Kind: call.EvLeg, Leg: t.id, Inferred: true}
	switch {
	case t.id != call.Caller:
		e.Attempt, e.Set = uint16(t.id-1), t.set
		e.Name = b.target(t)
		e.By = t.l.join.Reason
	case t.outward:
		e.Name, e.Set = b.target(t), t.set
		if !b.own() {
			e.By = call.Onward
		}
	case t.l.onward && len(b.tracks) == 1:
		e.By = call.Onward
	}
	b.add(e, at, 0)
}

// target is whom the leg's INVITE was for.
func (b *builder) target(t *track) string {
	for i := range t.l.msgs {
		if m := &t.l.msgs[i]; m.method == mINVITE && m.request() && m.length > 0 {
			_, rest, _ := strings.Cut(b.c.text(m), " ")
			uri, _, _ := strings.Cut(rest, " ")
			return uri
		}
	}
	return ""
}

// message writes a message of a leg, or a copy of one.
func (b *builder) message(t *track, s *step) {
	m := &t.l.msgs[s.msg]
	// The caller's leg is seen from where its INVITE went to, any other from
	// where its INVITE came from.
	out := m.caller == t.sent()
	if m.of != 0 {
		of := int(m.of) - 1
		n := 0
		for k := of + 1; k <= s.msg; k++ {
			if int(t.l.msgs[k].of) == of+1 && !t.l.msgs[k].dropped {
				n++
			}
		}
		b.add(call.Event{Kind: call.EvRetransmitted, Leg: t.legOf(b, m), Of: t.seqs[of], N: n, Out: out}, s.at, m.number)
		return
	}
	e := call.Event{Kind: call.EvReceived, Leg: t.legOf(b, m), Msg: b.c.text(m), Flow: b.flow(t.l, m)}
	if out {
		e.Kind = call.EvSent
	}
	if e.Leg != t.id && m.status >= 200 && m.method == mINVITE {
		b.lost(t, e.Leg, s.at)
	}
	t.seqs[s.msg] = b.add(e, s.at, m.number)
}

// legOf is the leg of a message: where several answered one INVITE, each 2xx
// after the first makes a dialog, and a leg, of its own.
func (t *track) legOf(b *builder, m *seen) call.LegID {
	l := t.l
	if l.remote == 0 || m.remote == 0 || m.remote == l.remote {
		return t.id
	}
	for i := range t.forks {
		if t.forks[i].remote == m.remote {
			return t.forks[i].id
		}
	}
	if m.method == mINVITE && m.status >= 200 && m.status < 300 {
		t.forks = append(t.forks, fork{m.remote, b.nextLeg, m.at})
		b.nextLeg++
		return b.nextLeg - 1
	}
	return t.id
}

// lost says that a dialog was made by a branch that answered too late (RFC 3261
// section 13.2.2.4: the caller ends it with a BYE).
func (b *builder) lost(t *track, id call.LegID, at int64) {
	b.add(call.Event{Kind: call.EvLeg, Leg: id, Attempt: uint16(id - 1), Set: t.set, Name: b.target(t), By: "another 2xx", Inferred: true}, at, 0)
	b.add(call.Event{Kind: call.EvIntent, Leg: id, Cause: "PICKED_OFF", By: "caller", Text: "another branch answered first", Inferred: true}, at, 0)
}

// flow is the text of a message's way, one string for each.
func (b *builder) flow(l *leg, m *seen) string {
	k := flowKey{t: l.transport, src: l.addrs[m.src], dst: l.addrs[m.dst]}
	if f, ok := b.flows[k]; ok {
		return f
	}
	if b.flows == nil || len(b.flows) > 4096 {
		b.flows = make(map[flowKey]string)
	}
	name := "udp"
	if k.t != sip.NoTransport {
		name = strings.ToLower(k.t.String())
	}
	f := name + " " + k.src.String() + ">" + k.dst.String()
	b.flows[k] = f
	return f
}
