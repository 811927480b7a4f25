package exchange

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"onhook/call"
	"onhook/sip"
	"onhook/stack"
)

// A phone says itself where it is called. If it named a trunk, or a name that
// leads to one, calls for its extension would leave by that trunk as the server's
// own, past all that bounds calls outside.

// errTrunksAddress is why a phone is not called at a name.
var errTrunksAddress = errors.New("exchange: the phone's Contact or Path leads to a trunk, want the phone's own address")

// isOf tells whether a host, a name or an address, is a trunk's own. The networks
// that its calls may come from are not: phones may be in them, too.
func (l *line) isOf(host string) bool {
	if strings.EqualFold(l.Host, host) {
		return true
	}
	a, numeric := sip.HostAddr(host)
	return numeric && l.isAt(a)
}

func (l *line) isAt(a netip.Addr) bool {
	if own, numeric := sip.HostAddr(l.Host); numeric && own == a {
		return true
	}
	return l.named(a) || slices.ContainsFunc(l.Sources, func(p netip.Prefix) bool { return p.IsSingleIP() && p.Addr() == a })
}

// astray tells whether a REGISTER has calls sent to a trunk, though it did not come
// from there: an edge proxy (RFC 3327) may be a trunk as well.
func (x *Exchange) astray(m *sip.Message, from sip.Flow) bool {
	if len(x.lines) == 0 {
		return false
	}
	hosts := reachedAt(m)
	for _, l := range x.lines {
		if slices.ContainsFunc(hosts, l.isOf) && !l.isAt(from.Remote.Addr()) {
			return true
		}
	}
	return false
}

// reachedAt is where calls go for what a REGISTER registers, unless they go back the way that it came by.
func reachedAt(m *sip.Message) (hosts []string) {
	for p, err := range m.Addrs(sip.HPath) {
		if u, bad := p.URI(); err == nil && bad == nil {
			hosts = append(hosts, u.Host) // the first hop of the route
		}
		return hosts
	}
	vias := 0
	for range m.Values(sip.HVia) {
		vias++
	}
	for c, err := range m.Addrs(sip.HContact) {
		u, bad := c.URI()
		if err != nil || bad != nil {
			continue
		}
		// Who registers itself is called where it came from, by its Contact's name only when that way has gone.
		if _, numeric := sip.HostAddr(u.Host); vias > 1 || !numeric {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// withoutTrunks leaves out of what a phone's name leads to the addresses of trunks.
// Names of trunks themselves were settled when the phone registered.
func (x *Exchange) withoutTrunks(host string, targets []stack.Target) ([]stack.Target, error) {
	for _, l := range x.lines {
		if l.isOf(host) {
			return targets, nil
		}
	}
	kept := slices.DeleteFunc(slices.Clone(targets), func(t stack.Target) bool {
		for _, l := range x.lines {
			if l.isAt(t.Addr.Addr()) {
				return true
			}
		}
		return false
	})
	if len(kept) == 0 && len(targets) > 0 {
		return nil, errTrunksAddress
	}
	return kept, nil
}

// rings tells whether an action is about the INVITE by which a phone is called.
func (x *Exchange) rings(a *stack.Action) bool {
	c, leg := x.about(a)
	if c == nil || a.Method != sip.INVITE || leg == call.Caller {
		return false
	}
	return slices.ContainsFunc(c.events, func(e call.Event) bool {
		return e.Kind == call.EvLeg && e.Leg == leg && e.Peer == call.PeerPhone
	})
}
