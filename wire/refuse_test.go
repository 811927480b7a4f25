package wire

import (
	"errors"
	"testing"

	"onhook/sip"
)

// Whatever comes on a stream: what it is answered with is a response that can
// be read, with the headers of the request and no others.
func FuzzRefusal(f *testing.F) {
	f.Add([]byte("INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCall-ID: 1\r\nContent-Length: -1\r\n\r\n"))
	f.Add([]byte("OPTIONS sip:b@h SIP/2.0\nv: SIP/2.0/TCP h\ni: 1\x01\n folded\nf: <sip:a@h>\n\n"))
	f.Add(request("INVITE", 1, "body"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var u unanswered
		u.sent(data, 1)
		u.received(data)
		var framer sip.Framer
		framer.Feed(data)
		for {
			head, kind, err := framer.Next()
			var bad *sip.ParseError
			if errors.As(err, &bad) {
				reply := refusal(head, bad)
				if reply == nil {
					return
				}
				m, err := sip.Parse(reply)
				if err != nil || m.Status != bad.Code || m.Body != "" {
					t.Errorf("%q is answered with %q (%v)", data, reply, err)
				}
				return
			}
			if kind == sip.FrameNone {
				return
			}
		}
	})
}
