package sip

// A Replaces is the value of a Replaces header (RFC 3891).
type Replaces struct {
	CallID    string
	ToTag     string
	FromTag   string
	EarlyOnly bool
}

// ParseReplaces reads the value. RFC 3891 section 6.1: it must hold exactly
// one to-tag and one from-tag.
func ParseReplaces(s string) (Replaces, error) {
	id, params := cutUnquoted(trim(s), ';')
	r := Replaces{CallID: trim(id)}
	to, from := 0, 0
	for name, value := range Params(params).All() {
		switch {
		case equalFold(name, "to-tag"):
			r.ToTag = value
			to++
		case equalFold(name, "from-tag"):
			r.FromTag = value
			from++
		case equalFold(name, "early-only"):
			r.EarlyOnly = true
		}
	}
	if checkCallID(r.CallID) != nil || to != 1 || from != 1 || !isToken(r.ToTag) || !isToken(r.FromTag) {
		return Replaces{}, &ParseError{Code: 400, Header: HReplaces, Where: "Replaces", Got: s, Want: "Call-ID;to-tag=...;from-tag=..."}
	}
	return r, nil
}

// Replaces returns the Replaces header's value; ok is false if there is none.
func (m *Message) Replaces() (r Replaces, ok bool, err error) {
	i := m.index(HReplaces)
	if i < 0 {
		return r, false, nil
	}
	r, err = ParseReplaces(m.Headers[i].Value)
	return r, true, err
}

// String prints the value.
func (r Replaces) String() string {
	s := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		s += ";early-only"
	}
	return s
}
