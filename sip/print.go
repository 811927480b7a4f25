package sip

import (
	"bytes"
	"strconv"
)

// Append prints the message to dst as it goes on the wire. Content-Length is
// always written, from the body. A CR or LF inside a start line or a header,
// which would begin a line of its own, is printed as a space.
func (m *Message) Append(dst []byte) []byte {
	start := len(dst)
	dst, lines := m.appendHead(dst, false)
	if head := dst[start:]; bytes.Count(head, []byte{'\n'}) != lines || bytes.Count(head, []byte{'\r'}) != lines {
		dst, _ = m.appendHead(dst[:start], true)
	}
	return append(dst, m.Body...)
}

// String returns the message as it goes on the wire.
func (m *Message) String() string { return string(m.Append(nil)) }

// appendHead prints all but the body and counts the lines.
func (m *Message) appendHead(dst []byte, clean bool) (out []byte, lines int) {
	if m.IsRequest() {
		dst = appendText(dst, string(m.Method), clean)
		dst = append(dst, ' ')
		dst = appendText(dst, m.URI, clean)
		dst = append(dst, " SIP/2.0\r\n"...)
	} else {
		dst = append(dst, "SIP/2.0 "...)
		dst = strconv.AppendInt(dst, int64(m.Status), 10)
		dst = append(dst, ' ')
		dst = appendText(dst, m.Phrase, clean)
		dst = append(dst, '\r', '\n')
	}
	lines = 3 // this one, Content-Length and the empty one
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.ID == HContentLength {
			continue
		}
		if h.Name != "" {
			dst = append(appendText(dst, h.Name, clean), ':', ' ')
		} else {
			dst = append(dst, lineStarts[h.ID]...)
		}
		dst = appendText(dst, h.Value, clean)
		dst = append(dst, '\r', '\n')
		lines++
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(m.Body)), 10)
	return append(dst, "\r\n\r\n"...), lines
}

// lineStarts holds each header's name, the colon and the space behind it.
var lineStarts = func() (t [256]string) {
	for id := range t {
		t[id] = HeaderID(id).String() + ": "
	}
	return t
}()

func appendText(dst []byte, s string, clean bool) []byte {
	if clean {
		return oneLine(dst, s)
	}
	return append(dst, s...)
}

func oneLine(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, s[i])
		}
	}
	return dst
}
