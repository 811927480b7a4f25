package capture

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxHeldSegments and maxHeldBytes are what one direction keeps behind a hole.
	maxHeldSegments = 512
	maxHeldBytes    = 512 << 10
)

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
		if c.sides[0].unfinished() || c.sides[1].unfinished() {
			d.stats.Evicted++
			d.note(evicted, "the connection of %s and %s was given up: %d connections and %d bytes waited", c.key.a, c.key.b, len(d.conns.byKey), d.conns.held)
		}
		d.conns.remove(c) // first: what is handed on may need room itself
		d.abandon(c, 0)
		d.abandon(c, 1)
	}
}
