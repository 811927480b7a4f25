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
	MaxBody    = 32 << 10 // bytes of a request's body that a server takes; 413
)

// A message and room for its headers are one allocation; how much room, its length tells.
type (
	smallMessage struct {
		Message
		room [12]Header
	}
	mediumMessage struct {
		Message
		room [22]Header
	}
	largeMessage struct {
		Message
		room [32]Header
	}
)

func newMessage(size int) *Message {
	switch {
	case size < 700:
		p := &smallMessage{}
		p.Headers = p.room[:0]
		return &p.Message
	case size < 1200:
		p := &mediumMessage{}
		p.Headers = p.room[:0]
		return &p.Message
	}
	p := &largeMessage{}
	p.Headers = p.room[:0]
	return &p.Message
}

// Parse reads one whole message: a datagram, or what a Framer cut from a
// stream. The message keeps a copy of data. If the start line was understood,
// a message comes with the error too, with what could be read, so that a
// malformed request can be answered.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessage {
		return nil, tooLarge(len(data)) // before it is copied
	}
	return ParseString(string(data))
}

// ParseString is Parse of a text that nobody will change.
func ParseString(s string) (*Message, error) {
	if len(s) > MaxMessage {
		return nil, tooLarge(len(s))
	}
	m := newMessage(len(s))
	if err := m.read(s); err != nil {
		if m.Method == "" && m.Status == 0 {
			return nil, err
		}
		return m, err
	}
	return m, nil
}

// ParseInto is ParseString into a message of the caller's, whose header list is used again.
func ParseInto(m *Message, s string) error {
	*m = Message{Headers: m.Headers[:0]}
	return m.read(s)
}

// read reads a whole message into an empty one.
func (m *Message) read(s string) error {
	m.Raw = s
	// RFC 3261 section 7.5: empty lines before the start line are ignored.
	for s != "" && (s[0] == '\n' || strings.HasPrefix(s, "\r\n")) {
		s = s[strings.IndexByte(s, '\n')+1:]
	}
	line, rest, ok := m.cutLine(s)
	if !ok {
		return malformed("start line", line, "a line that ends in CR LF")
	}
	err := m.startLine(line)
	if err != nil && m.Method == "" && m.Status == 0 {
		return err
	}
	// The rest is read even after an error, so that the request can be answered.
	body, err2 := m.headerLines(rest)
	if err == nil {
		err = err2
	}
	if err2 = m.takeBody(body); err == nil {
		err = err2
	}
	return err
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
			return malformed("status line", line, "a status from 100 to 699")
		}
		m.Status, m.Phrase = int(n), phrase
		return nil
	}
	if strings.HasSuffix(line, " SIP/2.0") {
		if i := strings.IndexByte(line, ' '); i+8 < len(line) && isToken(line[:i]) {
			m.Method, m.URI = methodOf(line[:i]), line[i+1:len(line)-8]
			return m.checkTarget()
		}
	}
	// RFC 3261 section 7.1: one SP between the parts, none after the version.
	text := strings.TrimRight(line, " \t")
	i := strings.IndexByte(text, ' ')
	j := strings.LastIndexByte(text, ' ')
	if i <= 0 || j <= i || !isToken(text[:i]) || len(text)-j < 5 || !equalFold(text[j+1:j+5], "SIP/") {
		return malformed("start line", line, "METHOD uri SIP/2.0 or SIP/2.0 code phrase")
	}
	m.Method, m.URI = methodOf(text[:i]), text[i+1:j]
	if version := text[j+1:]; !equalFold(version, "SIP/2.0") {
		return &ParseError{Kind: Version, Code: 505, Where: "start line", Got: version, Want: "SIP/2.0"}
	}
	if len(text) != len(line) {
		return malformed("start line", line, "nothing after SIP/2.0")
	}
	return m.checkTarget()
}

func (m *Message) checkTarget() error {
	if len(m.URI) > MaxURI {
		return &ParseError{Kind: TooLarge, Code: 414, Where: "Request-URI", Got: strconv.Itoa(len(m.URI)) + " bytes", Want: "at most " + strconv.Itoa(MaxURI)}
	}
	if !cleanURI(m.URI) {
		return malformed("Request-URI", m.URI, "a URI without spaces or angle brackets")
	}
	return nil
}

// cleanURI tells whether a URI could be one: not empty, no space, quote, angle bracket or control character.
func cleanURI(s string) bool {
	for i := 0; i < len(s); i++ {
		if !uriChar[s[i]] {
			return false
		}
	}
	return s != ""
}

var uriChar = func() (t [256]bool) {
	for c := range t {
		t[c] = c > ' ' && c != '<' && c != '>' && c != '"' && c != 0x7f
	}
	return t
}()

// headerLines reads the headers up to the empty line. A line that cannot be
// read is left out; the first such error comes back, with the body all the same.
func (m *Message) headerLines(s string) (body string, err error) {
	for {
		s = m.plainLines(s)
		if s == "" && len(m.Headers) > 0 {
			// The empty line is missing, as in RFC 5118 section 4.10: a datagram ends all the same.
			m.Lenient = true
			return "", err
		}
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			if err == nil {
				err = malformed("headers", s, "an empty line after the headers")
			}
			return "", err
		}
		line, rest := s[:i], s[i+1:]
		if i > 0 && line[i-1] == '\r' {
			line = line[:i-1]
		} else {
			m.Lenient = true
		}
		if line == "" {
			return rest, err
		}
		if rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			line, rest = m.unfold(line, rest)
		}
		if len(m.Headers) >= MaxHeaders {
			return "", m.lineTooLarge(line)
		}
		if err2 := m.headerLine(line); err == nil {
			err = err2
		}
		s = rest
	}
}

// plainLines reads lines as most are: a known name, a colon, a value, CR LF, and no fold or end behind it. What it
// returns begins with a line that is not so.
func (m *Message) plainLines(s string) (rest string) {
	hs := m.Headers
	for len(hs) < MaxHeaders {
		// The next line is looked for before this one's name is, as neither search waits for the other then.
		i := strings.IndexByte(s, '\n')
		if i < 1 || s[i-1] != '\r' || i+1 == len(s) || i >= MaxLine || s[i+1] == ' ' || s[i+1] == '\t' {
			break
		}
		id, name, colon := knownName(s)
		if id == Other || colon >= i {
			break
		}
		value := s[colon+1 : i-1]
		s = s[i+1:]
		if len(value) > 1 && value[0] == ' ' {
			value = value[1:]
		}
		if value != "" && (value[0] <= ' ' || value[len(value)-1] <= ' ') {
			value = trim(value)
		}
		if len(hs) == cap(hs) {
			hs = append(hs, Header{})[:len(hs)]
		}
		hs = hs[:len(hs)+1]
		h := &hs[len(hs)-1]
		h.ID, h.Name, h.Value = id, name, value
	}
	m.Headers = hs
	return s
}

// unfold joins a line with those that begin with white space. RFC 3261
// section 7.3.1: a fold is one space.
func (m *Message) unfold(line, rest string) (joined, after string) {
	b := make([]byte, 0, len(line)+128)
	b = append(b, strings.TrimRight(line, " \t")...)
	for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		more, next, ok := m.cutLine(rest)
		if !ok {
			break
		}
		// What is over the limit is not copied: one byte too many is enough to be refused.
		if room := MaxLine + 1 - len(b); room > 0 {
			b = append(b, ' ')
			more = trim(more)
			b = append(b, more[:min(len(more), room)]...)
		}
		rest = next
	}
	return string(b), rest
}

func (m *Message) headerLine(line string) error {
	if len(line) > MaxLine {
		return m.lineTooLarge(line)
	}
	n := 0
	for n < len(line) && tokenChar[line[n]] {
		n++
	}
	colon := n
	for colon < len(line) && (line[colon] == ' ' || line[colon] == '\t') {
		colon++
	}
	if n == 0 || colon == len(line) || line[colon] != ':' {
		return m.badLine(line, "Name: value, the name of token characters")
	}
	value := line[colon+1:]
	if len(value) > 1 && value[0] == ' ' {
		value = value[1:]
	}
	if value != "" && (value[0] <= ' ' || value[len(value)-1] <= ' ') {
		value = trim(value)
	}
	if n+2+len(value) > MaxLine {
		// As long as it will be when printed, so that what was read can be sent on.
		return m.lineTooLarge(line)
	}
	hs := m.Headers
	if len(hs) < cap(hs) {
		hs = hs[:len(hs)+1]
	} else {
		hs = append(hs, Header{})
	}
	h := &hs[len(hs)-1]
	h.ID, h.Value = LookupHeader(line[:n]), value
	if h.Name = line[:n]; h.Name == h.ID.String() {
		h.Name = ""
	}
	m.Headers = hs
	return nil
}

func (m *Message) badLine(line, want string) error {
	return malformed("header "+strconv.Itoa(len(m.Headers)+1), line, want)
}

func (m *Message) lineTooLarge(line string) error {
	e := m.badLine(line, "at most "+strconv.Itoa(MaxLine)+" bytes a line and "+strconv.Itoa(MaxHeaders)+" headers").(*ParseError)
	e.Kind = TooLarge
	return e
}

// takeBody cuts the body by Content-Length. RFC 3261 section 18.3: in a
// datagram, bytes beyond it are discarded, and too few are an error.
func (m *Message) takeBody(body string) error {
	m.Body = body
	i := m.index(HContentLength)
	if i < 0 {
		return nil
	}
	n, err := contentLength(m.Headers[i].Value)
	if err != nil {
		return err
	}
	if n > len(body) {
		return malformed("body", strconv.Itoa(len(body))+" bytes", "the "+strconv.Itoa(n)+" bytes of Content-Length")
	}
	for j := i + 1; j < len(m.Headers); j++ {
		if m.Headers[j].ID == HContentLength {
			return &ParseError{Kind: Duplicate, Code: 400, Header: HContentLength, Where: "Content-Length", Got: m.Headers[j].Value, Want: "one Content-Length"}
		}
	}
	m.Body = body[:n]
	return nil
}
