package wire

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// notPublic are the networks that no stranger's name should lead a request of ours
// to: this host and its neighbours (RFC 6890), addresses that wrap others
// (RFC 6052, 3056), groups, and what is reserved.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("ff00::/8"),
}

// A PrivateError says that an address is not public and not among those allowed.
type PrivateError struct{ Addr netip.Addr }

// Error says it in a line.
func (e *PrivateError) Error() string {
	return fmt.Sprintf("%s is the address of a private network, which is not allowed", e.Addr)
}

// PublicOnly returns what a net.Dialer's Control is to be so that it connects to
// public addresses and to those allowed, and nowhere else. It is asked for each
// address just before the connection, so neither a name that means another
// address the second time nor a redirect gets round it. The error is a *PrivateError.
func PublicOnly(allowed []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	allowed = slices.Clone(allowed)
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		a := ap.Addr().Unmap().WithZone("")
		holds := func(p netip.Prefix) bool { return p.Contains(a) }
		if slices.ContainsFunc(notPublic, holds) && !slices.ContainsFunc(allowed, holds) {
			return &PrivateError{Addr: a}
		}
		return nil
	}
}
