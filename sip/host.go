package sip

import (
	"net/netip"
	"strconv"
)

// bareHost takes the brackets off an IPv6 address.
func bareHost(s string) string {
	if n := len(s); n > 2 && s[0] == '[' && s[n-1] == ']' {
		return s[1 : n-1]
	}
	return s
}

// HostAddr returns the address that a host is; ok is false for a name. Brackets
// are taken off, an IPv4 address mapped into IPv6 becomes the IPv4 one, and
// the three colons that RFC 3261's grammar wrongly allowed are read as two
// (RFC 5118 section 4.10). An address with a zone is none.
func HostAddr(host string) (addr netip.Addr, ok bool) {
	s := bareHost(host)
	addr, err := netip.ParseAddr(s)
	if err != nil {
		for i := 0; i+3 <= len(s); i++ {
			if s[i:i+3] == ":::" {
				addr, err = netip.ParseAddr(s[:i] + s[i+1:])
				break
			}
		}
	}
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// Host returns the address as a URI or a Via holds it: IPv6 in brackets.
func Host(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}

// HostPort returns host:port, or the host alone if port is 0. An IPv6 address
// gets brackets if it has none.
func HostPort(host string, port uint16) string {
	for i := 0; i < len(host) && host[0] != '['; i++ {
		if host[i] == ':' {
			host = "[" + host + "]"
			break
		}
	}
	if port == 0 {
		return host
	}
	return host + ":" + strconv.FormatUint(uint64(port), 10)
}

// HostPort returns the URI's host and port as the URI holds them.
func (u URI) HostPort() string { return HostPort(u.Host, u.Port) }

// DefaultPort returns the port of a host without one (RFC 3261 section 19.1.2).
func (t Transport) DefaultPort() uint16 {
	switch t {
	case TLS:
		return 5061
	case WS:
		return 80
	case WSS:
		return 443
	}
	return 5060
}

// validHost holds a host against the grammar of RFC 3261 section 25.1: letters,
// digits, hyphens and dots, or an IPv6 address in brackets. Underscores are let
// pass, as names in use have them.
func validHost(s string) bool {
	if s != "" && s[0] == '[' {
		_, ok := HostAddr(s)
		return ok && s[len(s)-1] == ']'
	}
	for i := 0; i < len(s); i++ {
		if !hostChar[s[i]] {
			return false
		}
	}
	return s != ""
}

var hostChar = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '.' || c == '_'
	}
	return t
}()
