package sip

import "strconv"

// A RAck is the value of a RAck header (RFC 3262 section 7.2): which reliable
// provisional response a PRACK acknowledges.
type RAck struct {
	RSeq   uint32
	CSeq   uint32
	Method Method
}

// ParseRAck reads the value.
func ParseRAck(s string) (RAck, error) {
	rseq, rest := cutWord(s)
	n, ok := parseUint(rseq, 1<<32-1)
	c, err := ParseCSeq(rest)
	if !ok || n == 0 || err != nil {
		return RAck{}, &ParseError{Code: 400, Header: HRAck, Where: "RAck", Got: s, Want: "an RSeq number, a CSeq number and a method"}
	}
	return RAck{uint32(n), c.Seq, c.Method}, nil
}

// RAck returns the RAck header's value; ok is false if there is none.
func (m *Message) RAck() (r RAck, ok bool, err error) {
	i := m.index(HRAck)
	if i < 0 {
		return r, false, nil
	}
	r, err = ParseRAck(m.Headers[i].Value)
	return r, true, err
}

// String prints the value.
func (r RAck) String() string {
	return strconv.FormatUint(uint64(r.RSeq), 10) + " " + CSeq{r.CSeq, r.Method}.String()
}

// RSeq returns the RSeq header's value, 1 to 2^32-1 (RFC 3262 section 7.1); ok
// is false if it is absent or malformed.
func (m *Message) RSeq() (n uint32, ok bool) {
	n, ok = m.delta(HRSeq)
	return n, ok && n > 0
}
