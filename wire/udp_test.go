package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"onhook/sip"
)

func udpFlow(from, to Local) sip.Flow {
	return sip.Flow{Transport: sip.UDP, Local: from.Addr, Remote: to.Addr}
}

func TestUDPKeepsOrderAndAddresses(t *testing.T) {
	for _, addr := range []netip.AddrPort{loopback4, loopback6} {
		t.Run(addr.Addr().String(), func(t *testing.T) {
			needIPv6(t, addr)
			a, b := newInbox(), newInbox()
			wa := open(t, a, Limits{}, Listen{sip.UDP, addr})
			wb := open(t, b, Limits{}, Listen{sip.UDP, addr}, Listen{sip.UDP, addr})
			from, to := wa.Locals()[0], wb.Locals()[1]
			if from.Addr.Port() == 0 || to.Addr.Port() == 0 {
				t.Fatalf("ports not filled in: %v %v", from, to)
			}
			const n = 500
			for i := range n {
				wa.Send(udpFlow(from, to), fmt.Appendf(nil, "message %d %s", i, strings.Repeat("x", i)), 0)
				if i%7 == 0 {
					wa.Flush()
					b.waitPackets(t, i-100) // a usual socket has room for so many and more
				}
			}
			wa.Flush()
			got := b.waitPackets(t, n)
			for i, p := range got {
				if want := fmt.Sprintf("message %d %s", i, strings.Repeat("x", i)); string(p.Data) != want {
					t.Fatalf("packet %d is %.20q, want %.20q", i, p.Data, want)
				}
				if want := (sip.Flow{Transport: sip.UDP, Local: to.Addr, Remote: from.Addr}); p.Flow != want {
					t.Fatalf("flow %v, want %v", p.Flow, want)
				}
				if cap(p.Data) != len(p.Data) {
					t.Fatal("a packet's data has room for an append into the next one")
				}
			}
			if c := wb.Counters(); c.PacketsIn != n || c.Dropped != 0 {
				t.Errorf("counters %+v", c)
			}
		})
	}
}

func TestUDPLargestDatagram(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	self := w.Locals()[0]
	big := bytes.Repeat([]byte("b"), 65507)
	w.Send(udpFlow(self, self), big, 1)
	w.Send(udpFlow(self, self), append(big, 'c'), 2)
	w.Send(udpFlow(self, self), []byte("small"), 3)
	w.Flush()
	got := b.waitPackets(t, 2)
	if !bytes.Equal(got[0].Data, big) || string(got[1].Data) != "small" {
		t.Errorf("got %d bytes and %.10q", len(got[0].Data), got[1].Data)
	}
	if f := b.waitFailed(t, 1); f[0].ref != 2 {
		t.Errorf("failed %+v, want ref 2", f)
	}
}

func TestUDPKeepAlivesAreNotMessages(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	c, err := net.Dial("udp", w.Locals()[0].Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []string{"\r\n\r\n", "\r\n", "\x00", "\x00\x00\x00\x00", "", "real"} {
		if _, err := c.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.waitPackets(t, 1); len(got) != 1 || string(got[0].Data) != "real" {
		t.Errorf("got %v", got)
	}
}

func TestUDPFullMailboxDropsAndCounts(t *testing.T) {
	b := newInbox()
	b.full = true
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	self := w.Locals()[0]
	w.Send(udpFlow(self, self), []byte("lost"), 0)
	w.Flush()
	b.wait(t, "a refused batch", func() bool { return b.refused == 1 })
	b.mu.Lock()
	b.full = false
	b.mu.Unlock()
	w.Send(udpFlow(self, self), []byte("kept"), 0)
	w.Flush()
	if got := b.waitPackets(t, 1); string(got[0].Data) != "kept" {
		t.Errorf("got %q", got[0].Data)
	}
	if c := w.Counters(); c.Dropped != 1 || c.PacketsIn != 1 {
		t.Errorf("counters %+v, want 1 dropped and 1 in", c)
	}
}

func TestSendRefusesAddressesOfNobody(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4})
	for i, s := range []string{"0.0.0.0:5060", "255.255.255.255:5060", "224.0.1.75:5060", "127.0.0.1:0", "[::]:5060", "[ff02::1]:5060"} {
		f := udpFlow(w.Locals()[0], Local{Addr: netip.MustParseAddrPort(s)})
		w.Send(f, []byte("x"), uint64(i+1))
		w.Flush()
		got := b.waitFailed(t, i+1)
		if last := got[i]; last.ref != uint64(i+1) || !errors.Is(last.err, ErrAddress) || last.flow != f {
			t.Errorf("%s: %+v", s, last)
		}
	}
	w.Send(udpFlow(w.Locals()[0], Local{Addr: netip.MustParseAddrPort("[::1]:5060")}), []byte("x"), 9)
	if got := b.waitFailed(t, 7); !errors.Is(got[6].err, ErrTransport) {
		t.Errorf("IPv6 without a socket: %v", got[6].err)
	}
}

func TestOpenNamesTheAddressAtFault(t *testing.T) {
	b := newInbox()
	w := open(t, b, Limits{}, Listen{sip.UDP, loopback4}, Listen{sip.TCP, loopback4})
	for _, l := range w.Locals() {
		_, err := Open(Options{Handler: b, Listen: []Listen{{sip.UDP, loopback4}, {l.Transport, l.Addr}}})
		if err == nil || !strings.Contains(err.Error(), l.Addr.String()) {
			t.Errorf("%s %s is taken: got error %v", l.Transport, l.Addr, err)
		}
	}
	if _, err := Open(Options{Handler: b, Listen: []Listen{{sip.TLS, loopback4}}}); err == nil {
		t.Error("TLS was opened")
	}
}

func TestSendAfterCloseFails(t *testing.T) {
	b := newInbox()
	w, err := Open(Options{Handler: b, Listen: []Listen{{sip.UDP, loopback4}, {sip.TCP, loopback4}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for i, l := range w.Locals() {
		w.Send(sip.Flow{Transport: l.Transport, Local: l.Addr, Remote: netip.MustParseAddrPort("127.0.0.1:9")}, []byte("x"), uint64(i+1))
		w.Flush()
		if got := b.waitFailed(t, i+1); got[i].ref != uint64(i+1) || !errors.Is(got[i].err, ErrClosed) {
			t.Errorf("%s: %+v", l.Transport, got[i])
		}
	}
}
