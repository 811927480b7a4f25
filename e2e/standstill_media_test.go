package e2e

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
)

// loopbackPhone is a phone that needs no account, with sound, at an address of loopback.
func loopbackPhone(t *testing.T, srv *server, server, ip string) *phone.Phone {
	t.Helper()
	p, err := phone.New(phone.Options{User: "p", Domain: "example.com", Server: server, Listen: netip.AddrPortFrom(netip.MustParseAddr(ip), 0)})
	if err != nil {
		t.Fatalf("a phone at %s: %v\n%s", ip, err, srv.log)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// hears waits until a call hears a tone for the better part of 300 ms; the first 60 ms of what it listens to
// are the ones that are held back for order.
func hears(t *testing.T, ctx context.Context, srv *server, c *phone.Call, frequency float64) {
	t.Helper()
	share := 0.0
	for {
		pcm, err := c.Listen(ctx, 300*time.Millisecond)
		if err != nil {
			t.Fatalf("%v does not hear %v Hz, whose share is %.2f at last: %v\n%s", c, frequency, share, err, srv.log)
		}
		if share = media.Goertzel(pcm, frequency); share > 0.4 {
			return
		}
	}
}

// speaks lets a call say a tone as long as it is up.
func speaks(t *testing.T, ctx context.Context, c *phone.Call, frequency float64) {
	t.Helper()
	if err := c.PlayLoop(ctx, media.Tone(8000, 8000, frequency)); err != nil {
		t.Fatal(err)
	}
}

// connect calls a number and has the callee answer.
func connect(t *testing.T, ctx context.Context, srv *server, caller, callee *phone.Phone, number string) (a, b *phone.Call) {
	t.Helper()
	a, err := caller.Call(ctx, number)
	if err == nil {
		b, err = callee.WaitIncoming(ctx)
	}
	if err == nil {
		err = b.Answer(ctx)
	}
	if err == nil {
		err = a.WaitAnswered(ctx)
	}
	if err != nil {
		t.Fatalf("calling %s: %v\n%s", number, err, srv.log)
	}
	return a, b
}

// A rawVoice is the sound of a talker's call to the echo, packet by packet.
type rawVoice struct {
	conn *net.UDPConn
	to   netip.AddrPort
	seq  uint16
}

// audioPort finds the port of a session description's sound.
var audioPort = regexp.MustCompile(`(?m)^m=audio (\d+) `)

// echoed sends packets until one has come back.
func (v *rawVoice) echoed(t *testing.T, srv *server) {
	t.Helper()
	buf := make([]byte, 2048)
	for end := time.Now().Add(patient(5 * time.Second)); time.Now().Before(end); {
		v.seq++
		b := voicePacket(v.seq)
		if _, err := v.conn.WriteToUDPAddrPort(b, v.to); err != nil {
			t.Fatal(err)
		}
		if err := v.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := v.conn.Read(buf); err == nil && n == len(b) {
			return
		}
	}
	t.Fatalf("no sound came back\n%s", srv.log)
}

// voicePacket is an RTP packet of A-law with that number.
func voicePacket(seq uint16) []byte {
	b := make([]byte, 12+160)
	b[0], b[1], b[11] = 0x80, 8, 1
	b[2], b[3] = byte(seq>>8), byte(seq)
	at := uint32(seq) * 160
	b[4], b[5], b[6], b[7] = byte(at>>24), byte(at>>16), byte(at>>8), byte(at)
	return b
}

// TestScenario37_AStandstillIsNoSilence: a server that is stopped for longer than a call may be
// without sound ends none when it goes on: it was the one that did not listen. The two parties of one call
// speak all the time; what the party of the other says meanwhile never comes, as if the
// machine had been suspended.
func TestScenario37_AStandstillIsNoSilence(t *testing.T) {
	t.Parallel()
	const silence = 5 * time.Second
	srv := startConfig(t, strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), "timeout: 60s", "timeout: "+silence.String(), 1))
	srv.apart = true // times of the capture and of the server differ by the standstill
	before := srv.resting()
	caller, callee := loopbackPhone(t, srv, srv.udp, "127.0.0.2"), loopbackPhone(t, srv, srv.udp, "127.0.0.3")
	ctx, cancel := context.WithTimeout(t.Context(), patient(20*time.Second))
	defer cancel()

	a, b := connect(t, ctx, srv, caller, callee, fmt.Sprintf("7%05d", callee.Addr().Port()))
	speaks(t, ctx, a, 400)
	speaks(t, ctx, b, 600)
	hears(t, ctx, srv, a, 600)
	hears(t, ctx, srv, b, 400)

	c := newTalker(t, srv)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	invite := func() {
		c.send("INVITE", "i", 1, "", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", conn.LocalAddr().(*net.UDPAddr).Port))
	}
	invite()
	ok := c.until("SIP/2.0 200 ", invite)
	c.send("ACK", "a", 1, tagOf(ok), "")
	m := audioPort.FindStringSubmatch(ok)
	if m == nil {
		t.Fatalf("no port of sound in\n%s", ok)
	}
	voice := &rawVoice{conn: conn, to: netip.MustParseAddrPort("127.0.0.1:" + m[1])}

	voice.echoed(t, srv)
	if err := srv.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	srv.standsStill()
	<-time.After(silence + time.Second)
	if err := srv.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// It answers when it has gone on, and then says at once whom it takes for silent.
	srv.optionsWithin(10 * time.Second)
	// More than a second later it has looked for silence.
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); {
		voice.echoed(t, srv)
	}
	bye := func() { c.send("BYE", "b", 2, tagOf(ok), "") }
	bye()
	for answer := ""; !strings.Contains(answer, "CSeq: 2 BYE"); {
		answer = c.until("SIP/2.0 200 ", bye)
	}
	hears(t, ctx, srv, a, 600)
	hears(t, ctx, srv, b, 400)
	if err := a.Hangup(ctx); err != nil {
		t.Error(err)
	}
	for _, r := range srv.records(2) {
		if r.EndedBy != "caller" || r.Status != "Call Ended" {
			t.Errorf("record %+v, want a call that the caller ended", r)
		}
	}
	srv.restsAs(before)
}
