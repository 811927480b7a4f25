package phone

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"onhook/sip"
	"onhook/stack"
)

// A resolver finds addresses for names. The phone is pointed at its server, so
// it asks for A and AAAA only; the records of RFC 3263 are a server's matter.
type resolver struct {
	own    netip.Addr     // our side: only its family can be sent to
	server netip.AddrPort // every request outside a dialog goes there; invalid: none
}

func newResolver(own netip.Addr) *resolver { return &resolver{own: own.Unmap()} }

// setServer looks the server's name up, once.
func (r *resolver) setServer(ctx context.Context, server string) error {
	host, port, err := splitServer(server)
	if err != nil || host == "" {
		return err
	}
	t, err := r.find(ctx, host, port, sip.UDP, false)
	if err != nil {
		return err
	}
	r.server = t[0].Addr
	return nil
}

// find returns where to send for a host and port.
func (r *resolver) find(ctx context.Context, host string, port uint16, transport sip.Transport, secure bool) ([]stack.Target, error) {
	if secure {
		return nil, errors.New("phone: " + host + ": sips is not spoken here, want sip")
	}
	if port == 0 {
		port = 5060
	}
	if transport == sip.NoTransport {
		transport = sip.UDP
	}
	var addrs []netip.Addr
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		addrs = []netip.Addr{a}
	} else if addrs, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	var out []stack.Target
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() == r.own.Is4() {
			out = append(out, stack.Target{Transport: transport, Addr: netip.AddrPortFrom(a, port)})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("phone: " + host + " has no address of the family that the phone listens on")
	}
	return out, nil
}
