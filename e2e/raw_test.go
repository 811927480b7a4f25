package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// options asks "are you there?" from a socket of its own and expects an answer at once.
func (s *server) options() {
	s.t.Helper()
	s.optionsWithin(2 * time.Second)
}

// optionsWithin is options with another limit.
func (s *server) optionsWithin(wait time.Duration) {
	s.t.Helper()
	c, err := net.Dial("udp", s.udp)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	local := c.LocalAddr().String()
	text := fmt.Sprintf("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKopt%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:probe@%s>;tag=p\r\nTo: <sip:%s>\r\nCall-ID: %d@probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		s.udp, local, begun.UnixNano(), local, s.udp, begun.UnixNano())
	// It goes again every T1, as a real client's would.
	if raceEnabled {
		wait = patient(wait) // everything is several times slower under the detector
	}
	buf := make([]byte, 4096)
	n := 0
	for err = os.ErrDeadlineExceeded; err != nil && time.Since(begun) < wait; {
		fmt.Fprint(c, text)
		if err := c.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			s.t.Fatal(err)
		}
		n, err = c.Read(buf)
	}
	if err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		s.t.Fatalf("OPTIONS: %v %q\n%s", err, buf[:n], s.log)
	}
}

// rss is the server's resident memory in kB; descriptors its open files.
func (s *server) rss() int {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(v), " kB"))
			return n
		}
	}
	return 0
}

func (s *server) descriptors() int {
	s.t.Helper()
	d, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(d)
}

// withCallUp runs f while a call is up, and checks afterwards that the call
// ended as if nothing had happened and is the only one with a record, that
// nothing of it stays behind, and that the log was not filled or made to act.
func withCallUp(t *testing.T, srv *server, f func()) {
	t.Helper()
	srv.options()
	before := srv.resting()
	b := callee(t, answered())
	a := caller(t, srv, talk().add(`<recv request="INFO" timeout="60000"/>`).plain(200, "OK").bye().recv(200), b.number())
	eventually(t, 10*time.Second, func() bool { return strings.Contains(a.messages(), "ACK sip:") }, a.messages)
	pid := srv.cmd.Process.Pid
	f()
	srv.options()
	if srv.cmd.Process.Pid != pid || srv.cmd.ProcessState != nil {
		t.Fatal("the server has died")
	}
	// INFO tells the caller to hang up: it waits for no clock.
	sendInfo(t, srv, a)
	a.wait()
	b.wait()
	expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, srv.record())
	srv.restsAs(before)
	logIsSane(t, srv.log.String())
}

// sendInfo sends an INFO to the caller's sipp from beside its dialog; sipp takes it by the Call-ID.
func sendInfo(t *testing.T, srv *server, a *sipp) {
	t.Helper()
	id := ""
	for l := range strings.Lines(a.messages()) {
		if v, ok := strings.CutPrefix(l, "Call-ID: "); ok {
			id = strings.TrimSpace(v)
			break
		}
	}
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.2:%d", a.port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	local := c.LocalAddr().String()
	fmt.Fprintf(c, "INFO sip:caller@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKinfo\r\nMax-Forwards: 70\r\nFrom: <sip:x@%s>;tag=q\r\nTo: <sip:y@127.0.0.2>;tag=z\r\nCall-ID: %s\r\nCSeq: 9 INFO\r\nContent-Length: 0\r\n\r\n", local, local, id)
}

// inviteText is an INVITE that would begin a call from the trunk's address.
func inviteText(srv *server, local, callID, transport string) string {
	return fmt.Sprintf("INVITE sip:600@%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=1\r\nTo: <sip:600@%s>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:a@%s>\r\nContent-Length: 0\r\n\r\n",
		srv.udp, transport, local, callID, local, srv.udp, callID, local)
}

func TestMandatoryHeadersDroppedDoubledEmptied(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		// From an address that is no trunk: no call may come of any of it.
		c, err := net.Dial("udp", srv.udp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		base := inviteText(srv, c.LocalAddr().String(), "hostile", "UDP")
		for _, h := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Length"} {
			var dropped, doubled, emptied, colon strings.Builder
			for l := range strings.Lines(base) {
				name, _, _ := strings.Cut(l, ":")
				if name != h {
					for _, b := range []*strings.Builder{&dropped, &doubled, &emptied, &colon} {
						b.WriteString(l)
					}
					continue
				}
				doubled.WriteString(l + l)
				emptied.WriteString(h + ": \r\n")
				colon.WriteString(":\r\n")
			}
			for _, b := range []*strings.Builder{&dropped, &doubled, &emptied, &colon} {
				fmt.Fprint(c, b.String())
				fmt.Fprint(c, strings.Replace(b.String(), "INVITE sip:600@"+srv.udp+" SIP/2.0", "SIP/2.0 200 OK", 1))
			}
			srv.options()
		}
	})
}

func TestTenThousandVias(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		c, err := net.Dial("tcp", srv.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "INVITE sip:600@%s SIP/2.0\r\n", srv.tcp)
		w := bufio.NewWriter(c)
		for i := range 10_000 {
			fmt.Fprintf(w, "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%d\r\n", i)
		}
		_ = w.Flush() // the server may have closed already
	})
}

func TestPromisedBodiesTakeNoMemory(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		before := srv.rss()
		for i := range 1000 {
			c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, byte(1+i/100))}}).Dial("tcp", srv.tcp)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			text := inviteText(srv, c.LocalAddr().String(), fmt.Sprint("big", i), "TCP")
			fmt.Fprint(c, strings.Replace(text, "Content-Length: 0", "Content-Length: 4294967295", 1)+"x")
		}
		srv.options()
		if grown := srv.rss() - before; grown > 64<<10 && !raceEnabled || grown > 256<<10 {
			t.Errorf("memory grew by %d kB", grown)
		}
	})
}

func TestThousandsOfIdleConnections(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		before := srv.descriptors()
		var conns []net.Conn
		many := 5000
		if raceEnabled {
			many = 1000
		}
		for i := range many {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/100))}, Timeout: patient(5 * time.Second)}
			c, err := d.Dial("tcp", srv.tcp)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		srv.options()
		c, err := net.Dial("tcp", srv.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "\r\n\r\n")
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if b := make([]byte, 2); readFull(c, b) != nil || string(b) != "\r\n" {
			t.Errorf("a new connection is not served: %q", b)
		}
		for _, c := range conns {
			c.Close()
		}
		eventually(t, 20*time.Second, func() bool { return srv.descriptors() <= before+5 },
			func() string { return fmt.Sprintf("%d descriptors, %d before", srv.descriptors(), before) })
	})
}

func readFull(c net.Conn, b []byte) error {
	for n := 0; n < len(b); {
		m, err := c.Read(b[n:])
		if err != nil {
			return err
		}
		n += m
	}
	return nil
}

func TestRegisterFlood(t *testing.T) {
	t.Parallel()
	srv := start(t, users)
	withCallUp(t, srv, func() {
		c, err := net.Dial("udp", srv.udp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		flood := func(from, n int) {
			for i := range n {
				fmt.Fprintf(c, "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKfl%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:u%d@example.com>;tag=f\r\nTo: <sip:u%d@example.com>\r\nCall-ID: flood%d\r\nCSeq: 1 REGISTER\r\nContact: <sip:u@%s>\r\nContent-Length: 0\r\n\r\n",
					c.LocalAddr(), from+i, i, i, from+i, c.LocalAddr())
			}
		}
		// A valid OPTIONS is answered at once, in the middle of the flood too: it
		// waits for what stands before it in the socket's queue to be read, but not
		// to be answered. It goes twice, since the system may drop it.
		asked := 0
		during := func(from, n int) {
			over := make(chan struct{})
			go func() {
				defer close(over)
				flood(from, n)
			}()
			for {
				srv.optionsWithin(time.Second)
				asked++
				select {
				case <-over:
					srv.optionsWithin(time.Second)
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}
		during(0, 10_000)
		first := srv.rss()
		during(10_000, 20_000)
		t.Logf("%d OPTIONS answered during the flood", asked)
		// Nothing is held of a REGISTER that is only challenged (RFC 3261 section 8.2.7); what waits to be read is bounded.
		bound := 24 << 10
		if raceEnabled {
			bound *= 4
		}
		grown := srv.rss() - first
		t.Logf("memory grew by %d kB", grown)
		if grown > bound {
			t.Errorf("memory grew by %d kB, want at most %d", grown, bound)
		}
	})
}

func TestNothingComesOfGarbage(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		c, err := net.Dial("udp", srv.udp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, s := range []string{"", "\r\n\r\n", "\x00", strings.Repeat("A", 60_000), "SIP/2.0 200 OK\r\n\r\n", "INVITE\r\n\r\n", "INVITE sip:x SIP/2.0\r\n: \r\n\r\n", "\xff\xfe" + strings.Repeat("\r\n", 5000)} {
			_, _ = c.Write([]byte(s)) // an empty datagram may be refused by the system
		}
		srv.options()
	})
}
