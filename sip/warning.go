package sip

import "strconv"

// A Warning is one value of a Warning header (RFC 3261 section 20.43).
type Warning struct {
	Code  int    // 100 to 999
	Agent string // host or pseudonym
	Text  string // escapes resolved
}

// ParseWarning reads one value.
func ParseWarning(s string) (Warning, error) {
	code, rest := cutWord(s)
	agent, text := cutWord(rest)
	n, ok := parseUint(code, 999)
	if !ok || len(code) != 3 || n < 100 || agent == "" || text == "" || text[0] != '"' || quotedEnd(text) != len(text) {
		return Warning{}, &ParseError{Code: 400, Header: HWarning, Where: "Warning", Got: s, Want: `three digits, an agent and a "text"`}
	}
	return Warning{int(n), agent, unquote(text)}, nil
}

// Warnings returns every Warning; bad values are left out.
func (m *Message) Warnings() []Warning {
	var out []Warning
	for v := range m.Values(HWarning) {
		if w, err := ParseWarning(v); err == nil {
			out = append(out, w)
		}
	}
	return out
}

// String prints the value.
func (w Warning) String() string {
	b := strconv.AppendInt(make([]byte, 0, 64), int64(w.Code), 10)
	b = append(append(append(b, ' '), w.Agent...), ' ')
	return string(AppendQuoted(b, w.Text))
}

// cutWord cuts at the first white space; the rest comes trimmed.
func cutWord(s string) (word, rest string) {
	s = trim(s)
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' || s[i] == '\t' {
			return s[:i], trim(s[i:])
		}
	}
	return s, ""
}
