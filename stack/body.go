package stack

import (
	"strconv"
	"strings"

	"onhook/sip"
)

// maxNested bounds how deep multipart bodies may be nested.
const maxNested = 4

// examineBody: "If there are any bodies whose type, language or encoding are not
// understood, and that body part is not optional ... the UAS MUST reject the
// request with a 415" (8.2.3). Types of bodies of requests other than INVITE are
// for whoever reads them.
func (e *Endpoint) examineBody(m *sip.Message) verdict {
	if len(m.Body) > sip.MaxBody {
		// "The server is refusing to process a request because the request entity-body is larger than the server
		// is willing or able to process" (21.4.11).
		return verdict{code: 413, text: "a body of " + strconv.Itoa(len(m.Body)) + " bytes, want at most " + strconv.Itoa(sip.MaxBody)}
	}
	if m.Body == "" || m.Method != sip.INVITE || optional(m.Get(sip.HContentDisposition)) {
		return verdict{}
	}
	if v := m.Get(sip.HContentEncoding); !identityCoded(v) {
		return verdict{code: 415, text: "Content-Encoding: " + clip(v, 40)}
	}
	v := m.Get(sip.HContentType)
	if v == "" {
		// Section 20.15: "The Content-Type header field MUST be present if the body is not empty".
		err := &sip.ParseError{Kind: sip.Missing, Code: 400, Header: sip.HContentType, Where: "Content-Type", Got: "nothing", Want: "the type of the body"}
		return verdict{400, err.Error(), err}
	}
	if bad := e.notUnderstood(v, m.Body, 0); bad != "" {
		return verdict{code: 415, text: bad}
	}
	return verdict{}
}

// notUnderstood says what of a body is not optional and not understood; empty: nothing.
func (e *Endpoint) notUnderstood(contentType, body string, depth int) string {
	t, ok := sip.ParseMediaType(contentType)
	switch {
	case ok && e.accepts(t):
		return ""
	case !ok || t.Type != "multipart" || depth == maxNested:
		return "Content-Type: " + clip(contentType, 40)
	}
	return e.partsNotUnderstood(t, body, depth)
}

func (e *Endpoint) partsNotUnderstood(t sip.MediaType, body string, depth int) string {
	any, bad := false, ""
	for p := range t.Parts(body) {
		one := e.partNotUnderstood(p, depth)
		any = any || one == ""
		if one != "" && bad == "" {
			bad = one
		}
	}
	switch {
	case !any && bad == "":
		return "a multipart body without parts"
	case any && t.Subtype == "alternative":
		// RFC 2046 section 5.1.4: each of them says the same, so that one is enough.
		return ""
	}
	return bad
}

func (e *Endpoint) partNotUnderstood(p sip.Part, depth int) string {
	switch {
	case optional(p.Disposition):
		return ""
	case !identityCoded(p.Encoding):
		return "Content-Encoding of a part: " + clip(p.Encoding, 40)
	case p.Type == "":
		p.Type = "text/plain" // RFC 2046 section 5.2
	}
	return e.notUnderstood(p.Type, p.Body, depth+1)
}

// accepts tells whether bodies of the type are understood.
func (e *Endpoint) accepts(t sip.MediaType) bool {
	if len(e.opt.Accept) == 0 {
		return t.Is("application/sdp")
	}
	for _, a := range e.opt.Accept {
		if t.Is(a) {
			return true
		}
	}
	return false
}

// optional: "handling=optional" in Content-Disposition (20.11).
func optional(disposition string) bool {
	i := strings.IndexByte(disposition, ';')
	if i < 0 {
		return false
	}
	h, _ := sip.Params(disposition[i:]).Get("handling")
	return strings.EqualFold(h, "optional")
}

func identityCoded(encoding string) bool {
	return encoding == "" || strings.EqualFold(encoding, "identity")
}
