package media

import "encoding/binary"

// The fixed RTP header is 12 bytes (RFC 3550 section 5.1).
const rtpHeader = 12

// A header is what the engine reads of an RTP packet.
type header struct {
	pt     uint8
	marker bool
	seq    uint16
	ts     uint32
	ssrc   uint32
	// body and end bound the payload inside the packet.
	body, end int
}

// parseRTP checks and reads a packet; false for what is no RTP (RFC 3550 appendix A.1).
func parseRTP(b []byte) (h header, ok bool) {
	if len(b) < rtpHeader || b[0]>>6 != 2 {
		return h, false
	}
	h.pt = b[1] & 0x7F
	// "RTP packets must not be confused with RTCP": with the marker set, types 64 to 95 are RTCP's 192 to 223 (RFC 5761 section 4).
	if isRTCP(b) {
		return h, false
	}
	h.marker = b[1]&0x80 != 0
	h.seq = binary.BigEndian.Uint16(b[2:])
	h.ts = binary.BigEndian.Uint32(b[4:])
	h.ssrc = binary.BigEndian.Uint32(b[8:])
	h.body, h.end = rtpHeader+4*int(b[0]&0x0F), len(b)
	if b[0]&0x10 != 0 {
		if h.body+4 > len(b) {
			return h, false
		}
		h.body += 4 + 4*int(binary.BigEndian.Uint16(b[h.body+2:]))
	}
	if h.body > h.end {
		return h, false
	}
	if b[0]&0x20 != 0 {
		// Section 5.1: "The last octet of the padding contains a count of how many padding octets should be ignored, including itself."
		pad := int(b[len(b)-1])
		if pad == 0 || h.body+pad > h.end {
			return h, false
		}
		h.end -= pad
	}
	return h, true
}

// putRTP writes the fixed header, without CSRC, extension or padding, into b.
func putRTP(b []byte, pt uint8, marker bool, seq uint16, ts, ssrc uint32) {
	b[0], b[1] = 0x80, pt
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// rewriteRTP changes the fixed header of a packet and leaves all else.
func rewriteRTP(b []byte, pt uint8, marker bool, seq uint16, ts, ssrc uint32) {
	first := b[0]
	putRTP(b, pt, marker, seq, ts, ssrc)
	b[0] = first
}

// isRTCP tells RTCP from RTP on one port: packet types 192 to 223 (RFC 5761 section 4).
func isRTCP(b []byte) bool { return len(b) >= 8 && b[0]>>6 == 2 && b[1] >= 192 && b[1] <= 223 }
