package sip

import "strings"

// A MediaType is the value of a Content-Type, or one of an Accept (RFC 3261 sections 20.1, 20.15).
type MediaType struct {
	Type    string // lower case: "application"; "*" in an Accept
	Subtype string // lower case: "sdp"
	Params  Params
}

// ParseMediaType reads one value.
func ParseMediaType(s string) (MediaType, bool) {
	head, params := cutUnquoted(s, ';')
	t, sub, ok := strings.Cut(head, "/")
	m := MediaType{lower(trim(t)), lower(trim(sub)), Params(params)}
	return m, ok && isToken(m.Type) && isToken(m.Subtype)
}

// ContentType returns the Content-Type header's value; ok is false if it is absent or malformed.
func (m *Message) ContentType() (t MediaType, ok bool) { return ParseMediaType(m.Get(HContentType)) }

// Is tells whether the type is that one, written in lower case: "application/sdp".
func (t MediaType) Is(name string) bool {
	n := len(t.Type)
	return len(name) == n+1+len(t.Subtype) && name[:n] == t.Type && name[n] == '/' && name[n+1:] == t.Subtype
}

// String prints the value.
func (t MediaType) String() string { return t.Type + "/" + t.Subtype + string(t.Params) }
