package sip

import (
	"iter"
	"strconv"
	"strings"
)

// MagicCookie begins every branch made by RFC 3261 section 8.1.1.7.
const MagicCookie = "z9hG4bK"

// A Via is one Via value (RFC 3261 section 20.42).
type Via struct {
	Transport string // as written: "UDP"
	Host      string // sent-by host; IPv6 in brackets
	Port      uint16 // sent-by port; 0: none written
	Params    Params
}

// ParseVia reads one value.
func ParseVia(s string) (Via, error) {
	var v Via
	if !v.parse(s) {
		return Via{}, viaError(s)
	}
	return v, nil
}

func viaError(s string) error {
	return &ParseError{Code: 400, Header: HVia, Where: "Via", Got: s, Want: "SIP/2.0/UDP host:port;branch=..."}
}

func (v *Via) parse(s string) (ok bool) {
	rest, ok := cutProtocol(s)
	if !ok {
		return false
	}
	i := 0
	for i < len(rest) && tokenChar[rest[i]] {
		i++
	}
	if i == 0 || i == len(rest) || rest[i] != ' ' && rest[i] != '\t' {
		return false
	}
	v.Transport = rest[:i]
	if v.plainSentBy(rest[i+1:]) {
		return true
	}
	rest = trim(rest[i:])
	if j := strings.IndexByte(rest, ';'); j >= 0 {
		v.Params = Params(rest[j:])
		rest = trim(rest[:j])
	}
	if strings.IndexByte(rest, ' ') >= 0 || strings.IndexByte(rest, '\t') >= 0 {
		// RFC 3261 section 25.1: sent-by = host [ COLON port ], and COLON may have white space around it.
		host, port, found := strings.Cut(rest, ":")
		if !found || rest[0] == '[' {
			return false
		}
		rest = trim(host) + ":" + trim(port)
	}
	v.Host, v.Port, ok = splitHostPort(rest)
	return ok
}

// plainSentBy reads host[:port] and what follows as most write it: a name or IPv4 address, no white space. If it is
// anything else nothing is read.
func (v *Via) plainSentBy(s string) bool {
	i := 0
	for i < len(s) && hostChar[s[i]] {
		i++
	}
	host, port := s[:i], uint32(0)
	if i < len(s) && s[i] == ':' {
		for i++; i < len(s) && s[i]-'0' <= 9 && port <= 65535; i++ {
			port = port*10 + uint32(s[i]-'0')
		}
		if port == 0 || port > 65535 {
			return false
		}
	}
	if host == "" || i < len(s) && s[i] != ';' {
		return false
	}
	v.Host, v.Port, v.Params = host, uint16(port), Params(s[i:])
	return true
}

// cutProtocol reads "SIP/2.0/", in which white space may stand around each slash.
func cutProtocol(s string) (rest string, ok bool) {
	if strings.HasPrefix(s, "SIP/2.0/") && len(s) > 8 && tokenChar[s[8]] {
		return s[8:], true
	}
	name, rest, ok1 := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	return trim(rest), ok1 && ok2 && equalFold(trim(name), "SIP") && trim(version) == "2.0"
}

// Append prints the value to dst.
func (v Via) Append(dst []byte) []byte {
	dst = append(dst, "SIP/2.0/"...)
	dst = append(dst, v.Transport...)
	dst = append(dst, ' ')
	dst = append(dst, v.Host...)
	if v.Port != 0 {
		dst = append(dst, ':')
		dst = strconv.AppendUint(dst, uint64(v.Port), 10)
	}
	return append(dst, v.Params...)
}

// String prints the value.
func (v Via) String() string { return string(v.Append(make([]byte, 0, 96))) }

// Branch returns the branch parameter, or "".
func (v Via) Branch() string { b, _ := v.Params.Get("branch"); return b }

// HasCookie tells whether the branch was made by the rules of RFC 3261; the
// cookie compares without regard to case.
func (v Via) HasCookie() bool {
	b := v.Branch()
	return len(b) >= len(MagicCookie) && equalFold(b[:len(MagicCookie)], MagicCookie)
}

// Received returns the received parameter without brackets, or "". RFC 5118
// section 4.5: an IPv6 address is taken with brackets and without.
func (v Via) Received() string {
	r, _ := v.Params.Get("received")
	return bareHost(r)
}

// RPort returns the rport parameter (RFC 3581): asked tells that it is there,
// port is its value, 0 if it has none.
func (v Via) RPort() (port uint16, asked bool) {
	s, asked := v.Params.Get("rport")
	n, _ := parseUint(s, 65535)
	return uint16(n), asked
}

// Via returns the topmost Via.
func (m *Message) Via() (Via, error) {
	if i := m.index(HVia); i >= 0 {
		if s := first(m.Headers[i].Value); s != "" {
			var v Via
			if !v.parse(s) {
				return Via{}, viaError(s)
			}
			return v, nil
		}
	}
	return Via{}, missing(HVia)
}

// Vias yields every Via from the topmost on, each with what is wrong with it.
func (m *Message) Vias() iter.Seq2[Via, error] {
	return func(yield func(Via, error) bool) {
		for s := range m.Values(HVia) {
			if !yield(ParseVia(s)) {
				return
			}
		}
	}
}

// SetTopVia puts v in the place of the topmost Via: with received and rport, say.
func (m *Message) SetTopVia(v Via) { m.setFirst(HVia, v.String()) }
