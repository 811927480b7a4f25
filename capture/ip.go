package capture

import (
	"encoding/binary"
	"net/netip"
)

// IP protocol numbers.
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoAuth     = 51
	protoICMPv6   = 58
	protoOptions  = 60
)

// ip reads an IP packet of either version, told by its first four bits.
func (d *decoder) ip(b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case 4:
		d.ipv4(b)
	case 6:
		d.ipv6(b)
	}
}

// bounded cuts what a link adds at the end off a packet, and counts what was
// not captured of it. A length of zero is what a network card fills in later.
func (d *decoder) bounded(b []byte, total int) []byte {
	switch {
	case total == 0:
	case total <= len(b):
		b = b[:total]
		d.p.short = 0
	default:
		d.p.short = max(d.p.short, total-len(b))
	}
	return b
}

func (d *decoder) ipv4(b []byte) {
	if len(b) < 20 {
		d.malformed(badIP, "an IPv4 packet of %d bytes: at least 20", len(b))
		return
	}
	head := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if head < 20 || head > len(b) || total != 0 && total < head {
		d.malformed(badIP, "an IPv4 header of %d bytes in a packet of %d, of which %d are there", head, total, len(b))
		return
	}
	b = d.bounded(b, total)
	d.p.src = netip.AddrFrom4([4]byte(b[12:16]))
	d.p.dst = netip.AddrFrom4([4]byte(b[16:20]))
	proto, field := b[9], binary.BigEndian.Uint16(b[6:])
	if field&0x3fff != 0 { // more fragments, or an offset
		k := fragmentKey{d.p.src, d.p.dst, uint32(binary.BigEndian.Uint16(b[4:])), proto}
		d.fragment(k, int(field&0x1fff)*8, field&0x2000 != 0, b[head:])
		return
	}
	d.transport(proto, b[head:])
}

func (d *decoder) ipv6(b []byte) {
	if len(b) < 40 {
		d.malformed(badIP, "an IPv6 packet of %d bytes: at least 40", len(b))
		return
	}
	if total := int(binary.BigEndian.Uint16(b[4:])); total > 0 {
		b = d.bounded(b, 40+total)
	}
	d.p.src = netip.AddrFrom16([16]byte(b[8:24]))
	d.p.dst = netip.AddrFrom16([16]byte(b[24:40]))
	proto, b := b[6], b[40:]
	// RFC 8200 section 4: extension headers stand in a chain; each but the
	// fragment's and the authentication's counts its length in eights.
	for range 16 {
		size := 0
		switch proto {
		case protoHopByHop, protoRouting, protoOptions:
			if len(b) >= 8 {
				size = 8 + int(b[1])*8
			}
		case protoAuth:
			if len(b) >= 8 {
				size = 8 + int(b[1])*4
			}
		case protoFragment:
			if len(b) < 8 {
				break
			}
			field := binary.BigEndian.Uint16(b[2:])
			if field&0xfff9 != 0 {
				d.fragment(fragmentKey{d.p.src, d.p.dst, binary.BigEndian.Uint32(b[4:]), b[0]}, int(field&0xfff8), field&1 != 0, b[8:])
				return
			}
			size = 8
		default:
			d.transport(proto, b)
			return
		}
		if size == 0 || size > len(b) {
			d.malformed(badIP, "an IPv6 extension header of type %d in the %d bytes that are left", proto, len(b))
			return
		}
		proto, b = b[0], b[size:]
	}
}

// transport goes on by protocol. What carries no SIP is passed over in silence.
func (d *decoder) transport(proto uint8, b []byte) {
	switch proto {
	case protoUDP:
		d.udp(b)
	case protoTCP:
		d.tcp(b)
	case protoICMP:
		d.icmp(b, false)
	case protoICMPv6:
		d.icmp(b, true)
	case protoIPv4, protoIPv6:
		d.nested(func() { d.ip(b) })
	case protoGRE:
		d.gre(b)
	case protoAuth:
		if len(b) >= 8 && 8+int(b[1])*4 <= len(b) {
			d.nested(func() { d.transport(b[0], b[8+int(b[1])*4:]) })
		}
	}
}

// gre reads a generic routing encapsulation (RFC 2784, with the key and the
// sequence number of RFC 2890).
func (d *decoder) gre(b []byte) {
	if len(b) < 4 || b[1]&7 != 0 {
		return
	}
	head := 4
	for _, bit := range []byte{0x80, 0x20, 0x10} { // checksum, key, sequence
		if b[0]&bit != 0 {
			head += 4
		}
	}
	if b[0]&0x40 != 0 || len(b) < head {
		return
	}
	kind := binary.BigEndian.Uint16(b[2:])
	d.nested(func() {
		if kind == etherTrans {
			d.ethernet(b[head:])
			return
		}
		d.ether(kind, b[head:])
	})
}
