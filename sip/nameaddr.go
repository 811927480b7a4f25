package sip

import (
	"iter"
	"strings"
)

// A NameAddr is a name-addr or addr-spec with its parameters: the value of
// From, To, Contact, Route, Record-Route, Refer-To, Path and their like.
type NameAddr struct {
	Display string // without quotes, escapes resolved
	URIText string // the URI as written, without angle brackets; "*" in a Contact that says so
	Params  Params // the header's own parameters
}

// ParseNameAddr reads one value. Of a quoted display name the escapes are resolved.
func ParseNameAddr(s string) (NameAddr, error) {
	a, want := parseNameAddr(s)
	if want != "" {
		return NameAddr{}, &ParseError{Code: 400, Where: "address", Got: s, Want: want}
	}
	return a, nil
}

// parseNameAddr tells what would be right if something is wrong.
func parseNameAddr(s string) (a NameAddr, want string) {
	s = trim(s)
	lt := 0
	if s != "" && s[0] == '"' {
		if lt = quotedEnd(s); lt == 0 {
			return a, "a closing quote"
		}
		a.Display = unquote(s[:lt])
		for lt < len(s) && (s[lt] == ' ' || s[lt] == '\t') {
			lt++
		}
		if lt == len(s) || s[lt] != '<' {
			return a, "<URI> after the quoted name"
		}
	} else if lt = strings.IndexByte(s, '<'); lt < 0 {
		return parseAddrSpec(s)
	} else if a.Display = trim(s[:lt]); !plainName(a.Display) {
		return a, "words or one quoted string before <"
	}
	gt := strings.IndexByte(s[lt:], '>')
	if gt < 0 {
		return a, "a closing >"
	}
	a.URIText = s[lt+1 : lt+gt]
	if !cleanURI(a.URIText) {
		return a, "a URI without spaces between < and >"
	}
	params := trim(s[lt+gt+1:])
	if params != "" && params[0] != ';' {
		return a, "nothing or ;parameters after >"
	}
	a.Params = Params(params)
	return a, ""
}

// parseAddrSpec reads an address without angle brackets. RFC 3261 section 20:
// then every parameter is the header's.
func parseAddrSpec(s string) (a NameAddr, want string) {
	a.URIText = s
	if i := strings.IndexByte(s, ';'); i >= 0 {
		a.URIText, a.Params = trim(s[:i]), Params(s[i:])
	}
	if !cleanURI(a.URIText) {
		return a, "<sip:user@host> or sip:user@host"
	}
	return a, ""
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
		dst = append(AppendQuoted(dst, a.Display), ' ')
	}
	dst = append(dst, '<')
	dst = append(dst, a.URIText...)
	dst = append(dst, '>')
	return append(dst, a.Params...)
}

// plainName tells whether a display name may stand without quotes. RFC 3261
// section 25.1 has tokens only; what is refused is what could be taken for
// something else, since brackets and accents are common (RFC 4475 section 3.1.2.15).
func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', ',', ';', ':', '>', '\\', '@':
			return false
		}
	}
	return true
}

// bracketed tells whether the text that a was read from had angle brackets.
func (a NameAddr) bracketed(s string) bool {
	s = trim(s)
	return a.Display != "" || s != "" && (s[0] == '<' || s[0] == '"')
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
	i := m.index(id)
	if i < 0 || m.Headers[i].Value == "" {
		return NameAddr{}, missing(id)
	}
	v := m.Headers[i].Value
	if !headerTable[id].single {
		v = first(v)
	}
	a, want := parseNameAddr(v)
	if want != "" {
		return NameAddr{}, &ParseError{Code: 400, Header: id, Where: id.String(), Got: v, Want: want}
	}
	return a, nil
}

// FromTag returns the tag of the From header, or "".
func (m *Message) FromTag() string { return m.tag(HFrom) }

// ToTag returns the tag of the To header, or "".
func (m *Message) ToTag() string { return m.tag(HTo) }

func (m *Message) tag(id HeaderID) string {
	v := m.Get(id)
	name := 0
	if v != "" && v[0] == '"' {
		name = quotedEnd(v)
	}
	// In <URI> with or without parameters, and no more quotes, the tag is found without reading the rest.
	if lt := strings.IndexByte(v[name:], '<'); lt >= 0 && strings.IndexByte(v[name:], '"') < 0 {
		lt += name
		gt := strings.IndexByte(v[lt:], '>') + lt + 1
		switch {
		case name > 0 && trim(v[name:lt]) != "":
			return ""
		case gt == len(v):
			return ""
		case gt > lt && v[gt] == ';':
			tag, _ := Params(v[gt:]).Get("tag")
			return tag
		}
	}
	a, want := parseNameAddr(v)
	if want != "" {
		return ""
	}
	return a.Tag()
}

// Addrs yields every address of that kind, comma lists taken apart, each with
// what is wrong with it: Contact, Route, Record-Route, Path, Service-Route,
// P-Asserted-Identity, Diversion, History-Info. An empty value is an error.
func (m *Message) Addrs(id HeaderID) iter.Seq2[NameAddr, error] {
	return func(yield func(NameAddr, error) bool) {
		for i := range m.Headers {
			if m.Headers[i].ID != id {
				continue
			}
			for rest, more := m.Headers[i].Value, true; more; {
				var one string
				one, rest, more = cutList(rest)
				a, err := ParseNameAddr(one)
				if err != nil {
					err = inHeader(err, id)
				}
				if !yield(a, err) {
					return
				}
			}
		}
	}
}
