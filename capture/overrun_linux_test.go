//go:build linux && !portable

package capture

import (
	"net"
	"testing"
)

func TestTheSystemsDropsAreCounted(t *testing.T) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	out := dial(t, "udp://"+c.LocalAddr().String())
	const sent = 200
	for range sent {
		send(t, out, make([]byte, 1000))
	}
	l := &Listener{udp: []*net.UDPConn{c}}
	if n := l.Overrun(); n == 0 || n >= sent {
		t.Errorf("%d of %d datagrams were dropped", n, sent)
	}
}
