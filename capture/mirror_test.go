package capture

import (
	"net"
	"strings"
	"testing"

	"onhook/sip"
)

func mirrorItem() *Item {
	return &Item{Kind: SIP, At: t0, Transport: sip.UDP, Src: alice, Dst: bob, Payload: []byte(invite(1)), Correlation: "a@b"}
}

func TestMirrorSendsToAListener(t *testing.T) {
	for _, proto := range []string{"udp", "tcp"} {
		l, items := listen(t, ListenOptions{Key: "secret"}, proto+"://127.0.0.1:0")
		m, err := NewMirror(l.Addrs()[0], MirrorOptions{ID: 9, Name: "us", Key: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			m.Send(mirrorItem())
		}
		for _, it := range take(t, items, 3) {
			if brief(it) != line("UDP", alice, bob, 1) || it.Agent.ID != 9 || it.Agent.Name != "us" || it.Correlation != "a@b" || !it.At.Equal(t0) {
				t.Errorf("%s: %+v", proto, it)
			}
		}
		m.Close()
		m.Send(mirrorItem())
		if s := m.Stats(); s.Sent != 3 || s.Dropped != 0 || s.Error != "" || !s.Connected {
			t.Errorf("%s: %+v", proto, s)
		}
	}
}

func TestMirrorWithoutACollector(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := gone.Addr().String()
	gone.Close()
	m, err := NewMirror("tcp://"+addr, MirrorOptions{Queue: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // never waits
		m.Send(mirrorItem())
	}
	waitFor(t, func() bool { return m.Stats().Error != "" })
	m.Close()
	if s := m.Stats(); s.Dropped != 100 || s.Sent != 0 || s.Connected || !strings.Contains(s.Error, "refused") {
		t.Errorf("%+v", s)
	}
}

func TestMirrorAddresses(t *testing.T) {
	for _, a := range []string{"", "host:9060", "tls://host:9060", "udp://host"} {
		if _, err := NewMirror(a, MirrorOptions{}); err == nil {
			t.Errorf("%q was taken", a)
		}
	}
}

func TestMirrorMakesNoGarbage(t *testing.T) {
	m := &Mirror{queue: newQueue(1 << 20)}
	it := mirrorItem()
	var b batch
	if n := testing.AllocsPerRun(200, func() {
		m.Send(it)
		m.queue.take(&b)
	}); n > 0 {
		t.Errorf("%.1f allocations an item", n)
	}
}
