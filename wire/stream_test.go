package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

func request(method string, n int, body string) []byte {
	return fmt.Appendf(nil, "%s sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%d\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c%d\r\nCSeq: %d %s\r\nContent-Length: %d\r\n\r\n%s",
		method, n, n, n, method, len(body), body)
}

func response(code, n int) []byte {
	return fmt.Appendf(nil, "SIP/2.0 %d X\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%d\r\nCall-ID: c%d\r\nContent-Length: 0\r\n\r\n", code, n, n)
}

// A peer is the other end of a connection, by hand.
type peerConn struct {
	t *testing.T
	*net.TCPConn
	r *bufio.Reader
}

func dial(t *testing.T, to Local) *peerConn {
	t.Helper()
	c, err := net.Dial("tcp", to.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // most tests have closed it
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &peerConn{t, c.(*net.TCPConn), bufio.NewReader(c)}
}

func (p *peerConn) send(data []byte) {
	p.t.Helper()
	if _, err := p.Write(data); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peerConn) expect(want []byte) {
	p.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(p.r, got); err != nil || !bytes.Equal(got, want) {
		p.t.Fatalf("read %q (%v), want %q", got, err, want)
	}
}

// expectEnd reads to the end of the connection and returns what came.
func (p *peerConn) expectEnd() string {
	p.t.Helper()
	got, err := io.ReadAll(p.r)
	if err != nil && isTimeout(err) {
		p.t.Fatalf("the connection stays open; read %q", got)
	}
	return string(got)
}

func (p *peerConn) local() netip.AddrPort { return addrPort(p.LocalAddr()) }

func tcp(t *testing.T, b Handler, l Limits) (*Wire, Local) {
	t.Helper()
	w := open(t, b, l, Listen{sip.TCP, loopback4})
	return w, w.Locals()[0]
}

func TestStreamMessagesComeWholeAndInOrder(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	var all []byte
	var want [][]byte
	for i := range 5 {
		m := request("MESSAGE", i, strings.Repeat("INVITE sip:x SIP/2.0\r\n\r\n", i))
		want = append(want, m)
		all = append(all, m...)
	}
	if err := p.SetNoDelay(true); err != nil {
		t.Fatal(err)
	}
	for i := range len(want[0]) + len(want[1]) {
		p.send(all[i : i+1])
	}
	p.send(all[len(want[0])+len(want[1]):])
	got := b.waitPackets(t, 5)
	for i := range want {
		if !bytes.Equal(got[i].Data, want[i]) {
			t.Errorf("message %d: %q", i, got[i].Data)
		}
		f := got[i].Flow
		if f.Transport != sip.TCP || f.Local != local.Addr || f.Remote != p.local() || f.Conn == 0 || f != got[0].Flow {
			t.Errorf("flow %+v", f)
		}
	}
	if c := w.Counters(); c.StreamsIn != 1 || c.Streams != 1 || c.PacketsIn != 5 {
		t.Errorf("counters %+v", c)
	}
}

// RFC 5626 section 4.4.1: a double CRLF is answered with one CRLF.
func TestStreamPing(t *testing.T) {
	b := newInbox()
	_, local := tcp(t, b, Limits{})
	p := dial(t, local)
	for range 3 {
		p.send([]byte("\r\n\r\n"))
		p.expect([]byte("\r\n"))
	}
	p.send(append([]byte("\r\n\r\n"), request("OPTIONS", 1, "")...))
	p.expect([]byte("\r\n"))
	b.waitPackets(t, 1)
}

func TestStreamIsUsedAgain(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	p.send(request("REGISTER", 1, ""))
	flow := b.waitPackets(t, 1)[0].Flow
	w.Send(flow, response(200, 1), 1)
	p.expect(response(200, 1))
	w.Send(sip.Flow{Transport: sip.TCP, Remote: p.local()}, request("INVITE", 2, ""), 2)
	p.expect(request("INVITE", 2, ""))
	if c := w.Counters(); c.StreamsIn != 1 || c.StreamsOut != 0 {
		t.Errorf("counters %+v", c)
	}
	// By the number of a connection that never was, nothing is opened.
	flow.Conn += 100
	w.Send(flow, response(200, 3), 3)
	if f := b.waitFailed(t, 1); f[0].ref != 3 || f[0].flow != flow || !errors.Is(f[0].err, ErrNoStream) {
		t.Errorf("%+v", f)
	}
}

func TestStreamIsOpenedForTheFirstMessage(t *testing.T) {
	a, b := newInbox(), newInbox()
	wa, la := tcp(t, a, Limits{})
	wb, lb := tcp(t, b, Limits{})
	to := sip.Flow{Transport: sip.TCP, Remote: lb.Addr}
	const n = 50
	for i := range n {
		wa.Send(to, request("OPTIONS", i, ""), uint64(i+1))
	}
	got := b.waitPackets(t, n)
	for i := range got {
		if !bytes.Equal(got[i].Data, request("OPTIONS", i, "")) {
			t.Fatalf("message %d is %q", i, got[i].Data)
		}
	}
	wb.Send(got[0].Flow, response(200, 0), 0)
	back := a.waitPackets(t, 1)[0]
	if back.Flow.Local != la.Addr || back.Flow.Remote != lb.Addr || back.Flow.Conn == 0 {
		t.Errorf("flow of the answer %+v: want the listener's Local, and the Conn", back.Flow)
	}
	if ca, cb := wa.Counters(), wb.Counters(); ca.StreamsOut != 1 || cb.StreamsIn != 1 || len(a.waitFailed(t, 0)) != 0 {
		t.Errorf("counters %+v %+v, failed %v", ca, cb, a.waitFailed(t, 0))
	}
}

// A slow layer opens a connection when it may.
type slow struct {
	plain
	opening chan net.Conn
	may     chan struct{}
}

func (l slow) open(_ context.Context, c net.Conn, inbound bool) (net.Conn, error) {
	if !inbound {
		l.opening <- c
		<-l.may
	}
	return c, nil
}

// TestNothingIsSentBeforeItsLayerIsOpen: a message that is sent while the layer of a
// connection is being opened waits for that.
func TestNothingIsSentBeforeItsLayerIsOpen(t *testing.T) {
	a, b := newInbox(), newInbox()
	wa, _ := tcp(t, a, Limits{})
	_, lb := tcp(t, b, Limits{})
	l := slow{opening: make(chan net.Conn), may: make(chan struct{})}
	wa.streams.layers[sip.TCP] = l
	to := sip.Flow{Transport: sip.TCP, Remote: lb.Addr}
	wa.Send(to, request("OPTIONS", 1, ""), 1)
	<-l.opening
	wa.Send(to, request("OPTIONS", 2, ""), 2)
	wa.streams.mu.Lock()
	s := wa.streams.byPeer[peerKey{to.Transport, to.Remote}]
	wa.streams.mu.Unlock()
	s.mu.Lock()
	if s.writing || len(s.queue) != 2 {
		t.Errorf("writing %t, %d messages wait, want 2 that wait", s.writing, len(s.queue))
	}
	s.mu.Unlock()
	close(l.may)
	b.waitPackets(t, 2)
}

func TestStreamThatCannotBeOpenedFailsEachMessage(t *testing.T) {
	b := newInbox()
	w, _ := tcp(t, b, Limits{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := sip.Flow{Transport: sip.TCP, Remote: addrPort(ln.Addr())}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	w.Send(to, request("INVITE", 1, ""), 1)
	f := b.waitFailed(t, 1)
	if f[0].ref != 1 || f[0].flow.Remote != to.Remote || !strings.Contains(f[0].err.Error(), to.Remote.String()) {
		t.Errorf("%+v", f)
	}
	b.wait(t, "no stream left", func() bool { return w.Counters().Streams == 0 })
	if len(b.down) != 0 {
		t.Errorf("a flow that never was is down: %v", b.down)
	}
	w.Send(sip.Flow{Transport: sip.TLS, Remote: to.Remote}, nil, 2)
	if f := b.waitFailed(t, 2); !errors.Is(f[1].err, ErrTransport) {
		t.Errorf("TLS: %+v", f[1])
	}
}

func TestStreamEndIsToldAfterItsMessages(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	for i := range 20 {
		p.send(response(180, i))
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	down := b.waitDown(t, 1)
	if got := strings.Join(b.log, " "); got != strings.Repeat("packet ", 20)+"down" {
		t.Errorf("order: %s", got)
	}
	if down[0].flow != b.packets[0].Flow || !errors.Is(down[0].err, io.EOF) {
		t.Errorf("down %+v", down[0])
	}
	w.Send(down[0].flow, response(200, 1), 5)
	if f := b.waitFailed(t, 1); f[0].ref != 5 || !errors.Is(f[0].err, ErrNoStream) {
		t.Errorf("%+v", f)
	}
}

// After a half close the answers that the peer waits for are still delivered.
func TestStreamHalfClose(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	p.send(request("INVITE", 1, ""))
	p.send(request("OPTIONS", 2, ""))
	p.send(request("ACK", 3, ""))
	if err := p.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	flow := b.waitPackets(t, 3)[0].Flow
	for _, m := range [][]byte{response(100, 1), response(200, 2), response(180, 1)} {
		w.Send(flow, m, 9)
		p.expect(m)
	}
	b.mu.Lock()
	if len(b.down) != 0 {
		t.Error("the flow is down though an INVITE waits for its answer")
	}
	b.mu.Unlock()
	w.Send(flow, response(486, 1), 9)
	p.expect(response(486, 1))
	if got := p.expectEnd(); got != "" {
		t.Errorf("read %q", got)
	}
	b.waitDown(t, 1)
	if len(b.failed) != 0 {
		t.Errorf("failed %v", b.failed)
	}
}

func TestStreamReset(t *testing.T) {
	b := newInbox()
	_, local := tcp(t, b, Limits{})
	p := dial(t, local)
	p.send(request("INVITE", 1, ""))
	b.waitPackets(t, 1)
	if err := p.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if d := b.waitDown(t, 1); d[0].err == nil || errors.Is(d[0].err, io.EOF) {
		t.Errorf("down with %v", d[0].err)
	}
}

func TestStreamFramingErrors(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	whole := string(request("INVITE", 1, ""))
	for i, c := range []struct{ name, data, want string }{
		{"no Content-Length", strings.Replace(whole, "Content-Length: 0\r\n", "", 1), "SIP/2.0 400 "},
		{"two of them", strings.Replace(whole, "Content-Length: 0\r\n", "Content-Length: 0\r\nl: 5\r\n", 1), "SIP/2.0 400 "},
		{"negative", strings.Replace(whole, "Content-Length: 0", "Content-Length: -1", 1), "SIP/2.0 400 "},
		{"a promise of 4 GB", strings.Replace(whole, "Content-Length: 0", "Content-Length: 4294967295", 1) + "x", "SIP/2.0 513 "},
		{"not SIP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"an ACK is not answered", strings.Replace(string(request("ACK", 1, "")), "Content-Length: 0\r\n", "", 1), ""},
		{"a response is not answered", "SIP/2.0 200 OK\r\nCall-ID: 1\r\n\r\n", ""},
	} {
		p := dial(t, local)
		// Before the bad message a good one, after it one that must not be read.
		p.send(request("OPTIONS", 7, ""))
		p.send([]byte(c.data))
		_, _ = p.Write(request("MESSAGE", 8, "")) // the connection may be closed already
		got := p.expectEnd()
		if c.want == "" && got != "" || c.want != "" && (!strings.HasPrefix(got, c.want) || !strings.Contains(got, "Via: SIP/2.0/TCP h;branch=z9hG4bK1\r\n") || !strings.Contains(got, "CSeq: 1 INVITE\r\n")) {
			t.Errorf("%s: answered %q, want %q", c.name, got, c.want)
		}
		d := b.waitDown(t, i+1)
		var bad *sip.ParseError
		if !errors.As(d[i].err, &bad) && !errors.Is(d[i].err, ErrClosed) {
			t.Errorf("%s: down with %v", c.name, d[i].err)
		}
		if n := len(b.waitPackets(t, i+1)); n != i+1 {
			t.Fatalf("%s: %d messages were taken, want only the good one", c.name, n-i)
		}
	}
	if c := w.Counters(); c.StreamsCut != 7 {
		t.Errorf("%d connections cut, want 7", c.StreamsCut)
	}
}

// While the handler has no room a stream is not read, and nothing of it is lost.
func TestStreamWaitsForAFullMailbox(t *testing.T) {
	b := newInbox()
	b.full = true
	_, local := tcp(t, b, Limits{})
	p := dial(t, local)
	for i := range 10 {
		p.send(request("INFO", i, ""))
	}
	b.wait(t, "a refused batch", func() bool { return b.refused >= 2 })
	b.mu.Lock()
	b.full = false
	b.mu.Unlock()
	for i, got := range b.waitPackets(t, 10) {
		if !bytes.Equal(got.Data, request("INFO", i, "")) {
			t.Fatalf("message %d is %q", i, got.Data)
		}
	}
}

func TestCloseFlowSendsWhatIsQueued(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{})
	p := dial(t, local)
	p.send(request("OPTIONS", 1, ""))
	flow := b.waitPackets(t, 1)[0].Flow
	var want strings.Builder
	for i := range 20 {
		w.Send(flow, response(200, i), 1)
		want.Write(response(200, i))
	}
	w.CloseFlow(flow)
	w.Send(flow, response(200, 99), 99)
	if got := p.expectEnd(); got != want.String() {
		t.Errorf("read %d bytes, want %d", len(got), want.Len())
	}
	if f := b.waitFailed(t, 1); f[0].ref != 99 {
		t.Errorf("failed %+v", f)
	}
	b.waitDown(t, 1)
}

func TestCloseEndsEveryStream(t *testing.T) {
	b := newInbox()
	w, err := Open(Options{Handler: b, Listen: []Listen{{sip.TCP, loopback4}, {sip.TCP, loopback4}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	var peers []*peerConn
	for _, l := range w.Locals() {
		p := dial(t, l)
		p.send(request("OPTIONS", 1, ""))
		peers = append(peers, p)
	}
	b.waitPackets(t, 2)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		p.expectEnd()
	}
	if len(b.down) != 2 || !errors.Is(b.down[0].err, ErrClosed) {
		t.Errorf("down %+v", b.down)
	}
}

// RFC 3261 section 18.4: requests that wait for an answer on a connection that breaks have
// failed; those that were answered have not.
func TestRequestsOnABrokenStreamHaveFailed(t *testing.T) {
	b := newInbox()
	w, _ := tcp(t, b, Limits{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	to := sip.Flow{Transport: sip.TCP, Remote: addrPort(ln.Addr())}
	cancel := request("CANCEL", 2, "")
	for i, m := range [][]byte{request("INVITE", 1, ""), request("INVITE", 2, ""), cancel, request("OPTIONS", 4, ""), request("ACK", 5, "")} {
		w.Send(to, m, uint64(i+1))
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := &peerConn{t, c.(*net.TCPConn), bufio.NewReader(c)}
	answer := func(m []byte, code string) {
		p.send(append([]byte("SIP/2.0 "+code+" X\r\n"), m[bytes.Index(m, []byte("Via")):]...))
	}
	for n := 0; n < 5; { // all must have left: what is still queued fails whatever the answer
		line, err := p.r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "\r\n" {
			n++
		}
	}
	answer(request("INVITE", 1, ""), "180")
	answer(cancel, "200")
	answer(request("OPTIONS", 4, ""), "404")
	got := b.waitPackets(t, 3)
	w.Send(got[0].Flow, request("INFO", 6, ""), 6) // its sender knows the connection, and learns by FlowDown
	if err := p.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	b.waitDown(t, 1)
	refs := map[uint64]int{}
	for _, f := range b.failed {
		refs[f.ref]++
	}
	delete(refs, 6) // if it was still queued
	if len(refs) != 2 || refs[1] != 1 || refs[2] != 1 || b.log[len(b.log)-1] != "down" {
		t.Errorf("failed %v, want the two INVITEs once each; order %v", refs, b.log)
	}
}

func TestUnansweredIsBounded(t *testing.T) {
	var u unanswered
	for i := range 3 * mostUnanswered {
		u.sent(request("OPTIONS", i, ""), uint64(i+1))
	}
	if len(u.list) != mostUnanswered || u.list[0].ref != 2*mostUnanswered+1 {
		t.Errorf("%d are remembered, the first is %d", len(u.list), u.list[0].ref)
	}
	u.received([]byte("SIP/2.0 200 OK\r\nno branch\r\n\r\nbranch=z9hG4bK700"))
	if len(u.list) != mostUnanswered {
		t.Error("a branch in the body was taken for the message's")
	}
}
