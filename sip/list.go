package sip

import (
	"iter"
	"strings"
)

// cutUnquoted cuts s at the first sep that stands outside quotes and angle
// brackets; the rest begins with sep.
func cutUnquoted(s string, sep byte) (head, rest string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case sep:
			return s[:i], s[i:]
		case '"':
			n := quotedEnd(s[i:])
			if n == 0 {
				return s, ""
			}
			i += n - 1
		case '<':
			n := strings.IndexByte(s[i:], '>')
			if n < 0 {
				return s, ""
			}
			i += n
		}
	}
	return s, ""
}

// quotedEnd returns the index after the quoted string that s begins with; 0 if it does not end.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// cutList cuts the first value off a comma list; more tells whether another follows.
// Unlike splitList it keeps empty values, so that they can be refused.
func cutList(s string) (head, rest string, more bool) {
	if strings.IndexByte(s, ',') < 0 {
		return trim(s), "", false
	}
	head, rest = cutUnquoted(s, ',')
	if rest != "" {
		return trim(head), rest[1:], true
	}
	return trim(head), "", false
}

// splitList yields the comma-separated values of a header line, trimmed; empty ones are left out.
func splitList(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			var head string
			if head, s, _ = cutList(s); head != "" && !yield(head) {
				return
			}
		}
	}
}

// first returns the first value of a comma list that is not empty.
func first(s string) string {
	if strings.IndexByte(s, ',') < 0 {
		return trim(s)
	}
	for s != "" {
		var head string
		if head, s, _ = cutList(s); head != "" {
			return head
		}
	}
	return ""
}

func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
