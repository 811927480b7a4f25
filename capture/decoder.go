package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"onhook/sip"
)

// maxNest is how often one packet may stand in another: tunnels in tunnels.
const maxNest = 8

// maxNotes is how often each complaint is made; the rest is counted and said at
// the end.
const maxNotes = 8

// A decoder takes packets apart, from the link layer up to SIP. Everything on
// the way of an ordinary packet is decoded where it lies, by hand.
type decoder struct {
	o     Options
	out   *items
	stats Stats

	p      packet
	frags  fragments
	conns  connections
	hep    HEPDecoder
	sweep  time.Time // when waiting segments and fragments are looked at next
	notes  [complaints]uint64
	linked map[uint32]bool // link types that were complained about
}

// A packet is what is known of the packet that is being taken apart.
type packet struct {
	at       time.Time
	number   uint64
	coarse   bool
	short    int // bytes missing at its end: not captured
	src, dst netip.Addr
	nest     int
}

// A complaint is a kind of note.
type complaint uint8

const (
	badLink complaint = iota
	badIP
	badUDP
	badTCP
	badHEP
	badStream
	tooLong
	compressed
	pathMTU
	encrypted
	evicted
	complaints
)

func (c complaint) String() string {
	switch c {
	case badLink:
		return "packets with a broken link layer"
	case badIP:
		return "packets with a broken IP header"
	case badUDP:
		return "packets with a broken UDP header"
	case badTCP:
		return "packets with a broken TCP header"
	case badHEP:
		return "HEP packets that could not be read"
	case badStream:
		return "streams that were not SIP any more"
	case tooLong:
		return "messages that were too long"
	case compressed:
		return "compressed WebSocket messages"
	case pathMTU:
		return "packets too big for their path"
	case encrypted:
		return "connections that are encrypted"
	case evicted:
		return "streams given up for want of room"
	}
	return "notes"
}

func (d *decoder) init(o Options, out *items) {
	d.o, d.out = o, out
	d.conns.init(o.Streams)
	d.frags.init()
}

// frame takes one captured packet apart.
func (d *decoder) frame(f *frame) {
	d.stats.Packets++
	d.stats.Bytes += uint64(len(f.data))
	if d.stats.First.IsZero() {
		d.stats.First = f.at
	}
	d.stats.Last = f.at
	d.p = packet{at: f.at, coarse: f.coarse, short: f.long, number: f.number}
	if f.at.After(d.sweep) || d.sweep.Sub(f.at) > 2*time.Second {
		if d.conns.waiting > 0 || d.frags.waiting() {
			was := d.p
			d.sweepStreams(false)
			d.sweepFragments(false)
			d.p = was
		}
		d.sweep = f.at.Add(time.Second)
	}
	d.link(f.link, f.data)
}

// flush gives up all waiting: the capture is at its end.
func (d *decoder) flush() {
	d.sweepFragments(true)
	d.sweepStreams(true)
	for c, n := range d.notes {
		if n > maxNotes {
			d.add(Item{Kind: Note, At: d.stats.Last, Number: d.stats.Packets, Text: strconv.FormatUint(n-maxNotes, 10) + " more " + complaint(c).String()})
		}
	}
}

// note says what a person should know, the first times.
func (d *decoder) note(c complaint, format string, args ...any) {
	d.notes[c]++
	if d.notes[c] > maxNotes {
		return
	}
	d.add(Item{
		Kind: Note, At: d.p.at, Number: d.p.number, Coarse: d.p.coarse,
		Text: "packet " + strconv.FormatUint(d.p.number, 10) + ": " + fmt.Sprintf(format, args...),
	})
}

func (d *decoder) malformed(c complaint, format string, args ...any) {
	d.stats.Malformed++
	if d.p.short == 0 { // a packet that was cut has a reason to be short
		d.note(c, format, args...)
	}
}

func (d *decoder) add(it Item) {
	switch it.Kind {
	case SIP:
		d.stats.SIP++
	case RTP:
		d.stats.RTP++
	case Closed:
		d.stats.Closed++
	case Gap:
		d.stats.Gaps++
	}
	d.out.add(it)
}

// item is an Item about the packet that is being taken apart.
func (d *decoder) item(k Kind, t sip.Transport, src, dst netip.AddrPort) Item {
	return Item{Kind: k, At: d.p.at, Coarse: d.p.coarse, Number: d.p.number, Transport: t, Src: src, Dst: dst, Truncated: d.p.short > 0}
}

// udp takes a datagram apart. A length of zero, which stands in jumbograms and in
// what network cards split later, is taken as: to the end.
func (d *decoder) udp(b []byte) {
	if len(b) < 8 {
		d.malformed(badUDP, "a UDP packet of %d bytes: at least 8", len(b))
		return
	}
	src := netip.AddrPortFrom(d.p.src, binary.BigEndian.Uint16(b))
	dst := netip.AddrPortFrom(d.p.dst, binary.BigEndian.Uint16(b[2:]))
	n := int(binary.BigEndian.Uint16(b[4:]))
	data := b[8:]
	switch {
	case n >= 8 && n-8 <= len(data):
		data = data[:n-8]
		d.p.short = 0
	case n != 0 && n < 8:
		d.malformed(badUDP, "a UDP length of %d: at least 8", n)
		return
	case n != 0:
		d.p.short = max(d.p.short, n-8-len(data))
	}
	d.datagram(src, dst, data)
}

// datagram tells what a datagram holds by its first bytes, whatever its ports.
func (d *decoder) datagram(src, dst netip.AddrPort, data []byte) {
	if len(data) == 0 {
		return
	}
	first := data[0]
	switch {
	case first >= 0x80 && first < 0xc0:
		if isRTP(data) {
			it := d.item(RTP, sip.UDP, src, dst)
			it.Payload = data
			d.add(it)
		}
	case first == 'H' && isHEP3(data), first == 'E' && isHEP3(data), (first == 1 || first == 2) && isHEP2(data):
		d.mirrored(src, dst, data)
	case first == 8 && dst.Port() == vxlanPort && len(data) > 8:
		d.nested(func() { d.ethernet(data[8:]) })
	default:
		m := trimBreaks(data)
		if len(m) == 0 {
			d.stats.KeepAlives++
			return
		}
		if isToken(m[0]) && startsMessage(m, d.p.short > 0) {
			it := d.item(SIP, sip.UDP, src, dst)
			it.Payload = m
			d.add(it)
		}
	}
}

// mirrored reads a HEP packet that is itself in the capture.
func (d *decoder) mirrored(src, dst netip.AddrPort, data []byte) {
	it, err := d.hep.decode(data, d.out.pending())
	if err != nil {
		if err != NotSIP {
			d.note(badHEP, "HEP from %s to %s: %v", src, dst, err)
		}
		return
	}
	it.Agent.Addr = src
	it.Number = d.p.number
	it.Truncated = it.Truncated || d.p.short > 0
	it.arrived(d.p.at, d.p.coarse)
	d.add(it)
}

// nested takes the packet apart that stands in this one.
func (d *decoder) nested(f func()) {
	if d.p.nest >= maxNest {
		d.malformed(badIP, "more than %d packets in one another", maxNest)
		return
	}
	was := d.p
	d.p.nest++
	f()
	d.p = was
}

// isRTP says that a datagram may be RTP or RTCP: version 2 and a header's length
// (RFC 3550 section 5.1). Whether it belongs to a call is for others to say.
func isRTP(b []byte) bool { return len(b) >= 12 && b[0]>>6 == 2 }
