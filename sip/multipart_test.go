package sip

import (
	"strings"
	"testing"
)

func TestRFC2046Section5_1_PartsOfAMultipart(t *testing.T) {
	const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
	for _, x := range []struct{ name, typ, body, want string }{
		{"two parts", `multipart/mixed;boundary=b1`, "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n" + sdp + "\r\n--b1--\r\n", "text/plain||hello;application/sdp|session|" + sdp},
		{"a quoted boundary with spaces after it, a preamble", `multipart/mixed;boundary="b 1"`, "ignored\r\n--b 1  \r\nc: application/sdp\r\n\r\n" + sdp + "\r\n--b 1--\r\nepilogue", "application/sdp||" + sdp},
		{"no headers", `multipart/mixed;boundary=b`, "--b\r\n\r\nhello\r\n--b--", "||hello"},
		{"cut off", `multipart/mixed;boundary=b`, "--b\r\nContent-Type: text/plain\r\n\r\nhello", "text/plain||hello"},
		{"without an end of its headers", `multipart/mixed;boundary=b`, "--b\r\nContent-Type: text/plain\r\n--b--", ""},
		{"no boundary", `multipart/mixed`, "--b\r\n\r\nhello\r\n--b--", ""},
		{"no multipart", `text/plain;boundary=b`, "--b\r\n\r\nhello\r\n--b--", ""},
		{"nothing in it", `multipart/mixed;boundary=b`, "", ""},
		{"the end only", `multipart/mixed;boundary=b`, "--b--", ""},
	} {
		m, ok := ParseMediaType(x.typ)
		if !ok {
			t.Fatal(x.typ)
		}
		var got []string
		for p := range m.Parts(x.body) {
			got = append(got, p.Type+"|"+p.Disposition+"|"+p.Body)
		}
		if s := strings.Join(got, ";"); s != x.want {
			t.Errorf("%s: got %q, want %q", x.name, s, x.want)
		}
	}
}

func TestPartsCanBeLeftEarly(t *testing.T) {
	m, _ := ParseMediaType("multipart/mixed;boundary=b")
	n := 0
	for range m.Parts(strings.Repeat("--b\r\n\r\nx\r\n", 5)) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d parts", n)
	}
}
