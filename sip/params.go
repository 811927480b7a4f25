package sip

import (
	"iter"
	"strings"
)

// Params are parameters as written, each with the semicolon before it:
// ";lr;transport=udp". Names compare without regard to case.
type Params string

// All yields each parameter's name and value; the value of one without "=" is
// empty. A quoted value comes without its quotes but with its escapes; see Unquote.
func (p Params) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for rest := string(p); rest != ""; {
			var name, value string
			if name, value, rest = cutParam(rest); name != "" && !yield(name, value) {
				return
			}
		}
	}
}

// Get returns a parameter's value and whether the parameter is there. Of two the first counts.
func (p Params) Get(name string) (string, bool) {
	for rest := string(p); rest != ""; {
		var n, v string
		if n, v, rest = cutParam(rest); equalFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// Has tells whether the parameter is there, with or without a value.
func (p Params) Has(name string) bool { _, ok := p.Get(name); return ok }

// Uint returns a parameter's value as a number up to limit; ok is false if it
// is absent or anything but digits.
func (p Params) Uint(name string, limit uint64) (n uint64, ok bool) {
	v, _ := p.Get(name)
	return parseUint(v, limit)
}

// With returns the parameters with one set: replaced in its place, or appended. An
// empty value makes a parameter without "=". The value is put in as it is:
// quote it by Quote where it may not be a token.
func (p Params) With(name, value string) Params {
	b := make([]byte, 0, len(p)+len(name)+len(value)+2)
	done := false
	for rest := string(p); rest != ""; {
		before := rest
		var n string
		n, _, rest = cutParam(rest)
		switch {
		case !equalFold(n, name):
			b = append(b, before[:len(before)-len(rest)]...)
		case !done:
			b = appendParam(b, name, value)
			done = true
		}
	}
	if !done {
		b = appendParam(b, name, value)
	}
	return Params(b)
}

func appendParam(b []byte, name, value string) []byte {
	b = append(append(b, ';'), name...)
	if value != "" {
		b = append(append(b, '='), value...)
	}
	return b
}

// Without returns the parameters without one of them.
func (p Params) Without(name string) Params {
	if !p.Has(name) {
		return p
	}
	b := make([]byte, 0, len(p))
	for rest := string(p); rest != ""; {
		before := rest
		var n string
		n, _, rest = cutParam(rest)
		if !equalFold(n, name) {
			b = append(b, before[:len(before)-len(rest)]...)
		}
	}
	return Params(b)
}

// cutParam cuts the first parameter off; the rest begins with the next semicolon.
func cutParam(s string) (name, value, rest string) {
	if s[0] == ';' {
		s = s[1:]
	}
	i := 0
	for i < len(s) && tokenChar[s[i]] {
		i++
	}
	name = s[:i]
	s = s[i:]
	if s != "" && s[0] != '=' && s[0] != ';' {
		// White space around "=" is allowed (RFC 3261 section 25.1, EQUAL).
		head, after := cutUnquoted(s, ';')
		n, v, _ := strings.Cut(head, "=")
		if n = trim(n); name == "" {
			name = n
		} else if n != "" {
			name += " " + n // no token, and so no name that anybody looks for
		}
		return name, trimQuotes(trim(v)), after
	}
	if s == "" || s[0] == ';' {
		return name, "", s
	}
	i = 1
	for i < len(s) && tokenChar[s[i]] {
		i++
	}
	if i == len(s) || s[i] == ';' {
		return name, s[1:i], s[i:]
	}
	value, rest = cutUnquoted(s[1:], ';')
	return name, trimQuotes(trim(value)), rest
}

func trimQuotes(s string) string {
	if n := len(s); n >= 2 && s[0] == '"' && s[n-1] == '"' {
		return s[1 : n-1]
	}
	return s
}

// check holds the parameters against generic-param of RFC 3261 section 25.1:
// each a token, and after "=" a token, a host or a quoted string. Of values
// only what would end the parameter is refused.
func (p Params) check(where string) error {
	for rest := string(p); rest != ""; {
		if n := plainParam(rest); n > 0 {
			rest = rest[n:]
			continue
		}
		if rest[0] != ';' {
			return malformed(where, string(p), "a semicolon before each parameter")
		}
		var item string
		item, rest = cutUnquoted(rest[1:], ';')
		name, value, _ := strings.Cut(item, "=")
		if !isToken(trim(name)) {
			return malformed(where, string(p), "a name of token characters after each semicolon")
		}
		if value = trim(value); !paramValue(value) {
			return malformed(where, string(p), "a token or a quoted string after =")
		}
	}
	return nil
}

// plainParam returns the length of the parameter that s begins with if it is
// ;name or ;name=value without quotes and white space, else 0.
func plainParam(s string) int {
	i := 1
	for i < len(s) && tokenChar[s[i]] {
		i++
	}
	if i == 1 || s[0] != ';' {
		return 0
	}
	if i < len(s) && s[i] == '=' {
		i++
		for i < len(s) && (tokenChar[s[i]] || s[i] == ':' || s[i] == '[' || s[i] == ']') {
			i++
		}
	}
	if i < len(s) && s[i] != ';' {
		return 0
	}
	return i
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
