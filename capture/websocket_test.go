package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	webAsk   = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
	webGrant = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)

// webFrame builds a frame as RFC 6455 section 5.2 draws it.
func webFrame(opcode byte, final bool, mask []byte, payload string) string {
	b := []byte{opcode, 0}
	if final {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n <= 125:
		b[1] = byte(n)
	case n <= 0xffff:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if mask == nil {
		return string(b) + payload
	}
	b[1] |= 0x80
	b = append(b, mask...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return string(b)
}

func webFile(t testing.TB, n int, client, server string) []byte {
	t.Helper()
	k := newTalk(t)
	return ethernetFile(slices.Concat(k.handshake(), k.says(client, n), k.answers(server, n))...)
}

func TestWebSocket(t *testing.T) {
	mask := []byte{0x37, 0xfa, 0x21, 0x3d}
	big := strings.Replace(invite(5), "CSeq:", "Subject: "+strings.Repeat("x", 70_000)+"\r\nCSeq:", 1)
	client := webAsk + webFrame(1, true, mask, invite(1)) + webFrame(9, true, mask, "ping") +
		webFrame(2, false, mask, invite(2)[:30]) + webFrame(10, true, mask, "") + webFrame(0, false, mask, invite(2)[30:90]) + webFrame(0, true, mask, invite(2)[90:]) +
		webFrame(1, true, mask, "\r\n\r\n") + webFrame(1, true, mask, "hello") + webFrame(1, true, mask, big) + webFrame(1, true, mask, invite(6))
	server := webGrant + webFrame(1, true, nil, ok200) + webFrame(8, true, nil, "\x03\xe8")
	for _, n := range []int{1, 13, 100, 1400, 60_000} {
		got := readAll(t, webFile(t, n, client, server), Options{})
		want(t, got, line("WS", alice, bob, 1), line("WS", alice, bob, 2),
			fmt.Sprintf("SIP WS %s>%s INVITE sip 5@test %d", alice, bob, len(big)), line("WS", alice, bob, 6), okLine("WS", bob, alice))
		if string(got[1].Payload) != invite(2) || string(got[2].Payload) != big {
			t.Errorf("in segments of %d: the frames were put together wrongly", n)
		}
	}
}

func TestHTTPThatIsNoWebSocketIsPassedOver(t *testing.T) {
	page := "GET /SIP/2.0 HTTP/1.1\r\nHost: a\r\n\r\n"
	answer := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nSIP/2.0 is a protocol\r\n"
	want(t, readAll(t, webFile(t, 1000, page, answer), Options{}))
	// The same connection may be upgraded by a later request.
	want(t, readAll(t, webFile(t, 1000, page+webAsk+webFrame(1, true, []byte{1, 2, 3, 4}, invite(1)), answer), Options{}), line("WS", alice, bob, 1))
}

func TestWebSocketFromTheMiddle(t *testing.T) {
	mask := []byte{9, 8, 7, 6}
	k := newTalk(t)
	frames := append(k.says(webFrame(1, true, mask, invite(1)), 10_000), k.answers(webFrame(2, true, nil, ok200), 10_000)...)
	want(t, readAll(t, ethernetFile(frames...), Options{}), line("WS", alice, bob, 1), okLine("WS", bob, alice))
}

func TestWebSocketGoesOnBehindAGap(t *testing.T) {
	mask := []byte{9, 8, 7, 6}
	k := newTalk(t)
	frames := append(k.handshake(), k.says(webAsk+webFrame(1, true, mask, invite(1)), 10_000)...)
	missed := webFrame(1, true, mask, invite(2))
	k.seq += uint32(len(missed))
	frames = append(frames, k.says(webFrame(1, true, mask, invite(3)), 10_000)...)
	want(t, readAll(t, ethernetFile(frames...), Options{}), line("WS", alice, bob, 1), gapLine(len(missed)), line("WS", alice, bob, 3))
}

func TestWebSocketThatCannotBeRead(t *testing.T) {
	mask := []byte{9, 8, 7, 6}
	first := webAsk + webFrame(1, true, mask, invite(1))
	huge := []byte(webFrame(2, true, mask, strings.Repeat("x", maxMessage+1)))
	deflated := []byte(webFrame(1, true, mask, "xxxxxxxx"))
	deflated[0] |= 0x40
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"compressed", first + string(deflated) + webFrame(1, true, mask, invite(2)), []string{line("WS", alice, bob, 1), "note", line("WS", alice, bob, 2)}},
		{"too long", first + string(huge) + webFrame(1, true, mask, invite(2)), []string{line("WS", alice, bob, 1), "note", line("WS", alice, bob, 2)}},
		{"a reserved opcode", first + "\x83\x00", []string{line("WS", alice, bob, 1), "note"}},
		{"a long control frame", first + webFrame(9, true, mask, strings.Repeat("x", 126)), []string{line("WS", alice, bob, 1), "note"}},
		{"a length of 2^63", first + "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", []string{line("WS", alice, bob, 1), "note"}},
		{"a length of 2^62", first + "\x81\xff\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00xx", []string{line("WS", alice, bob, 1), "note"}},
		{"the rest of a message whose beginning is missing", first + webFrame(0, true, mask, invite(2)), []string{line("WS", alice, bob, 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want(t, readAll(t, webFile(t, 1400, c.stream, ""), Options{}), c.want...)
		})
	}
}

func TestUnmaskAsInRFC6455(t *testing.T) {
	// Section 5.7: a single-frame masked text message that contains "Hello".
	b := []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}
	h, wait, ok := parseWebHead(b)
	if wait || !ok || !h.final || !h.masked || h.opcode != webText || h.size != 6 || h.length != 5 {
		t.Fatalf("%+v, %t, %t", h, wait, ok)
	}
	unmask(b[6:], h.mask)
	if !bytes.Equal(b[6:], []byte("Hello")) {
		t.Errorf("%q", b[6:])
	}
}
