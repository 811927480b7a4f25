package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestPromptsComeInPacketsAsLongAsAsked: RFC 3264 section 6.1, "When sending media, it SHOULD use a packetization
// interval equal to the value of the ptime attribute in the offer".
func TestPromptsComeInPacketsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	const menu = "menus: [{name: main, greeting: [welcome], ask: [invalid], keys: [{key: \"2\", announce: [goodbye]}]}]\n"
	srv := startConfig(t, strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), `to: echo`, `to: "menu:main"`, 1)+menu)
	c := newTalker(t, srv)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	invite := func() {
		c.send("INVITE", "i", 1, "", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=ptime:40\r\na=maxptime:35\r\n", conn.LocalAddr().(*net.UDPAddr).Port))
	}
	invite()
	ok := c.until("SIP/2.0 200 ", invite)
	c.send("ACK", "a", 1, tagOf(ok), "")
	buf := make([]byte, 2048)
	if err := conn.SetReadDeadline(time.Now().Add(patient(20 * time.Second))); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("packet %d: %v\n%s", i+1, err, srv.log)
		}
		if want := 12 + 30*8; n != want {
			t.Errorf("packet %d has %d bytes, want %d: 30 ms", i+1, n, want)
		}
	}
	bye := func() { c.send("BYE", "b", 2, tagOf(ok), "") }
	bye()
	for answer := ""; !strings.Contains(answer, "CSeq: 2 BYE"); {
		answer = c.until("SIP/2.0 200 ", bye)
	}
	expected{status: "Abandoned", reason: "Abandoned_IVR_Menu", by: "caller", answered: "platform", code: 902, final: 200}.check(t, srv.record())
}
