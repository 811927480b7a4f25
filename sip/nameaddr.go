package sip

import "strings"

// A NameAddr is a name-addr or addr-spec with its parameters: the value of
// From, To, Contact, Route, Record-Route, Refer-To, Path and their like.
type NameAddr struct {
	Display string // without quotes, escapes resolved
	URIText string // the URI as written, without angle brackets; "*" in a Contact that says so
	Params  Params // the header's own parameters
}

// ParseNameAddr reads one value.
func ParseNameAddr(s string) (NameAddr, error) {
	s = trim(s)
	lt := -1
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if quoted && c == '\\' {
			i++
			continue
		}
		if c == '"' {
			quoted = !quoted
		} else if c == '<' && !quoted {
			lt = i
			break
		}
	}
	if quoted {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "a closing quote"}
	}
	if lt < 0 {
		// RFC 3261 section 20: without angle brackets every parameter is the header's.
		uri, params := s, ""
		if i := strings.IndexByte(s, ';'); i >= 0 {
			uri, params = trim(s[:i]), s[i:]
		}
		if uri == "" || strings.ContainsAny(uri, " \t\"") {
			return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "<sip:user@host> or sip:user@host"}
		}
		return NameAddr{URIText: uri, Params: Params(params)}, nil
	}
	gt := strings.IndexByte(s[lt:], '>')
	if gt < 0 {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "a closing >"}
	}
	display, ok := displayName(trim(s[:lt]))
	if !ok {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "words or one quoted string before <"}
	}
	a := NameAddr{Display: display, URIText: s[lt+1 : lt+gt]}
	if a.URIText == "" || strings.ContainsAny(a.URIText, " \t") {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "a URI without spaces between < and >"}
	}
	params := trim(s[lt+gt+1:])
	if params != "" && params[0] != ';' {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: "nothing or ;parameters after >"}
	}
	a.Params = Params(params)
	return a, nil
}

// URI reads the URI.
func (a NameAddr) URI() (URI, error) { return ParseURI(a.URIText) }

// Tag returns the tag parameter, or "".
func (a NameAddr) Tag() string { v, _ := a.Params.Get("tag"); return v }

// String prints the value in name-addr form.
func (a NameAddr) String() string { return string(a.Append(make([]byte, 0, 96))) }

// Append prints the value in name-addr form to dst.
func (a NameAddr) Append(dst []byte) []byte {
	if a.Display != "" {
		dst = append(dst, '"')
		for i := 0; i < len(a.Display); i++ {
			if c := a.Display[i]; c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, a.Display[i])
		}
		dst = append(dst, '"', ' ')
	}
	dst = append(dst, '<')
	dst = append(dst, a.URIText...)
	dst = append(dst, '>')
	return append(dst, a.Params...)
}

// displayName reads a display name. RFC 3261 section 25.1 has tokens or a
// quoted string; of unquoted names only what could be taken for something else
// is refused, since brackets and accents are common (RFC 4475 section 3.1.2.15).
func displayName(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if s[0] == '"' {
		if quotedEnd(s) != len(s) {
			return "", false
		}
		return unquote(s), true
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', ',', ';', ':', '>', '\\', '@':
			return "", false
		}
	}
	return s, true
}

// bracketed tells whether the text that a was read from had angle brackets.
func (a NameAddr) bracketed(s string) bool {
	s = trim(s)
	return a.Display != "" || s != "" && (s[0] == '<' || s[0] == '"')
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
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

// From returns the From header's value.
func (m *Message) From() (NameAddr, error) { return m.nameAddr(HFrom) }

// To returns the To header's value.
func (m *Message) To() (NameAddr, error) { return m.nameAddr(HTo) }

// Contact returns the first Contact; an error if there is none.
func (m *Message) Contact() (NameAddr, error) { return m.nameAddr(HContact) }

// ReferTo returns the Refer-To header's value (RFC 3515).
func (m *Message) ReferTo() (NameAddr, error) { return m.nameAddr(HReferTo) }

// ReferredBy returns the Referred-By header's value (RFC 3892).
func (m *Message) ReferredBy() (NameAddr, error) { return m.nameAddr(HReferredBy) }

func (m *Message) nameAddr(id HeaderID) (NameAddr, error) {
	for v := range m.Values(id) {
		a, err := ParseNameAddr(v)
		return a, inHeader(err, id)
	}
	return NameAddr{}, &ParseError{Code: 400, Where: id.String(), Got: "nothing", Want: "one address"}
}

// FromTag returns the tag of the From header, or "".
func (m *Message) FromTag() string { return tagOf(m.Get(HFrom)) }

// ToTag returns the tag of the To header, or "".
func (m *Message) ToTag() string { return tagOf(m.Get(HTo)) }

func tagOf(s string) string {
	a, err := ParseNameAddr(s)
	if err != nil {
		return ""
	}
	return a.Tag()
}
