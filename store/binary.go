package store

import (
	"encoding/binary"
	"time"
)

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendTimeDelta appends to as its difference to from, in seconds and
// nanoseconds, so that no time is out of range.
func appendTimeDelta(b []byte, from, to time.Time) []byte {
	b = binary.AppendVarint(b, to.Unix()-from.Unix())
	return binary.AppendUvarint(b, uint64(to.Nanosecond()))
}

// appendTime appends a time; the zero time stays the zero time.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	return appendTimeDelta(append(b, 1), time.Unix(0, 0), t)
}

// A parser reads stored values from the front of s. After the first error all
// values are zero.
type parser struct {
	s   string
	err error
}

func (p *parser) fail() {
	p.s, p.err = "", errCorrupt
}

func (p *parser) byte() byte {
	if p.s == "" {
		p.fail()
		return 0
	}
	c := p.s[0]
	p.s = p.s[1:]
	return c
}

func (p *parser) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(p.s) && i < binary.MaxVarintLen64; i++ {
		c := p.s[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			p.s = p.s[i+1:]
			return v
		}
	}
	p.fail()
	return 0
}

func (p *parser) varint() int64 {
	u := p.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (p *parser) upTo(limit uint64) uint64 {
	v := p.uvarint()
	if v > limit {
		p.fail()
		return 0
	}
	return v
}

func (p *parser) text() string {
	n := p.uvarint()
	if n > uint64(len(p.s)) {
		p.fail()
		return ""
	}
	t := p.s[:n]
	p.s = p.s[n:]
	return t
}

func (p *parser) timeDelta(from time.Time) time.Time {
	sec, nsec := p.varint(), p.upTo(999_999_999)
	return time.Unix(from.Unix()+sec, int64(nsec)).UTC()
}

func (p *parser) time() time.Time {
	if p.byte() == 0 {
		return time.Time{}
	}
	return p.timeDelta(time.Unix(0, 0))
}
