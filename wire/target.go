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

// A query asks where to send a request.
type query struct {
	host      string
	port      uint16
	transport sip.Transport
	secure    bool
}
