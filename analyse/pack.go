package analyse

import (
	"bytes"

	"github.com/klauspost/compress/s2"
)

// A packing is the room that packing takes.
type packing struct{ plain, tight []byte }

// pack compresses the messages of a call that is silent: those of one call
// resemble each other, so a third or less remains.
func (c *open) pack(room *packing) (saved int) {
	if c.packed != nil {
		return 0
	}
	plain := room.plain[:0]
	for _, l := range c.legs {
		for i := range l.msgs {
			plain = append(plain, l.msgs[i].text...)
		}
	}
	room.plain = plain
	room.tight = s2.Encode(room.tight[:cap(room.tight)], plain)
	c.packed = bytes.Clone(room.tight)
	for _, l := range c.legs {
		for i := range l.msgs {
			m := &l.msgs[i]
			m.length, m.text = uint32(len(m.text)), ""
		}
	}
	saved = len(plain) - len(c.packed)
	c.bytes -= saved
	return saved
}

// unpack gives the messages their texts again.
func (c *open) unpack() {
	plain, err := s2.Decode(nil, c.packed)
	if err != nil {
		plain = nil // it is what we wrote: only broken memory can do this
	}
	rest := string(plain)
	c.bytes += len(rest) - len(c.packed)
	for _, l := range c.legs {
		for i := range l.msgs {
			m := &l.msgs[i]
			if n := int(m.length); n > 0 && n <= len(rest) {
				m.text, rest, m.length = rest[:n], rest[n:], 0
			}
		}
	}
	c.packed = nil
}
