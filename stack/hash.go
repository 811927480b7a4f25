package stack

import "math/bits"

// A key names a server transaction: 128 bits of a keyed hash over what RFC 3261
// section 17.2.3 compares. The key of the hash is random, so nobody can choose
// two requests that fall together, and no text is held for the comparison.
type key [2]uint64

// A hasher is SipHash-2-4 with 128 bits of result, fed with texts. Each text
// is closed by its length, so that "ab","c" differs from "a","bc".
type hasher struct {
	v0, v1, v2, v3 uint64
}

func newHasher(k key, kind byte) hasher {
	h := hasher{
		v0: k[0] ^ 0x736f6d6570736575,
		v1: k[1] ^ 0x646f72616e646f6d ^ 0xee,
		v2: k[0] ^ 0x6c7967656e657261,
		v3: k[1] ^ 0x7465646279746573,
	}
	h.word(uint64(kind))
	return h
}

func (h *hasher) round() {
	h.v0 += h.v1
	h.v1 = bits.RotateLeft64(h.v1, 13) ^ h.v0
	h.v0 = bits.RotateLeft64(h.v0, 32)
	h.v2 += h.v3
	h.v3 = bits.RotateLeft64(h.v3, 16) ^ h.v2
	h.v0 += h.v3
	h.v3 = bits.RotateLeft64(h.v3, 21) ^ h.v0
	h.v2 += h.v1
	h.v1 = bits.RotateLeft64(h.v1, 17) ^ h.v2
	h.v2 = bits.RotateLeft64(h.v2, 32)
}

func (h *hasher) word(m uint64) {
	h.v3 ^= m
	h.round()
	h.round()
	h.v0 ^= m
}

func (h *hasher) text(s string) {
	n := len(s)
	for len(s) >= 8 {
		h.word(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56)
		s = s[8:]
	}
	m := uint64(n) << 56
	for i := 0; i < len(s); i++ {
		m |= uint64(s[i]) << (8 * i)
	}
	h.word(m)
}

func (h *hasher) sum() key {
	h.v2 ^= 0xee
	for range 4 {
		h.round()
	}
	a := h.v0 ^ h.v1 ^ h.v2 ^ h.v3
	h.v1 ^= 0xdd
	for range 4 {
		h.round()
	}
	return key{a, h.v0 ^ h.v1 ^ h.v2 ^ h.v3}
}
