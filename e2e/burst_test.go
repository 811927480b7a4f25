package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
)

// A burst is a caller that places calls one after the other as fast as they are
// taken, each with an INVITE as long as a datagram: their starts are written
// down, so that few calls fill what the log has reserved.
type burst struct {
	t       *testing.T
	srv     *server
	conn    *net.UDPConn
	sent    int
	waits   map[string]string // INVITEs without any answer, by Call-ID
	finals  map[string]string // status of final answers, by Call-ID
	refused map[string]bool   // Call-IDs that got 503
}

// burstPadding is the headers that make an INVITE long: a line has at most 8 KiB.
var burstPadding = strings.Repeat("X-Padding: "+strings.Repeat("x", 7000)+"\r\n", 8)

// mostBurst is how many calls there are at most: ten times what fills the log.
const mostBurst = 12_000

// trunkSocket sends to a server from the trunk's address.
func trunkSocket(t *testing.T, srv *server) *net.UDPConn {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", srv.udp)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newBurst(t *testing.T, srv *server) *burst {
	t.Helper()
	return &burst{t: t, srv: srv, conn: trunkSocket(t, srv), waits: map[string]string{}, finals: map[string]string{}, refused: map[string]bool{}}
}

// inFlight is how many calls may wait for their first answer: the server's socket holds so many INVITEs of this length.
const inFlight = 12

// place places a call to a number, as soon as there is room for it.
func (b *burst) place(number string) (id string) {
	b.t.Helper()
	for end := time.Now().Add(2 * time.Minute); len(b.waits) >= inFlight; b.read() {
		if time.Now().After(end) {
			b.t.Fatalf("no answer to calls for two minutes\n%s", tail(b.srv.log.String()))
		}
	}
	id = fmt.Sprint("burst", b.sent)
	b.sent++
	text := strings.ReplaceAll(inviteText(b.srv, b.conn.LocalAddr().String(), id, "UDP"), "sip:600@", "sip:"+number+"@")
	text = strings.Replace(text, "Content-Length: 0", burstPadding+"Content-Length: 0", 1)
	b.waits[id] = text
	fmt.Fprint(b.conn, text)
	return id
}

// read takes an answer. If none comes, what has had none is sent again, as a client's timer A would.
func (b *burst) read() {
	b.t.Helper()
	buf := make([]byte, 65536)
	if err := b.conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		b.t.Fatal(err)
	}
	n, err := b.conn.Read(buf)
	switch {
	case err == nil:
		b.answered(string(buf[:n]))
	case errors.Is(err, os.ErrDeadlineExceeded):
		for _, text := range b.waits {
			fmt.Fprint(b.conn, text)
		}
	default:
		b.t.Fatal(err)
	}
}

// final places a call to a number and returns the status that it ends or is answered with.
func (b *burst) final(number string) string {
	b.t.Helper()
	id := b.place(number)
	for end := time.Now().Add(2 * time.Minute); b.finals[id] == ""; b.read() {
		if time.Now().After(end) {
			b.t.Fatalf("no final answer to a call for two minutes\n%s", tail(b.srv.log.String()))
		}
	}
	return b.finals[id]
}

// answered takes a response to any of the calls. A final one is acknowledged; a
// call that is refused for the load must be told when to come back.
func (b *burst) answered(text string) {
	id, to := "", ""
	for l := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(l, "Call-ID: "); ok {
			id = strings.TrimSpace(v)
		}
		if strings.HasPrefix(l, "To: ") {
			to = l
		}
	}
	delete(b.waits, id)
	if strings.HasPrefix(text, "SIP/2.0 1") || !strings.Contains(text, "CSeq: 1 INVITE") {
		return
	}
	b.finals[id] = text[len("SIP/2.0 "):][:3]
	if strings.HasPrefix(text, "SIP/2.0 503 ") {
		if b.refused[id] = true; !strings.Contains(text, "\r\nRetry-After: ") {
			b.t.Errorf("503 without Retry-After:\n%s", text)
		}
	}
	local := b.conn.LocalAddr().String()
	fmt.Fprintf(b.conn, "ACK sip:x@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:a@%s>;tag=1\r\n%sCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
		b.srv.udp, local, id, local, to, id)
}

// slowReserve has the server wait whenever it reserves more of the disk for its
// log, until end is called. What it does besides goes on.
func slowReserve(t *testing.T, srv *server) (end func()) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace")
	}
	said := filepath.Join(t.TempDir(), "strace.log")
	var errs lockedBuffer
	cmd := exec.Command(strace, "-f", "-p", strconv.Itoa(srv.cmd.Process.Pid), "-o", said, "-e", "trace=fallocate", "-e", "inject=fallocate:delay_enter=900000000")
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it ends by our signal, or says why it cannot begin
		close(over)
	}()
	end = func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		<-over
	}
	t.Cleanup(end)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(errs.String(), "attached") {
		select {
		case <-over:
			t.Skip("needs strace that may attach: ", errs.String())
		case <-tick.C:
		}
	}
	return end
}

// upForLong is a call that is up until it is told to end by INFO.
func upForLong(t *testing.T, srv *server) (a, b *sipp) {
	t.Helper()
	const limit = 20 * time.Minute
	one := func(s *scenario, host string, args ...string) *sipp {
		log := filepath.Join(t.TempDir(), s.name+".log")
		return launchSipp(t, s, host, log, limit, append([]string{"-m", "1", "-trace_msg", "-message_file", log, "-recv_timeout", strconv.FormatInt(limit.Milliseconds(), 10)}, args...)...)
	}
	b = one(answered(), "127.0.0.3")
	b.listens()
	a = one(talk().add(`<recv request="INFO"/>`).plain(200, "OK").bye().recv(200), "127.0.0.2", srv.udp, "-s", b.number())
	eventually(t, 30*time.Second, func() bool { return strings.Contains(a.messages(), "ACK sip:") }, a.messages)
	return a, b
}

// TestABurstThatOutrunsTheReservedLog: while the disk is slow to reserve more for
// the log, calls use up what there is. Then new ones get 503 with Retry-After;
// the one that is up stays up, all have their record, and when the disk is
// quick again so are new calls.
func TestABurstThatOutrunsTheReservedLog(t *testing.T) {
	t.Parallel()
	srv := start(t, "limits: {calls: 100000, per_second: 100000, memory: 0}\n")
	srv.apart = true // INVITEs that were sent again while the machine was slow
	a, b := upForLong(t, srv)
	silent, err := net.ListenPacket("udp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	number := fmt.Sprintf("7%05d", silent.LocalAddr().(*net.UDPAddr).Port)
	quick := slowReserve(t, srv)
	x := newBurst(t, srv)
	for len(x.refused) < 20 && x.sent < mostBurst {
		if x.place(number); x.sent%50 == 0 {
			srv.optionsWithin(5 * time.Second)
		}
	}
	t.Logf("%d calls, %d of them refused", x.sent, len(x.refused))
	if len(x.refused) < 20 {
		t.Fatal("the log was never used up: this shows nothing")
	}
	srv.optionsWithin(5 * time.Second)
	quick()
	last := ""
	eventually(t, 2*time.Minute, func() bool {
		last = x.final(number)
		return last == "408" // it rang, or would have
	}, func() string {
		return "new calls are refused though the disk is quick again: " + last + tail(srv.log.String())
	})
	sendInfo(t, srv, a)
	a.wait()
	b.wait()
	x.judge()
}

// judge waits for the records of all calls, and of the one that was up all the
// time, and looks at what they say.
func (b *burst) judge() {
	t := b.t
	t.Helper()
	var recs []outcome.Record
	eventually(t, 3*time.Minute, func() bool {
		recs = b.srv.all()
		return len(recs) > b.sent
	}, func() string {
		return fmt.Sprintf("%d records of %d calls\n%s", len(recs), b.sent+1, tail(b.srv.log.String()))
	})
	if len(recs) != b.sent+1 {
		t.Errorf("%d records of %d calls", len(recs), b.sent+1)
	}
	of := map[string]outcome.Record{}
	for i := range recs {
		id := recs[i].Legs[0].SIPCallID
		if _, twice := of[id]; twice {
			t.Errorf("%s has two records", id)
		}
		of[id] = recs[i]
	}
	for id := range b.refused {
		if r := of[id]; r.ByeReason != "SWITCH_CONGESTION" || r.SIPFinal != 503 || r.Detail != "overload" {
			t.Errorf("%s: %s, %d, %q, want SWITCH_CONGESTION, 503, overload", id, r.ByeReason, r.SIPFinal, r.Detail)
		}
	}
	clean := 0
	for _, r := range of {
		if r.ByeReason == "NORMAL_CLEARING" && r.EndedBy == "caller" {
			clean++
		}
	}
	if clean != 1 {
		t.Errorf("%d calls ended as calls do, want the one that was up all the time", clean)
	}
}
