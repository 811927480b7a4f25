package sip

import (
	"strconv"
	"strings"
)

// The limits of a message. What is over one is refused with the code named.
const (
	MaxMessage = 64 << 10 // bytes; 513
	MaxLine    = 8 << 10  // bytes of a header line, folds included; 400
	MaxHeaders = 128      // header lines; 400
	MaxVias    = 64       // Via values; 400
	MaxURI     = 4 << 10  // bytes of a Request-URI; 414
)

// parsed is a message with room for its headers, so that both are one allocation.
type parsed struct {
	Message
	room [24]Header
}

// Parse reads one whole message: a datagram, or what a Framer cut from a
// stream. The message keeps a copy of data. If the start line was understood,
// a message comes with the error too, with what could be read, so that a
// malformed request can be answered.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessage {
		return nil, &ParseError{Code: 513, Where: "message", Got: strconv.Itoa(len(data)) + " bytes", Want: "at most " + strconv.Itoa(MaxMessage)}
	}
	return ParseString(string(data))
}

// ParseString is Parse of a text that nobody will change.
func ParseString(s string) (*Message, error) {
	p := &parsed{}
	p.Headers = p.room[:0]
	if err := ParseInto(&p.Message, s); err != nil {
		if p.Method == "" && p.Status == 0 {
			return nil, err
		}
		return &p.Message, err
	}
	return &p.Message, nil
}

// ParseInto is ParseString into a message of the caller's, whose header list is used again.
func ParseInto(m *Message, s string) error {
	*m = Message{Headers: m.Headers[:0], Raw: s}
	// RFC 3261 section 7.5: empty lines before the start line are ignored.
	for strings.HasPrefix(s, "\r\n") {
		s = s[2:]
	}
	line, rest, ok := m.cutLine(s)
	if !ok {
		return &ParseError{Code: 400, Where: "start line", Got: line, Want: "a line that ends in CR LF"}
	}
	if err := m.startLine(line); err != nil {
		return err
	}
	body, err := m.headerLines(rest)
	if err != nil {
		return err
	}
	return m.takeBody(body)
}

// cutLine cuts at the end of line; a bare LF is tolerated and noted.
func (m *Message) cutLine(s string) (line, rest string, ok bool) {
	i := strings.IndexByte(s, '\n')
	if i < 0 {
		return s, "", false
	}
	line, rest = s[:i], s[i+1:]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	} else {
		m.Lenient = true
	}
	return line, rest, true
}

func (m *Message) startLine(line string) error {
	if strings.HasPrefix(line, "SIP/2.0 ") {
		code, phrase, _ := strings.Cut(line[8:], " ")
		n, ok := parseUint(code, 699)
		if !ok || n < 100 || len(code) != 3 {
			return &ParseError{Code: 400, Where: "status line", Got: line, Want: "a status from 100 to 699"}
		}
		m.Status, m.Phrase = int(n), phrase
		return nil
	}
	i := strings.IndexByte(line, ' ')
	j := strings.LastIndexByte(line, ' ')
	if i <= 0 || j <= i || !isToken(line[:i]) {
		return &ParseError{Code: 400, Where: "start line", Got: line, Want: "METHOD uri SIP/2.0 or SIP/2.0 code phrase"}
	}
	m.Method, m.URI = Method(line[:i]), line[i+1:j]
	version := line[j+1:]
	if !strings.HasPrefix(version, "SIP/") {
		m.Method = ""
		return &ParseError{Code: 400, Where: "start line", Got: line, Want: "SIP/2.0 at its end"}
	}
	if version != "SIP/2.0" {
		return &ParseError{Code: 505, Where: "start line", Got: version, Want: "SIP/2.0"}
	}
	if len(m.URI) > MaxURI {
		return &ParseError{Code: 414, Where: "Request-URI", Got: strconv.Itoa(len(m.URI)) + " bytes", Want: "at most " + strconv.Itoa(MaxURI)}
	}
	if m.URI == "" || strings.ContainsAny(m.URI, " \t<>") {
		return &ParseError{Code: 400, Where: "Request-URI", Got: m.URI, Want: "a URI without spaces or angle brackets"}
	}
	return nil
}

func (m *Message) headerLines(s string) (body string, err error) {
	for {
		line, rest, ok := m.cutLine(s)
		if !ok {
			return "", &ParseError{Code: 400, Where: "headers", Got: line, Want: "an empty line after the headers"}
		}
		if line == "" {
			return rest, nil
		}
		folded := false
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			var more string
			if more, rest, ok = m.cutLine(rest); !ok {
				break
			}
			if len(line)+len(more) > MaxLine {
				break
			}
			// RFC 3261 section 7.3.1: a fold is one space.
			line, folded = strings.TrimRight(line, " \t")+" "+trim(more), true
		}
		if err := m.headerLine(line, folded); err != nil {
			return "", err
		}
		s = rest
	}
}

func (m *Message) headerLine(line string, folded bool) error {
	where := func(want string) error {
		return &ParseError{Code: 400, Where: "header " + strconv.Itoa(len(m.Headers)+1), Got: line, Want: want}
	}
	if len(line) > MaxLine {
		return where("at most " + strconv.Itoa(MaxLine) + " bytes")
	}
	if len(m.Headers) >= MaxHeaders {
		return where("at most " + strconv.Itoa(MaxHeaders) + " headers")
	}
	i := strings.IndexByte(line, ':')
	if i < 0 {
		return where("Name: value")
	}
	name := strings.TrimRight(line[:i], " \t")
	if !isToken(name) {
		return where("a name of token characters before the colon")
	}
	m.Headers = append(m.Headers, Header{ID: LookupHeader(name), Name: name, Value: trim(line[i+1:])})
	return nil
}

// takeBody cuts the body by Content-Length. RFC 3261 section 18.3: in a
// datagram, bytes beyond it are discarded, and too few are an error.
func (m *Message) takeBody(body string) error {
	v := m.Get(HContentLength)
	if v == "" {
		m.Body = body
		return nil
	}
	n, ok := parseUint(v, 1<<32)
	if !ok {
		return &ParseError{Code: 400, Where: "Content-Length", Got: v, Want: "a number of bytes"}
	}
	if n > uint64(len(body)) {
		m.Body = body
		return &ParseError{Code: 400, Where: "body", Got: strconv.Itoa(len(body)) + " bytes", Want: "the " + v + " bytes of Content-Length"}
	}
	m.Body = body[:n]
	return nil
}
