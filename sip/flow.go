package sip

import "net/netip"

// A Transport is one of SIP's transports (RFC 3261 section 18, RFC 7118).
type Transport uint8

// The transports, spelt in a Via as String says.
const (
	NoTransport Transport = iota
	UDP
	TCP
	TLS
	WS
	WSS
)

// String returns the name as a Via spells it.
func (t Transport) String() string {
	switch t {
	case UDP:
		return "UDP"
	case TCP:
		return "TCP"
	case TLS:
		return "TLS"
	case WS:
		return "WS"
	case WSS:
		return "WSS"
	}
	return ""
}

// Param returns the name as a URI's transport parameter spells it.
func (t Transport) Param() string {
	switch t {
	case UDP:
		return "udp"
	case TCP:
		return "tcp"
	case TLS:
		return "tls"
	case WS, WSS:
		return "ws"
	}
	return ""
}

// Reliable tells whether the transport delivers or says that it did not.
func (t Transport) Reliable() bool { return t > UDP }

// ParseTransport reads a transport's name in any case; NoTransport if it is none we know.
func ParseTransport(s string) Transport {
	for _, t := range [...]Transport{UDP, TCP, TLS, WS, WSS} {
		if equalFold(s, t.String()) {
			return t
		}
	}
	return NoTransport
}

// A Flow is the way a message came or shall go: transport, our address, the
// peer's, and for a stream the connection (RFC 5626's sense of the word).
// Addresses are without IPv4-in-IPv6 mapping. It is comparable.
type Flow struct {
	Transport Transport
	Local     netip.AddrPort
	Remote    netip.AddrPort
	Conn      uint64 // a stream's connection, given by wire; 0: any, or a new one
}
