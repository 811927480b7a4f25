package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"onhook/sip"
)

// The flags of a TCP header (RFC 9293 section 3.1) that matter.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

// maxJump is how far a sequence number may be from the expected one and still
// belong to the same connection: the largest window (RFC 7323 section 2.3).
const maxJump = 1 << 30

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
		s.at, s.number = d.p.at, d.p.number
		d.feed(c, dir, fresh)
	}
	if short > 0 {
		d.lose(c, dir, min(short, len(data)+short-old), "a segment was not captured whole")
	}
	return true
}

// abandon hands on all that waits in a direction and forgets what is unfinished.
func (d *decoder) abandon(c *conn, dir int) {
	was := d.p
	s := &c.sides[dir]
	for len(s.queue) > 0 {
		d.giveUp(c, dir)
	}
	if s.begun {
		d.p.at, d.p.number = s.at, s.number
		d.lose(c, dir, 0, "the stream ends in the middle of a message")
	}
	d.discard(s)
	d.p = was
}
