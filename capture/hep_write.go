package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"onhook/sip"
)

// AppendHEP appends an item of kind SIP or RTP as one HEP v3 packet: addresses,
// ports, transport and time, the agent's id and name, the correlation id, and the
// key if there is one. A packet has at most 65,535 bytes; dst is unchanged where
// that is not enough.
func AppendHEP(dst []byte, it *Item, key string) ([]byte, error) {
	if !it.Src.Addr().IsValid() || !it.Dst.Addr().IsValid() {
		return dst, errors.New("capture: HEP needs a source and a destination address")
	}
	begin := len(dst)
	src, to := pair(it.Src, it.Dst)
	b := append(dst, "HEP3\x00\x00"...)
	family := byte(familyIPv4)
	if src.Addr().Is6() {
		family = familyIPv6Linux
	}
	b = append(chunkHead(b, chunkFamily, 1), family)
	b = append(chunkHead(b, chunkProtocol, 1), hepProtocol(it.Transport))
	b = chunkAddress(b, chunkSrc4, src.Addr())
	b = chunkAddress(b, chunkDst4, to.Addr())
	be := binary.BigEndian
	b = be.AppendUint16(chunkHead(b, chunkSrcPort, 2), src.Port())
	b = be.AppendUint16(chunkHead(b, chunkDstPort, 2), to.Port())
	b = be.AppendUint32(chunkHead(b, chunkSeconds, 4), uint32(it.At.Unix()))
	b = be.AppendUint32(chunkHead(b, chunkMicros, 4), uint32(it.At.Nanosecond()/1000))
	kind := byte(hepSIP)
	if it.Kind == RTP {
		kind = hepRTP
	}
	b = append(chunkHead(b, chunkType, 1), kind)
	b = be.AppendUint32(chunkHead(b, chunkAgent, 4), it.Agent.ID)
	if key != "" {
		b = append(chunkHead(b, chunkKey, len(key)), key...)
	}
	if it.Correlation != "" {
		b = append(chunkHead(b, chunkCorrelation, len(it.Correlation)), it.Correlation...)
	}
	if it.Agent.Name != "" {
		b = append(chunkHead(b, chunkNode, len(it.Agent.Name)), it.Agent.Name...)
	}
	b = append(chunkHead(b, chunkPayload, len(it.Payload)), it.Payload...)
	size := len(b) - begin
	if size > 0xffff {
		return dst, fmt.Errorf("capture: a HEP packet of %d bytes: at most 65535", size)
	}
	be.PutUint16(b[begin+4:], uint16(size))
	return b, nil
}

// chunkHead appends the head of a generic chunk with n bytes of value.
func chunkHead(b []byte, kind uint16, n int) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(hepHead+n))
}

// chunkAddress appends an address; the chunk type of IPv6 is two higher.
func chunkAddress(b []byte, kind uint16, a netip.Addr) []byte {
	if a.Is4() {
		raw := a.As4()
		return append(chunkHead(b, kind, 4), raw[:]...)
	}
	raw := a.As16()
	return append(chunkHead(b, kind+2, 16), raw[:]...)
}

// hepProtocol is the protocol number of a transport, with those that other
// servers use where there is none: 22 for TLS, 50 for secure WebSocket.
func hepProtocol(t sip.Transport) byte {
	switch t {
	case sip.TCP, sip.WS:
		return protoTCP
	case sip.TLS:
		return hepTLS
	case sip.WSS:
		return hepWSS
	case sip.UDP:
		return protoUDP
	}
	return 0 // not known, and read as that again
}
