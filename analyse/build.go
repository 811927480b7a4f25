package analyse

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"onhook/call"
	"onhook/outcome"
	"onhook/sip"
)

// A builder makes a Call of an open one that was taken out. It is used again,
// for its room.
type builder struct {
	opt     *Options
	c       *open
	gaps    []gap
	t1      time.Duration
	steps   []step
	events  []call.Event // concluded
	tracks  []track
	seq     uint32
	nextLeg call.LegID
	out     *Call
	flows   map[flowKey]string
	folder  outcome.Folder
}

// A track is one leg on its way into a Call.
type track struct {
	l     *leg
	id    call.LegID
	set   uint16
	kept  []int    // places in l.msgs, in the order of cause and effect
	seqs  []uint32 // the event number of each message of l.msgs
	forks []fork   // dialogs of further 2xx

	outward bool // it is the caller's leg, and the server sent its INVITE
}

// sent tells whether the server in the middle sent the leg's INVITE.
func (t *track) sent() bool { return (t.id != call.Caller || t.outward) && !t.l.came }

// far tells whether a message is one of the party, not of the server in the middle.
func (t *track) far(m *seen) bool { return m.caller != t.sent() }

// A fork is a dialog that another branch's 2xx made.
type fork struct {
	remote tag
	id     call.LegID
	at     int64
}

// A step is an event to be: a message, or something concluded.
type step struct {
	at    int64
	bump  int8 // among equal times the cause goes first
	order int
	track int
	msg   int // -1: a concluded event
	event int // its place in builder.events
}

// flowKey names the text of a flow, which calls between the same hosts share.
type flowKey struct {
	t        sip.Transport
	src, dst netip.AddrPort
}

// call makes the Call; nil if its messages tell of none.
func (b *builder) call(opt *Options, j job) *Call {
	b.opt, b.c, b.gaps = opt, j.call, j.gaps
	b.steps, b.events, b.tracks, b.seq = b.steps[:0], b.events[:0], b.tracks[:0], 0
	b.out = &Call{}
	b.t1 = b.t1Of()
	b.lay()
	b.outward()
	for i := range b.tracks {
		b.arrange(&b.tracks[i], i)
	}
	for i := range b.tracks {
		b.infer(&b.tracks[i], i)
	}
	b.madeByServer()
	b.serverAnswers()
	b.transfers()
	b.joined()
	slices.SortStableFunc(b.steps, func(x, y step) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.bump, y.bump), cmp.Compare(x.order, y.order))
	})
	b.write()
	id := b.c.id
	if id == "" {
		id = b.c.idFrom(b.c.whole)
	}
	b.out.Meta = outcome.Meta{ID: id, Source: opt.Source, Related: b.c.relatives, Options: opt.Outcome}
	b.out.Record = b.folder.Fold(b.out.Events, &b.out.Meta)
	b.findings()
	return b.out
}

// time is what the capture says of a moment.
func (b *builder) time(at int64) time.Time { return time.Unix(0, at-b.c.offset).UTC() }

// lay numbers the legs: the caller's is 1, then those that go on from it, in
// the order of their INVITEs.
func (b *builder) lay() {
	root := b.c.root()
	b.tracks = append(b.tracks, track{l: root, id: call.Caller})
	if len(b.c.legs) > 1 {
		rest := slices.Clone(b.c.legs)
		slices.SortStableFunc(rest, func(x, y *leg) int {
			return cmp.Or(cmp.Compare(depth(x), depth(y)), cmp.Compare(x.first, y.first))
		})
		for _, l := range rest {
			if l != root {
				b.tracks = append(b.tracks, track{l: l, id: call.LegID(len(b.tracks) + 1)})
			}
		}
	}
	b.nextLeg = call.LegID(len(b.tracks) + 1)
	b.sets()
	for i := 1; i < len(b.tracks); i++ {
		t := &b.tracks[i]
		t.l.join.To = t.id
		for k := range b.tracks {
			if b.tracks[k].l == t.l.up {
				t.l.join.From = b.tracks[k].id
			}
		}
		b.out.Joins = append(b.out.Joins, t.l.join)
	}
}

func depth(l *leg) (n int) {
	for p := l.up; p != nil && n < maxLegs; p = p.up {
		n++
	}
	return n
}

// sets tells which attempts were rung together: those that began while another
// one was pending. A leg further down has the set of the one it goes on from:
// it is the same attempt, seen behind the next server.
func (b *builder) sets() {
	var set uint16
	var until int64
	for i := 1; i < len(b.tracks); i++ {
		t := &b.tracks[i]
		if t.l.branch {
			// Rung together with the first party of a call that the server made.
			b.tracks[0].set, t.set, set = 1, 1, 1
			continue
		}
		if p := b.track(t.l.up); p != nil && p.id != call.Caller {
			t.set = p.set
			continue
		}
		if set == 0 || t.l.first >= until {
			set++
			until = 0
		}
		t.set = set
		until = max(until, t.l.settled())
	}
}

func (b *builder) track(l *leg) *track {
	for i := range b.tracks {
		if b.tracks[i].l == l {
			return &b.tracks[i]
		}
	}
	return nil
}

// settled is when the leg's INVITE had its final response, or was given up.
func (l *leg) settled() int64 {
	for i := range l.msgs {
		m := &l.msgs[i]
		if m.method == mINVITE && m.status >= 200 && m.of == 0 || m.method == mCANCEL && m.request() {
			return m.at
		}
	}
	return l.last
}

// arrange chooses the messages of a leg that count and puts effects behind
// their causes.
func (b *builder) arrange(t *track, place int) {
	l := t.l
	t.seqs = make([]uint32, len(l.msgs))
	t.kept = make([]int, 0, len(l.msgs))
	several := len(l.hops) > 1
	coarse := false
	for i := range l.msgs {
		m := &l.msgs[i]
		coarse = coarse || m.coarse
		if m.of == 0 && (!several && m.hop != noHop || t.counts(i)) {
			t.kept = append(t.kept, i)
		}
	}
	for _, i := range t.kept {
		m := &l.msgs[i]
		s := step{at: m.at, order: i, track: place, msg: i}
		if coarse {
			s.at = s.at / 1e9 * 1e9
			s.bump = t.rank(i)
		}
		t.behindCause(&s, m, coarse)
		b.steps = append(b.steps, s)
	}
	for i := range l.msgs {
		m := &l.msgs[i]
		if m.of != 0 && !m.dropped && slices.Contains(t.kept, int(m.of)-1) {
			b.steps = append(b.steps, step{at: m.at, bump: 100, order: i, track: place, msg: i})
		}
	}
}

// counts tells whether a message counts where the INVITE was seen on several
// hops: "the hop nearest the caller counts"; what was not seen there and passes
// from end to end is taken from another.
func (t *track) counts(i int) bool {
	l := t.l
	m := &l.msgs[i]
	if l.isNear(m.hop) {
		return true
	}
	for k := range l.msgs {
		o := &l.msgs[k]
		if k == i || o.of != 0 || o.method != m.method || o.cseq != m.cseq || o.status != m.status || o.caller != m.caller {
			continue
		}
		if l.isNear(o.hop) || k < i {
			return false
		}
	}
	switch {
	case m.hop == noHop:
		return true
	case m.request():
		return m.tagged && m.method != mACK && m.method != mINVITE
	case m.method == mINVITE:
		// A 2xx passes every proxy; another final response only if nothing nearer tells more.
		return m.status >= 200 && !l.final() && (m.status < 300 || !l.cancelled)
	}
	return m.method != mCANCEL && m.status >= 200
}

// final tells whether the caller was seen to get a final response.
func (l *leg) final() bool {
	for i := range l.msgs {
		if m := &l.msgs[i]; m.method == mINVITE && m.status >= 200 && (l.isNear(m.hop) || m.hop == noHop) {
			return true
		}
	}
	return false
}

// rank orders what happened within one second of a coarse clock.
func (t *track) rank(i int) int8 {
	m := &t.l.msgs[i]
	if m.method == mBYE {
		if m.request() {
			return 120
		}
		return 121
	}
	tries := 0 // tries of the INVITE before this one
	var last uint32
	initial := false
	for k := range t.l.msgs {
		o := &t.l.msgs[k]
		if o.method == mINVITE && o.request() && !o.tagged {
			if o.cseq < m.cseq && o.cseq != last {
				tries++
				last = o.cseq
			}
			initial = initial || o.cseq == m.cseq
		}
	}
	if !initial {
		return 100
	}
	n := int8(min(tries, 10) * 8)
	switch {
	case m.method == mACK:
		return n + 6
	case m.method == mCANCEL:
		return n + 4
	case m.request():
		return n
	case m.status == 100:
		return n + 1
	case m.status < 200:
		return n + 2
	}
	return n + 5
}

// behindCause moves a message behind what caused it, where a clock says otherwise.
func (t *track) behindCause(s *step, m *seen, coarse bool) {
	var cause, last *seen
	for k := range t.l.msgs {
		o := &t.l.msgs[k]
		if o.of != 0 || o == m {
			continue
		}
		if o.cseq != m.cseq || m.method == mBYE {
			// A BYE ends a dialog that an INVITE or its 2xx made.
			if m.method == mBYE && m.request() && o.method == mINVITE && !o.tagged && o.status < 300 && (o.request() || o.remote == m.remote) && (last == nil || o.at > last.at) {
				last = o
			}
			if o.cseq != m.cseq {
				continue
			}
		}
		switch {
		case m.status != 0 && o.request() && o.method == m.method && o.caller != m.caller:
		case m.method == mACK && o.method == mINVITE && o.status >= 200 && o.caller != m.caller:
		case m.method == mCANCEL && m.request() && !t.sent() && o.method == mINVITE && o.status >= 200 && o.status < 300:
			// RFC 3261 section 9.2: a CANCEL has no effect once a final response was
			// sent; the 2xx left before the CANCEL came.
		default:
			continue
		}
		if cause == nil || o.at < cause.at {
			cause = o
		}
	}
	if last != nil {
		cause = last
	}
	if cause == nil || cause.at < m.at {
		return
	}
	if coarse {
		s.at = max(s.at, cause.at/1e9*1e9)
		return
	}
	s.at = cause.at
	s.bump = 1
	if m.method == mACK || m.method == mCANCEL {
		s.bump = 2
	} else if m.method == mBYE {
		s.bump = 3
	}
}

// t1Of is T1 as the intervals of the call show it, or else the one of the options.
func (b *builder) t1Of() time.Duration {
	t1 := b.opt.t1()
	for _, l := range b.c.legs {
		for i := range l.msgs {
			if l.msgs[i].again < 2 || l.msgs[i].of != 0 {
				continue
			}
			var at [3]int64
			n := 0
			for k := i; k < len(l.msgs) && n < 3; k++ {
				if c := &l.msgs[k]; k == i || int(c.of) == i+1 && !c.dropped {
					at[n] = c.at
					n++
				}
			}
			d, e := at[1]-at[0], at[2]-at[1]
			if n < 3 || d < 20e6 || d > 2e9 || e < d*17/10 || e > d*23/10 {
				continue
			}
			if shown := time.Duration(d); shown < t1*8/10 || shown > t1*12/10 {
				return shown.Round(10 * time.Millisecond)
			}
		}
	}
	return t1
}
