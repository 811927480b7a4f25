package sip

import "strconv"

// A RetryAfter is the value of a Retry-After header (RFC 3261 section 20.33).
type RetryAfter struct {
	Seconds  uint32
	Duration uint32 // for how many seconds the peer will be there from then on; 0: not said
	Comment  string
}

// RetryAfter returns the Retry-After header's value; ok is false if it is absent or malformed.
func (m *Message) RetryAfter() (r RetryAfter, ok bool) {
	return ParseRetryAfter(m.Get(HRetryAfter))
}

// ParseRetryAfter reads delta-seconds [ comment ] *( SEMI retry-param ).
func ParseRetryAfter(s string) (r RetryAfter, ok bool) {
	s = trim(s)
	i := 0
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	n, ok := parseUint(s[:i], 1<<32-1)
	if !ok {
		return r, false
	}
	r.Seconds = uint32(n)
	rest := trim(s[i:])
	if rest != "" && rest[0] == '(' {
		end := commentEnd(rest)
		if end == 0 {
			return RetryAfter{}, false
		}
		r.Comment = unescape(rest[1 : end-1])
		rest = trim(rest[end:])
	}
	if rest != "" && rest[0] != ';' {
		return RetryAfter{}, false
	}
	if d, ok := Params(rest).Uint("duration", 1<<32-1); ok {
		r.Duration = uint32(d)
	}
	return r, true
}

// commentEnd returns the index after the comment that s begins with; comments
// nest (RFC 3261 section 25.1). 0 if it does not end.
func commentEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// String prints the value, without its comment.
func (r RetryAfter) String() string {
	b := strconv.AppendUint(make([]byte, 0, 32), uint64(r.Seconds), 10)
	if r.Duration > 0 {
		b = strconv.AppendUint(append(b, ";duration="...), uint64(r.Duration), 10)
	}
	return string(b)
}
