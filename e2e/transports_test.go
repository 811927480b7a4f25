package e2e

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

func TestIPv6(t *testing.T) {
	t.Parallel()
	if c, err := net.ListenPacket("udp", "[::1]:0"); err != nil {
		t.Skip("needs IPv6 on loopback")
	} else {
		c.Close()
	}
	srv := startConfig(t, `
domain: example.com
listen: ["udp://[::1]:0", "tcp://[::1]:0"]
timers: {t1: 100ms, ring: 20s}
trunks:
  - {name: sipp, address: "[::1]:5099", sources: ["::1/128"]}
routes:
  - {match: "7(\\d{5})", to: "sip:p@[::1]:$1"}
`)
	b := runSipp(t, answered(), "::1")
	eventually(t, 10*time.Second, func() bool {
		c, err := net.ListenPacket("udp", fmt.Sprintf("[::1]:%d", b.port))
		if err == nil {
			c.Close()
		}
		return err != nil
	}, func() string { return "sipp does not listen: " + b.out.String() })
	a := runSipp(t, talk().pause(100*time.Millisecond).bye().recv(200), "::1", srv.udp, "-s", b.number())
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}

func TestSippOverTCP(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	b := callee(t, answered())
	a := runSipp(t, talk().pause(100*time.Millisecond).bye().recv(200), "127.0.0.2", srv.tcp, "-s", b.number(), "-t", "t1")
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
}

// A stream is a caller by hand over TCP.
type stream struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dialStream(t *testing.T, srv *server) *stream {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := d.Dial("tcp", srv.tcp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &stream{t, c, bufio.NewReader(c)}
}

// bytes writes a message a byte at a time.
func (s *stream) bytes(text string) {
	s.t.Helper()
	for i := range len(text) {
		if _, err := s.c.Write([]byte{text[i]}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// final reads messages until a final response and returns its head.
func (s *stream) final() string {
	s.t.Helper()
	for {
		if err := s.c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			s.t.Fatal(err)
		}
		var head strings.Builder
		length := 0
		for {
			l, err := s.r.ReadString('\n')
			if err != nil {
				s.t.Fatalf("%v after %q", err, head.String())
			}
			if l == "\r\n" {
				break
			}
			head.WriteString(l)
			fmt.Sscanf(l, "Content-Length: %d", &length)
		}
		if _, err := s.r.Discard(length); err != nil {
			s.t.Fatal(err)
		}
		if h := head.String(); !strings.HasPrefix(h, "SIP/2.0 1") {
			return h
		}
	}
}

func TestTCPInOneByteWrites(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	s := dialStream(t, srv)
	local := s.c.LocalAddr().String()
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
	head := func(method, branch, to string, cseq int) string {
		return fmt.Sprintf("%s sip:600@%s;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=1\r\nTo: %s\r\nCall-ID: bytes\r\nCSeq: %d %s\r\nContact: <sip:a@%s;transport=tcp>\r\n",
			method, srv.tcp, local, branch, local, to, cseq, method, local)
	}
	to := "<sip:600@" + srv.tcp + ">"
	s.bytes(head("INVITE", "i", to, 1) + fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp))
	answer := s.final()
	if !strings.HasPrefix(answer, "SIP/2.0 200 ") {
		t.Fatalf("got %s", answer)
	}
	for l := range strings.Lines(answer) {
		if v, ok := strings.CutPrefix(l, "To: "); ok {
			to = strings.TrimSpace(v)
		}
	}
	s.bytes(head("ACK", "a", to, 1) + "Content-Length: 0\r\n\r\n")
	s.bytes(head("BYE", "b", to, 2) + "Content-Length: 0\r\n\r\n")
	if answer := s.final(); !strings.HasPrefix(answer, "SIP/2.0 200 ") || !strings.Contains(answer, "BYE") {
		t.Fatalf("got %s", answer)
	}
	expected{status: "Call Ended", reason: "End_In_IVR", by: "caller", answered: "platform", code: 906, final: 200}.check(t, srv.record())
}
