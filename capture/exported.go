package capture

import (
	"encoding/binary"
	"net/netip"

	"onhook/sip"
)

// The tags of packets that Wireshark exported as what a protocol carried, which
// is how decrypted SIP is passed on (epan/exported_pdu.h).
const (
	exportEnd      = 0
	exportSrc4     = 20
	exportDst4     = 21
	exportSrc6     = 22
	exportDst6     = 23
	exportPortType = 24
	exportSrcPort  = 25
	exportDstPort  = 26

	exportTCP = 2 // a port type
)

// exported reads a packet without headers: tags say what they said.
func (d *decoder) exported(b []byte) {
	var srcPort, dstPort uint16
	t := sip.UDP
	for {
		if len(b) < 4 {
			d.malformed(badLink, "an exported packet whose tags do not end")
			return
		}
		tag, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b)-4 {
			d.malformed(badLink, "an exported packet with a tag of %d bytes in the %d that are left", n, len(b)-4)
			return
		}
		v := b[4 : 4+n]
		b = b[4+n:]
		switch {
		case tag == exportEnd:
			d.exportedMessage(t, netip.AddrPortFrom(d.p.src, srcPort), netip.AddrPortFrom(d.p.dst, dstPort), b)
			return
		case tag == exportSrc4 && n == 4:
			d.p.src = netip.AddrFrom4([4]byte(v))
		case tag == exportDst4 && n == 4:
			d.p.dst = netip.AddrFrom4([4]byte(v))
		case tag == exportSrc6 && n == 16:
			d.p.src = netip.AddrFrom16([16]byte(v))
		case tag == exportDst6 && n == 16:
			d.p.dst = netip.AddrFrom16([16]byte(v))
		case tag == exportPortType && n == 4:
			if binary.BigEndian.Uint32(v) == exportTCP {
				t = sip.TCP
			}
		case tag == exportSrcPort && n == 4:
			srcPort = uint16(binary.BigEndian.Uint32(v))
		case tag == exportDstPort && n == 4:
			dstPort = uint16(binary.BigEndian.Uint32(v))
		}
	}
}

func (d *decoder) exportedMessage(t sip.Transport, src, dst netip.AddrPort, b []byte) {
	m := trimBreaks(b)
	if !src.IsValid() || !dst.IsValid() || !startsMessage(m, d.p.short > 0) {
		return
	}
	it := d.item(SIP, t, src, dst)
	it.Payload = m
	d.add(it)
}
