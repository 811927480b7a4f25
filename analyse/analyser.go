package analyse

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"time"

	"onhook/capture"
)

// An Analyser takes the items of a capture and hands out its calls.
type Analyser struct {
	opt      Options
	emit     func(*Call)
	read     reader
	head     head
	byID     map[string]*leg
	index    index
	late     memory
	clock    clock
	flows    flows
	queues   [5]queue // by phase; see enqueue
	bytes    int
	paper    paper
	scratch  []byte
	squeezed int // bytes from which the silent calls are compressed again
	total    Totals
	gaps     []gap
	back     *backend
	begun    bool // a message was seen
}

// A gap is a place where the capture says it lost something, or where its clock
// was set back.
type gap struct {
	at   time.Time
	lost uint64
	text string
	when int64         // by the analyser's clock
	back time.Duration // by how much the clock was set back; 0: it was not
}

// maxGaps bounds what is remembered of them.
const maxGaps = 256

// The queues of calls that wait alike.
const (
	inFresh = iota
	inTrying
	inRinging
	inUp
	inOver
)

// New makes an Analyser that gives each call to emit when it is over. With
// Options.Parallel emit runs on another goroutine than Take; calls come one
// after the other in either case, and one that has been given may be kept.
func New(opt Options, emit func(*Call)) *Analyser {
	if opt.Source == "" {
		opt.Source = "pcap"
	}
	a := &Analyser{opt: opt, emit: emit, byID: make(map[string]*leg)}
	a.read.seed = maphash.MakeSeed()
	a.index.init()
	a.late.init()
	wait := 64 * opt.t1()
	for i, d := range [...]time.Duration{wait + wait/8, silentTrying, silentRinging, silentUp, wait} {
		a.queues[i].after = d
	}
	a.back = newBackend(opt, emit)
	return a
}

// Take takes the next item. Nothing of it is kept but copies.
func (a *Analyser) Take(it *capture.Item) {
	a.total.Items++
	switch it.Kind {
	case capture.SIP:
		a.advance(it)
		a.message(it)
	case capture.RTP:
		a.advance(it)
		a.total.RTP++
		a.flows.packet(it, a.clock.now)
	case capture.Closed:
		a.advance(it)
		a.refused(it)
	case capture.Gap:
		a.total.Gaps++
		a.total.Lost += it.Lost
		if len(a.gaps) < maxGaps {
			a.gaps = append(a.gaps, gap{at: it.At, lost: it.Lost, text: it.Text, when: a.clock.now})
		}
		a.total.note("the capture has a gap: " + it.Text)
	case capture.Note:
		a.total.note(it.Text)
	}
}

// Tick tells the time where no items come: of a listener, say. Calls that have
// waited long enough are handed out.
func (a *Analyser) Tick(now time.Time) {
	a.clock.tick(now)
	a.expire()
}

// Totals returns what was counted so far.
func (a *Analyser) Totals() Totals {
	t := a.total
	t.Calls = a.back.handed()
	t.Notes = append([]string(nil), t.Notes...)
	return t
}

// Open returns how many calls are open: those that have not ended, and all.
func (a *Analyser) Open() (up, all int) {
	for i := range a.queues {
		all += a.queues[i].n
	}
	return all - a.queues[inOver].n, all
}

// Finish hands out all calls that are open, as they stand, and returns the totals.
func (a *Analyser) Finish() Totals {
	a.expire()
	a.drain(byCapture)
	a.back.wait()
	return a.Totals()
}

// drain hands out all calls, those that ended first.
func (a *Analyser) drain(why ending) {
	for i := len(a.queues) - 1; i >= 0; i-- {
		for c := a.queues[i].head; c != nil; c = a.queues[i].head {
			if i == inOver {
				a.handOut(c, byRules)
			} else {
				a.handOut(c, why)
			}
		}
	}
}

// advance moves the clock.
func (a *Analyser) advance(it *capture.Item) {
	before := a.clock.now
	jump := a.clock.item(it)
	if jump != 0 && a.begun {
		a.total.Jumps++
		a.total.note(jumpText(jump, it))
		if jump > 0 {
			// What was open before is not what comes after, and no timer ran meanwhile.
			after := a.clock.now
			a.clock.now = before
			a.drain(byJump)
			a.clock.now = after
		} else if keyOf(&it.Agent) == (agentKey{}) && len(a.gaps) < maxGaps {
			a.gaps = append(a.gaps, gap{at: it.At, back: -jump, when: before})
		}
	}
	a.expire()
	a.back.flushAfter(a.clock.now)
}

// expire hands out the calls that have waited long enough.
func (a *Analyser) expire() {
	now := a.clock.now
	for i := range a.queues {
		q := &a.queues[i]
		for c := q.head; c != nil && c.touched+int64(q.after) <= now; c = q.head {
			a.handOut(c, byRules)
		}
	}
}

// message takes a SIP message.
func (a *Analyser) message(it *capture.Item) {
	a.total.Messages++
	a.begun = true
	if it.Truncated {
		a.total.Truncated++
	}
	h, payload := &a.head, it.Payload
	why := a.read.read(h, payload)
	if h.folded {
		payload = unfold(payload)
		why = a.read.read(h, payload)
	}
	if why != "" {
		a.total.Malformed++
		a.total.note("a message could not be read: " + why)
		return
	}
	switch h.method {
	case mREGISTER:
		a.total.Registrations++
		return
	case mPUBLISH:
		a.total.Subscriptions++
		return
	}
	l, fromCaller := a.find(h, it)
	if l == nil {
		if l, fromCaller = a.begin(h, it); l == nil {
			return
		}
	}
	a.keep(l, h, it, fromCaller)
}

// find returns the leg of a message.
func (a *Analyser) find(h *head, it *capture.Item) (*leg, bool) {
	var found *leg
	var caller bool
	looked := 0
	for l := a.byID[string(h.callID)]; l != nil && looked < maxLegs; l = l.sameID {
		looked++
		fromCaller, ok := l.fits(h)
		if !ok {
			continue
		}
		if found == nil || !found.pair(it.Src, it.Dst) && l.pair(it.Src, it.Dst) {
			found, caller = l, fromCaller
		}
	}
	return found, caller
}

// begin makes a leg for a message of a dialog that is not known, if it tells of
// a call; otherwise it counts.
func (a *Analyser) begin(h *head, it *capture.Item) (*leg, bool) {
	if h.status == 0 && h.method == mINVITE && h.to == 0 {
		l := a.newLeg(h)
		return l, true
	}
	if a.late.has(a.read.hash(h.callID)) && (h.method == mINVITE || h.method == mACK || h.method == mBYE || h.method == mCANCEL) {
		a.total.Late++
		return nil, false
	}
	switch h.method {
	case mINVITE:
		// A response, or an INVITE in a dialog.
		if h.status == 100 {
			a.total.Strays++
			return nil, false
		}
		return a.newLeg(h), true
	case mBYE, mCANCEL:
		if h.status == 0 {
			return a.newLeg(h), true
		}
		a.total.Strays++
	case mOPTIONS:
		a.total.Options++
	case mSUBSCRIBE, mNOTIFY:
		a.total.Subscriptions++
	case mACK, mPRACK, mUPDATE, mINFO, mREFER:
		a.total.Strays++
	default:
		a.total.Other++
	}
	return nil, false
}

// newLeg makes a leg in a call of its own.
func (a *Analyser) newLeg(h *head) *leg {
	l := &leg{callID: string(h.callID), tag: h.from, first: a.clock.now}
	c := &open{seed: a.read.seed, gaps: len(a.gaps), offset: a.clock.offset}
	c.legs = append(c.room[:0], l)
	l.call = c
	l.sameID = a.byID[l.callID]
	a.byID[l.callID] = l
	c.touched = a.clock.now
	a.queues[inFresh].push(c)
	return l
}

// keep takes a message of a leg.
func (a *Analyser) keep(l *leg, h *head, it *capture.Item, fromCaller bool) {
	if h.method == mINVITE && h.status == 0 && h.to == 0 {
		next, place := a.invite(l, h, it)
		if next == nil {
			return
		}
		if next != l {
			l, fromCaller = next, true
		}
		a.store(l, h, it, fromCaller, place)
		return
	}
	a.store(l, h, it, fromCaller, l.hopOf(it.Src, it.Dst))
}

// invite puts an INVITE that begins or tries a dialog on a leg: this one, or a
// new one where the Call-ID is used again or between other peers.
func (a *Analyser) invite(l *leg, h *head, it *capture.Item) (*leg, uint8) {
	again := l.phase == over || l.phase == answered && l.remote != 0 && !l.knows(h)
	if !again {
		if place, ok := l.inviteHop(&a.paper, h, it.Src, it.Dst); ok {
			return l, place
		}
	}
	other := a.newLeg(h)
	place, _ := other.inviteHop(&a.paper, h, it.Src, it.Dst)
	if !again && it.Src.Addr() == l.addrs[l.hops[l.near].dst].Addr() {
		a.attach(other, l, Join{Reason: "Call-ID", Value: l.callID, Strength: Certain})
	}
	return other, place
}

// knows tells whether the leg has this INVITE's number already: a copy that came late.
func (l *leg) knows(h *head) bool {
	for i := range l.msgs {
		if m := &l.msgs[i]; m.method == mINVITE && m.request() && m.cseq == h.cseq {
			return true
		}
	}
	return false
}

// unfold joins folded header lines (RFC 3261 section 7.3.1).
func unfold(msg []byte) []byte {
	out := bytes.Clone(msg)
	end := bytes.Index(out, []byte("\r\n\r\n"))
	if end < 0 {
		if end = bytes.Index(out, []byte("\n\n")); end < 0 {
			end = len(out)
		}
	}
	for i := 0; i+1 < end; i++ {
		if out[i] == '\n' && (out[i+1] == ' ' || out[i+1] == '\t') {
			out[i] = ' '
			if i > 0 && out[i-1] == '\r' {
				out[i-1] = ' '
			}
		}
	}
	return out
}

// samePlace tells whether a leg could have been sent on by the host that
// another one came to.
func samePlace(from, to netip.AddrPort, upSrc netip.Addr) bool {
	// Where all run on one host the port tells them apart.
	return from.Addr() == to.Addr() && (from.Port() == to.Port() || upSrc != to.Addr())
}
