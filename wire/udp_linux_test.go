//go:build linux && !portable

package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"onhook/sip"
)

// closedPort returns an address on which nobody listens.
func closedPort(t *testing.T, addr netip.AddrPort) Local {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return newLocal(sip.UDP, addrPort(c.LocalAddr()))
}

// RFC 3261 section 18.4: an ICMP error is told to the transport user at once.
func TestSection18_4_PortUnreachableIsToldWithItsRef(t *testing.T) {
	for _, addr := range []netip.AddrPort{loopback4, loopback6} {
		t.Run(addr.Addr().String(), func(t *testing.T) {
			needIPv6(t, addr)
			b := newInbox()
			w := open(t, b, Limits{}, Listen{sip.UDP, addr})
			self, nobody := w.Locals()[0], closedPort(t, addr)
			msg := func(n int) []byte {
				return fmt.Appendf(nil, "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%d\r\n%s", n, strings.Repeat("x", 600))
			}
			// The good ones are not hurt by the errors of the bad ones, in one batch or several.
			for i := 1; i <= 20; i++ {
				to := self
				if i%2 == 0 {
					to = nobody
				}
				w.Send(udpFlow(self, to), msg(i), uint64(i))
				if i%5 == 0 {
					w.Flush()
				}
			}
			got := b.waitFailed(t, 10)
			seen := map[uint64]bool{}
			for _, f := range got {
				if f.ref%2 != 0 || f.flow != udpFlow(self, nobody) || !errors.Is(f.err, syscall.ECONNREFUSED) {
					t.Errorf("failed %+v", f)
				}
				seen[f.ref] = true
			}
			if len(seen) != 10 {
				t.Errorf("told refs %v, want the ten even ones", seen)
			}
			if p := b.waitPackets(t, 10); len(p) != 10 {
				t.Errorf("%d packets arrived, want 10", len(p))
			}
		})
	}
}

func TestUnreachableNetworkIsToldAtOnce(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	self := w.Locals()[0]
	// From 127.0.0.1 the kernel finds no route to elsewhere.
	far := newLocal(sip.UDP, netip.MustParseAddrPort("192.0.2.1:5060"))
	w.Send(udpFlow(self, far), []byte("x"), 7)
	w.Send(udpFlow(self, self), []byte("y"), 8)
	w.Flush()
	if f := b.waitFailed(t, 1); f[0].ref != 7 {
		t.Errorf("failed %+v", f)
	}
	if p := b.waitPackets(t, 1); string(p[0].Data) != "y" {
		t.Errorf("got %q", p[0].Data)
	}
}

func TestRecentFindsByQuote(t *testing.T) {
	var r recent
	r.init()
	to := netip.MustParseAddrPort("192.0.2.1:5060")
	long := func(n int) []byte { return []byte(fmt.Sprintf("%d", n) + strings.Repeat("m", 400)) }
	for i := range 3 * recentSize {
		r.add(&datagram{to, long(i), uint64(i + 1)})
	}
	r.add(&datagram{netip.MustParseAddrPort("192.0.2.2:5060"), long(5), 5000})
	newest := 3 * recentSize
	for _, c := range []struct {
		quote []byte
		want  uint64
	}{
		{long(newest - 1), uint64(newest)},
		{long(newest - 500), uint64(newest - 499)},
		{long(newest - 500)[:300], uint64(newest - 499)},
		{long(newest - 500)[:8], uint64(newest)}, // too short to tell: the newest to that address
		{long(3), 0},                             // forgotten
	} {
		if got := r.find(to, c.quote); got != c.want {
			t.Errorf("quote %.10q of %d bytes: ref %d, want %d", c.quote, len(c.quote), got, c.want)
		}
	}
	if got := r.find(netip.MustParseAddrPort("192.0.2.3:5060"), long(5)); got != 0 {
		t.Errorf("an address never sent to has ref %d", got)
	}
}

func BenchmarkUDPSend(b *testing.B) {
	box := newInbox()
	box.full = true
	w := open(b, box, Limits{}, Listen{sip.UDP, loopback4})
	sink, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback4))
	if err != nil {
		b.Fatal(err)
	}
	defer sink.Close()
	f := udpFlow(w.Locals()[0], Local{Addr: addrPort(sink.LocalAddr())})
	msg := []byte(strings.Repeat("m", 600))
	b.ReportAllocs()
	for b.Loop() {
		for range 8 {
			w.Send(f, msg, 1)
		}
		w.Flush()
	}
}

// What the system had no room for is sent when there is room, before what comes later.
func TestQueueIsSentLater(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	self := w.Locals()[0]
	w.Send(udpFlow(self, self), []byte("0"), 0)
	w.Flush()
	b.waitPackets(t, 1)
	s := w.udp[0]
	s.mu.Lock()
	s.waiting = true // as after EAGAIN
	s.mu.Unlock()
	nobody := closedPort(t, loopback4)
	for i := 1; i < 100; i++ {
		to := self
		if i%10 == 0 {
			to = nobody
		}
		w.Send(udpFlow(self, to), fmt.Append(nil, i), uint64(i))
		w.Flush()
	}
	if n := w.Counters().PacketsOut; n != 1 {
		t.Fatalf("%d datagrams went out while the system had no room", n)
	}
	s.sendLater()
	got := b.waitPackets(t, 91)
	want := 0
	for _, p := range got {
		if string(p.Data) != fmt.Sprint(want) {
			t.Fatalf("got %q, want %d", p.Data, want)
		}
		if want++; want%10 == 0 {
			want++
		}
	}
	b.waitFailed(t, 9)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting || s.bytes != 0 || len(s.queue) != 0 {
		t.Errorf("waiting %v, %d bytes, %d datagrams left", s.waiting, s.bytes, len(s.queue))
	}
}

func TestQueueIsBounded(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	self := w.Locals()[0]
	s := w.udp[0]
	s.mu.Lock()
	s.waiting = true
	s.mu.Unlock()
	big := make([]byte, 60_000)
	for i := range 200 {
		w.Send(udpFlow(self, self), big, uint64(i+1))
	}
	f := b.waitFailed(t, 1)
	if !errors.Is(f[0].err, ErrQueueFull) || len(f) < 50 || s.bytes > udpQueue+len(big)+oneMessage {
		t.Errorf("%d failed, %d bytes wait: %v", len(f), s.bytes, f[0].err)
	}
}

// BenchmarkUDPThrough is one datagram's way out and in again, in bursts of eight.
func BenchmarkUDPThrough(b *testing.B) {
	box := &counter{want: make(chan struct{}, 1)}
	w := open(b, box, Limits{}, Listen{sip.UDP, loopback4})
	f := udpFlow(w.Locals()[0], w.Locals()[0])
	msg := []byte(strings.Repeat("m", 600))
	b.ReportAllocs()
	for b.Loop() {
		for range 8 {
			w.Send(f, msg, 1)
		}
		w.Flush()
		<-box.want
	}
}

// A counter is a Handler that tells when eight datagrams have come.
type counter struct {
	n    int
	want chan struct{}
}

func (c *counter) Packets(batch []Packet) bool {
	if c.n += len(batch); c.n >= 8 {
		c.n -= 8
		c.want <- struct{}{}
	}
	return true
}

func (c *counter) FlowDown(sip.Flow, error) {}

func (c *counter) SendFailed(sip.Flow, uint64, error) {}

// RFC 3581 section 4: a response comes from the address that its request was sent to.
func TestSection4_SocketForAllAddressesAnswersFromTheOneAskedFor(t *testing.T) {
	for _, c := range []struct{ listen, ask []string }{
		{[]string{"0.0.0.0:0"}, []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}},
		{[]string{"[::]:0"}, []string{"::1"}},
	} {
		t.Run(c.listen[0], func(t *testing.T) {
			needIPv6(t, netip.MustParseAddrPort(c.listen[0]))
			b := newInbox()
			w := open(t, b, Limits{}, Listen{sip.UDP, netip.MustParseAddrPort(c.listen[0])})
			local := w.Locals()[0]
			if !local.Addr.Addr().IsUnspecified() || local.Host.IsUnspecified() || !local.Host.IsValid() {
				t.Fatalf("local %+v", local)
			}
			var peers []net.Conn
			for _, a := range c.ask {
				// A connected socket takes datagrams from that one address only.
				p, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr(a), local.Addr.Port()).String())
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				if err := p.SetDeadline(time.Now().Add(patience)); err != nil {
					t.Fatal(err)
				}
				peers = append(peers, p)
				if _, err := p.Write([]byte("ask " + a)); err != nil {
					t.Fatal(err)
				}
			}
			for _, q := range b.waitPackets(t, len(peers)) {
				if q.Flow.Local != local.Addr {
					t.Errorf("flow %+v: want the socket's own address", q.Flow)
				}
				w.Send(q.Flow, q.Data, 0)
			}
			w.Flush()
			for i, p := range peers {
				got := make([]byte, 100)
				n, err := p.Read(got)
				if err != nil || string(got[:n]) != "ask "+c.ask[i] {
					t.Errorf("%s: %q (%v)", c.ask[i], got[:n], err)
				}
			}
		})
	}
}

func TestSourcesAreBounded(t *testing.T) {
	c := sources{usual: netip.MustParseAddr("192.0.2.1")}
	at := func(a string) *unix.Msghdr {
		h := &unix.Msghdr{}
		s := &sources{by: map[netip.AddrPort]netip.Addr{loopback4: netip.MustParseAddr(a)}}
		s.choose(0, loopback4, h)
		return h
	}
	other, usual := at("192.0.2.2"), at("192.0.2.1")
	for i := range mostSources + 100 {
		c.note(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5060), other)
	}
	if len(c.by) != mostSources {
		t.Errorf("%d peers are remembered, want %d", len(c.by), mostSources)
	}
	for peer := range c.by {
		c.note(peer, usual)
	}
	if len(c.by) != 0 {
		t.Errorf("%d peers are remembered that know the usual address", len(c.by))
	}
}
