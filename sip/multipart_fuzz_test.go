package sip

import (
	"strings"
	"testing"
)

// FuzzParts: the parts of whatever calls itself multipart are in it, one after the other.
func FuzzParts(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n\r\nx\r\n--b--\r\n")
	f.Add(`multipart/mixed;boundary="a b"`, "x\r\n--a b\r\n\r\n\r\n--a b")
	f.Add("multipart/mixed;boundary=", "--\r\n\r\n\r\n----")
	f.Add("multipart/mixed;boundary="+strings.Repeat("b", 10_000), "--b\r\n\r\n")
	f.Fuzz(func(t *testing.T, typ, body string) {
		m, ok := ParseMediaType(typ)
		if !ok {
			return
		}
		rest := body
		for p := range m.Parts(body) {
			at := strings.Index(rest, p.Body)
			if at < 0 {
				t.Fatalf("%q of %q with %q", p.Body, body, typ)
			}
			rest = rest[at+len(p.Body):]
		}
	})
}
