package sip

import (
	"bytes"
	"strconv"
)

// A FrameKind says what Framer.Next found.
type FrameKind uint8

// What a stream holds.
const (
	FrameNone    FrameKind = iota // nothing whole yet: feed more
	FrameMessage                  // one whole message
	FramePing                     // CR LF CR LF between messages: answer with one CR LF (RFC 5626 section 4.4.1)
	FramePong                     // one CR LF, the answer to a ping of ours
)

// keepBuffer is the buffer, in bytes, that an idle stream may keep.
const keepBuffer = 4 << 10

// A Framer cuts a stream into messages (RFC 3261 section 18.3). The zero value
// is ready for use. It holds the bytes that were fed and not yet taken, never
// room for bytes that a Content-Length only promises.
//
// Feed it what was read, then call Next until it says FrameNone. After an
// error nothing on the stream can be trusted: the connection has to be closed.
type Framer struct {
	// Pinger says that we send the pings on this stream, so that one CR LF by
	// itself is a pong. Without it a lone CR LF may be the first half of a ping
	// and is kept until more comes.
	Pinger bool

	buf   []byte
	start int // where the message being gathered begins
	line  int // where the line being gathered begins
	scan  int // up to here line ends have been looked for
	end   int // where the message ends, once its head is whole; 0: not known
	begun bool
	err   error
}

// Feed adds bytes read from the stream. The bytes are copied.
func (f *Framer) Feed(data []byte) {
	if f.err != nil {
		return
	}
	if f.start > 0 {
		f.compact()
	}
	f.buf = append(f.buf, data...)
}

// compact moves what is left to the front, once for each message taken.
func (f *Framer) compact() {
	n := f.start
	if len(f.buf) == n && cap(f.buf) > keepBuffer {
		f.buf = nil
	} else {
		f.buf = f.buf[:copy(f.buf, f.buf[n:])]
	}
	f.start, f.line, f.scan = 0, max(f.line-n, 0), max(f.scan-n, 0)
	if f.end > 0 {
		f.end -= n
	}
}

// Buffered returns the number of bytes fed and not yet taken: for the limits
// on slow senders.
func (f *Framer) Buffered() int { return len(f.buf) - f.start }

// Next takes the next thing from the stream. The data of a FrameMessage is
// valid until the next Feed. An error is a *ParseError and final; with it
// comes the message's head if that was whole, so that a request can be
// answered with the error's Code before the connection is closed.
func (f *Framer) Next() (data []byte, kind FrameKind, err error) {
	if f.err != nil {
		return nil, FrameNone, f.err
	}
	if !f.begun {
		if kind, begun := f.between(); !begun {
			return nil, kind, nil
		}
		f.begun, f.line, f.scan, f.end = true, f.start, f.start, 0
	}
	if f.end == 0 {
		if head, err := f.head(); err != nil {
			f.err = err
			f.buf, f.start = nil, 0
			return head, FrameNone, err
		}
	}
	if f.end == 0 || f.end > len(f.buf) {
		return nil, FrameNone, nil
	}
	data = f.buf[f.start:f.end]
	f.start, f.begun = f.end, false
	return data, FrameMessage, nil
}

// between reads what stands between messages. RFC 3261 section 7.5: empty
// lines before the start line are ignored. RFC 5626 section 3.5.1: a double
// CR LF is a ping, a single one the pong.
func (f *Framer) between() (kind FrameKind, begun bool) {
	for {
		rest := f.buf[f.start:]
		switch {
		case len(rest) == 0:
			return FrameNone, false
		case rest[0] == '\n':
			f.start++
		case rest[0] != '\r':
			return FrameNone, true
		case len(rest) == 1:
			return FrameNone, false
		case rest[1] != '\n':
			return FrameNone, true
		case len(rest) >= 4 && rest[2] == '\r' && rest[3] == '\n':
			f.start += 4
			return FramePing, false
		case f.Pinger:
			f.start += 2
			return FramePong, false
		case len(rest) == 2 || len(rest) == 3 && rest[2] == '\r':
			return FrameNone, false
		default:
			f.start += 2
		}
	}
}

// head looks for the empty line that ends the head, where it stopped the last
// time, and sets end. Lines end as in Parse, so that both see one message.
func (f *Framer) head() ([]byte, error) {
	for {
		i := bytes.IndexByte(f.buf[f.scan:], '\n')
		if i < 0 {
			f.scan = len(f.buf)
			return nil, f.openLine()
		}
		f.scan += i + 1
		line := cutCR(f.buf[f.line : f.scan-1])
		if f.line == f.start && !looksLikeStart(line) {
			return nil, malformed("stream", string(line[:min(len(line), 80)]), "a SIP start line")
		}
		f.line = f.scan
		size := f.scan - f.start
		if size > MaxMessage {
			return nil, tooLarge(size)
		}
		if len(line) > 0 {
			continue
		}
		head := f.buf[f.start:f.scan]
		n, err := streamLength(head)
		if err == nil && size+n > MaxMessage {
			err = tooLarge(size + n)
		}
		if err != nil {
			return head, err
		}
		f.end = f.scan + n
		return nil, nil
	}
}

// openLine judges a line whose end has not come yet.
func (f *Framer) openLine() error {
	if n := len(f.buf) - f.line; n > MaxLine {
		return &ParseError{Kind: TooLarge, Code: 400, Where: "stream", Got: strconv.Itoa(n) + " bytes without an end of line", Want: "at most " + strconv.Itoa(MaxLine)}
	}
	if n := len(f.buf) - f.start; n > MaxMessage {
		return tooLarge(n)
	}
	return nil
}

func tooLarge(n int) error {
	return &ParseError{Kind: TooLarge, Code: 513, Where: "message", Got: strconv.Itoa(n) + " bytes", Want: "at most " + strconv.Itoa(MaxMessage)}
}

func cutCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// looksLikeStart finds a stream that is out of step, or not SIP at all, at its first line.
func looksLikeStart(line []byte) bool {
	return bytes.HasPrefix(line, []byte("SIP/")) || bytes.Contains(line, []byte(" SIP/"))
}

// streamLength reads the Content-Length of a head. RFC 3261 section 20.14: on
// a stream it has to be there; two of them, even if they agree, are a way to
// make two readers see different messages.
func streamLength(head []byte) (int, error) {
	length, found := 0, false
	for len(head) > 0 {
		var line []byte
		line, head = cutHeaderLine(head)
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			continue
		}
		if name := bytes.TrimRight(line[:colon], " \t"); len(name) != 1 && len(name) != len("Content-Length") || LookupHeader(string(name)) != HContentLength {
			continue
		}
		value := string(bytes.Trim(line[colon+1:], " \t\r\n"))
		if found {
			return 0, &ParseError{Kind: Duplicate, Code: 400, Header: HContentLength, Where: "Content-Length", Got: value, Want: "one Content-Length"}
		}
		n, err := contentLength(value)
		if err != nil {
			return 0, err
		}
		length, found = n, true
	}
	if !found {
		return 0, &ParseError{Kind: Missing, Code: 400, Header: HContentLength, Where: "Content-Length", Got: "nothing", Want: "a Content-Length, which a stream needs"}
	}
	return length, nil
}

// cutHeaderLine cuts a header line with its folds.
func cutHeaderLine(s []byte) (line, rest []byte) {
	for i := 0; ; {
		j := bytes.IndexByte(s[i:], '\n')
		if j < 0 {
			return s, nil
		}
		i += j + 1
		if i >= len(s) || s[i] != ' ' && s[i] != '\t' {
			return s[:i], s[i:]
		}
	}
}

// contentLength reads the value of a Content-Length. What is over a message's
// limit is too large, whatever its digits; it never becomes an index.
func contentLength(s string) (int, error) {
	n, ok := parseUint(s, MaxMessage)
	if ok {
		return int(n), nil
	}
	if isDigits(s) {
		return 0, &ParseError{Kind: TooLarge, Code: 513, Header: HContentLength, Where: "Content-Length", Got: s, Want: "at most " + strconv.Itoa(MaxMessage)}
	}
	return 0, &ParseError{Code: 400, Header: HContentLength, Where: "Content-Length", Got: s, Want: "a number of bytes"}
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}
