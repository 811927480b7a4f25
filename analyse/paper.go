package analyse

import (
	"bytes"
	"strings"

	"github.com/klauspost/compress/s2"
)

// A paper is where the messages of open calls are kept: sheets that are used
// again, without pointers, so that the collector has nothing to look at.
type paper struct {
	free  []*sheet
	plain []byte // room for packing
	tight []byte
}

const sheetSize = 1024

type sheet [sheetSize]byte

// sheetsAtOnce are made together when none is free.
const sheetsAtOnce = 64

func (p *paper) sheet() *sheet {
	if len(p.free) == 0 {
		made := new([sheetsAtOnce]sheet)
		for i := range made {
			p.free = append(p.free, &made[i])
		}
	}
	n := len(p.free) - 1
	s := p.free[n]
	p.free = p.free[:n]
	return s
}

// A script is the text of a call's messages, one behind the other: a packed
// part, then sheets.
type script struct {
	packed []byte
	was    int // the length of the packed part before
	sheets []*sheet
	n      int // bytes on the sheets
}

// size is what the script takes up.
func (s *script) size() int { return len(s.packed) + s.n }

// write appends a text and returns where it begins.
func (p *paper) write(s *script, text []byte) (at uint32) {
	at = uint32(s.was + s.n)
	for len(text) > 0 {
		k := s.n % sheetSize
		if k == 0 {
			s.sheets = append(s.sheets, p.sheet())
		}
		n := copy(s.sheets[len(s.sheets)-1][k:], text)
		text = text[n:]
		s.n += n
	}
	return at
}

// read appends the whole text to out.
func (p *paper) read(out []byte, s *script) []byte {
	if s.was > 0 {
		// What cannot be unpacked we have written ourselves: only broken memory can do that.
		if plain, err := s2.Decode(p.tight[:cap(p.tight)], s.packed); err == nil {
			p.tight = plain
			out = append(out, plain...)
		} else {
			out = append(out, make([]byte, s.was)...)
		}
	}
	left := s.n
	for _, x := range s.sheets {
		n := min(left, sheetSize)
		out = append(out, x[:n]...)
		left -= n
	}
	return out
}

// clear gives the sheets back.
func (p *paper) clear(s *script) {
	p.free = append(p.free, s.sheets...)
	*s = script{}
}

// text returns the whole text and gives the sheets back.
func (p *paper) text(s *script) string {
	var b strings.Builder
	b.Grow(s.was + s.n)
	if s.was > 0 {
		p.plain = p.read(p.plain[:0], s)
		b.Write(p.plain)
	} else {
		left := s.n
		for _, x := range s.sheets {
			n := min(left, sheetSize)
			b.Write(x[:n])
			left -= n
		}
	}
	p.clear(s)
	return b.String()
}

// pack compresses the text of a call that is silent: messages of one call
// resemble each other, so a quarter or less remains.
func (p *paper) pack(s *script) (saved int) {
	if s.was > 0 || s.n == 0 {
		return 0
	}
	p.plain = p.read(p.plain[:0], s)
	p.tight = s2.Encode(p.tight[:cap(p.tight)], p.plain)
	tight, n := bytes.Clone(p.tight), s.n
	p.clear(s)
	s.packed, s.was = tight, n
	return n - len(tight)
}

// text returns the text of a message; empty of one that was not kept. The call
// has been taken out.
func (c *open) text(m *seen) string {
	if end := int(m.begin) + int(m.length); m.length > 0 && end <= len(c.whole) {
		return c.whole[m.begin:end]
	}
	return ""
}
