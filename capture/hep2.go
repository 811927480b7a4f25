package capture

import (
	"encoding/binary"
	"net/netip"
	"time"

	"onhook/sip"
)

// The address families of HEP v1 and v2 are those of the sender's system.
const (
	familyIPv4        = 2
	familyIPv6Linux   = 10
	familyIPv6BSD     = 24
	familyIPv6FreeBSD = 28
	familyIPv6Darwin  = 30
)

const (
	hep2Head = 8  // version, length, family, protocol, two ports
	hep2Time = 12 // seconds, microseconds, agent, two bytes of padding
)

// isHEP2 tells HEP v1 and v2 by its head: version, length, family and protocol
// have to fit each other.
func isHEP2(b []byte) bool {
	if len(b) < hep2Head || b[0] != 1 && b[0] != 2 {
		return false
	}
	addresses := hep2Addresses(b[2])
	if addresses == 0 || len(b) < hep2Head+addresses {
		return false
	}
	switch b[3] {
	case protoUDP, protoTCP, hepTLS, hepWSS, 132:
	default:
		return false
	}
	// Some count the time in the length and some do not.
	n := int(b[1])
	return n == hep2Head+addresses || b[0] == 2 && (n == hep2Head+addresses+hep2Time || n == hep2Head+addresses+hep2Time-2)
}

func hep2Addresses(family byte) int {
	switch family {
	case familyIPv4:
		return 8
	case familyIPv6Linux, familyIPv6BSD, familyIPv6FreeBSD, familyIPv6Darwin:
		return 32
	}
	return 0
}

// version2 reads HEP v1 and v2. The time of v2 stands in the byte order of its
// sender, little-endian but for machines that are rare: which it is the value
// says. The ports are in network order.
func (h *HEPDecoder) version2(b []byte) (Item, error) {
	if h.Key != "" {
		return Item{}, WrongKey // this version has none
	}
	var it Item
	it.Kind, it.Transport = SIP, hepTransport(b[3])
	src, dst := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	rest := b[hep2Head:]
	if hep2Addresses(b[2]) == 8 {
		it.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(rest)), src)
		it.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(rest[4:])), dst)
		rest = rest[8:]
	} else {
		it.Src = netip.AddrPortFrom(netip.AddrFrom16([16]byte(rest)), src)
		it.Dst = netip.AddrPortFrom(netip.AddrFrom16([16]byte(rest[16:])), dst)
		rest = rest[32:]
	}
	if b[0] == 2 {
		if len(rest) < hep2Time-2 {
			return Item{}, CutShort
		}
		it.At, it.Coarse, it.Agent.ID = hep2Clock(rest)
		packed := int(b[1]) == len(b)-len(rest)+hep2Time-2
		rest = rest[hep2Time-2:]
		if !packed {
			if len(rest) < 2 {
				return Item{}, CutShort
			}
			rest = rest[2:]
		}
	}
	it.Payload = trimBreaks(rest)
	switch {
	case len(it.Payload) == 0:
		return Item{}, NoPayload
	case !startsMessage(it.Payload, false):
		return Item{}, NotSIP
	}
	if it.Transport == sip.NoTransport {
		it.Transport = sip.UDP
	}
	return it, nil
}

// hep2Clock reads seconds, microseconds and agent, of which microseconds below a
// million tell the byte order.
func hep2Clock(b []byte) (at time.Time, coarse bool, agent uint32) {
	little := binary.LittleEndian
	sec, micros, id := little.Uint32(b), little.Uint32(b[4:]), little.Uint16(b[8:])
	if micros >= 1_000_000 {
		big := binary.BigEndian
		sec, micros, id = big.Uint32(b), big.Uint32(b[4:])%1_000_000, big.Uint16(b[8:])
	}
	return time.Unix(int64(sec), int64(micros)*1000).UTC(), micros == 0, uint32(id)
}
