package sip

import "math/bits"

// The longest header name that knownName finds, and what it reads of a text.
const (
	longestKnown = 15
	nameWindow   = 16
)

// A nameWords is a header name in lower case, eight bytes a word, the first byte lowest, zeros behind it.
type nameWords struct{ a, b uint64 }

// A knownPlace is a place of the table in which knownName looks.
type knownPlace struct {
	nameWords
	usual  nameWords // as the name is printed
	id     HeaderID
	length uint8 // zeros in a text are no end of its name
}

// knownNames holds the short names, full and compact, where their words say. Were two to share a place, one would only
// be read with more care, that is more slowly; a test holds that none does.
var knownNames = func() (t [256]knownPlace) {
	put := func(name string, id HeaderID) {
		padded := name + string(make([]byte, nameWindow))
		w := nameWords{load(padded, 0), load(padded, 8)}
		l := nameWords{lowered(w.a), lowered(w.b)}
		t[l.place()] = knownPlace{l, w, id, uint8(len(name))}
	}
	for id := HAccept; id < numHeaders; id++ {
		if name := headerTable[id].name; len(name) <= longestKnown {
			put(name, id)
		}
		if c := headerTable[id].compact; c != 0 {
			put(string(rune(c)), id)
		}
	}
	return t
}()

// place: the factor was found by trying.
func (w nameWords) place() uint8 { return uint8((w.a ^ w.b*5) * 0x0efd3b6f94a306cb >> 56) }

// load reads eight bytes of s, the first lowest.
func load(s string, at int) uint64 {
	s = s[at : at+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// lowered makes the letters of eight bytes small. A few other characters above @ are changed too, but none into what a header name has.
func lowered(w uint64) uint64 { return w | w&(everyByte*0x40)>>1 }

// colonIn returns the highest bit of the first colon among eight bytes; 0: there is none.
func colonIn(w uint64) uint64 {
	w ^= everyByte * ':'
	return (w - everyByte) &^ w & highBits
}

// knownName reads the header name that a line begins with, most of which are known, short, and end in a colon: id and
// the colon's place, and the name if it is not spelled as id prints it. For any other it returns Other, and the line has
// to be read with more care.
func knownName(s string) (id HeaderID, name string, colon int) {
	if len(s) < nameWindow {
		return Other, "", 0
	}
	w := nameWords{a: load(s, 0)}
	c := colonIn(w.a)
	if c != 0 {
		// The name is what stands below the colon.
		w.a &= c>>7 - 1
	} else {
		w.b = load(s, 8)
		if c = colonIn(w.b); c == 0 {
			return Other, "", 0
		}
		w.b &= c>>7 - 1
		colon = 8
	}
	colon += bits.TrailingZeros64(c) >> 3
	l := nameWords{lowered(w.a), lowered(w.b)}
	p := &knownNames[l.place()]
	if p.a != l.a || p.b != l.b || int(p.length) != colon {
		return Other, "", 0
	}
	if p.usual.a != w.a || p.usual.b != w.b || colon == 1 {
		name = s[:colon]
	}
	return p.id, name, colon
}
