package dialog

import (
	"strings"

	"onhook/sip"
)

// build completes a request in the dialog (RFC 3261 section 12.2.1.1). What
// its sender put in stays, but for headers that the dialog knows better. hop is
// the URI that the request goes to (section 8.1.2).
func (d *Dialog) build(m *sip.Message, seq uint32) (r *sip.Message, hop string) {
	r = &sip.Message{Method: m.Method, Body: m.Body, Headers: make([]sip.Header, 0, len(m.Headers)+len(d.routes)+14)}
	r.URI = d.target
	routes := d.routes
	var last string
	if len(routes) > 0 && !loose(routes[0]) {
		// Section 12.2.1.1: if the first URI has no lr, it becomes the Request-URI,
		// stripped of what a Request-URI may not hold, and the target goes last.
		r.URI = strictURI(routes[0])
		routes, last = routes[1:], "<"+d.target+">"
	}
	for _, v := range routes {
		r.Add(sip.HRoute, v)
	}
	if last != "" {
		r.Add(sip.HRoute, last)
	}
	d.frame(r, m, seq)
	return r, d.nextHop(r)
}

// frame puts into r, behind its Route headers, what the dialog knows and what the sender of m has put in besides.
func (d *Dialog) frame(r, m *sip.Message, seq uint32) {
	// "The From URI of the request MUST be set to the local URI ... the tag to the local tag"; To likewise.
	r.Add(sip.HFrom, d.local)
	r.Add(sip.HTo, d.remote)
	r.Add(sip.HCallID, d.callID)
	r.Add(sip.HCSeq, sip.CSeq{Seq: seq, Method: r.Method}.String())
	d.capabilities(r, m)
	for i := range m.Headers {
		switch m.Headers[i].ID {
		case sip.HRoute, sip.HFrom, sip.HTo, sip.HCallID, sip.HCSeq, sip.HVia, sip.HContentLength:
		default:
			r.Headers = append(r.Headers, m.Headers[i])
		}
	}
}

// capabilities puts in what a request says of its sender, where the user has not.
func (d *Dialog) capabilities(r, m *sip.Message) {
	want := func(id sip.HeaderID, v string) {
		if v != "" && !m.Has(id) {
			r.Add(id, v)
		}
	}
	// Section 8.1.1.6: a request must hold Max-Forwards, and 70 is the value for it.
	want(sip.HMaxForwards, "70")
	switch r.Method {
	case sip.INVITE, sip.UPDATE:
		// Section 12.2.1.1: target refresh requests should hold a Contact.
		want(sip.HContact, d.opt.Contact)
		want(sip.HAllow, d.opt.Allow)
		want(sip.HSupported, d.opt.Supported)
	case sip.REFER, sip.SUBSCRIBE, sip.NOTIFY:
		// RFC 3515 section 2.2, RFC 6665 section 3.1: exactly one Contact.
		want(sip.HContact, d.opt.Contact)
		want(sip.HSupported, d.opt.Supported)
	case sip.ACK:
	default:
		// RFC 4028 section 7.1: Supported: timer in each request except ACK.
		want(sip.HSupported, d.opt.Supported)
	}
	want(sip.HUserAgent, d.opt.Product)
}

// firstHop returns where a request outside a dialog goes: its first Route, or
// its Request-URI (RFC 3261 section 8.1.2).
func firstHop(r *sip.Message) string {
	for v := range r.Values(sip.HRoute) {
		return uriOf(v)
	}
	return r.URI
}

// nextSeq returns the number of the next request (section 12.2.1.1: one more
// than the last; section 8.1.1.5: the first is arbitrary and below 2^31).
func (d *Dialog) nextSeq() uint32 {
	if d.localSeq == 0 {
		d.localSeq = uint32(d.opt.Rand.Uint64()&0xffff) | 1
		return d.localSeq
	}
	d.localSeq++
	return d.localSeq
}

// appendRoutes takes the values of Record-Route: in order for the UAS, turned
// around for the UAC (sections 12.1.1, 12.1.2).
func appendRoutes(dst []string, m *sip.Message, turned bool) []string {
	first := len(dst)
	for v := range m.Values(sip.HRecordRoute) {
		dst = append(dst, v)
	}
	if turned {
		for i, j := first, len(dst)-1; i < j; i, j = i+1, j-1 {
			dst[i], dst[j] = dst[j], dst[i]
		}
	}
	return dst
}

// loose tells whether a Route value's URI holds the lr parameter.
func loose(route string) bool {
	u, err := sip.ParseURI(uriOf(route))
	return err != nil || u.Params.Has("lr")
}

// strictURI is a route's URI as a Request-URI: no headers and no method parameter (section 19.1.1).
func strictURI(route string) string {
	text := uriOf(route)
	u, err := sip.ParseURI(text)
	if err != nil {
		return text
	}
	if u.Headers == "" && !u.Params.Has("method") {
		return text
	}
	u.Headers = ""
	u.Params = u.Params.Without("method")
	return u.String()
}

// uriOf returns the URI of a name-addr as text.
func uriOf(v string) string {
	a, err := sip.ParseNameAddr(v)
	if err != nil {
		return strings.Trim(v, "<> ")
	}
	return a.URIText
}
