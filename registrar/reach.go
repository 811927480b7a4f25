package registrar

import (
	"net/netip"
	"strings"

	"onhook/sip"
)

// direct tells whether a REGISTER came from the user agent itself: there is no
// other Via than its own. RFC 5626 section 6 asks for it, and only then is the
// flow that it came by a way back.
func direct(m *sip.Message) bool {
	n := 0
	for range m.Values(sip.HVia) {
		n++
	}
	return n <= 1
}

// reach is the flow by which a contact can be called; zero: by its Path or its
// URI alone. A phone behind NAT is reached only where its REGISTER came from.
// A UDP phone that is not, and does not ask for answers to where it sends from
// (rport, RFC 3581), may listen on another port than it sends from: then its
// Contact counts.
func reach(in Input, contact sip.URI) sip.Flow {
	if !direct(in.Msg) || in.Msg.Has(sip.HPath) {
		return sip.Flow{}
	}
	if in.Flow.Transport != sip.UDP {
		return in.Flow
	}
	v, err := in.Msg.Via()
	host, literal := sip.HostAddr(contact.Host)
	if err != nil || v.Params.Has("rport") || !literal || host != in.Flow.Remote.Addr() {
		return in.Flow
	}
	port := contact.Port
	if port == 0 {
		port = sip.UDP.DefaultPort()
	}
	f := in.Flow
	f.Remote = netip.AddrPortFrom(host, port)
	return f
}

// survives tells whether a binding can still be called when the stream that it
// came by has closed: by a new connection to its Contact. Not if the binding is
// to that very flow (RFC 5626 section 5.3), if the Contact names no host (RFC
// 7118), or if it names another than the stream came from, which is NAT.
func (b *Binding) survives() bool {
	u, err := sip.ParseURI(b.Contact)
	if err != nil || b.RegID != 0 || strings.HasSuffix(strings.ToLower(u.Host), ".invalid") {
		return false
	}
	host, literal := sip.HostAddr(u.Host)
	return !literal || host == b.Flow.Remote.Addr()
}

// flowDown takes a stream's end.
func (t *Table) flowDown(out []Action, f sip.Flow) []Action {
	if f.Conn == 0 {
		return out
	}
	for _, b := range append([]*Binding(nil), t.byConn[f.Conn]...) {
		if !b.survives() {
			out = t.drop(out, b, ActExpired)
			continue
		}
		t.unlink(b)
		b.Flow = sip.Flow{}
		out = append(out, Action{Kind: ActKept, Binding: *b})
	}
	return out
}
