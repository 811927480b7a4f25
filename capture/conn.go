package capture

import (
	"net/netip"
	"time"
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
	next    uint32    // the sequence number that comes next
	isn     uint32    // of the SYN
	at      time.Time // of the last segment
	number  uint64    // its packet
	acked   bool      // the other end has acknowledged what is missing here
	since   time.Time
	queue   []segment // behind a hole, by sequence number
	queued  int       // bytes in queue
	waiting int       // place in connections.holes plus one
}

// unfinished says that something is kept that would be lost.
func (s *side) unfinished() bool { return s.begun || s.more || len(s.queue) > 0 }

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
