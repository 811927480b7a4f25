package e2e

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The classes and scenarios of docs/faults.md that need real sockets.

// tcpStep is how far a call over TCP goes before its connection is cut.
type tcpStep int

const (
	halfAnInvite tcpStep = iota
	anInvite
	anAnswer
	anAck
	aByeWithoutItsEnd
)

// TestClass20_CutConnections: every call that began ends,
// by the rules of its timers, and has one record.
func TestClass20_CutConnections(t *testing.T) {
	t.Parallel()
	for step, name := range map[tcpStep]string{halfAnInvite: "half", anInvite: "invite", anAnswer: "200", anAck: "ack", aByeWithoutItsEnd: "bye"} {
		for _, hard := range []bool{false, true} {
			t.Run(fmt.Sprint(name, hard), func(t *testing.T) {
				t.Parallel()
				conf := strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), "rtp: {timeout: 60s}", "rtp: {timeout: 2s}", 1)
				srv := startConfig(t, conf)
				srv.apart = true // that a connection is gone no capture shows for sure
				before := srv.descriptors()
				cutCall(t, srv, step, hard)
				if step == halfAnInvite {
					srv.options()
				} else if r := srv.record(); r.Status == "" || r.EndedAt.Before(r.StartedAt) {
					t.Errorf("%+v", r)
				}
				srv.options()
				eventually(t, 20*time.Second, func() bool { return srv.descriptors() <= before+3 },
					func() string { return fmt.Sprintf("%d descriptors, %d before", srv.descriptors(), before) })
			})
		}
	}
}

// cutCall calls the echo over TCP and cuts the connection at a step, with a reset if hard.
func cutCall(t *testing.T, srv *server, step tcpStep, hard bool) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 5 * time.Second}
	c, err := d.Dial("tcp", srv.tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if hard {
		if err := c.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
	}
	body := "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 39998 RTP/AVP 8\r\n"
	invite := inviteText(srv, c.LocalAddr().String(), "cut", "TCP")
	invite = strings.Replace(invite, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body), 1)
	if step == halfAnInvite {
		fmt.Fprint(c, invite[:len(invite)/2])
		return
	}
	fmt.Fprint(c, invite)
	if step == anInvite {
		return
	}
	var said strings.Builder
	buf := make([]byte, 4096)
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(said.String(), "SIP/2.0 200 OK") {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v\n%s", err, &said)
		}
		said.Write(buf[:n])
	}
	if step == anAnswer {
		return
	}
	_, tag, _ := strings.Cut(said.String()[strings.LastIndex(said.String(), "\r\nTo: "):], ";tag=")
	tag, _, _ = strings.Cut(tag, "\r\n")
	in := func(method string, seq int) string {
		m := strings.Replace(inviteText(srv, c.LocalAddr().String(), "cut", "TCP"), "INVITE sip", method+" sip", 1)
		m = strings.Replace(m, "CSeq: 1 INVITE", fmt.Sprintf("CSeq: %d %s", seq, method), 1)
		m = strings.Replace(m, "branch=z9hG4bKcut", "branch=z9hG4bKcut"+method, 1)
		return strings.Replace(m, "To: <sip:600@"+srv.udp+">", "To: <sip:600@"+srv.udp+">;tag="+tag, 1)
	}
	fmt.Fprint(c, in("ACK", 1))
	if step == aByeWithoutItsEnd {
		bye := in("BYE", 2)
		fmt.Fprint(c, bye[:len(bye)-20])
	}
}

// TestClass41_LogLines: whatever strangers write into their requests.
func TestClass41_LogLines(t *testing.T) {
	t.Parallel()
	srv := start(t, users)
	// Not from where the question comes whether it is still there: its source will be blocked.
	c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 66)}}).Dial("udp", srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hostile := []string{"\x1b[2J\x1b[31mroot", "a\x00b", "a\tb", "\xff\xfe", strings.Repeat("A", 7000), "%0d%0alevel=ERROR", "\u202eevil", `" injected="1`}
	for i, h := range hostile {
		for _, method := range []string{"REGISTER", "INVITE"} {
			auth := `Authorization: Digest username="` + h + `", realm="example.com", nonce="x", uri="sip:600@` + srv.udp + `", response="` + strings.Repeat("0", 64) + `", algorithm=SHA-256, cnonce="a", nc=00000001, qop=auth` + "\r\n"
			text := strings.ReplaceAll(inviteText(srv, c.LocalAddr().String(), fmt.Sprint("log", i, method), "UDP"), "1 INVITE", "1 "+method)
			text = strings.Replace(strings.Replace(text, "INVITE sip", method+" sip", 1), "Max-Forwards", auth+"User-Agent: "+h+"\r\nMax-Forwards", 1)
			fmt.Fprint(c, text)
			fmt.Fprint(c, strings.Replace(text, "CSeq: 1", "CSeq: "+h, 1))
		}
	}
	// After the eleventh of those whose credentials can be read.
	eventually(t, time.Minute, func() bool { return strings.Contains(srv.log.String(), "the source gets no more answers") }, srv.log.String)
	srv.options()
	logIsSane(t, srv.log.String())
}

// TestClass45_Secrets: files that the server made are its owner's
// alone, and no password is in its log or on its command line.
func TestClass45_Secrets(t *testing.T) {
	t.Parallel()
	srv := start(t, users)
	b := callee(t, answered())
	a := caller(t, srv, talk().bye().recv(200), b.number())
	a.wait()
	b.wait()
	srv.record()
	files := 0
	err := filepath.WalkDir(filepath.Join(srv.data, "store"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files++
		if perm := info.Mode().Perm(); perm&0o077 != 0 {
			t.Errorf("%s has mode %o", d.Name(), perm)
		}
		return nil
	})
	if err != nil || files < 4 {
		t.Errorf("%d files: %v", files, err)
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", srv.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"log": srv.log.String(), "command line": string(line)} {
		if strings.Contains(text, "correct horse") {
			t.Errorf("a password is in the %s", where)
		}
	}
}

// TestScenario37_Stopped: calls that are up stay up, and
// those that came meanwhile are served.
func TestScenario37_Stopped(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	srv.apart = true // times of the capture and of the server differ by the standstill
	withCallUp(t, srv, func() {
		if err := srv.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { srv.optionsWithin(8 * time.Second) })
		}
		time.Sleep(4 * time.Second) // 40 * T1
		if err := srv.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if srv.liveCall(true) == "" {
			t.Error("the call that was up is gone")
		}
	})
}
