package capture

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	maxPartials = 4096    // datagrams that wait for fragments
	maxParts    = 256     // fragments of one datagram
	maxPartHeld = 8 << 20 // bytes of all fragments that wait
	maxDatagram = 65535
)

// A fragmentKey says which datagram a fragment belongs to (RFC 791 section 2.3,
// RFC 8200 section 4.5).
type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    uint8
}

// A partial is a datagram of which fragments are missing.
type partial struct {
	key    fragmentKey
	packet packet // of the fragment that came first
	parts  []part // by offset
	held   int
	total  int // its length; -1: the last fragment is missing
	done   bool
}

type part struct {
	off  int
	data []byte
}

// fragments are the datagrams being put together, each fragment kept as long as
// it is there, the oldest first.
type fragments struct {
	byKey map[fragmentKey]*partial
	queue []*partial
	held  int
}

func (f *fragments) init()         { f.byKey = make(map[fragmentKey]*partial) }
func (f *fragments) waiting() bool { return len(f.byKey) > 0 }

// fragment takes one fragment. With the last one that was missing the datagram
// goes on.
func (d *decoder) fragment(k fragmentKey, off int, more bool, data []byte) {
	d.stats.Fragments++
	if off+len(data) > maxDatagram || more && len(data) == 0 {
		d.malformed(badIP, "a fragment at %d with %d bytes: a datagram has at most %d", off, len(data), maxDatagram)
		return
	}
	p := d.frags.byKey[k]
	if p == nil {
		p = &partial{key: k, packet: d.p, total: -1}
		d.frags.byKey[k] = p
		if len(d.frags.queue) > 2*maxPartials {
			d.frags.queue = slices.DeleteFunc(d.frags.queue, func(p *partial) bool { return p.done })
		}
		d.frags.queue = append(d.frags.queue, p)
	}
	if !more && d.p.short == 0 && p.total < 0 {
		p.total = off + len(data)
	}
	i, same := slices.BinarySearchFunc(p.parts, off, func(a part, off int) int { return a.off - off })
	if same && len(p.parts[i].data) >= len(data) || len(p.parts) >= maxParts {
		return // a copy; the first counts
	}
	p.parts = slices.Insert(p.parts, i, part{off, slices.Clone(data)})
	p.held += len(data)
	d.frags.held += len(data)
	if p.total >= 0 {
		if whole, ok := p.join(p.total); ok {
			d.drop(p)
			d.nested(func() { d.transport(k.proto, whole) })
			return
		}
	}
	for len(d.frags.byKey) > maxPartials || d.frags.held > maxPartHeld {
		was := d.p
		d.stats.Evicted++
		d.oldestFragment()
		d.p = was
	}
}

// join puts the parts together, as far as they follow each other.
func (p *partial) join(total int) (whole []byte, ok bool) {
	end := 0
	for _, a := range p.parts {
		if a.off > end {
			break
		}
		end = max(end, a.off+len(a.data))
	}
	if total >= 0 && end < total {
		return nil, false
	}
	if total >= 0 {
		end = total
	}
	whole = make([]byte, 0, end)
	for _, a := range p.parts {
		if a.off > len(whole) || len(whole) == end {
			break
		}
		if skip := len(whole) - a.off; skip < len(a.data) {
			whole = append(whole, a.data[skip:min(len(a.data), end-a.off)]...)
		}
	}
	return whole, true
}

func (d *decoder) drop(p *partial) {
	delete(d.frags.byKey, p.key)
	d.frags.held -= p.held
	p.done = true
	p.parts = nil
}

// sweepFragments gives up the datagrams that waited too long, or all.
func (d *decoder) sweepFragments(all bool) {
	now := d.p.at
	for len(d.frags.queue) > 0 {
		p := d.frags.queue[0]
		if age := now.Sub(p.packet.at); !p.done && !all && age < d.o.Fragments && age > -time.Minute {
			return
		}
		d.oldestFragment()
	}
}

// oldestFragment gives up the datagram that waits longest. What is there from its
// beginning on is handed out, marked as cut.
func (d *decoder) oldestFragment() {
	p := d.frags.queue[0]
	d.frags.queue[0] = nil
	d.frags.queue = d.frags.queue[1:]
	if p.done {
		return
	}
	whole, _ := p.join(-1)
	missing := 1
	if p.total > len(whole) {
		missing = p.total - len(whole)
	}
	d.drop(p)
	if p.key.proto != protoUDP || len(whole) < 8 {
		return
	}
	d.p = p.packet
	d.p.short = missing
	before := d.stats.SIP
	d.nested(func() { d.udp(whole) })
	if d.stats.SIP == before {
		return
	}
	d.add(Item{
		Kind: Gap, At: d.p.at, Number: d.p.number, Lost: 1,
		Text: fmt.Sprintf("fragments of the datagram of packet %d from %s to %s are missing: %d bytes of it are there", d.p.number, p.key.src, p.key.dst, len(whole)),
	})
}
