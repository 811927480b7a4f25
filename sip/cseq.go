package sip

import (
	"strconv"
	"strings"
)

// A CSeq is the CSeq header's value (RFC 3261 section 20.16).
type CSeq struct {
	Seq    uint32 // below 2^31 (section 8.1.1.5)
	Method Method
}

// ParseCSeq reads the value.
func ParseCSeq(s string) (CSeq, error) {
	i := strings.IndexAny(s, " \t")
	if i > 0 {
		if n, ok := parseUint(s[:i], 1<<31-1); ok {
			if m := trim(s[i:]); isToken(m) {
				return CSeq{uint32(n), Method(m)}, nil
			}
		}
	}
	return CSeq{}, &ParseError{Code: 400, Where: "CSeq", Got: s, Want: "a number below 2147483648 and a method"}
}

// CSeq returns the CSeq header's value.
func (m *Message) CSeq() (CSeq, error) { return ParseCSeq(m.Get(HCSeq)) }

// String prints the value.
func (c CSeq) String() string { return strconv.FormatUint(uint64(c.Seq), 10) + " " + string(c.Method) }

// MaxForwards returns the Max-Forwards value; ok is false if it is absent or no number from 0 to 255.
func (m *Message) MaxForwards() (n int, ok bool) {
	u, ok := parseUint(m.Get(HMaxForwards), 255)
	return int(u), ok
}

// parseUint reads decimal digits and nothing else, up to limit.
func parseUint(s string, limit uint64) (uint64, bool) {
	if s == "" || len(s) > 20 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
		if n > limit {
			return 0, false
		}
	}
	return n, true
}

// isToken tells whether s is a token of RFC 3261 section 25.1.
func isToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !tokenChar[s[i]] {
			return false
		}
	}
	return true
}

var tokenChar = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-0x20] = true, true
	}
	for _, c := range "-.!%*_+`'~" {
		t[c] = true
	}
	return t
}()
