package capture

import "encoding/binary"

// Link types, as tcpdump lists them.
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRaw12    = 12
	linkRaw14    = 14
	linkPPPHDLC  = 50
	linkPPPoE    = 51
	linkRaw      = 101
	linkCHDLC    = 104
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkExported = 252
	linkSLL2     = 276
)

// EtherTypes, and the two of PPP's protocols that matter.
const (
	etherIPv4  = 0x0800
	etherIPv6  = 0x86dd
	etherVLAN  = 0x8100
	etherQinQ  = 0x88a8
	etherQinQ2 = 0x9100
	etherMPLS  = 0x8847
	etherPPPoE = 0x8864
	etherTrans = 0x6558 // transparent Ethernet bridging, in GRE
	pppIPv4    = 0x0021
	pppIPv6    = 0x0057
)

const vxlanPort = 4789 // RFC 7348

// link takes the link layer off.
func (d *decoder) link(kind uint32, b []byte) {
	switch kind {
	case linkEthernet:
		d.ethernet(b)
	case linkSLL:
		d.after(b, 14, 16)
	case linkSLL2:
		d.after(b, 0, 20)
	case linkCHDLC:
		d.after(b, 2, 4)
	case linkNull, linkLoop:
		d.family(b)
	case linkRaw, linkRaw12, linkRaw14, linkIPv4, linkIPv6:
		d.ip(b)
	case linkPPP, linkPPPHDLC:
		d.ppp(b)
	case linkPPPoE:
		d.pppoe(b)
	case linkExported:
		d.exported(b)
	default:
		if d.linked == nil {
			d.linked = make(map[uint32]bool)
		}
		if !d.linked[kind] && len(d.linked) < 64 {
			d.linked[kind] = true
			d.note(badLink, "packets of link type %d are not read", kind)
		}
	}
}

func (d *decoder) ethernet(b []byte) { d.after(b, 12, 14) }

// after reads the EtherType at one place and goes on at another.
func (d *decoder) after(b []byte, kind, head int) {
	if len(b) < head {
		d.malformed(badLink, "a frame of %d bytes: its header has %d", len(b), head)
		return
	}
	d.ether(binary.BigEndian.Uint16(b[kind:]), b[head:])
}

// ether goes on by EtherType. What is no IP is passed over in silence.
func (d *decoder) ether(kind uint16, b []byte) {
	for range maxNest {
		switch kind {
		case etherIPv4, etherIPv6:
			d.ip(b)
			return
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				d.malformed(badLink, "a VLAN tag of %d bytes: it has 4", len(b))
				return
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherMPLS:
			d.mpls(b)
			return
		case etherPPPoE:
			d.pppoe(b)
			return
		default:
			return
		}
	}
}

// family reads the four bytes that stand before a packet of a loopback
// interface: a number of the system that captured, in its byte order.
func (d *decoder) family(b []byte) {
	if len(b) < 4 {
		d.malformed(badLink, "a loopback frame of %d bytes: its header has 4", len(b))
		return
	}
	d.ip(b[4:])
}

func (d *decoder) mpls(b []byte) {
	for len(b) > 4 {
		bottom := b[2]&1 != 0
		b = b[4:]
		if bottom {
			d.ip(b)
			return
		}
	}
}

func (d *decoder) pppoe(b []byte) {
	if len(b) < 6 || b[0] != 0x11 || b[1] != 0 {
		return // not a session's data
	}
	d.ppp(b[6:])
}

// ppp reads a PPP frame; address and control may stand before the protocol.
func (d *decoder) ppp(b []byte) {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b = b[2:]
	}
	switch {
	case len(b) > 1 && (b[0] == pppIPv4 || b[0] == pppIPv6): // protocol field compression
		d.ip(b[1:])
	case len(b) > 2 && (binary.BigEndian.Uint16(b) == pppIPv4 || binary.BigEndian.Uint16(b) == pppIPv6):
		d.ip(b[2:])
	}
}
