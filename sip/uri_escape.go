package sip

import "strings"

// Unescape resolves the %HH of a URI's part, once (RFC 3261 section 19.1.2);
// what is not % and two hexadecimal digits stays as it is. The result may hold
// any byte, NUL and CR LF too: it is for comparing and looking up, and goes back
// into a URI by EscapeUser only.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c, n, _ := unescapeAt(s, i)
		b = append(b, c)
		i += n
	}
	return string(b)
}

// unescapeAt returns the character at i, the number of bytes it takes and whether it was escaped.
func unescapeAt(s string, i int) (c byte, n int, escaped bool) {
	if s[i] == '%' && i+2 < len(s) {
		hi, ok1 := unhex(s[i+1])
		lo, ok2 := unhex(s[i+2])
		if ok1 && ok2 {
			return hi<<4 | lo, 3, true
		}
	}
	return s[i], 1, false
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// EscapeUser returns text as the user part of a SIP URI: what neither
// unreserved nor user-unreserved of RFC 3261 section 25.1 has becomes %HH.
func EscapeUser(s string) string { return escape(s, "-_.!~*'()&=+$,;?/") }

// EscapePassword returns text as the password part of a SIP URI.
func EscapePassword(s string) string { return escape(s, "-_.!~*'()&=+$,") }

// EscapeParam returns text as the value of a URI parameter (paramchar).
func EscapeParam(s string) string { return escape(s, "-_.!~*'()[]/:&+$") }

// EscapeHeader returns text as a header of a URI, behind "?" (hnv-unreserved).
func EscapeHeader(s string) string { return escape(s, "-_.!~*'()[]/?:+$") }

func escape(s, marks string) string {
	n := 0
	for i := 0; i < len(s); i++ {
		if !plainChar(s[i], marks) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := 0; i < len(s); i++ {
		if c := s[i]; plainChar(c, marks) {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

func plainChar(c byte, marks string) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80 || strings.IndexByte(marks, c) >= 0
}

// UserText returns the user part with its escapes resolved, once.
func (u URI) UserText() string { return Unescape(u.User) }

// Param returns a parameter's value with its escapes resolved; its name may be
// escaped too. RFC 3261 section 19.1.4: it compares without regard to case.
func (u URI) Param(name string) (value string, ok bool) {
	value, ok = u.Params.getEscaped(name)
	return Unescape(value), ok
}

// getEscaped is Get for the parameters of a URI, in which names may have escapes.
func (p Params) getEscaped(name string) (string, bool) {
	if strings.IndexByte(string(p), '%') < 0 && strings.IndexByte(name, '%') < 0 {
		return p.Get(name)
	}
	for n, v := range p.All() {
		if equalEscaped(n, name, true) {
			return v, true
		}
	}
	return "", false
}

// Number returns the telephone number in the user part: visual separators
// taken out (RFC 3966 section 3), parameters cut off; ok is false if what is
// left is no number of digits, *, # and a leading +.
func (u URI) Number() (number string, ok bool) {
	s, _, _ := strings.Cut(u.UserText(), ";")
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9', c == '*', c == '#', c == '+' && len(b) == 0:
			b = append(b, c)
		case isSeparator(c):
		default:
			return "", false
		}
	}
	if len(b) == 0 || len(b) == 1 && b[0] == '+' {
		return "", false
	}
	return string(b), true
}

// isSeparator tells a visual-separator of RFC 3966 section 3.
func isSeparator(c byte) bool { return c == '-' || c == '.' || c == '(' || c == ')' }
