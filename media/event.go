package media

import (
	"net/netip"
	"sync"
)

// A Kind says what an Event is about.
type Kind uint8

// The kinds of events.
const (
	// Latched: the peer's true address is known: Remote.
	Latched Kind = iota
	// RTPTimeout: neither RTP nor RTCP came for Options.Timeout. Reported again only after something came.
	RTPTimeout
	// OneWay: no sound comes from the peer: Finding says why.
	OneWay
	// Digit: keys pressed, in Digits.
	Digit
	// PlayDone: what Play was given has ended by itself; Failed when the leg's codec cannot carry it.
	PlayDone
	// RecordDone: the sink is full; Failed when the peer's codec cannot be decoded.
	RecordDone
	// DigitsDone: all digits of Digits have been sent; Failed when the leg can carry none.
	DigitsDone
	// StatsReady: the answer to Query, in Stats.
	StatsReady
	kinds
)

var kindNames = [kinds]string{"latched", "timeout", "one_way", "digit", "play_done", "record_done", "digits_done", "stats"}

func (k Kind) String() string { return kindNames[k] }

// A Finding names why no sound comes from a peer.
type Finding uint8

// The findings.
const (
	// NeverCame: not one packet.
	NeverCame Finding = iota + 1
	// OtherAddress: packets come, but from an address that may not be believed.
	OtherAddress
	// WrongPayload: packets come, but none of an agreed payload type.
	WrongPayload
	// OnlySilence: packets come, and are silent throughout.
	OnlySilence
	findings
)

var findingNames = [findings]string{"", "never_came", "other_address", "wrong_payload_type", "only_silence"}

func (f Finding) String() string { return findingNames[f] }

// An Event is what happened on a leg. Of each kind at most one is pending a leg: digits are gathered, else the newest stands.
type Event struct {
	Leg     LegID
	Kind    Kind
	Finding Finding
	Failed  bool
	Remote  netip.AddrPort
	// Digits holds the first N keys pressed since the last collection: 0-9, *, #, A-D, and ! for flash.
	Digits [16]byte
	N      int
	Stats  *Stats
}

// Keys is the pressed keys as text.
func (e *Event) Keys() string { return string(e.Digits[:e.N]) }

// A queue holds what is pending, for the one who collects.
type queue struct {
	mu     sync.Mutex
	list   []*pending
	notify func()
}

// pending is the events of one leg that wait, in the order in which they began to; the queue's lock guards it. Most legs
// have one in all their life.
type pending struct {
	queued bool
	closed bool
	ev     []Event
}

// of returns the pending event of a kind; nil if none is.
func (p *pending) of(k Kind) *Event {
	for i := range p.ev {
		if p.ev[i].Kind == k {
			return &p.ev[i]
		}
	}
	return nil
}

func (q *queue) put(p *pending, ev Event) {
	q.mu.Lock()
	if p.closed {
		q.mu.Unlock()
		return
	}
	switch old := p.of(ev.Kind); {
	case old == nil:
		p.ev = append(p.ev, ev)
	case ev.Kind != Digit:
		*old = ev
	case old.N < len(old.Digits):
		old.Digits[old.N] = ev.Digits[0]
		old.N++
	}
	wake := false
	if !p.queued {
		p.queued = true
		q.list = append(q.list, p)
		wake = len(q.list) == 1
	}
	q.mu.Unlock()
	if wake {
		q.notify()
	}
}

// take appends all that is pending.
func (q *queue) take(buf []Event) []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, p := range q.list {
		buf = append(buf, p.ev...)
		clear(p.ev)
		p.ev, p.queued = p.ev[:0], false
		q.list[i] = nil
	}
	q.list = q.list[:0]
	return buf
}

// drop forgets what is pending of a leg that was closed, and all that may still come.
func (q *queue) drop(p *pending) {
	q.mu.Lock()
	p.ev, p.closed = nil, true
	q.mu.Unlock()
}
