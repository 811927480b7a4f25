package sip

import "strconv"

// A CSeq is the CSeq header's value (RFC 3261 section 20.16).
type CSeq struct {
	Seq    uint32 // below 2^31 (section 8.1.1.5)
	Method Method
}

// ParseCSeq reads the value.
func ParseCSeq(s string) (CSeq, error) {
	word, rest := cutWord(s)
	if n, ok := parseUint(word, 1<<31-1); ok && isToken(rest) {
		return CSeq{uint32(n), methodOf(rest)}, nil
	}
	return CSeq{}, &ParseError{Code: 400, Header: HCSeq, Where: "CSeq", Got: s, Want: "a number below 2147483648 and a method"}
}

// CSeq returns the CSeq header's value.
func (m *Message) CSeq() (CSeq, error) { return ParseCSeq(m.Get(HCSeq)) }

// String prints the value.
func (c CSeq) String() string {
	b := strconv.AppendUint(make([]byte, 0, 32), uint64(c.Seq), 10)
	return string(append(append(b, ' '), c.Method...))
}

// MaxForwards returns the Max-Forwards value; ok is false if it is absent or no number from 0 to 255.
func (m *Message) MaxForwards() (n int, ok bool) {
	u, ok := parseUint(m.Get(HMaxForwards), 255)
	return int(u), ok
}

func formatUint(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// parseUint reads decimal digits and nothing else, up to limit.
func parseUint(s string, limit uint64) (uint64, bool) {
	if s == "" {
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
