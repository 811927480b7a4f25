package sip

import "strconv"

// A Refresher is the side that refreshes a session (RFC 4028 section 4).
type Refresher uint8

// The refreshers.
const (
	NoRefresher Refresher = iota // not said
	RefresherUAC
	RefresherUAS
)

// String returns the value of the refresher parameter.
func (r Refresher) String() string {
	switch r {
	case RefresherUAC:
		return "uac"
	case RefresherUAS:
		return "uas"
	}
	return ""
}

// A SessionExpires is the value of a Session-Expires header (RFC 4028).
type SessionExpires struct {
	Seconds   uint32
	Refresher Refresher
}

// ParseSessionExpires reads the value.
func ParseSessionExpires(s string) (SessionExpires, error) {
	head, params := cutUnquoted(s, ';')
	n, ok := parseUint(trim(head), 1<<32-1)
	v := SessionExpires{Seconds: uint32(n)}
	if r, there := Params(params).Get("refresher"); there {
		switch {
		case equalFold(r, "uac"):
			v.Refresher = RefresherUAC
		case equalFold(r, "uas"):
			v.Refresher = RefresherUAS
		default:
			ok = false
		}
	}
	if !ok {
		return SessionExpires{}, &ParseError{Code: 400, Header: HSessionExpires, Where: "Session-Expires", Got: s, Want: "seconds, and ;refresher=uac or uas"}
	}
	return v, nil
}

// SessionExpires returns the Session-Expires header's value; ok is false if there is none.
func (m *Message) SessionExpires() (v SessionExpires, ok bool, err error) {
	i := m.index(HSessionExpires)
	if i < 0 {
		return v, false, nil
	}
	v, err = ParseSessionExpires(m.Headers[i].Value)
	return v, true, err
}

// String prints the value.
func (v SessionExpires) String() string {
	s := strconv.FormatUint(uint64(v.Seconds), 10)
	if v.Refresher != NoRefresher {
		s += ";refresher=" + v.Refresher.String()
	}
	return s
}

// MinSE returns the Min-SE header's value in seconds; ok is false if it is
// absent or malformed. Its parameters mean nothing (RFC 4028 section 5).
func (m *Message) MinSE() (seconds uint32, ok bool) {
	head, _ := cutUnquoted(m.Get(HMinSE), ';')
	n, ok := parseUint(trim(head), 1<<32-1)
	return uint32(n), ok
}

// Expires returns the Expires header's value in seconds; ok is false if it is absent or malformed.
func (m *Message) Expires() (seconds uint32, ok bool) { return m.delta(HExpires) }

// MinExpires returns the Min-Expires header's value in seconds; ok is false if it is absent or malformed.
func (m *Message) MinExpires() (seconds uint32, ok bool) { return m.delta(HMinExpires) }

func (m *Message) delta(id HeaderID) (uint32, bool) {
	n, ok := parseUint(m.Get(id), 1<<32-1)
	return uint32(n), ok
}
