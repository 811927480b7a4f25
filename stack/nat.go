package stack

import (
	"net/netip"

	"onhook/sip"
)

// sawPeer looks at the INVITE of a peer and decides whether the requests of
// its dialog go back the way it came instead of to its Contact: over its
// connection, or through the NAT that it sits behind.
func (e *Endpoint) sawPeer(g *entry, m *sip.Message, via *sip.Via) {
	if m.Has(sip.HRecordRoute) || !oneVia(m) {
		return // a proxy is in between, and the route set leads
	}
	src := e.flow.Remote.Addr()
	if e.flow.Transport.Reliable() {
		// RFC 5923: a peer that opened a connection may not be reachable by another one.
		g.peer = e.flow
		return
	}
	contact, ok := contactAddr(m)
	if !ok || contact == src {
		return
	}
	if sentBy, err := hostAddr(via.Host); err == nil && sentBy == contact || hidden(contact, src) {
		g.peer = e.flow
	}
}

// sawAnswer is sawPeer for the answer to an INVITE of ours.
func (e *Endpoint) sawAnswer(g *entry, c *client, m *sip.Message) {
	if g.peer.Transport != sip.NoTransport || m.Status < 101 || m.Has(sip.HRecordRoute) {
		return
	}
	if c.flow.Transport.Reliable() {
		// The answer came over this connection; the Contact may name another transport.
		if e.flow.Conn != 0 && c.flow.Conn != 0 {
			g.peer = e.flow
		}
		return
	}
	if contact, ok := contactAddr(m); ok && hidden(contact, c.flow.Remote.Addr()) {
		g.peer = c.flow
	}
}

func oneVia(m *sip.Message) bool {
	n := 0
	for range m.Values(sip.HVia) {
		n++
	}
	return n == 1
}

// contactAddr returns the address in a Contact, if its host is one.
func contactAddr(m *sip.Message) (netip.Addr, bool) {
	c, err := m.Contact()
	if err != nil {
		return netip.Addr{}, false
	}
	u, err := c.URI()
	if err != nil {
		return netip.Addr{}, false
	}
	a, err := hostAddr(u.Host)
	return a, err == nil
}

// hidden tells whether an address in a Contact cannot be that of a peer whose
// messages come from src: it is private, and src is another one that is not.
func hidden(contact, src netip.Addr) bool {
	local := func(a netip.Addr) bool {
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified()
	}
	return contact != src && (contact.IsUnspecified() || local(contact) && !local(src) || contact.IsLoopback() != src.IsLoopback())
}
