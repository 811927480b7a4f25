package sip

import (
	"iter"
	"strings"
)

// Params are parameters as written, each with the semicolon before it:
// ";lr;transport=udp". Names compare without regard to case.
type Params string

// All yields each parameter; has tells "name=" from "name". A quoted value
// comes without its quotes but with its escapes.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := string(p); rest != ""; {
			var item string
			item, rest = cutUnquoted(strings.TrimPrefix(rest, ";"), ';')
			name, value, _ := strings.Cut(item, "=")
			name, value = trim(name), trim(value)
			if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			if name != "" && !yield(name, value) {
				return
			}
		}
	}
}

// Get returns a parameter's value and whether the parameter is there.
func (p Params) Get(name string) (string, bool) {
	for n, v := range p.All() {
		if equalFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// Has tells whether the parameter is there, with or without a value.
func (p Params) Has(name string) bool { _, ok := p.Get(name); return ok }

// With returns the parameters with one set: replaced in its place, or appended. An
// empty value makes a parameter without "=".
func (p Params) With(name, value string) Params {
	item := ";" + name
	if value != "" {
		item += "=" + value
	}
	var b strings.Builder
	done := false
	for rest := string(p); rest != ""; {
		var one string
		one, rest = cutUnquoted(strings.TrimPrefix(rest, ";"), ';')
		n, _, _ := strings.Cut(one, "=")
		if equalFold(trim(n), name) {
			if !done {
				b.WriteString(item)
			}
			done = true
			continue
		}
		b.WriteByte(';')
		b.WriteString(one)
	}
	if !done {
		b.WriteString(item)
	}
	return Params(b.String())
}

// Without returns the parameters without one of them.
func (p Params) Without(name string) Params {
	var b strings.Builder
	for rest := string(p); rest != ""; {
		var one string
		one, rest = cutUnquoted(strings.TrimPrefix(rest, ";"), ';')
		n, _, _ := strings.Cut(one, "=")
		if !equalFold(trim(n), name) {
			b.WriteByte(';')
			b.WriteString(one)
		}
	}
	return Params(b.String())
}

// cutUnquoted cuts s at the first sep that stands outside quotes and angle
// brackets; the rest begins with sep.
func cutUnquoted(s string, sep byte) (head, rest string) {
	quoted, angle := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angle:
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == sep && !angle:
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// splitList yields the comma-separated values of a header line, trimmed; empty ones are left out.
func splitList(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			var head string
			head, s = cutUnquoted(s, ',')
			if s != "" {
				s = s[1:]
			}
			if head = trim(head); head != "" && !yield(head) {
				return
			}
		}
	}
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

// cutList cuts the first value off a comma list; more tells whether another follows.
// Unlike splitList it keeps empty values, so that they can be refused.
func cutList(s string) (head, rest string, more bool) {
	head, rest = cutUnquoted(s, ',')
	if rest != "" {
		return trim(head), rest[1:], true
	}
	return trim(head), "", false
}

// check holds the parameters against generic-param of RFC 3261 section 25.1:
// each a token, and after "=" a token, a host or a quoted string. Of values
// only what would end the parameter is refused.
func (p Params) check(where string) error {
	for rest := string(p); rest != ""; {
		if rest[0] != ';' {
			return malformed(where, string(p), "a semicolon before each parameter")
		}
		var item string
		item, rest = cutUnquoted(rest[1:], ';')
		name, value, _ := strings.Cut(item, "=")
		name, value = trim(name), trim(value)
		if !isToken(name) {
			return malformed(where, string(p), "a name of token characters after each semicolon")
		}
		if !paramValue(value) {
			return malformed(where, string(p), "a token or a quoted string as value of "+name)
		}
	}
	return nil
}

func paramValue(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == '"' {
		return quotedEnd(s) == len(s)
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ', '\t', '"', ',', '<', '>':
			return false
		}
	}
	return true
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
