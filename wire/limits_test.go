package wire

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"onhook/sip"
)

func TestSlowAndIdleSendersAreCut(t *testing.T) {
	const short = 150 * time.Millisecond
	for _, c := range []struct {
		name   string
		limits Limits
		send   func(p *peerConn, b *inbox)
	}{
		{"nothing at all", Limits{FirstMessage: short}, func(*peerConn, *inbox) {}},
		{"only pings", Limits{FirstMessage: short}, func(p *peerConn, _ *inbox) { p.send([]byte("\r\n\r\n")) }},
		{"half a first message", Limits{FirstMessage: short}, func(p *peerConn, _ *inbox) { p.send(request("INVITE", 1, "body")[:80]) }},
		{"half a second message", Limits{Message: short}, func(p *peerConn, b *inbox) {
			p.send(request("INVITE", 1, "body"))
			b.waitPackets(p.t, 1)
			p.send(request("INVITE", 2, "body")[:80])
		}},
		{"whole one and a half at once", Limits{Message: short}, func(p *peerConn, _ *inbox) {
			p.send(append(request("INVITE", 1, "body"), request("INVITE", 2, "body")[:80]...))
		}},
		{"idle", Limits{Idle: short}, func(p *peerConn, _ *inbox) { p.send(request("INVITE", 1, "")) }},
		{"idle after half a ping", Limits{Idle: short}, func(p *peerConn, _ *inbox) { p.send(append(request("INVITE", 1, ""), "\r\n"...)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newInbox()
			w, local := tcp(t, b, c.limits)
			p := dial(t, local)
			c.send(p, b)
			p.expectEnd()
			if d := b.waitDown(t, 1); !errors.Is(d[0].err, ErrTooSlow) {
				t.Errorf("down with %v", d[0].err)
			}
			if n := w.Counters().StreamsCut; n != 1 {
				t.Errorf("%d streams cut, want 1", n)
			}
		})
	}
}

// A peer that sends a byte now and then does not prolong its message's time.
func TestDripFedMessageIsCut(t *testing.T) {
	b := newInbox()
	_, local := tcp(t, b, Limits{FirstMessage: 300 * time.Millisecond})
	p := dial(t, local)
	msg := request("INVITE", 1, "")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		<-tick.C
		if _, err := p.Write(msg[i : i+1]); err != nil {
			break
		}
		if i == len(msg)-2 {
			t.Fatal("a message fed for seconds was waited for")
		}
	}
	if d := b.waitDown(t, 1); len(b.packets) != 0 || d[0].err == nil {
		t.Errorf("%d packets, down %v", len(b.packets), d)
	}
}

func TestConnectionsPerSourceAndInAll(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
	}{{"source", Limits{PerSource: 3}}, {"total", Limits{Total: 3}}} {
		b := newInbox()
		w, local := tcp(t, b, c.limits)
		var peers []*peerConn
		for i := range 3 {
			p := dial(t, local)
			p.send(request("OPTIONS", i, ""))
			peers = append(peers, p)
		}
		b.waitPackets(t, 3)
		if got := dial(t, local).expectEnd(); got != "" {
			t.Errorf("%s: read %q", c.name, got)
		}
		if n := w.Counters(); n.StreamsRefused != 1 || n.Streams != 3 {
			t.Errorf("%s: counters %+v", c.name, n)
		}
		if err := peers[1].SetLinger(0); err != nil {
			t.Fatal(err)
		}
		if err := peers[1].Close(); err != nil {
			t.Fatal(err)
		}
		b.waitDown(t, 1)
		dial(t, local).send(request("OPTIONS", 9, ""))
		b.waitPackets(t, 4)
		for _, p := range append(peers[:1], peers[2]) {
			if err := p.SetLinger(0); err != nil {
				t.Fatal(err)
			}
			_ = p.Close() // frees its place for nobody
		}
	}
}

func TestSourceFoldsIPv6Networks(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%1", "fe80::2%2", true},
	} {
		if got := source(netip.MustParseAddr(c.a)) == source(netip.MustParseAddr(c.b)); got != c.same {
			t.Errorf("%s and %s: same %v, want %v", c.a, c.b, got, c.same)
		}
	}
}

// A peer that does not read loses its connection; what waited for it is told;
// others are served meanwhile.
func TestPeerThatDoesNotRead(t *testing.T) {
	big := append(response(200, 1), bytes.Repeat([]byte("x"), 60_000)...)
	for _, c := range []struct {
		name   string
		limits Limits
	}{
		{"queue", Limits{Queue: 1 << 20, Write: time.Minute}},
		{"time", Limits{Queue: 1 << 30, Write: 200 * time.Millisecond}},
	} {
		b := newInbox()
		w := open(t, b, c.limits, Listen{sip.TCP, loopback4}, Listen{sip.UDP, loopback4})
		deaf, fine := dial(t, w.Locals()[0]), dial(t, w.Locals()[0])
		deaf.send(request("OPTIONS", 1, ""))
		flow := b.waitPackets(t, 1)[0].Flow
		sent := uint64(0)
		for ; sent < 300; sent++ {
			w.Send(flow, big, sent+1)
		}
		d := b.waitDown(t, 1)
		if d[0].flow != flow || !errors.Is(d[0].err, ErrTooSlow) {
			t.Errorf("%s: down %+v", c.name, d[0])
		}
		f := b.waitFailed(t, 1)
		if last := f[len(f)-1]; last.ref == 0 {
			t.Errorf("%s: failed without ref: %+v", c.name, last)
		}
		fine.send(request("OPTIONS", 2, ""))
		got := b.waitPackets(t, 2)[1]
		w.Send(got.Flow, response(200, 2), 0)
		fine.expect(response(200, 2))
		if n := w.Counters().StreamsCut; n != 1 {
			t.Errorf("%s: %d cut, want 1", c.name, n)
		}
	}
}

// Idle connections, many at once, do not keep others from being served and
// leave nothing behind.
func TestManyIdleConnections(t *testing.T) {
	b := newInbox()
	w, local := tcp(t, b, Limits{FirstMessage: time.Second, PerSource: 250})
	var idle []*peerConn
	for range 240 {
		idle = append(idle, dial(t, local))
	}
	p := dial(t, local)
	p.send(request("OPTIONS", 1, ""))
	w.Send(b.waitPackets(t, 1)[0].Flow, response(200, 1), 0)
	p.expect(response(200, 1))
	for _, c := range idle {
		c.expectEnd()
	}
	b.waitDown(t, 240)
	if n := w.Counters(); n.Streams != 1 {
		t.Errorf("counters %+v", n)
	}
	w.streams.mu.Lock()
	defer w.streams.mu.Unlock()
	if len(w.streams.byPeer) != 1 || len(w.streams.perSource) != 1 {
		t.Errorf("left over: %d by peer, %d sources", len(w.streams.byPeer), len(w.streams.perSource))
	}
}
