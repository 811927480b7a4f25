package sip

import (
	"strconv"
	"strings"
)

// Check tells whether the message is one that may be acted on: the mandatory
// headers are there, none that may stand once stands twice, and the headers
// that routing and dialogs rest on follow the grammar. The error is a
// *ParseError whose Code is the answer that a request deserves; a response
// that fails is to be dropped (RFC 3261 sections 8.1.1, 8.2.2, 16.3).
//
// An INVITE without Contact is reported last, as Missing with Header HContact,
// so that nothing else is wrong with a message that has this error. Without
// Max-Forwards, branch or tag a request is let pass: RFC 2543 had none.
func (m *Message) Check() error {
	if err := m.checkStart(); err != nil {
		return err
	}
	var seen [numHeaders]uint8
	vias := 0
	for i := range m.Headers {
		h := &m.Headers[i]
		if !cleanText(h.Value) {
			return &ParseError{Code: 400, Header: h.ID, Where: h.Title(), Got: h.Value, Want: "no control characters"}
		}
		if h.ID == Other {
			continue
		}
		if seen[h.ID] > 0 && headerTable[h.ID].single {
			return &ParseError{Kind: Duplicate, Code: 400, Header: h.ID, Where: h.ID.String(), Got: h.Value, Want: "one " + h.ID.String()}
		}
		seen[h.ID] = 1
		n, err := m.checkHeader(h)
		if err != nil {
			return inHeader(err, h.ID)
		}
		if vias += n; vias > MaxVias {
			return &ParseError{Kind: TooLarge, Code: 400, Header: HVia, Where: "Via", Got: "more than " + strconv.Itoa(MaxVias), Want: "at most " + strconv.Itoa(MaxVias)}
		}
	}
	// RFC 3261 section 8.1.1: a valid request has at least To, From, CSeq, Call-ID, Max-Forwards and Via.
	for _, id := range [...]HeaderID{HVia, HFrom, HTo, HCallID, HCSeq} {
		if seen[id] == 0 {
			return missing(id)
		}
	}
	if m.Method == INVITE && seen[HContact] == 0 && !m.old() {
		return missing(HContact)
	}
	return nil
}

func missing(id HeaderID) error {
	return &ParseError{Kind: Missing, Code: 400, Header: id, Where: id.String(), Got: "nothing", Want: "a " + id.String()}
}

// old tells whether the sender follows RFC 2543, in which a Contact was not yet mandatory.
func (m *Message) old() bool {
	v, err := m.Via()
	return err == nil && !v.HasCookie()
}

func (m *Message) checkStart() error {
	if !m.IsRequest() {
		if m.Status < 100 || m.Status > 699 {
			return malformed("status line", strconv.Itoa(m.Status), "a status from 100 to 699")
		}
		if !cleanText(m.Phrase) {
			return malformed("status line", m.Phrase, "no control characters")
		}
		return nil
	}
	if !isToken(string(m.Method)) {
		return malformed("method", string(m.Method), "token characters")
	}
	if !cleanText(m.URI) {
		return malformed("Request-URI", m.URI, "no control characters")
	}
	var u URI
	if want := u.parse(m.URI); want != "" {
		return malformed("Request-URI", m.URI, want)
	}
	// RFC 3261 section 19.1.1: headers are not allowed in a Request-URI.
	if u.Headers != "" {
		return malformed("Request-URI", m.URI, "no headers in it")
	}
	return nil
}

// checkHeader judges one header line; vias is the number of Via values on it.
func (m *Message) checkHeader(h *Header) (vias int, err error) {
	switch h.ID {
	case HVia:
		return m.checkVias(h.Value)
	case HFrom, HTo:
		if h.Value == "" {
			return 0, missing(h.ID)
		}
		return 0, checkAddr(h.Value, false)
	case HCallID:
		return 0, checkCallID(h.Value)
	case HCSeq:
		if h.Value == "" {
			return 0, missing(HCSeq)
		}
		c, err := ParseCSeq(h.Value)
		if err != nil {
			return 0, err
		}
		// RFC 3261 section 8.1.1.5: the method must match that of the request.
		if m.IsRequest() && c.Method != m.Method {
			return 0, malformed("CSeq", h.Value, "the method "+string(m.Method))
		}
	case HMaxForwards:
		if _, ok := parseUint(h.Value, 255); !ok {
			return 0, malformed("Max-Forwards", h.Value, "a number from 0 to 255")
		}
	case HContact:
		if h.Value == "" && m.Method == INVITE {
			return 0, missing(HContact)
		}
		return 0, checkAddrs(h.Value, false)
	case HRoute, HRecordRoute, HPath, HServiceRoute:
		return 0, checkAddrs(h.Value, true)
	case HContentLength:
		n, err := contentLength(h.Value)
		if err != nil {
			return 0, err
		}
		if m.Raw != "" && n != len(m.Body) {
			return 0, malformed("Content-Length", h.Value, strconv.Itoa(len(m.Body)))
		}
	}
	return 0, nil
}

// checkCallID obeys callid = word ["@" word] (RFC 3261 section 25.1) as far
// as other people's lists and logs need it: one word, no spaces or commas.
func checkCallID(s string) error {
	if s == "" {
		return missing(HCallID)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == ',' || c == ';' || c == 0x7f {
			return malformed("Call-ID", s, "a word, or word@word")
		}
	}
	return nil
}

func (m *Message) checkVias(line string) (n int, err error) {
	if line == "" {
		return 0, missing(HVia)
	}
	for rest, more := line, true; more; {
		var one string
		one, rest, more = cutList(rest)
		var v Via
		if !v.parse(one) {
			return n, viaError(one)
		}
		if err := v.Params.check("Via"); err != nil {
			return n, err
		}
		// RFC 3261 section 8.1.1.7: what follows the cookie is unique; nothing is not.
		if b := v.Branch(); len(b) == len(MagicCookie) && equalFold(b, MagicCookie) {
			return n, malformed("Via", one, "a branch that goes on after "+MagicCookie)
		}
		n++
	}
	return n, nil
}

// checkAddrs judges a comma list of addresses; bracketed: each has to be in <>.
func checkAddrs(line string, bracketed bool) error {
	if line == "" || line == "*" {
		return nil
	}
	for rest, more := line, true; more; {
		var one string
		one, rest, more = cutList(rest)
		if err := checkAddr(one, bracketed); err != nil {
			return err
		}
	}
	return nil
}

func checkAddr(s string, bracketed bool) error {
	a, want := parseNameAddr(s)
	if want != "" {
		return malformed("address", s, want)
	}
	if !a.bracketed(s) {
		switch {
		case bracketed:
			// RFC 3261 section 20.34: the routing headers hold name-addr only.
			return malformed("address", s, "angle brackets")
		case strings.IndexByte(a.URIText, '?') >= 0:
			// RFC 3261 section 20.10: a URI with a comma, question mark or semicolon has to be in angle brackets.
			return malformed("address", s, "angle brackets around a URI with a question mark")
		}
	}
	var u URI
	if want := u.parse(a.URIText); want != "" {
		return malformed("URI", a.URIText, want)
	}
	return a.Params.check("address")
}
