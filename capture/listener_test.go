package capture

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// listen starts a Listener on loopback and hands out what it gives.
func listen(t *testing.T, o ListenOptions, addrs ...string) (l *Listener, items <-chan Item) {
	t.Helper()
	l, err := Listen(addrs, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := make(chan Item, 1000)
	go func() {
		defer close(out)
		for {
			it, err := l.Next()
			if err != nil {
				return
			}
			it.Payload = slices.Clone(it.Payload)
			out <- it
		}
	}()
	return l, out
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	proto, host, _ := strings.Cut(addr, "://")
	c, err := net.Dial(proto, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, packets ...[]byte) {
	t.Helper()
	for _, p := range packets {
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

func take(t *testing.T, items <-chan Item, n int) (out []Item) {
	t.Helper()
	late := time.After(patience)
	for range n {
		select {
		case it, ok := <-items:
			if !ok {
				t.Fatalf("the listener ended after %d of %d items", len(out), n)
			}
			out = append(out, it)
		case <-late:
			t.Fatalf("only %d of %d items: %q", len(out), n, briefs(out))
		}
	}
	return out
}

func TestListenOverUDPAndTCP(t *testing.T) {
	now := t0.Add(250 * time.Millisecond)
	other := "udp://[::1]:0"
	if c, err := net.ListenPacket("udp", "[::1]:0"); err == nil {
		_ = c.Close()
	} else {
		other = "udp://127.0.0.2:0" // a machine without IPv6
	}
	l, items := listen(t, ListenOptions{Now: func() time.Time { return now }}, "udp://127.0.0.1:0", "tcp://127.0.0.1:0", other)
	one := hep3("HEP3", common(), chunk(0, 12, uint32(5)), chunk(0, 0x13, "edge"), chunk(0, 15, invite(1)))
	two := hep3("EEP3", common(), chunk(0, 12, uint32(5)), chunk(0, 15, invite(2)))

	udp := dial(t, l.Addrs()[0])
	send(t, udp, one)
	got := take(t, items, 1)
	want(t, got, line("UDP", alice, bob, 1))
	from := netip.MustParseAddrPort(udp.LocalAddr().String())
	if got[0].Agent != (Agent{5, from, "edge"}) || got[0].Number != 1 || !got[0].At.Equal(t0) {
		t.Errorf("agent %+v, number %d, at %s", got[0].Agent, got[0].Number, got[0].At)
	}

	tcp := dial(t, l.Addrs()[1])
	stream := slices.Concat(two, one, two)
	send(t, tcp, stream[:3], stream[3:100], stream[100:])
	want(t, take(t, items, 3), line("UDP", alice, bob, 2), line("UDP", alice, bob, 1), line("UDP", alice, bob, 2))

	send(t, dial(t, l.Addrs()[2]), hep2(2, 2, 28, true, invite(3)))
	want(t, take(t, items, 1), line("UDP", alice, bob, 3))

	senders := l.Senders()
	if len(senders) != 2 {
		t.Fatalf("%d senders: %+v", len(senders), senders)
	}
	s := senders[0]
	if s.Addr != netip.MustParseAddr("127.0.0.1") || s.Agent.ID != 5 || s.Packets != 4 || s.Items != 4 || s.Drops() != 0 || s.Bytes != uint64(2*len(one)+2*len(two)) {
		t.Errorf("%+v", s)
	}
	if !s.Timed || s.Offset != 250*time.Millisecond || !s.First.Equal(now) {
		t.Errorf("offset %s, %t, first %s", s.Offset, s.Timed, s.First)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := <-items; ok {
		t.Error("an item came after the end")
	}
	if _, err := l.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestDropsAreCountedWithTheirReason(t *testing.T) {
	l, items := listen(t, ListenOptions{}, "udp://127.0.0.1:0")
	c := dial(t, l.Addrs()[0])
	send(t, c, []byte("hello"), []byte(invite(1)), hep3("HEP3", common()), hep3("HEP3", common(), chunk(9, 15, "x")),
		hep3("HEP3", common(), chunk(0, 11, uint8(100)), chunk(0, 15, "a log")), hep3("HEP3", common(), chunk(0, 15, invite(1))))
	take(t, items, 1)
	total := map[DropReason]uint64{}
	var packets uint64
	for _, s := range l.Senders() {
		packets += s.Packets
		for r, n := range s.Dropped {
			if n > 0 {
				total[DropReason(r)] += n
			}
		}
	}
	if packets != 6 || len(total) != 4 || total[NotHEP] != 2 || total[NoPayload] != 1 || total[UnknownVendor] != 1 || total[NotSIP] != 1 {
		t.Errorf("%d packets, dropped %v", packets, total)
	}
}

func TestAStreamThatIsNoHEPIsClosed(t *testing.T) {
	l, items := listen(t, ListenOptions{}, "tcp://127.0.0.1:0")
	c := dial(t, l.Addrs()[0])
	send(t, c, hep3("HEP3", common(), chunk(0, 15, invite(1))), []byte("GET / HTTP/1.1\r\n\r\n"))
	take(t, items, 1)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the connection gave %v, want its end", err)
	}
	cut := dial(t, l.Addrs()[0])
	send(t, cut, hep3("HEP3", common(), chunk(0, 15, invite(1)))[:50])
	cut.Close()
	waitFor(t, func() bool {
		s := l.Senders()
		return len(s) == 1 && s[0].Dropped[NotHEP] == 1 && s[0].Dropped[CutShort] == 1
	})
}

// waitFor waits for a condition.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it did not happen at all")
		}
	}
}

func TestAFullQueueDropsUDPAndHoldsTCP(t *testing.T) {
	packet := hep3("HEP3", common(), chunk(0, 15, invite(1)))
	room := 3*len(packet) + 10
	l, err := Listen([]string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, ListenOptions{Queue: room})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	udp := dial(t, l.Addrs()[0])
	for range 5 {
		send(t, udp, packet)
	}
	waitFor(t, func() bool {
		s := l.Senders()
		return len(s) == 1 && s[0].Dropped[QueueFull] == 2
	})
	tcp := dial(t, l.Addrs()[1])
	for range 5 {
		send(t, tcp, packet)
	}
	for i := range 8 {
		if it, err := l.Next(); err != nil || string(it.Payload) != invite(1) {
			t.Fatalf("item %d: %s, %v", i, brief(it), err)
		}
	}
	if s := l.Senders(); s[0].Dropped[QueueFull] != 2 {
		t.Errorf("%d were dropped, want 2", s[0].Dropped[QueueFull])
	}
}

func TestAddressesThatCannotBeListenedOn(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		addrs []string
		want  string
	}{
		{nil, "no address"},
		{[]string{":9060"}, "want one like udp://:9060"},
		{[]string{"tls://:9060"}, `"tls" is not known`},
		{[]string{"udp://127.0.0.1:notaport"}, "notaport"},
		{[]string{"udp://127.0.0.1:0", "tcp://" + taken.Addr().String()}, "in use"},
	} {
		if l, err := Listen(c.addrs, ListenOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, %v; want %q", c.addrs, l, err, c.want)
		}
	}
}

func TestClockOffsetIsTheLeastOfAWindow(t *testing.T) {
	var s Sender
	at := func(sec int, late time.Duration) {
		s.clock(t0.Add(time.Duration(sec)*time.Second), late)
	}
	for _, c := range []struct {
		sec  int
		late time.Duration
		want time.Duration
	}{
		{0, 50 * time.Millisecond, 50 * time.Millisecond},
		{1, 20 * time.Millisecond, 20 * time.Millisecond},
		{2, 90 * time.Millisecond, 20 * time.Millisecond},
		{61, 70 * time.Millisecond, 20 * time.Millisecond},  // the window before still counts
		{122, 80 * time.Millisecond, 70 * time.Millisecond}, // and now no more
		{400, -3 * time.Second, -3 * time.Second},
		{700, 5 * time.Second, 5 * time.Second}, // the clock was set
	} {
		at(c.sec, c.late)
		if s.Offset != c.want || !s.Timed {
			t.Errorf("at %d s: %s, want %s", c.sec, s.Offset, c.want)
		}
	}
}

func TestSendersAreBounded(t *testing.T) {
	var s senders
	a := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxSenders {
		s.count(netip.AddrPortFrom(a, 1), t0, 10, &Item{}, NotHEP)
		a = a.Next()
	}
	list := s.list()
	if len(list) > maxSenders+1 {
		t.Errorf("%d senders are kept", len(list))
	}
	var n uint64
	for _, x := range list {
		n += x.Packets
	}
	if n != 3*maxSenders || list[0].Addr.IsValid() || list[0].Packets != 2*maxSenders {
		t.Errorf("%d packets are counted, %d of senders beyond the limit", n, list[0].Packets)
	}
}

// feedForever writes to a listener until it closes.
func feedForever(addr string, b []byte) {
	proto, host, _ := strings.Cut(addr, "://")
	c, err := net.Dial(proto, host)
	if err != nil {
		return
	}
	defer c.Close()
	for err == nil {
		_, err = c.Write(b)
	}
}
