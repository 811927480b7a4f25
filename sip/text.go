package sip

import (
	"errors"
	"strings"
)

// ErrValue is the error for text that may not stand in a header.
var ErrValue = errors.New("sip: text holds CR, LF or NUL, which may not stand in a header")

// ValidValue tells whether text from outside (an API, a configuration, a
// console) may be put into a header value: no CR, LF or NUL, with which it
// would end the header and begin another. The error is ErrValue.
func ValidValue(s string) error {
	if strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, 0) >= 0 {
		return ErrValue
	}
	return nil
}

// CleanValue returns the text with each control character made a space, so
// that it can stand in a header: for what came from another message and is
// passed on, where refusing is no choice.
func CleanValue(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == 0x7f {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if c := b[j]; c < 0x20 || c == 0x7f {
					b[j] = ' '
				}
			}
			return string(b)
		}
	}
	return s
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// cleanText tells whether a header's value is free of control characters. A
// tab is white space, and any but CR and LF may follow a backslash in a quoted string
// (RFC 3261 section 25.1, quoted-pair).
func cleanText(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		del := w ^ everyByte*0x7f
		if ((w-everyByte*0x20)&^w|(del-everyByte)&^del)&highBits != 0 {
			return cleanQuoted(s)
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == 0x7f {
			return cleanQuoted(s)
		}
	}
	return true
}

func cleanQuoted(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			if i++; i < len(s) && (s[i] == '\r' || s[i] == '\n') {
				return false
			}
		case c < 0x20 && c != '\t' || c == 0x7f:
			return false
		}
	}
	return true
}

// Quote returns the text as a quoted string (RFC 3261 section 25.1).
func Quote(s string) string { return string(AppendQuoted(make([]byte, 0, len(s)+2), s)) }

// AppendQuoted prints the text to dst as a quoted string. Control characters
// are escaped; CR and LF, which no quoted string can hold, become spaces.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\r' || c == '\n':
			dst = append(dst, ' ')
			continue
		case c == '"', c == '\\', c < 0x20 && c != '\t', c == 0x7f:
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// Unquote returns the text of a quoted string with its escapes resolved; what
// is not quoted comes back as it is.
func Unquote(s string) string { return unquote(s) }

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || quotedEnd(s) != len(s) {
		return s
	}
	return unescape(s[1 : len(s)-1])
}

// unescape resolves the backslashes of a quoted string's inside.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
