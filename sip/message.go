package sip

import "iter"

// A Method is a SIP method name. Methods are case-sensitive.
type Method string

// The methods the server knows.
const (
	INVITE    Method = "INVITE"
	ACK       Method = "ACK"
	BYE       Method = "BYE"
	CANCEL    Method = "CANCEL"
	REGISTER  Method = "REGISTER"
	OPTIONS   Method = "OPTIONS"
	PRACK     Method = "PRACK"
	UPDATE    Method = "UPDATE"
	INFO      Method = "INFO"
	REFER     Method = "REFER"
	NOTIFY    Method = "NOTIFY"
	SUBSCRIBE Method = "SUBSCRIBE"
	MESSAGE   Method = "MESSAGE"
	PUBLISH   Method = "PUBLISH"
)

// methodOf is the method of that name: for those the server knows one string of
// our own, so that whoever keeps it does not keep the message's text.
func methodOf(name string) Method {
	switch Method(name) {
	case INVITE:
		return INVITE
	case ACK:
		return ACK
	case BYE:
		return BYE
	case CANCEL:
		return CANCEL
	case REGISTER:
		return REGISTER
	case OPTIONS:
		return OPTIONS
	case PRACK:
		return PRACK
	case UPDATE:
		return UPDATE
	case INFO:
		return INFO
	case REFER:
		return REFER
	case NOTIFY:
		return NOTIFY
	case SUBSCRIBE:
		return SUBSCRIBE
	case MESSAGE:
		return MESSAGE
	case PUBLISH:
		return PUBLISH
	}
	return Method(name)
}

// A Message is a SIP request or response (RFC 3261 section 7).
type Message struct {
	Method  Method // of a request; empty in a response
	URI     string // the Request-URI as written; empty in a response
	Status  int    // 100 to 699 in a response; 0 in a request
	Phrase  string // the reason phrase of a response
	Headers []Header
	Body    string
	Raw     string // the whole text as it came; empty in a message built here
	Lenient bool   // something tolerated was found (a bare LF, say)
}

// IsRequest tells a request from a response.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Get returns the value of the first header line of that kind, or "".
func (m *Message) Get(id HeaderID) string {
	for i := range m.Headers {
		if m.Headers[i].ID == id {
			return m.Headers[i].Value
		}
	}
	return ""
}

// Has tells whether a header of that kind is there.
func (m *Message) Has(id HeaderID) bool { return m.index(id) >= 0 }

// Count returns the number of header lines of that kind.
func (m *Message) Count(id HeaderID) int {
	n := 0
	for i := range m.Headers {
		if m.Headers[i].ID == id {
			n++
		}
	}
	return n
}

func (m *Message) index(id HeaderID) int {
	for i := range m.Headers {
		if m.Headers[i].ID == id {
			return i
		}
	}
	return -1
}

// GetNamed returns the value of the first header line of that name, known or not.
func (m *Message) GetNamed(name string) string {
	if id := LookupHeader(name); id != Other {
		return m.Get(id)
	}
	for i := range m.Headers {
		if equalFold(m.Headers[i].Name, name) {
			return m.Headers[i].Value
		}
	}
	return ""
}

// Lines yields the value of each header line of that kind, in order.
func (m *Message) Lines(id HeaderID) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range m.Headers {
			if m.Headers[i].ID == id && !yield(m.Headers[i].Value) {
				return
			}
		}
	}
}

// Values yields each value of that kind, in order, comma lists taken apart
// (RFC 3261 section 7.3.1). It is not for Authorization and its kin, whose
// commas part parameters.
func (m *Message) Values(id HeaderID) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range m.Headers {
			if m.Headers[i].ID != id {
				continue
			}
			for v := range splitList(m.Headers[i].Value) {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// HasToken tells whether one of the comma-separated values of that kind is
// the token, without regard to case: an option tag in Supported, say.
func (m *Message) HasToken(id HeaderID, token string) bool {
	for v := range m.Values(id) {
		if equalFold(v, token) {
			return true
		}
	}
	return false
}

// Add appends a header line.
func (m *Message) Add(id HeaderID, value string) {
	m.Headers = append(m.Headers, Header{ID: id, Value: value})
}

// AddNamed appends a header line under a name of its own.
func (m *Message) AddNamed(name, value string) {
	m.Headers = append(m.Headers, Header{ID: LookupHeader(name), Name: name, Value: value})
}

// Set replaces the first header line of that kind and drops the others, or adds one.
func (m *Message) Set(id HeaderID, value string) {
	i := m.index(id)
	if i < 0 {
		m.Add(id, value)
		return
	}
	m.Headers[i].Value = value
	for j := len(m.Headers) - 1; j > i; j-- {
		if m.Headers[j].ID == id {
			m.Headers = append(m.Headers[:j], m.Headers[j+1:]...)
		}
	}
}

// Del drops every header line of that kind.
func (m *Message) Del(id HeaderID) {
	kept := m.Headers[:0]
	for _, h := range m.Headers {
		if h.ID != id {
			kept = append(kept, h)
		}
	}
	m.Headers = kept
}

// Prepend puts a header line before all others: a Via, a Route, a Record-Route.
func (m *Message) Prepend(id HeaderID, value string) {
	m.Headers = append(m.Headers, Header{})
	copy(m.Headers[1:], m.Headers)
	m.Headers[0] = Header{ID: id, Value: value}
}

// setFirst replaces the first of the values of that kind and leaves those that
// follow it on the same line.
func (m *Message) setFirst(id HeaderID, value string) {
	i := m.index(id)
	if i < 0 {
		m.Prepend(id, value)
		return
	}
	if _, rest, more := cutList(m.Headers[i].Value); more {
		value += ", " + trim(rest)
	}
	m.Headers[i].Value = value
}

// DropFirst takes away the first of the values of that kind: the topmost Via
// or Route. Those that follow it on the same line stay.
func (m *Message) DropFirst(id HeaderID) {
	i := m.index(id)
	if i < 0 {
		return
	}
	if _, rest, more := cutList(m.Headers[i].Value); more {
		m.Headers[i].Value = trim(rest)
		return
	}
	m.Headers = append(m.Headers[:i], m.Headers[i+1:]...)
}

// Clone returns a copy whose header list can be changed by itself.
func (m *Message) Clone() *Message {
	c := *m
	c.Headers = append(make([]Header, 0, len(m.Headers)+4), m.Headers...)
	c.Raw = ""
	return &c
}

// Keep returns a copy to be kept of a message that is only lent: its text stays.
func (m *Message) Keep() *Message {
	c := m.Clone()
	c.Raw = m.Raw
	return c
}

// CallID returns the Call-ID.
func (m *Message) CallID() string { return m.Get(HCallID) }
