package media

import (
	"net/netip"
	"time"
)

// Learn says from where a leg may learn its peer's true address.
type Learn uint8

const (
	// LearnHost takes any port of the address that signalling named or came from. The default.
	LearnHost Learn = iota
	// LearnStrict takes only the address and port that the session description names.
	LearnStrict
	// LearnAny takes any source when the ones above are silent: for peers behind a NAT that has several addresses. A stranger who sends
	// before the peer does may be taken for it.
	LearnAny
)

const (
	// enough packets of one source, of one SSRC and in order, are taken for the peer.
	enough = 3
	// settle is how long a better source may still take the place of a latched one.
	settle = int64(3 * time.Second)
	// silence of the latched source after which another may take its place.
	silence = int64(2 * time.Second)
)

// How sure a source is.
const (
	classNone uint8 = iota
	classAny
	classVia
	classHost
	classExact
)

// A latch decides which source of packets is the peer (RFC 7362 in spirit, RFC 4961 for the way back).
type latch struct {
	learn Learn
	sdp   netip.AddrPort
	via   netip.Addr

	addr  netip.AddrPort // the peer; zero: not known
	class uint8
	count int // packets of addr since the latch was last open, up to enough
	since int64
	last  int64

	tries [4]candidate
}

// A candidate is a source that is not yet sure.
type candidate struct {
	src  netip.AddrPort
	ssrc uint32
	seq  uint16
	n    int
	at   int64
}

// set gives the latch what signalling said. The same address again keeps the peer until another source proves itself; a new one forgets it.
func (t *latch) set(c *Config) {
	if t.sdp != c.Remote || t.learn != c.Learn || t.via != c.Via {
		*t = latch{learn: c.Learn, sdp: c.Remote, via: c.Via}
		return
	}
	t.tries = [4]candidate{}
	if t.class != classExact {
		t.count = 0
	}
}

func (t *latch) classOf(src netip.AddrPort) uint8 {
	switch {
	case src == t.sdp:
		return classExact
	case t.learn == LearnStrict:
		return classNone
	case t.sdp.IsValid() && src.Addr() == t.sdp.Addr():
		return classHost
	case t.via.IsValid() && src.Addr() == t.via:
		return classVia
	case t.learn == LearnAny:
		return classAny
	}
	return classNone
}

// take decides on a valid RTP packet from src. moved: src has just become the peer.
func (t *latch) take(src netip.AddrPort, h *header, now int64) (ok, moved bool) {
	if src == t.addr {
		t.last = now
		t.count = min(t.count+1, enough)
		return true, false
	}
	c := t.classOf(src)
	if c == classNone {
		return false, false
	}
	if t.addr.IsValid() && t.held(c, now) {
		return false, false
	}
	// The address that the session description names needs no proof.
	if c == classExact || t.proved(src, h, now) {
		t.addr, t.class, t.since, t.last, t.count = src, c, now, now, enough
		t.tries = [4]candidate{}
		return true, true
	}
	return false, false
}

// held: the peer that is latched keeps its place against a source of class c.
func (t *latch) held(c uint8, now int64) bool {
	if t.count < enough || now-t.last >= silence {
		return false
	}
	return c <= t.class || now-t.since >= settle
}

// proved counts packets of a source. A new source takes the place of the one that was silent longest, so that many strangers cannot keep
// the peer out for ever, nor use memory.
func (t *latch) proved(src netip.AddrPort, h *header, now int64) bool {
	oldest := &t.tries[0]
	for i := range t.tries {
		c := &t.tries[i]
		if c.src == src {
			if d := h.seq - c.seq; c.ssrc != h.ssrc || d == 0 || d > 16 {
				c.n = 0
			}
			c.ssrc, c.seq, c.at = h.ssrc, h.seq, now
			c.n++
			return c.n >= enough
		}
		if c.at < oldest.at {
			oldest = c
		}
	}
	*oldest = candidate{src: src, ssrc: h.ssrc, seq: h.seq, n: 1, at: now}
	return false
}

// sure: nobody else may take the peer's place unless it falls silent, so the socket may be connected to it.
func (t *latch) sure(now int64) bool {
	return t.addr.IsValid() && t.count >= enough && now-t.last < silence && (t.class == classExact || now-t.since >= settle)
}

// target is where packets go: the peer, or while it is not known the address that signalling named.
func (t *latch) target() netip.AddrPort {
	if t.addr.IsValid() {
		return t.addr
	}
	return t.sdp
}
