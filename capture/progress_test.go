package capture

import (
	"strings"
	"testing"
)

// TestStreamsWithLinesAndHeadsTooLongAreReadToTheirEnd: what begins like HTTP or SIP and is longer than anything that
// is read must not be given back and forth for ever between those who look for the one and for the other.
func TestStreamsWithLinesAndHeadsTooLongAreReadToTheirEnd(t *testing.T) {
	long := strings.Repeat("x", 20<<10)
	for name, begins := range map[string]string{
		"a head of HTTP":               "GET /" + long,
		"headers of HTTP":              "GET / HTTP/1.1\r\n" + strings.Repeat("X-Long: "+strings.Repeat("y", 1000)+"\r\n", 20),
		"an answer of HTTP":            "HTTP/1.1 200 " + long,
		"a status line":                "SIP/2.0 200 " + long + "\r\nVia: SIP/2.0/TCP h\r\n\r\n",
		"a request line":               "INVITE sip:" + long + " SIP/2.0\r\nVia: SIP/2.0/TCP h\r\n\r\n",
		"a status line within lines":   "nothing\r\nSIP/2.0 200 " + long + "\r\nVia: SIP/2.0/TCP h\r\n\r\n",
		"a status line after messages": invite(7) + "SIP/2.0 200 " + long + "\r\nVia: SIP/2.0/TCP h\r\n\r\n",
		"a request line without end":   "OPTIONS sip:" + long,
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{60_000, 1400, 17} {
				k := newTalk(t)
				frames := k.handshake()
				frames = append(frames, k.says(begins, size)...)
				frames = append(frames, k.says("\r\n\r\n"+invite(1)+invite(2), size)...)
				last := ""
				for _, it := range readAll(t, ethernetFile(frames...), Options{}) {
					if it.Kind == SIP {
						last = string(it.Payload)
					}
				}
				if last != invite(2) {
					t.Errorf("in segments of %d bytes: the last message is %.80q, want the one behind it all", size, last)
				}
			}
		})
	}
}
