package wire

import (
	"net/netip"

	"onhook/sip"
)

// A Target is one place to try, in the order of RFC 3263 section 4.
type Target struct {
	Transport sip.Transport
	Addr      netip.AddrPort
}

// A Query asks where to send a request (RFC 3263).
type Query struct {
	Host      string        // a name, or an address; IPv6 with or without brackets
	Port      uint16        // 0: none given
	Transport sip.Transport // NoTransport: none given
	Secure    bool          // a sips URI
}
