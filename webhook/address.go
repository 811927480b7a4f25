package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errPrivate is the error of a connection to an address that is not for the public.
var errPrivate = errors.New("the address is private, and the endpoint is not allowed to have one")

// special are addresses that no public host has, beside those that netip knows:
// a webhook there would reach what only this machine or its network can.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),   // RFC 6598: shared, behind carriers' NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // RFC 6890
	netip.MustParsePrefix("192.0.2.0/24"),    // RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),  // RFC 7526: 6to4 relays, gone
	netip.MustParsePrefix("198.18.0.0/15"),   // RFC 2544: measurements
	netip.MustParsePrefix("198.51.100.0/24"), // RFC 5737
	netip.MustParsePrefix("203.0.113.0/24"),  // RFC 5737
	netip.MustParsePrefix("240.0.0.0/4"),     // RFC 1112, and broadcast
	netip.MustParsePrefix("::/96"),           // RFC 4291: IPv4 addresses in a form of the past
	netip.MustParsePrefix("64:ff9b::/96"),    // RFC 6052: IPv4 addresses behind NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),  // RFC 8215
	netip.MustParsePrefix("100::/64"),        // RFC 6666: discarded
	netip.MustParsePrefix("2001::/23"),       // RFC 2928, with Teredo's IPv4 addresses
	netip.MustParsePrefix("2001:db8::/32"),   // RFC 3849
	netip.MustParsePrefix("2002::/16"),       // RFC 3056: 6to4, which holds IPv4 addresses
	netip.MustParsePrefix("fec0::/10"),       // RFC 3879: site-local
}

// public tells whether an address may belong to a host of the Internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// publicOnly refuses a connection to an address that is not public. It is asked
// when the name has been resolved and before anything is sent, for each address
// and after each redirect: so a name whose answer changes gains nothing.
func publicOnly(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("the address %q cannot be judged", address)
	}
	if !public(a.Addr()) {
		return fmt.Errorf("%s: %w", a.Addr(), errPrivate)
	}
	return nil
}

// A dialControl is asked before a connection is made.
type dialControl func(network, address string, c syscall.RawConn) error

// controlOf is the dialControl of an endpoint that may have a private address, or may not.
func controlOf(private bool) dialControl {
	if private {
		return nil
	}
	return publicOnly
}
