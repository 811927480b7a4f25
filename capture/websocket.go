package capture

import (
	"bytes"
	"encoding/binary"

	"onhook/sip"
)

// The opcodes of RFC 6455 section 5.2 that matter here.
const (
	webContinuation = 0
	webText         = 1
	webBinary       = 2
	webControl      = 8 // and above
)

// A webHead is the head of a WebSocket frame.
type webHead struct {
	final, masked, compressed bool
	opcode                    byte
	mask                      [4]byte
	size                      int // of the head
	length                    uint64
}

// parseWebHead reads the head of a frame (RFC 6455 section 5.2). wait: more bytes
// are needed; not ok: this is none.
func parseWebHead(b []byte) (h webHead, wait, ok bool) {
	if len(b) < 2 {
		return h, true, false
	}
	h.final, h.compressed, h.opcode, h.masked = b[0]&0x80 != 0, b[0]&0x40 != 0, b[0]&15, b[1]&0x80 != 0
	if b[0]&0x30 != 0 || h.opcode > webBinary && h.opcode < webControl || h.opcode > 10 {
		return h, false, false
	}
	h.size, h.length = 2, uint64(b[1]&0x7f)
	// All control frames MUST have a payload length of 125 bytes or less and MUST
	// NOT be fragmented (section 5.5).
	if h.opcode >= webControl && (h.length > 125 || !h.final) {
		return h, false, false
	}
	switch h.length {
	case 126:
		h.size = 4
	case 127:
		h.size = 10
	}
	extended := h.size
	if h.masked {
		h.size += 4
	}
	if len(b) < h.size {
		return h, true, false
	}
	switch extended {
	case 4:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	if h.masked {
		h.mask = [4]byte(b[extended:])
	}
	return h, false, h.length < 1<<63
}

// unmask undoes the masking of a client's payload in place (section 5.3).
func unmask(b []byte, mask [4]byte) {
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// looksLikeWeb says that a data frame with a SIP message begins here.
func looksLikeWeb(b []byte) bool {
	h, _, ok := parseWebHead(b)
	if !ok || h.opcode != webText && h.opcode != webBinary || h.compressed || h.length < 16 {
		return false
	}
	var first [64]byte
	n := copy(first[:], b[h.size:])
	if h.masked {
		unmask(first[:n], h.mask)
	}
	m := trimBreaks(first[:n])
	return startsCut(m)
}

// startsHTTP says that what may ask for WebSocket, or grant it, begins here.
func startsHTTP(b []byte) bool {
	return bytes.HasPrefix(b, []byte("GET ")) || bytes.HasPrefix(b, []byte("HTTP/1."))
}

// upgrade reads the head of an HTTP request or answer. What asks for WebSocket
// or grants it is followed by frames (RFC 6455 section 1.3); other HTTP is not
// looked at any more.
func (d *decoder) upgrade(c *conn, s *side, b []byte) (n int, wait bool) {
	end := s.head.read(b)
	if end < 0 {
		if len(b) > 16<<10 {
			s.mode = lost
			return len(b), true // it begins like HTTP and would be looked at as that again
		}
		return 0, true
	}
	if !bytes.Contains(bytes.ToLower(b[:end]), []byte("websocket")) {
		s.mode = lost
		return end, false
	}
	s.mode = inWeb
	c.web = true
	return end, false
}

// webFrame cuts one frame off. Each SIP message is one WebSocket message
// (RFC 7118 section 5), which may come in several frames.
func (d *decoder) webFrame(c *conn, dir int, b []byte) (n int, wait bool) {
	s := &c.sides[dir]
	h, wait, ok := parseWebHead(b)
	switch {
	case wait:
		return 0, true
	case !ok:
		if c.sip {
			d.note(badStream, "what %s sent is no WebSocket frame: looking for the next", c.key.from(dir))
		}
		c.web = c.web && c.sip
		s.mode = lost
		return 0, false
	case h.length > maxMessage || uint64(len(s.web))+h.length > maxMessage:
		d.note(tooLong, "a WebSocket frame of %d bytes from %s: at most %d are read", h.length, c.key.from(dir), maxMessage)
		d.conns.held -= len(s.web)
		s.web, s.more = nil, false
		return d.passOver(s, h, len(b)), false
	case len(b) < h.size+int(h.length):
		return 0, true
	}
	c.web = true
	n = h.size + int(h.length)
	payload := b[h.size:n]
	if h.opcode >= webControl {
		return n, false
	}
	if h.compressed {
		d.note(compressed, "compressed WebSocket frames from %s are not read", c.key.from(dir))
		return n, false
	}
	if h.masked {
		unmask(payload, h.mask)
	}
	d.webPayload(c, dir, h, payload)
	return n, false
}

// passOver skips a frame that is too long to keep.
func (d *decoder) passOver(s *side, h webHead, there int) int {
	all := h.size + int(min(h.length, 1<<40))
	if all > there {
		s.skip = all - there
		return there
	}
	return all
}

// webPayload puts the frames of a message together.
func (d *decoder) webPayload(c *conn, dir int, h webHead, payload []byte) {
	s := &c.sides[dir]
	switch {
	case h.opcode != webContinuation && h.final:
		d.webMessage(c, dir, payload)
		return
	case h.opcode != webContinuation:
		d.conns.held -= len(s.web)
		s.web, s.more = append([]byte(nil), payload...), true
	case !s.more:
		return // its beginning was not seen
	default:
		s.web = append(s.web, payload...)
	}
	d.conns.held += len(payload)
	if h.opcode == webContinuation && h.final {
		whole := s.web
		d.conns.held -= len(whole)
		s.web, s.more = nil, false
		d.webMessage(c, dir, whole)
	}
}

func (d *decoder) webMessage(c *conn, dir int, payload []byte) {
	m := trimBreaks(payload)
	if len(m) == 0 {
		d.stats.KeepAlives++
		return
	}
	if !startsMessage(m, false) {
		return
	}
	c.sip = true
	c.sides[dir].asked = true
	it := d.item(SIP, sip.WS, c.key.from(dir), c.key.from(1-dir))
	it.Payload, it.Truncated = m, false
	d.add(it)
}
