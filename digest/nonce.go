package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"time"
)

// A nonce is 32 bytes in base64: when it was made (milliseconds), a serial
// number that cannot be guessed, and 16 bytes of HMAC-SHA-256 over both and the realm. So
// nothing is kept for one that nobody uses.
const (
	nonceBytes = 32
	nonceHead  = 16
	nonceText  = 43
)

// ncWindow is how far behind the highest count one may come that was not yet
// seen, since UDP changes the order of packets.
const ncWindow = 32

// A counter is what is known of a nonce in use.
type counter struct {
	highest uint32
	seen    uint32 // bit i: highest-i was used
	made    int64  // milliseconds
}

// accept takes a count if it was not used before.
func (c *counter) accept(nc uint32) bool {
	switch {
	case nc > c.highest:
		// A shift of 32 or more leaves nothing.
		c.seen = c.seen<<(nc-c.highest) | 1
		c.highest = nc
		return true
	case c.highest-nc >= ncWindow:
		return false
	}
	bit := uint32(1) << (c.highest - nc)
	if c.seen&bit != 0 {
		return false
	}
	c.seen |= bit
	return true
}

// nonces are the nonces of a server.
type nonces struct {
	mac   hash.Hash // HMAC with the server's key
	realm []byte
	life  int64 // milliseconds
	most  int
	rand  Rand

	used  map[uint64]*counter // by serial number
	order []uint64            // serial numbers as they came into use; the first ones are forgotten first
	head  int
	floor int64 // nonces made at this time or before are stale, unless they are in use
	begun bool
}

// start makes everything that was made before the server began stale: what it
// was used for is not known any more.
func (n *nonces) start(now time.Time) {
	if !n.begun {
		n.begun, n.floor = true, now.UnixMilli()-1
	}
}

// issue appends a new nonce.
func (n *nonces) issue(dst []byte, now time.Time) []byte {
	n.start(now)
	var b [nonceHead + sha256.Size]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b[8:], n.rand.Uint64())
	return base64.RawURLEncoding.AppendEncode(dst, n.sign(b[:nonceHead], b[:nonceHead]))
}

// sign appends the signature to dst, which holds a copy of the head.
func (n *nonces) sign(dst, head []byte) []byte {
	n.mac.Reset()
	n.mac.Write(head)
	n.mac.Write(n.realm)
	return n.mac.Sum(dst)[:nonceBytes]
}

// open reads a nonce; false: it is not one of ours.
func (n *nonces) open(text string) (made int64, serial uint64, ok bool) {
	if len(text) != nonceText {
		return 0, 0, false
	}
	var b [nonceBytes]byte
	if m, err := base64.RawURLEncoding.Decode(b[:], []byte(text)); err != nil || m != nonceBytes {
		return 0, 0, false
	}
	var want [nonceHead + sha256.Size]byte
	if !hmac.Equal(n.sign(append(want[:0], b[:nonceHead]...), b[:nonceHead]), b[:]) {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(b[:])), binary.BigEndian.Uint64(b[8:]), true
}

// use counts a use of a nonce by credentials that are right; false: it is
// not ours, too old, or this count was used before.
func (n *nonces) use(now time.Time, text string, nc uint32) bool {
	n.start(now)
	made, serial, ok := n.open(text)
	at := now.UnixMilli()
	if !ok || at-made > n.life || made-at > n.life {
		return false
	}
	n.forget(at)
	c := n.used[serial]
	if c == nil {
		if made <= n.floor {
			return false
		}
		c = &counter{made: made}
		n.used[serial] = c
		n.order = append(n.order, serial)
	}
	return c.accept(nc)
}

// forget drops the counters of nonces that are too old, and of the oldest if
// there are too many; those then are stale, never fresh again.
func (n *nonces) forget(at int64) {
	for n.head < len(n.order) {
		c := n.used[n.order[n.head]]
		old := at-c.made > n.life
		if !old && len(n.order)-n.head < n.most {
			break
		}
		if !old {
			n.floor = max(n.floor, c.made)
		}
		delete(n.used, n.order[n.head])
		n.head++
	}
	if n.head > 64 && n.head > len(n.order)/2 {
		n.order = n.order[:copy(n.order, n.order[n.head:])]
		n.head = 0
	}
}
