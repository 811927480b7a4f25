package capture

import (
	"encoding/binary"
	"net/netip"

	"onhook/sip"
)

// icmp reads the errors of ICMP (RFC 792) and ICMPv6 (RFC 4443): each quotes the
// packet that it is about.
func (d *decoder) icmp(b []byte, six bool) {
	if len(b) < 8 {
		return
	}
	text, big := icmpText(b[0], b[1], six)
	if text == "" && !big {
		return
	}
	src, dst, proto, quoted, ok := quotation(b[8:])
	if !ok {
		return
	}
	if big {
		d.note(pathMTU, "what %s sent to %s was too big for the path, says %s", src, dst, d.p.src)
		return
	}
	if d.p.src != dst.Addr() {
		text += ", says " + d.p.src.String()
	}
	// The refused packet went from src to dst: it is dst that said no.
	it := d.item(Closed, proto, dst, src)
	it.Text, it.Payload = text, quoted
	d.add(it)
}

// icmpText says what an error means. big: the packet has to be made smaller.
func icmpText(kind, code byte, six bool) (text string, big bool) {
	switch {
	case !six && kind == 3 && code == 4, six && kind == 2:
		return "", true
	case !six && kind == 3 && code == 3, six && kind == 1 && code == 4:
		return "port unreachable", false
	case !six && kind == 3 && (code == 0 || code == 6 || code == 9 || code == 11), six && kind == 1 && code == 0:
		return "network unreachable", false
	case !six && kind == 3, six && kind == 1:
		return "host unreachable", false
	case !six && kind == 11, six && kind == 3:
		return "time exceeded", false
	}
	return "", false
}

// quotation reads the beginning of a packet that an ICMP error quotes.
func quotation(b []byte) (src, dst netip.AddrPort, t sip.Transport, quoted []byte, ok bool) {
	var proto byte
	var from, to netip.Addr
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		head := int(b[0]&15) * 4
		if head < 20 || len(b) < head+8 || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
			return
		}
		proto = b[9]
		from, to = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		b = b[head:]
	case len(b) >= 48 && b[0]>>4 == 6:
		proto = b[6]
		from, to = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		b = b[40:]
	default:
		return
	}
	head := 8
	switch proto {
	case protoUDP:
		t = sip.UDP
	case protoTCP:
		t = sip.TCP
		if len(b) > 12 {
			head = int(b[12]>>4) * 4
		}
	default:
		return
	}
	src = netip.AddrPortFrom(from, binary.BigEndian.Uint16(b))
	dst = netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:]))
	return src, dst, t, b[min(head, len(b)):], true
}
