package stack

import (
	"strconv"

	"onhook/sip"
)

// reply makes a response to a request outside a dialog (RFC 3261 section
// 8.2.6.2): Via, From, Call-ID and CSeq are its own; tag is put into To where
// that has none, except in a 100.
func (e *Endpoint) reply(req *sip.Message, status int, phrase, tag string) *sip.Message {
	if phrase == "" {
		phrase = sip.Phrase(status)
	}
	m := &sip.Message{Status: status, Phrase: phrase, Headers: make([]sip.Header, 0, 12)}
	var seen [5]bool
	for i := range req.Headers {
		h := &req.Headers[i]
		v := h.Value
		n := 0
		switch h.ID {
		case sip.HVia:
			m.Headers = append(m.Headers, sip.Header{ID: sip.HVia, Value: v})
			continue
		case sip.HFrom:
			n = 1
		case sip.HTo:
			n = 2
			if tag != "" && status > 100 && req.ToTag() == "" {
				v = withTag(v, tag)
			}
		case sip.HCallID:
			n = 3
		case sip.HCSeq:
			n = 4
		case sip.HTimestamp:
			if status == 100 {
				// "any Timestamp header field present in the request MUST be copied into this 100" (8.2.6.1).
				m.Headers = append(m.Headers, sip.Header{ID: sip.HTimestamp, Value: v})
			}
			continue
		default:
			continue
		}
		if !seen[n] && sip.ValidValue(v) == nil {
			seen[n] = true
			m.Headers = append(m.Headers, sip.Header{ID: h.ID, Value: v})
		}
	}
	return m
}

// withTag puts a tag into the value of a To or From that has none.
func withTag(v, tag string) string {
	a, err := sip.ParseNameAddr(v)
	if err != nil {
		return v
	}
	if a.Params == "" && v[len(v)-1] == '>' {
		return v + ";tag=" + tag
	}
	a.Params = a.Params.With("tag", tag)
	return a.String()
}

// refuse answers a request by itself and holds nothing: the same request gets
// the same answer again (RFC 3261 section 8.2.7). g is the request's dialog, if it has one.
func (e *Endpoint) refuse(r *received, g *entry, code int, text string) {
	m := e.reply(r.m, code, "", e.steadyTag(r.key))
	e.refusalHeaders(m, r.m, code)
	if code == 400 && text != "" {
		// Section 21.4.1: "The Reason-Phrase SHOULD identify the syntax problem in more detail".
		m.Phrase = "Bad Request - " + sip.CleanValue(clip(text, 100))
	}
	if code == 503 {
		m.Add(sip.HRetryAfter, "5")
	}
	if e.opt.Product != "" {
		m.Add(sip.HServer, e.opt.Product)
	}
	a := Action{Kind: ActSend, Flow: r.flow, Data: e.print(m), Msg: m, Method: r.m.Method}
	if g != nil {
		a.Dialog, a.Ref = g.id, g.ref
	}
	if reachable(r.flow.Remote.Addr()) && r.flow.Remote.Port() != 0 {
		e.emit(a)
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// steadyTag is a tag that is the same each time the same request comes.
func (e *Endpoint) steadyTag(k key) string {
	h := newHasher(e.hashKey, 4)
	h.word(k[0])
	h.word(k[1])
	t := h.sum()
	return newTag(t[0], t[1])
}

// refusalHeaders adds what belongs to a code that RFC 3261 fixes.
func (e *Endpoint) refusalHeaders(m, req *sip.Message, code int) {
	switch code {
	case 405:
		// "The response MUST include an Allow header field" (21.4.6).
		m.Add(sip.HAllow, e.own.allow)
	case 415:
		// "the server MUST return a list of acceptable formats using the Accept, Accept-Encoding, or Accept-Language" (21.4.13).
		if req != nil && !identityCoded(req.Get(sip.HContentEncoding)) {
			m.Add(sip.HAcceptEncoding, "identity")
		} else {
			m.Add(sip.HAccept, e.own.accept)
		}
	case 422:
		// RFC 4028 section 6: a 422 MUST hold a Min-SE.
		m.Add(sip.HMinSE, strconv.FormatUint(uint64(max(e.opt.MinSE, 90)), 10))
	case 420:
		// "MUST add an Unsupported header field, and list in it those options it does not understand" (8.2.2.3).
		if req != nil {
			m.Add(sip.HUnsupported, e.unsupported(req))
		}
	case 421:
		// "a response with this status code MUST contain a Require header field listing the required extensions" (21.4.16).
		for _, tag := range e.opt.Require {
			m.Add(sip.HRequire, tag)
		}
	}
}

// complete makes the response that goes out, outside a dialog, from the one that the user gave.
func (e *Endpoint) complete(s *server, user *sip.Message) *sip.Message {
	m := e.reply(s.req, user.Status, user.Phrase, newTag(uint64(s.id), e.rnd.Uint64()))
	m.Body = user.Body
	for i := range user.Headers {
		switch h := user.Headers[i]; h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq, sip.HContentLength:
		case sip.HTo:
			// The user's To counts: a subscription's tag is its own.
			m.Set(sip.HTo, h.Value)
		default:
			m.Headers = append(m.Headers, h)
		}
	}
	if user.Status == s.refuse {
		e.refusalHeaders(m, s.req, s.refuse)
	}
	if s.method == sip.OPTIONS && user.Status/100 == 2 {
		e.describe(m)
	}
	if s.method == sip.SUBSCRIBE && user.Status/100 == 2 && !m.Has(sip.HContact) {
		// "The UAS MUST add a Contact header field to the response" that creates a dialog (12.1.1).
		if f := e.faceFor(s.flow.Transport, s.flow.Local, s.flow.Remote.Addr()); f != nil {
			m.Add(sip.HContact, f.contact)
		}
	}
	if e.opt.Product != "" && user.Status > 100 && !m.Has(sip.HServer) {
		m.Add(sip.HServer, e.opt.Product)
	}
	return m
}

// describe says what we can do, as the answer to OPTIONS should (RFC 3261 section 11.2).
func (e *Endpoint) describe(m *sip.Message) {
	add := func(id sip.HeaderID, v string) {
		if v != "" && !m.Has(id) {
			m.Add(id, v)
		}
	}
	add(sip.HAllow, e.own.allow)
	add(sip.HAccept, e.own.accept)
	add(sip.HSupported, e.own.supported)
}
