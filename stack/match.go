package stack

import (
	"net/netip"
	"strings"

	"onhook/sip"
)

// keysOf makes the keys under which a request is matched: to its transaction
// (RFC 3261 section 17.2.3), and to the other copies of a forked request
// (section 8.2.2.2; zero where the request cannot have any).
func (e *Endpoint) keysOf(m *sip.Message, via *sip.Via) (k, merged key) {
	method := string(m.Method)
	if m.Method == sip.ACK || m.Method == sip.CANCEL {
		// A CANCEL is matched to the INVITE that it cancels (9.2); it is answered without a transaction of its own.
		// "except for ACK, where the method of the request that created the transaction is INVITE" (17.2.3).
		method = string(sip.INVITE)
	}
	if branch := via.Branch(); len(branch) > len(sip.MagicCookie) && via.HasCookie() {
		h := newHasher(e.hashKey, 1)
		h.text(branch)
		h.text(via.Host)
		h.word(uint64(via.Port))
		h.text(method)
		k = h.sum()
	} else {
		k = e.oldKey(m, method, via)
	}
	if tag := m.FromTag(); tag != "" && m.Method != sip.ACK && m.Method != sip.CANCEL && m.ToTag() == "" {
		h := newHasher(e.hashKey, 3)
		h.text(tag)
		h.text(m.CallID())
		h.text(m.Get(sip.HCSeq))
		merged = h.sum()
	}
	return k, merged
}

// oldKey is the key of a request by an RFC 2543 sender: "if the Request-URI, To
// tag, From tag, Call-ID, CSeq, and top Via header field match" (17.2.3). The
// To tag of an ACK is that of the response, so INVITE and ACK leave it out here.
func (e *Endpoint) oldKey(m *sip.Message, method string, via *sip.Via) key {
	h := newHasher(e.hashKey, 2)
	h.text(m.URI)
	h.text(m.FromTag())
	h.text(m.CallID())
	if method != string(sip.INVITE) {
		h.text(m.ToTag())
	}
	if c, err := m.CSeq(); err == nil {
		h.word(uint64(c.Seq))
	}
	h.text(method)
	h.text(via.Transport)
	h.text(via.Host)
	h.word(uint64(via.Port))
	h.text(string(via.Params))
	return h.sum()
}

// fixVia reads the topmost Via of a request and writes into it where the
// request came from (RFC 3261 section 18.2.1, RFC 3581 section 4). The Via
// returned is as it came.
func (e *Endpoint) fixVia(m *sip.Message) (sip.Via, error) {
	via, err := m.Via()
	if err != nil {
		return via, err
	}
	src := e.flow.Remote
	host, err := hostAddr(via.Host)
	rport, wants := via.Params.Get("rport")
	// "If the host portion of the "sent-by" parameter contains a domain name, or if it contains an IP address that
	// differs from the packet source address, the server MUST add a "received" parameter" (18.2.1).
	// "When a server ... receives a request that contains an "rport" parameter with no value, it MUST set the value
	// ... to the source port ... It MUST also insert a "received" parameter" (RFC 3581 section 4).
	differs := err != nil || host != src.Addr()
	wants = wants && rport == ""
	if !differs && !wants {
		return via, nil
	}
	fixed := via
	fixed.Params = sip.Params(e.markParams(string(via.Params), wants))
	setTopVia(m, fixed.String())
	return via, nil
}

// markParams writes received, and rport where it stands without a value.
func (e *Endpoint) markParams(p string, wants bool) string {
	params := sip.Params(p)
	if params.Has("received") {
		params = params.Without("received")
	}
	b := make([]byte, 0, len(params)+64)
	b = append(b, params...)
	if wants {
		b = append(b[:0], params.With("rport", portText(e.flow.Remote.Port()))...)
	}
	b = append(b, ";received="...)
	return string(e.flow.Remote.Addr().AppendTo(b))
}

func portText(n uint16) string {
	var b [5]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}

// setTopVia replaces the first Via value of a message, and leaves the others.
func setTopVia(m *sip.Message, v string) {
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.ID != sip.HVia {
			continue
		}
		n := 0
		for one := range m.Values(sip.HVia) {
			if n == 0 {
				// The first value stands at the line's beginning, as written.
				if rest := strings.TrimPrefix(h.Value, one); rest != h.Value {
					v += rest
				}
			}
			n++
			break
		}
		h.Value = v
		return
	}
}

// hostAddr reads a numeric host, an IPv6 address in brackets.
func hostAddr(host string) (netip.Addr, error) {
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	a, err := netip.ParseAddr(host)
	return a.Unmap(), err
}

// answerFlow says where responses to the request in hand go (RFC 3261 section
// 18.2.2, RFC 3581 section 4).
func (e *Endpoint) answerFlow(via *sip.Via) sip.Flow {
	f := e.flow
	if f.Transport.Reliable() {
		// "the response MUST be sent using the existing connection to the source of the original request" (18.2.2).
		return f
	}
	port := via.Port
	if port == 0 {
		port = 5060
	}
	if _, ok := via.Params.Get("rport"); ok {
		port = f.Remote.Port()
	}
	addr := f.Remote.Addr()
	if maddr, ok := via.Params.Get("maddr"); ok {
		// "if the Via contains a "maddr" parameter, the response MUST be forwarded to the address listed there" (18.2.2).
		if a, err := hostAddr(maddr); err == nil && a.Is4() == addr.Is4() && reachable(a) {
			addr = a
			if port = via.Port; port == 0 {
				port = 5060
			}
		}
	}
	f.Remote = netip.AddrPortFrom(addr, port)
	return f
}

// reachable tells whether something may be sent there: never to a multicast,
// broadcast or unspecified address.
func reachable(a netip.Addr) bool {
	return a.IsValid() && !a.IsMulticast() && !a.IsUnspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
