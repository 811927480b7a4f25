package stack

import "onhook/sip"

// Our branches and tags carry the ID of what they belong to and 64 random
// bits, so that what comes back is found without a map and cannot be guessed.

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64) []byte {
	for i := 60; i >= 0; i -= 4 {
		b = append(b, hexDigits[v>>i&15])
	}
	return b
}

func readHex(s string) (v uint64, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint64(c)
	}
	return v, true
}

// appendName prints an ID and its random bits.
func appendName(b []byte, id, random uint64) []byte { return appendHex(appendHex(b, id), random) }

func readName(s string) (id, random uint64, ok bool) {
	if len(s) != 32 {
		return 0, 0, false
	}
	id, ok1 := readHex(s[:16])
	random, ok2 := readHex(s[16:])
	return id, random, ok1 && ok2
}

// readBranch reads a branch that we made.
func readBranch(s string) (id, random uint64, ok bool) {
	const n = len(sip.MagicCookie)
	if len(s) != n+32 || s[:n] != sip.MagicCookie {
		return 0, 0, false
	}
	return readName(s[n:])
}

func newTag(id, random uint64) string { return string(appendName(make([]byte, 0, 32), id, random)) }
