package sip

import (
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
	bad := &ParseError{Code: 400, Where: "Via", Got: s, Want: "SIP/2.0/UDP host:port;branch=..."}
	name, rest, ok1 := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 || !equalFold(trim(name), "SIP") || trim(version) != "2.0" {
		return Via{}, bad
	}
	rest = trim(rest)
	i := strings.IndexAny(rest, " \t")
	if i <= 0 {
		return Via{}, bad
	}
	v := Via{Transport: rest[:i]}
	rest = trim(rest[i:])
	if j := strings.IndexByte(rest, ';'); j >= 0 {
		v.Params = Params(rest[j:])
		rest = rest[:j]
	}
	host, port, found := strings.Cut(rest, ":")
	if strings.HasPrefix(rest, "[") || !found {
		host, port = rest, ""
	}
	hostport := trim(host)
	if port != "" {
		hostport += ":" + trim(port)
	}
	if v.Host, v.Port, ok1 = splitHostPort(hostport); !ok1 {
		return Via{}, bad
	}
	return v, nil
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

// Via returns the topmost Via.
func (m *Message) Via() (Via, error) {
	for s := range m.Values(HVia) {
		return ParseVia(s)
	}
	return Via{}, &ParseError{Code: 400, Where: "Via", Got: "nothing", Want: "at least one Via"}
}
