package e2e

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A talker is a caller that reads and writes its socket by itself, so that the
// test decides what is sent when.
type talker struct {
	t    *testing.T
	conn net.Conn
	srv  *server
	id   string
}

// newTalker calls from the trunk's address.
func newTalker(t *testing.T, srv *server) *talker {
	t.Helper()
	return &talker{t, trunkSocket(t, srv), srv, fmt.Sprint("talk-", time.Now().UnixNano())}
}

// send sends a request of the call; tag is the server's, if it has said one.
func (c *talker) send(method, branch string, cseq int, tag, body string) {
	c.t.Helper()
	local, kind := c.conn.LocalAddr().String(), ""
	if tag != "" {
		tag = ";tag=" + tag
	}
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	fmt.Fprintf(c.conn, "%s sip:600@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=1\r\nTo: <sip:600@%s>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:a@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.srv.udp, local, c.id, branch, local, c.srv.udp, tag, c.id, cseq, method, local, kind, len(body), body)
}

// until reads until a message begins so, and returns it; the request goes again meanwhile.
func (c *talker) until(begins string, again func()) string {
	c.t.Helper()
	end := time.Now().Add(patient(20 * time.Second))
	buf := make([]byte, 1<<16)
	for {
		if err := c.conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			c.t.Fatal(err)
		}
		n, err := c.conn.Read(buf)
		switch {
		case err == nil && strings.HasPrefix(string(buf[:n]), begins) && strings.Contains(string(buf[:n]), c.id):
			return string(buf[:n])
		case err == nil && strings.HasPrefix(string(buf[:n]), "BYE "):
			c.t.Fatalf("the server ended the call, want %q:\n%s\n%s", begins, buf[:n], c.srv.log)
		case time.Now().After(end):
			c.t.Fatalf("no %q\n%s", begins, c.srv.log)
		case err != nil:
			again()
		}
	}
}

// tagOf is the tag of a message's To.
func tagOf(m string) string {
	for l := range strings.Lines(m) {
		if strings.HasPrefix(l, "To: ") {
			_, tag, _ := strings.Cut(strings.TrimSpace(l), ";tag=")
			return tag
		}
	}
	return ""
}

// TestScenario37_StoppedForLongerThanAnAckMayTake: the machine stands still after
// it has answered a call. The ACK comes meanwhile, behind many other packets, and
// waits in the socket; when the server goes on its timers say that it is long overdue.
func TestScenario37_StoppedForLongerThanAnAckMayTake(t *testing.T) {
	t.Parallel()
	const t1 = 50 * time.Millisecond
	conf := strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), "t1: 100ms", "t1: "+t1.String(), 1)
	srv := startConfig(t, conf)
	srv.apart = true // times of the capture and of the server differ by the standstill
	c := newTalker(t, srv)
	invite := func() {
		c.send("INVITE", "i", 1, "", "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n")
	}
	invite()
	tag := tagOf(c.until("SIP/2.0 200 ", invite))
	if err := srv.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	srv.standsStill()
	for i := range 600 {
		c.send("OPTIONS", fmt.Sprint("o", i), 100+i, "", "")
	}
	c.send("ACK", "a", 1, tag, "")
	<-time.After(80 * t1)
	if err := srv.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	srv.optionsWithin(10 * time.Second)
	if srv.liveCall(true) == "" {
		t.Errorf("the call is gone, though its ACK had come\n%s", srv.log)
	}
	bye := func() { c.send("BYE", "b", 2, tag, "") }
	bye()
	for answer := ""; !strings.Contains(answer, "CSeq: 2 BYE"); {
		answer = c.until("SIP/2.0 200 ", bye)
	}
	expected{status: "Call Ended", reason: "End_In_IVR", by: "caller", answered: "platform", code: 906, final: 200}.check(t, srv.record())
}
