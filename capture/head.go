package capture

import "bytes"

// A head reads the head of a message in a stream line by line, going on where it
// stopped: for its end and for the Content-Length.
type head struct {
	scan   int  // where the next line begins
	length int  // the Content-Length
	sized  bool // it was there
	typed  bool // there was a Content-Type
}

// read returns the length of the head with the empty line that ends it; lines end
// with CR LF or LF alone. -1: the end is not there yet.
func (h *head) read(b []byte) int {
	for {
		n := bytes.IndexByte(b[h.scan:], '\n')
		if n < 0 {
			return -1
		}
		line := b[h.scan : h.scan+n]
		h.scan += n + 1
		if n == 0 || n == 1 && line[0] == '\r' {
			return h.scan
		}
		if c := line[0] | 0x20; c == 'c' || c == 'l' {
			h.field(line)
		}
	}
}

// field looks at a header that may be a Content-Length or a Content-Type, in long
// or short form. The first Content-Length that is a number counts.
func (h *head) field(line []byte) {
	colon := bytes.IndexByte(line[:min(len(line), 32)], ':')
	if colon < 0 {
		return
	}
	name := line[:colon]
	for n := len(name); n > 0 && (name[n-1] == ' ' || name[n-1] == '\t'); n-- {
		name = name[:n-1]
	}
	switch {
	case len(name) == 1 && name[0]|0x20 == 'l', len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")):
		if n, ok := decimal(bytes.TrimSpace(line[colon+1:])); ok && !h.sized {
			h.length, h.sized = n, true
		}
	case len(name) == 1 && name[0]|0x20 == 'c', len(name) == 12 && bytes.EqualFold(name, []byte("Content-Type")):
		h.typed = true
	}
}

// decimal reads a number; one over a thousand million counts as that.
func decimal(b []byte) (n int, ok bool) {
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = min(n*10+int(c-'0'), 1e9)
	}
	return n, len(b) > 0
}
