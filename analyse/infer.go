package analyse

import (
	"time"

	"onhook/call"
)

// infer adds what must have happened though no packet shows it: timers that
// fired, holds, media that stopped.
func (b *builder) infer(t *track, place int) {
	b.refusals(t, place)
	b.silentInvite(t, place)
	b.unacknowledged(t, place)
	b.lateFinal(t, place)
	if !b.unanswered(t, place) {
		b.sessionTimer(t, place)
	}
	b.holds(t, place)
	if t.id == call.Caller {
		b.mediaEvents(t, place)
		b.serverBye(t, place)
	}
}

// conclude adds an inferred event.
func (b *builder) conclude(place int, at int64, bump int8, e call.Event) {
	e.Leg, e.Inferred = b.tracks[place].id, true
	if e.Kind == call.EvStage {
		e.Leg = 0
	}
	b.steps = append(b.steps, step{at: at, bump: bump, track: place, msg: -1, event: len(b.events)})
	b.events = append(b.events, e)
}

// copies counts how often a message came again.
func (t *track) copies(i int) (n int, last int64) {
	last = t.l.msgs[i].at
	for k := i + 1; k < len(t.l.msgs); k++ {
		if m := &t.l.msgs[k]; int(m.of) == i+1 && !m.dropped {
			n++
			last = max(last, m.at)
		}
	}
	return max(n, 0), last
}

// find returns the first kept message that fits, -1 if none does.
func (t *track) find(fits func(m *seen) bool) int {
	for _, i := range t.kept {
		if fits(&t.l.msgs[i]) {
			return i
		}
	}
	return -1
}

func (t *track) bye() int {
	return t.find(func(m *seen) bool {
		return m.method == mBYE && m.request() && (t.l.remote == 0 || m.remote == 0 || m.remote == t.l.remote)
	})
}

// answer is the first 2xx to the INVITE that began the leg; -1: there is none, or it
// stands in the call that the leg came from.
func (t *track) answer() int {
	if t.l.adopted != 0 {
		return -1
	}
	return t.find(func(m *seen) bool {
		return m.method == mINVITE && m.status >= 200 && m.status < 300 && !m.caller
	})
}

// lastTry is the last INVITE without a To tag.
func (t *track) lastTry() int {
	last := -1
	for _, i := range t.kept {
		if m := &t.l.msgs[i]; m.method == mINVITE && m.request() && !m.tagged {
			last = i
		}
	}
	return last
}

func (b *builder) wait() int64 { return 64 * int64(b.t1) }

// refusals writes the news that something could not be delivered.
func (b *builder) refusals(t *track, place int) {
	for _, r := range t.l.closed {
		m := &t.l.msgs[r.msg]
		if m.request() && t.find(func(o *seen) bool {
			return o.method == m.method && o.status != 0 && o.cseq == m.cseq && o.caller != m.caller
		}) >= 0 {
			continue // it came through: a copy of it was refused, or the news is about another
		}
		name := m.method.String()
		if !m.request() {
			name = "response to " + name
		}
		b.conclude(place, r.at, 50, call.Event{Kind: call.EvTransportFailed, Name: name, Text: r.why})
	}
}

// silentInvite: section 3a of the rules, "no response at all (or only 100 and
// then silence of both sides) within 64*T1 of the first INVITE, capture still running".
func (b *builder) silentInvite(t *track, place int) {
	i := t.lastTry()
	if i < 0 || t.l.cancelled || len(t.l.closed) > 0 {
		return
	}
	m := &t.l.msgs[i]
	got := t.find(func(o *seen) bool { return o.method == mINVITE && o.status > 100 && o.cseq == m.cseq })
	if got >= 0 || t.bye() >= 0 || t.proved(m) {
		return
	}
	at, bump := m.at+b.wait(), int8(50)
	if f := b.tracks[0].final(); t.id != call.Caller && f > m.at+60*int64(b.t1) && f < m.at+70*int64(b.t1) {
		at, bump = min(at, f), -1 // what the caller was told came of it
	} else if b.c.now < at {
		return
	}
	e := call.Event{Kind: call.EvTimer, Name: "B", Text: "INVITE"}
	if t.find(func(o *seen) bool { return o.method == mINVITE && o.status == 100 && o.cseq == m.cseq }) >= 0 {
		e.Code = 100
	}
	b.conclude(place, at, bump, e)
}

// final is when the last final response to the leg's INVITE came, 0 if none did.
func (t *track) final() (at int64) {
	for _, i := range t.kept {
		if m := &t.l.msgs[i]; m.method == mINVITE && m.status >= 200 && !m.caller {
			at = m.at
		}
	}
	return at
}

// unacknowledged: RFC 3261 section 13.3.1.4, "if the server retransmits the 2xx
// response for 64*T1 seconds without receiving an ACK, [...] the session SHOULD
// be terminated" with a BYE.
func (b *builder) unacknowledged(t *track, place int) {
	i := t.answer()
	if i < 0 {
		return
	}
	m := &t.l.msgs[i]
	acked := t.find(func(o *seen) bool { return o.method == mACK && o.cseq == m.cseq }) >= 0
	until := b.c.now
	bye := t.bye()
	if bye >= 0 {
		until = t.l.msgs[bye].at
	}
	n, _ := t.copies(i)
	fits := until-m.at >= 60*int64(b.t1)
	if bye >= 0 && n == 0 {
		fits = fits && until-m.at <= 70*int64(b.t1)
	}
	if acked || !fits || n == 0 && bye < 0 || bye >= 0 && t.l.msgs[bye].caller {
		return
	}
	b.conclude(place, min(m.at+b.wait(), until), -1, call.Event{Kind: call.EvTimer, Name: "2xx"})
}

// lateFinal finds timer H (no ACK to a final response of 300 or more), timer C's
// neighbour after a CANCEL (no 487), and reliable provisionals without a PRACK.
func (b *builder) lateFinal(t *track, place int) {
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		switch {
		case m.method == mINVITE && m.status >= 300 && !m.caller:
			n, _ := t.copies(i)
			acked := t.find(func(o *seen) bool { return o.method == mACK && o.cseq == m.cseq }) >= 0
			if n >= 3 && !acked && b.c.now >= m.at+b.wait() {
				b.conclude(place, m.at+b.wait(), 50, call.Event{Kind: call.EvTimer, Name: "H"})
			}
		case m.method == mCANCEL && m.request():
			final := t.find(func(o *seen) bool { return o.method == mINVITE && o.status >= 200 && o.cseq == m.cseq }) >= 0
			if !final && b.c.now >= m.at+b.wait() {
				b.conclude(place, m.at+b.wait(), 50, call.Event{Kind: call.EvTimer, Name: "cancel"})
			}
		case m.method == mINVITE && m.status > 100 && m.status < 200:
			b.reliable(t, place, i)
		}
	}
}

// reliable: RFC 3262 section 3, a reliable provisional response is sent again
// until the PRACK comes, for 64*T1; then the INVITE is refused with a 5xx.
func (b *builder) reliable(t *track, place, i int) {
	m := &t.l.msgs[i]
	n, last := t.copies(i)
	if n < 3 || last-m.at < 20*int64(b.t1) {
		return
	}
	if t.find(func(o *seen) bool { return o.method == mPRACK && o.request() }) >= 0 {
		return
	}
	final := t.final()
	if final < m.at+60*int64(b.t1) {
		return
	}
	// What follows from it may come first: the CANCEL on the other legs.
	at := final
	for i := range b.tracks {
		x := &b.tracks[i]
		if c := x.find(func(o *seen) bool { return o.method == mCANCEL && o.request() && o.at > m.at+60*int64(b.t1) }); c >= 0 {
			at = min(at, x.l.msgs[c].at)
		}
	}
	b.conclude(place, at, -2, call.Event{Kind: call.EvTimer, Name: "prack"})
	b.conclude(place, at, -1, call.Event{Kind: call.EvIntent, Cause: "RECOVERY_ON_TIMER_EXPIRE", By: "platform", Text: "no_prack"})
}

// unanswered finds requests in the dialog, BYE too, that got no answer in 64*T1
// (timer F; of a re-INVITE timer B). cause tells that the BYE came of one.
func (b *builder) unanswered(t *track, place int) (cause bool) {
	bye := t.bye()
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		if !m.request() || m.method == mACK || m.method == mCANCEL || !m.tagged {
			continue
		}
		if t.find(func(o *seen) bool {
			return o.method == m.method && o.status >= 200 && o.cseq == m.cseq && o.caller != m.caller
		}) >= 0 {
			continue
		}
		name := "F"
		if m.method == mINVITE {
			name = "B"
		}
		at := m.at + b.wait()
		switch {
		case m.method == mBYE:
			if b.c.now < at {
				continue
			}
		case bye < 0:
			continue
		default:
			// It is the cause of the BYE only if that came when the timer ran out.
			y := &t.l.msgs[bye]
			if y.caller != m.caller || y.at < m.at+30*int64(b.t1) || y.at > at+10e9 {
				continue
			}
			at = min(at, y.at)
			cause = true
		}
		b.conclude(place, at, -1, call.Event{Kind: call.EvTimer, Name: name, Text: m.method.String(), By: t.asks(m.caller)})
	}
	return cause
}

// sessionTimer: RFC 4028 section 10, a side that does not get the refresh sends
// BYE "slightly before the session expiration": by a third of it, at most 32 s.
func (b *builder) sessionTimer(t *track, place int) {
	bye := t.bye()
	if bye < 0 {
		return
	}
	y := &t.l.msgs[bye]
	if first := t.answer(); first >= 0 && y.at-t.l.msgs[first].at < 58e9 {
		return // RFC 4028 section 5: no interval is shorter than 90 s
	}
	refreshed := int64(0)
	var interval int64
	for _, i := range t.kept {
		m := &t.l.msgs[i]
		if (m.method != mINVITE && m.method != mUPDATE) || m.status < 200 || m.status > 299 || m.at >= y.at {
			continue
		}
		var r reader
		var h head
		r.seed = b.c.seed
		if r.read(&h, []byte(b.c.text(m))); len(h.expires) > 0 {
			refreshed, interval = m.at, int64(secondsOf(h.expires))*int64(time.Second)
		} else {
			interval = 0
		}
	}
	if interval < 60e9 {
		return
	}
	early := min(32e9, interval/3)
	if after := y.at - refreshed; after >= interval-early-1e9 && after <= interval+5e9 {
		b.conclude(place, y.at, -1, call.Event{Kind: call.EvTimer, Name: "session", By: t.asks(y.caller)})
	}
}

// asks says that a timer ran out on the caller's own side.
func (t *track) asks(caller bool) string {
	if t.id == call.Caller && caller != t.outward {
		return "caller"
	}
	return ""
}

// secondsOf reads the number before a header's parameters.
func secondsOf(v []byte) (n int) {
	for _, c := range v {
		if c < '0' || c > '9' || n > 1<<24 {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
