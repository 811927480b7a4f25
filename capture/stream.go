package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"onhook/sip"
)

const (
	// maxMessage is the longest message that is cut out of a stream, in bytes. It
	// is more than a server has to take, so that what one refused can be shown.
	maxMessage = 128 << 10
	// maxHead is the longest head, in bytes.
	maxHead = 64 << 10
	// keepBuffer is the buffer that a quiet direction may keep, in bytes.
	keepBuffer = 8 << 10
)

// A mode is what a direction of a connection carries.
type mode uint8

const (
	undecided mode = iota // nothing whole was seen yet
	inSIP                 // SIP messages one after the other
	inHEP                 // HEP packets one after the other
	inHTTP                // the head of a request or answer that may ask for WebSocket
	inWeb                 // WebSocket frames
	lost                  // something else, or a stream out of step: look for a start line
)

// A stream is the unfinished rest of what one end sent. Framing is done here and
// not by sip.Framer, which a server needs strict: a capture has to go on behind
// an error, at the next start line.
type stream struct {
	mode  mode
	begun bool   // a message has begun and is not whole
	asked bool   // SIP was seen in this direction
	buf   []byte // what was fed and not yet taken is buf[start:]
	start int
	head  head   // of the message that has begun
	need  int    // its length once the head is whole
	skip  int    // bytes to come that are passed over
	web   []byte // the fragments of a WebSocket message
	more  bool   // a WebSocket message is unfinished and wanted
}

// feed gives a stream its next bytes.
func (d *decoder) feed(c *conn, dir int, data []byte) {
	s := &c.sides[dir]
	if s.skip > 0 {
		n := min(s.skip, len(data))
		s.skip -= n
		data = data[n:]
	}
	buffered := len(s.buf) > s.start
	if len(data) == 0 {
		return
	}
	if s.mode == lost && !s.asked && !c.web && !buffered && !startsHTTP(data) && !bytes.Contains(data, []byte("SIP/2.0")) {
		// Most of what is no SIP goes here.
		if tail := lastLine(data); len(tail) > 0 {
			d.keep(s, tail)
		}
		return
	}
	in := data
	if buffered {
		d.compact(s)
		s.buf = append(s.buf, data...)
		d.conns.held += len(data)
		in = s.buf[s.start:]
	}
	n := d.take(c, dir, in)
	rest := in[n:]
	switch {
	case len(rest) == 0 && buffered:
		d.empty(s)
	case len(rest) == 0:
		s.begun = false
	case buffered:
		s.start += n
	default:
		d.keep(s, rest)
	}
	if len(rest) > maxMessage {
		d.note(tooLong, "%d bytes without the end of a message from %s", len(rest), c.key.from(dir))
		d.lose(c, dir, len(rest), "a message without an end")
	}
	if d.conns.held > d.o.Held {
		d.room()
	}
}

func (k connKey) from(dir int) netip.AddrPort {
	if dir == 0 {
		return k.a
	}
	return k.b
}

// keep stores the unfinished rest of a segment.
func (d *decoder) keep(s *side, rest []byte) {
	if d.out.pending() {
		s.buf = nil // payloads that were not taken yet lie in it
	}
	s.buf = append(s.buf[:0], rest...)
	s.start = 0
	d.conns.held += len(rest)
}

// compact moves what is left to the front, unless payloads lie before it that
// were not taken yet.
func (d *decoder) compact(s *side) {
	if s.start == 0 || d.out.pending() {
		return
	}
	d.conns.held -= s.start
	s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
	s.start = 0
}

// empty says that all that was buffered has been taken.
func (d *decoder) empty(s *side) {
	d.conns.held -= len(s.buf)
	if cap(s.buf) > keepBuffer || d.out.pending() {
		s.buf = nil
	}
	s.buf, s.start, s.head, s.need, s.begun = s.buf[:0], 0, head{}, 0, false
}

// discard forgets what is unfinished.
func (d *decoder) discard(s *side) {
	d.empty(s)
	d.conns.held -= len(s.web)
	s.web, s.more = nil, false
}

// mostStill bounds how often in a row a stream may change what it is taken for
// without a byte of it being taken: whatever is in it, it is read to its end.
const mostStill = 8

// take cuts whole things off the front and returns how many bytes they were.
func (d *decoder) take(c *conn, dir int, in []byte) int {
	s := &c.sides[dir]
	taken, still := 0, 0
	for {
		b := in[taken:]
		if len(b) == 0 {
			return taken
		}
		var n int
		var wait bool
		switch s.mode {
		case undecided:
			n, wait = d.decide(c, s, b)
		case inSIP:
			n, wait = d.message(c, dir, b)
		case inHEP:
			n, wait = d.mirroredStream(c, dir, b)
		case inHTTP:
			n, wait = d.upgrade(c, s, b)
		case inWeb:
			n, wait = d.webFrame(c, dir, b)
		case lost:
			n, wait = d.search(c, dir, b)
		}
		if n == 0 && !wait {
			if still++; still > mostStill {
				n, s.mode = 1, lost // nobody will have this byte
			}
		}
		taken += n
		if n > 0 {
			s.head, s.need, still = head{}, 0, 0
		}
		if wait {
			return taken
		}
	}
}

// decide tells by the first bytes what a stream carries.
func (d *decoder) decide(c *conn, s *side, b []byte) (n int, wait bool) {
	m := trimBreaks(b)
	n = len(b) - len(m)
	if len(m) == 0 {
		return n, true
	}
	line := bytes.IndexByte(m[:min(len(m), maxStart)], '\n')
	switch {
	case isHEP3(m):
		s.mode = inHEP
	case startsHTTP(m):
		s.mode = inHTTP
	case line >= 0 && isStartLine(m[:line]):
		s.mode = inSIP
	case looksLikeWeb(m):
		s.mode = inWeb
	case line < 0 && len(m) < maxStart && mayStart(m):
		return n, true // a start line may become of it
	default:
		if isTLS(m) && (sipPort(c.key.a) || sipPort(c.key.b)) {
			d.note(encrypted, "the connection of %s and %s is TLS: what it carries cannot be read", c.key.a, c.key.b)
		}
		s.mode = lost
	}
	return n, false
}

// isTLS says that a TLS handshake begins here (RFC 8446 section 5.1).
func isTLS(b []byte) bool { return len(b) >= 3 && b[0] == 22 && b[1] == 3 && b[2] <= 4 }

// sipPort says that a port is one where SIP is to be expected. It is asked only
// to tell a person why there is none.
func sipPort(a netip.AddrPort) bool { return a.Port() >= 5060 && a.Port() <= 5099 }

// message cuts one SIP message off (RFC 3261 section 18.3).
func (d *decoder) message(c *conn, dir int, b []byte) (n int, wait bool) {
	s := &c.sides[dir]
	if !s.begun {
		m := trimBreaks(b)
		if n := len(b) - len(m); n > 0 {
			d.stats.KeepAlives++
			return n, len(m) == 0
		}
		line := bytes.IndexByte(b[:min(len(b), maxStart)], '\n')
		if line < 0 && len(b) < maxStart && mayStart(b) {
			return 0, true
		}
		if line < 0 || !isStartLine(b[:line]) {
			if c.sip {
				d.note(badStream, "what %s sent to %s is no SIP any more: looking for the next start line", c.key.from(dir), c.key.from(1-dir))
			}
			s.mode = lost
			return 0, false
		}
		s.begun, s.head, s.need = true, head{}, 0
		c.sip, s.asked = true, true
	}
	if s.need == 0 {
		end := s.head.read(b)
		if end < 0 {
			if len(b) > maxHead {
				d.note(tooLong, "a head of more than %d bytes from %s", maxHead, c.key.from(dir))
				s.begun, s.mode = false, lost
				return len(b), true
			}
			return 0, true
		}
		length := s.head.length
		if !s.head.sized && s.head.typed {
			length = untilNext(b[end:])
		}
		s.need = end + length
		if length > maxMessage {
			d.note(tooLong, "a Content-Length of %d from %s: at most %d are read", length, c.key.from(dir), maxMessage)
			d.emit(c, dir, b, true)
			s.begun, s.skip = false, s.need-len(b)
			return len(b), true
		}
	}
	if len(b) < s.need {
		return 0, true
	}
	d.emit(c, dir, b[:s.need], false)
	s.begun = false
	return s.need, false
}

// emit hands out a message of a stream.
func (d *decoder) emit(c *conn, dir int, payload []byte, cut bool) {
	t := sip.TCP
	if c.web {
		t = sip.WS
	}
	it := d.item(SIP, t, c.key.from(dir), c.key.from(1-dir))
	it.Payload, it.Truncated = payload, cut
	d.add(it)
}

// untilNext is the length of a body without a Content-Length: as far as the next
// start line, or all that is there.
func untilNext(b []byte) int {
	if i := nextStart(b, true); i >= 0 {
		return i
	}
	return len(b)
}

// nextStart finds a line that begins a message and is followed by what looks
// like a header; last: the line behind it may be missing. -1: there is none.
func nextStart(b []byte, last bool) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("SIP/2.0"))
		if i < 0 {
			return -1
		}
		i += from
		begin := bytes.LastIndexByte(b[max(0, i-maxStart):i], '\n') + 1 + max(0, i-maxStart)
		end := bytes.IndexByte(b[i:], '\n')
		if end < 0 {
			return -1
		}
		end += i
		// A line that is too long is none to those who read messages either.
		if begin >= from && end-begin < maxStart && isStartLine(b[begin:end]) && (b[begin+3] == '/' || bytes.IndexByte(b[begin:end], ':') > 0) {
			next := b[end+1:]
			line := bytes.IndexByte(next, '\n')
			if line < 0 && last || line >= 0 && isHeader(next[:line]) {
				return begin
			}
			if line < 0 {
				return -1
			}
		}
		from = end + 1
	}
}

// search looks for the next start line in a stream that is out of step.
func (d *decoder) search(c *conn, dir int, b []byte) (n int, wait bool) {
	s := &c.sides[dir]
	if c.web && looksLikeWeb(b) {
		s.mode = inWeb
		return 0, false
	}
	if !s.asked && startsHTTP(b) {
		s.mode = inHTTP
		return 0, false
	}
	if i := nextStart(b, false); i >= 0 {
		s.mode = inSIP
		return i, false
	}
	// The line that is not whole yet may be the one, and so may the one before
	// it, whose first header has not come yet.
	keep := bytes.LastIndexByte(b, '\n') + 1
	if keep > 0 && isStartLine(b[bytes.LastIndexByte(b[:keep-1], '\n')+1:keep-1]) {
		keep = bytes.LastIndexByte(b[:keep-1], '\n') + 1
	}
	if len(b)-keep > maxStart || !s.asked && keep > 0 && len(lastLine(b)) == 0 && b[len(b)-1] != '\n' {
		keep = len(b)
	}
	return keep, true
}

// lastLine is the unfinished line at the end, if a start line may become of it.
func lastLine(b []byte) []byte {
	tail := b[bytes.LastIndexByte(b, '\n')+1:]
	if len(tail) > 512 || !mayStart(tail) {
		return nil
	}
	return tail
}

// lose says that n bytes of a stream are missing. Of a message whose head is
// whole there is something to show; then the next start line is looked for.
func (d *decoder) lose(c *conn, dir, n int, why string) {
	s := &c.sides[dir]
	if s.begun && s.mode == inSIP && s.need > 0 {
		d.emit(c, dir, slices.Clone(s.buf[s.start:]), true)
	}
	if c.sip && (s.asked || s.begun) {
		it := d.item(Gap, sip.TCP, c.key.from(dir), c.key.from(1-dir))
		it.Truncated = false
		it.Lost, it.Text = uint64(max(n, 0)), "from "+c.key.from(dir).String()+" to "+c.key.from(1-dir).String()+": "+why
		d.add(it)
	}
	d.discard(s)
	if n > 0 && s.skip >= n {
		s.skip -= n // the hole lies in what would be passed over
		return
	}
	s.skip = 0
	if s.mode != undecided {
		s.mode = lost
	}
}

// mirroredStream cuts one HEP packet off: its length stands behind its name.
func (d *decoder) mirroredStream(c *conn, dir int, b []byte) (n int, wait bool) {
	s := &c.sides[dir]
	if len(b) < hepHead {
		return 0, true
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if !isHEP3(b) || size < hepHead {
		s.mode = lost
		return 0, false
	}
	if len(b) < size {
		return 0, true
	}
	d.mirrored(c.key.from(dir), c.key.from(1-dir), b[:size])
	return size, false
}
