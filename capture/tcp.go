package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"onhook/sip"
)

const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

const (
	// maxJump is how far a sequence number may be from the expected one and still
	// belong to the same connection: the largest window (RFC 7323 section 2.3).
	maxJump = 1 << 30
	// maxHeldSegments and maxHeldBytes are what one direction keeps behind a hole.
	maxHeldSegments = 512
	maxHeldBytes    = 512 << 10
)

// A connKey is a pair of addresses, the lesser one first, so that both
// directions find the same connection.
type connKey struct{ a, b netip.AddrPort }

// A conn is one TCP connection.
type conn struct {
	key        connKey
	sides      [2]side // what a sent, what b sent
	sip        bool    // SIP was seen in it
	web        bool    // it was upgraded to WebSocket
	syn        bool    // a SYN was seen that nobody has answered yet
	over       bool    // it was reset or closed
	prev, next *conn   // by last use
}

// A side is what one end of a connection sent, up to the first hole.
type side struct {
	stream
	known   bool // next counts
	fin     bool
	next    uint32 // the sequence number that comes next
	isn     uint32 // of the SYN
	acked   bool   // the other end has acknowledged what is missing here
	since   time.Time
	queue   []segment // behind a hole, by sequence number
	queued  int       // bytes in queue
	waiting int       // place in connections.holes plus one
}

// A segment waits for what is missing before it.
type segment struct {
	seq    uint32
	data   []byte
	packet packet
}

// A hole is a direction in which something is missing.
type hole struct {
	c   *conn
	dir int
}

// connections are the connections being followed, the longest idle first.
type connections struct {
	most    int
	byKey   map[connKey]*conn
	idle    conn // head of the ring: idle.next is the longest idle
	holes   []hole
	waiting int // len(holes)
	held    int // bytes in queues and unfinished messages
}

func (t *connections) init(most int) {
	t.most = most
	t.byKey = make(map[connKey]*conn)
	t.idle.next, t.idle.prev = &t.idle, &t.idle
}

func (t *connections) touch(c *conn) {
	if t.idle.prev == c {
		return
	}
	if c.next != nil {
		c.prev.next, c.next.prev = c.next, c.prev
	}
	c.prev, c.next = t.idle.prev, &t.idle
	c.prev.next, t.idle.prev = c, c
}

func (t *connections) remove(c *conn) {
	delete(t.byKey, c.key)
	c.prev.next, c.next.prev = c.next, c.prev
	c.prev, c.next = nil, nil
}

// keyOf orders two addresses; dir says which side of the connection src is.
func keyOf(src, dst netip.AddrPort) (k connKey, dir int) {
	if dst.Compare(src) < 0 {
		return connKey{dst, src}, 1
	}
	return connKey{src, dst}, 0
}

// tcp takes a segment apart.
func (d *decoder) tcp(b []byte) {
	if len(b) < 20 {
		d.malformed(badTCP, "a TCP packet of %d bytes: at least 20", len(b))
		return
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		d.malformed(badTCP, "a TCP header of %d bytes in the %d that are left", head, len(b))
		return
	}
	src := netip.AddrPortFrom(d.p.src, binary.BigEndian.Uint16(b))
	dst := netip.AddrPortFrom(d.p.dst, binary.BigEndian.Uint16(b[2:]))
	seq, ack, flags, data := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13], b[head:]
	k, dir := keyOf(src, dst)
	c := d.conns.byKey[k]
	if c == nil {
		if flags&flagRST != 0 || flags&flagSYN == 0 && len(data) == 0 {
			return
		}
		c = &conn{key: k}
		d.conns.byKey[k] = c
		d.conns.touch(c)
		d.room()
	} else {
		d.conns.touch(c)
	}
	if flags&flagRST != 0 {
		d.reset(c, dir, src, dst)
		return
	}
	if flags&flagSYN != 0 {
		d.synchronize(c, dir, seq, flags&flagACK != 0)
		seq++
	}
	if other := &c.sides[1-dir]; flags&flagACK != 0 && len(other.queue) > 0 && int32(ack-other.next) > 0 {
		other.acked = true
	}
	if len(data) > 0 || d.p.short > 0 {
		d.stats.Segments++
		d.segment(c, dir, seq, data)
	}
	if flags&flagFIN != 0 {
		c.sides[dir].fin = true
	}
}

// synchronize begins a connection, or one more between the same ports.
func (d *decoder) synchronize(c *conn, dir int, seq uint32, answer bool) {
	s := &c.sides[dir]
	if s.known && s.isn == seq && !c.over {
		return // sent again
	}
	if !answer {
		for i := range c.sides {
			d.abandon(c, i)
			c.sides[i] = side{}
		}
		c.sip, c.web, c.over = false, false, false
		c.syn = true
	} else {
		d.abandon(c, dir)
		*s = side{}
		c.syn = false
	}
	s.known, s.isn, s.next = true, seq, seq+1
}

// reset ends a connection. It is told where a connection was refused, and where
// one that carried SIP was cut off.
func (d *decoder) reset(c *conn, dir int, src, dst netip.AddrPort) {
	refused := c.syn && !c.sides[dir].known
	normal := c.over || c.sides[0].fin && c.sides[1].fin
	for i := range c.sides {
		d.abandon(c, i)
	}
	c.over = true
	c.syn = false
	if normal || !refused && !c.sip {
		return
	}
	proto := sip.TCP
	if c.web {
		proto = sip.WS
	}
	it := d.item(Closed, proto, src, dst)
	it.Truncated = false
	it.Text = "reset"
	if refused {
		it.Text = "refused"
	}
	d.add(it)
}

// segment puts data where it belongs. What was there before counts: a second
// copy of a byte, the same or not, is not looked at.
func (d *decoder) segment(c *conn, dir int, seq uint32, data []byte) {
	s := &c.sides[dir]
	c.syn = c.syn && s.known
	if !s.known {
		s.known, s.next, s.isn = true, seq, seq-1
	}
	ahead := int32(seq - s.next)
	if ahead > maxJump || ahead < -maxJump {
		d.abandon(c, dir)
		d.lose(c, dir, 0, fmt.Sprintf("the sequence number went from %d to %d", s.next, seq))
		s.next, ahead = seq, 0
	}
	if ahead > 0 && s.mode == lost && !c.sip && !c.web {
		s.next, ahead = seq, 0 // of what is no SIP nothing is kept
	}
	if ahead > 0 {
		d.hold(c, dir, seq, data)
		return
	}
	if d.advance(c, dir, seq, data, d.p.short) && len(s.queue) > 0 {
		d.drain(c, dir)
	}
}

// advance hands on what is new of a segment that begins at or before the next
// byte, and says whether anything was. short bytes at its end were not captured.
func (d *decoder) advance(c *conn, dir int, seq uint32, data []byte, short int) bool {
	s := &c.sides[dir]
	old := int(s.next - seq)
	if old >= len(data)+short {
		return false
	}
	fresh := data[min(old, len(data)):]
	s.next = seq + uint32(len(data)+short)
	if len(fresh) > 0 {
		d.feed(c, dir, fresh)
	}
	if short > 0 {
		d.lose(c, dir, min(short, len(data)+short-old), "a segment was not captured whole")
	}
	return true
}

// hold keeps a segment that comes before its turn.
func (d *decoder) hold(c *conn, dir int, seq uint32, data []byte) {
	s := &c.sides[dir]
	base := s.next
	i, same := slices.BinarySearchFunc(s.queue, seq, func(g segment, seq uint32) int { return int(int32(g.seq-base)) - int(int32(seq-base)) })
	if same && len(s.queue[i].data) >= len(data) {
		return
	}
	if len(s.queue) == 0 {
		s.since, s.acked = d.p.at, false
		d.conns.holes = append(d.conns.holes, hole{c, dir})
		d.conns.waiting = len(d.conns.holes)
		s.waiting = d.conns.waiting
	}
	s.queue = slices.Insert(s.queue, i, segment{seq, slices.Clone(data), d.p})
	s.queued += len(data)
	d.conns.held += len(data)
	was := d.p
	for len(s.queue) > maxHeldSegments || s.queued > maxHeldBytes {
		d.giveUp(c, dir)
	}
	d.p = was
	d.room()
}

// drain hands on the segments whose turn has come.
func (d *decoder) drain(c *conn, dir int) {
	s := &c.sides[dir]
	for len(s.queue) > 0 && int32(s.queue[0].seq-s.next) <= 0 {
		g := s.queue[0]
		s.queue[0] = segment{}
		s.queue = s.queue[1:]
		s.queued -= len(g.data)
		d.conns.held -= len(g.data)
		d.advance(c, dir, g.seq, g.data, g.packet.short)
	}
	if len(s.queue) == 0 {
		d.filled(s)
		return
	}
	s.since, s.acked = d.p.at, false
}

// filled takes a direction off the list of those with holes.
func (d *decoder) filled(s *side) {
	if s.waiting == 0 {
		return
	}
	holes := d.conns.holes
	last := len(holes) - 1
	moved := holes[last]
	holes[s.waiting-1] = moved
	moved.c.sides[moved.dir].waiting = s.waiting
	holes[last] = hole{}
	d.conns.holes = holes[:last]
	d.conns.waiting = last
	s.waiting, s.queue = 0, nil
}

// giveUp goes on behind the first hole of a direction. What follows carries its
// own time.
func (d *decoder) giveUp(c *conn, dir int) {
	s := &c.sides[dir]
	if len(s.queue) == 0 {
		return
	}
	first := &s.queue[0]
	d.p = first.packet
	missing := int(first.seq - s.next)
	d.lose(c, dir, missing, fmt.Sprintf("%d bytes of a stream are missing", missing))
	s.next = first.seq
	for len(s.queue) > 0 && int32(s.queue[0].seq-s.next) <= 0 {
		g := s.queue[0]
		s.queue[0] = segment{}
		s.queue = s.queue[1:]
		s.queued -= len(g.data)
		d.conns.held -= len(g.data)
		d.p = g.packet
		d.advance(c, dir, g.seq, g.data, g.packet.short)
	}
	if len(s.queue) == 0 {
		d.filled(s)
	} else {
		s.since, s.acked = d.p.at, false
	}
}

// abandon hands on all that waits in a direction and forgets what is unfinished.
func (d *decoder) abandon(c *conn, dir int) {
	was := d.p
	s := &c.sides[dir]
	for len(s.queue) > 0 {
		d.giveUp(c, dir)
	}
	if s.begun {
		d.lose(c, dir, 0, "the stream ends in the middle of a message")
	}
	d.discard(s)
	d.p = was
}

// sweepStreams gives up holes: those that the receiver says it has no more, since
// then the capture lost the bytes, and those that waited too long.
func (d *decoder) sweepStreams(all bool) {
	now := d.p.at
	for i := len(d.conns.holes) - 1; i >= 0; i-- {
		if i >= len(d.conns.holes) {
			continue // connections went for want of room
		}
		h := d.conns.holes[i]
		s := &h.c.sides[h.dir]
		age := now.Sub(s.since)
		if s.acked && age > time.Second || age > d.o.Patience || age < -time.Minute {
			d.giveUp(h.c, h.dir)
		}
	}
	if !all {
		return
	}
	for n := len(d.conns.holes); n > 0; n = len(d.conns.holes) {
		d.abandon(d.conns.holes[n-1].c, d.conns.holes[n-1].dir)
	}
	for c := d.conns.idle.next; c != &d.conns.idle; c = c.next {
		d.abandon(c, 0)
		d.abandon(c, 1)
	}
}

// room gives up the connections that were idle longest while there are too many,
// or too much is kept for them.
func (d *decoder) room() {
	for len(d.conns.byKey) > d.conns.most || d.conns.held > d.o.Held && len(d.conns.byKey) > 1 {
		c := d.conns.idle.next
		if c.sip || c.sides[0].queued+c.sides[1].queued > 0 {
			d.stats.Evicted++
			d.note(evicted, "the connection of %s and %s was given up: %d connections and %d bytes waited", c.key.a, c.key.b, len(d.conns.byKey), d.conns.held)
		}
		d.conns.remove(c) // first: what is handed on may need room itself
		d.abandon(c, 0)
		d.abandon(c, 1)
	}
}
