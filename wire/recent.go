package wire

import (
	"hash/maphash"
	"net/netip"
)

const (
	recentSize = 1024 // datagrams remembered by a socket
	quoteSize  = 256  // bytes of a datagram that tell it from others: start line and Via
)

// recent remembers the last datagrams sent that have a reference, so that an
// ICMP message, which quotes the beginning of what it is about, can be told
// with that reference. It keeps no message, only what tells one from another.
type recent struct {
	seed  maphash.Seed
	slots []sentMark
	next  int
}

type sentMark struct {
	to   netip.AddrPort
	ref  uint64
	hash uint64
	size int // bytes that were hashed
}

func (r *recent) init() { r.seed = maphash.MakeSeed() }

func (r *recent) add(d *datagram) {
	if d.ref == 0 {
		return
	}
	head := d.data[:min(len(d.data), quoteSize)]
	m := sentMark{d.to, d.ref, maphash.Bytes(r.seed, head), len(head)}
	if len(r.slots) < recentSize {
		r.slots = append(r.slots, m)
		return
	}
	r.slots[r.next] = m
	r.next = (r.next + 1) % recentSize
}

// find returns the reference of the newest datagram to that address whose
// beginning is the quote; 0 if there is none. A router may quote as little as
// 8 bytes of the UDP datagram (RFC 792), which tells the address alone; then
// the newest datagram there is the best guess.
func (r *recent) find(to netip.AddrPort, quote []byte) uint64 {
	for i := range r.slots {
		m := &r.slots[(r.next-1-i+2*len(r.slots))%len(r.slots)]
		if m.to != to {
			continue
		}
		if len(quote) < m.size || maphash.Bytes(r.seed, quote[:m.size]) == m.hash {
			return m.ref
		}
	}
	return 0
}
