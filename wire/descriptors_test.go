package wire

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"onhook/sip"
)

// TestConnectionsTakeDescriptors: one each, ours and those of peers, and each gives it
// back once, however it ended.
func TestConnectionsTakeDescriptors(t *testing.T) {
	var taken atomic.Int64
	const most = 2
	b := newInbox()
	w, err := Open(Options{Handler: b, Listen: []Listen{{sip.TCP, loopback4}}, Descriptors: func(open bool) bool {
		switch {
		case !open:
			taken.Add(-1)
			return false
		case taken.Add(1) > most:
			taken.Add(-1)
			return false
		}
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = w.Close()
		}
	}()
	w.Start()
	local := w.Locals()[0]
	first := dial(t, local)
	first.send(request("OPTIONS", 1, ""))
	b.waitPackets(t, 1)
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	to := sip.Flow{Transport: sip.TCP, Remote: netip.MustParseAddrPort(peer.Addr().String())}
	w.Send(to, request("OPTIONS", 2, ""), 7)
	ours, err := peer.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if got := dial(t, local).expectEnd(); got != "" {
		t.Errorf("a connection that there is no room for reads %q", got)
	}
	to.Remote = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), to.Remote.Port())
	w.Send(to, request("OPTIONS", 3, ""), 8)
	if f := b.waitFailed(t, 1); f[0].ref != 8 || !errors.Is(f[0].err, ErrLimit) {
		t.Errorf("%+v, want ErrLimit for 8", f)
	}
	if n := taken.Load(); n != most {
		t.Errorf("%d are taken, want %d", n, most)
	}
	if err := first.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = first.Close()
	b.waitDown(t, 1)
	second := dial(t, local)
	second.send(request("OPTIONS", 4, ""))
	b.waitPackets(t, 2)
	closed = true
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if n := taken.Load(); n != 0 {
		t.Errorf("%d are taken after Close", n)
	}
}
