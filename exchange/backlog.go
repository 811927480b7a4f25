package exchange

import (
	"encoding/binary"
	"time"

	"onhook/sip"
)

// How much may wait to be read by the loop, in bytes with what a packet costs
// beside them. Beyond it packets are dropped and counted, or a stream is not
// read. One flow, and one address, may have a part of it only.
const (
	maxWaiting        = 16 << 20
	maxWaitingAddress = maxWaiting / 2
	maxWaitingFlow    = maxWaiting / 8
	onePacket         = 256
)

// How many packets a place is given in a round, and an address.
const (
	flowShare    = 4
	addressShare = 16
)

// An item is a packet, or the end of the flow that brought those before it.
type item struct {
	Packet
	down bool
	err  error
	at   time.Time // when it came
	came uint64    // the arrival that it belongs to
}

func (m *item) size() int { return len(m.Data) + onePacket }

// A backlog is what has arrived and the loop has not read yet. It keeps the
// order of each flow and takes turns between them, so that who sends more than
// its share waits behind itself and not before the others: stochastic fair
// queueing, by address (IPv6: by /64) and then by port. Its size is fixed but
// for what it holds.
type backlog struct {
	seed      uint64
	addresses [64]place
	turns     turns
	bytes     int
	arrivals  arrivals
}

// A place is where the flows of some addresses wait.
type place struct {
	lanes [8]lane
	turns turns
	bytes int
}

// A lane is where some flows wait, in the order of their arrival.
type lane struct {
	items []item
	first int
	bytes int
}

// turns is a ring of those whose turn comes.
type turns struct {
	who      [64]uint8
	first, n uint8
}

func (t *turns) push(i uint8) {
	t.who[(t.first+t.n)%64] = i
	t.n++
}

func (t *turns) pop() uint8 {
	i := t.who[t.first]
	t.first = (t.first + 1) % 64
	t.n--
	return i
}

// find returns the place and the lane of a flow.
func (b *backlog) find(f sip.Flow) (p, l uint8) {
	const mix = 0x9e3779b97f4a7c15
	a := f.Remote.Addr().As16()
	h := (b.seed ^ binary.BigEndian.Uint64(a[:8])) * mix
	if f.Remote.Addr().Unmap().Is4() {
		h = (h ^ h>>29 ^ binary.BigEndian.Uint64(a[8:])) * mix
	}
	h ^= h >> 32
	port := (h ^ uint64(f.Remote.Port())) * mix
	return uint8(h * mix >> 58), uint8(port >> 61)
}

// room tells whether n more bytes of a flow may wait.
func (b *backlog) room(f sip.Flow, n int) bool {
	i, j := b.find(f)
	p := &b.addresses[i]
	return b.bytes+n <= maxWaiting && p.bytes+n <= maxWaitingAddress && p.lanes[j].bytes+n <= maxWaitingFlow
}

// add puts an item behind those of its flow; false: there is no room for it.
// For the end of a flow there always is.
func (b *backlog) add(m item) bool {
	i, j := b.find(m.Flow)
	p := &b.addresses[i]
	l := &p.lanes[j]
	n := m.size()
	if !m.down && (b.bytes+n > maxWaiting || p.bytes+n > maxWaitingAddress || l.bytes+n > maxWaitingFlow) {
		return false
	}
	if l.empty() {
		if p.turns.n == 0 {
			b.turns.push(i)
		}
		p.turns.push(j)
	}
	m.came = b.arrivals.add(m.at)
	l.items = append(l.items, m)
	l.bytes, p.bytes, b.bytes = l.bytes+n, p.bytes+n, b.bytes+n
	return true
}

// empty tells whether nothing waits.
func (b *backlog) empty() bool { return b.turns.n == 0 }

// take appends at most a number of items to out, each flow's in their order.
func (b *backlog) take(out []item, most int) []item {
	first := len(out)
	for most += len(out); b.turns.n > 0 && len(out) < most; {
		i := b.turns.pop()
		p := &b.addresses[i]
		before := p.bytes
		out = p.take(out, min(addressShare, most-len(out)))
		b.bytes -= before - p.bytes
		if p.turns.n > 0 {
			b.turns.push(i)
		}
	}
	for i := range out[first:] {
		b.arrivals.take(out[first+i].came)
	}
	return out
}

func (p *place) take(out []item, most int) []item {
	for most += len(out); p.turns.n > 0 && len(out) < most; {
		j := p.turns.pop()
		l := &p.lanes[j]
		before := l.bytes
		out = l.take(out, min(flowShare, most-len(out)))
		p.bytes -= before - l.bytes
		if !l.empty() {
			p.turns.push(j)
		}
	}
	return out
}

func (l *lane) empty() bool { return l.first == len(l.items) }

func (l *lane) take(out []item, most int) []item {
	n := min(most, len(l.items)-l.first)
	taken := l.items[l.first : l.first+n]
	out = append(out, taken...)
	for i := range taken {
		l.bytes -= taken[i].size()
	}
	clear(taken)
	l.first += n
	switch left := len(l.items) - l.first; {
	case left == 0 && cap(l.items) > 128:
		*l = lane{} // a flood's room is given back
	case left == 0:
		l.items, l.first = l.items[:0], 0
	case l.first >= 1024 && l.first >= left:
		rest := copy(l.items, l.items[l.first:])
		clear(l.items[rest:])
		l.items, l.first = l.items[:rest], 0
	}
	return out
}
