package media

import (
	"net/netip"
	"testing"
	"time"
)

var (
	named    = netip.MustParseAddrPort("192.0.2.1:4000")
	samehost = netip.MustParseAddrPort("192.0.2.1:4002")
	nat      = netip.MustParseAddrPort("198.51.100.7:61000")
	stranger = netip.MustParseAddrPort("203.0.113.66:9")
)

// A step is n packets of one source; who is the peer afterwards?
type latchStep struct {
	at   time.Duration
	src  netip.AddrPort
	n    int
	ssrc uint32
	pass int // how many of them are taken
	peer netip.AddrPort
}

func TestLatch(t *testing.T) {
	none := netip.AddrPort{}
	for name, c := range map[string]struct {
		cfg   Config
		steps []latchStep
	}{
		"the named address needs no proof":     {Config{Remote: named}, []latchStep{{0, named, 1, 1, 1, named}}},
		"another port of the host needs three": {Config{Remote: named}, []latchStep{{0, samehost, 2, 1, 0, none}, {1, samehost, 1, 1, 1, samehost}}},
		"a stranger is never taken":            {Config{Remote: named}, []latchStep{{0, stranger, 100, 1, 0, none}}},
		"nobody is taken when nobody is named": {Config{}, []latchStep{{0, stranger, 100, 1, 0, none}}},
		"strict takes only the named port":     {Config{Remote: named, Learn: LearnStrict}, []latchStep{{0, samehost, 100, 1, 0, none}, {0, named, 1, 2, 1, named}}},
		"behind NAT, where signalling is from": {Config{Remote: named, Via: nat.Addr()}, []latchStep{{0, nat, 3, 1, 1, nat}}},
		"any, where that is asked for":         {Config{Remote: named, Learn: LearnAny}, []latchStep{{0, stranger, 3, 1, 1, stranger}}},
		"the better source comes late":         {Config{Remote: named, Learn: LearnAny}, []latchStep{{0, stranger, 3, 1, 1, stranger}, {time.Second, named, 1, 2, 1, named}, {time.Second, stranger, 50, 1, 0, named}}},
		"a new SSRC proves nothing":            {Config{Remote: named}, []latchStep{{0, named, 9, 1, 9, named}, {1, samehost, 50, 1, 0, named}, {1, samehost, 50, 7, 0, named}, {2, named, 1, 7, 1, named}}},
		"two seconds of silence":               {Config{Remote: named}, []latchStep{{0, named, 5, 1, 5, named}, {1900 * time.Millisecond, samehost, 5, 1, 0, named}, {2 * time.Second, samehost, 3, 2, 1, samehost}}},
		"silence does not let strangers in":    {Config{Remote: named}, []latchStep{{0, named, 5, 1, 5, named}, {time.Hour, stranger, 50, 1, 0, named}}},
	} {
		t.Run(name, func(t *testing.T) {
			var l latch
			l.set(&c.cfg)
			seq := uint16(65530)
			for i, s := range c.steps {
				passed := 0
				for range s.n {
					seq++
					if ok, _ := l.take(s.src, &header{ssrc: s.ssrc, seq: seq}, int64(s.at)); ok {
						passed++
					}
				}
				if passed != s.pass || l.addr != s.peer {
					t.Fatalf("step %d: %d of %d packets taken, peer %v; want %d, %v", i, passed, s.n, l.addr, s.pass, s.peer)
				}
			}
		})
	}
}

func TestLatchManyStrangersDoNotKeepThePeerOut(t *testing.T) {
	var l latch
	l.set(&Config{Remote: named, Learn: LearnAny})
	for i := range 50 {
		for j := range 3 {
			src := netip.AddrPortFrom(stranger.Addr(), uint16(100+3*i+j))
			if ok, _ := l.take(src, &header{seq: uint16(i)}, int64(i)); ok {
				t.Fatal("a source of one packet was taken")
			}
		}
		if ok, _ := l.take(nat, &header{ssrc: 5, seq: uint16(i)}, int64(i)); ok {
			return
		}
	}
	t.Error("the peer was never taken")
}

func TestLatchAgainAfterReInvite(t *testing.T) {
	cfg := Config{Remote: named, Via: nat.Addr()}
	var l latch
	l.set(&cfg)
	feed := func(src netip.AddrPort, from, n uint16) (taken int) {
		for i := range n {
			if ok, _ := l.take(src, &header{ssrc: 1, seq: from + i}, int64(time.Second)); ok {
				taken++
			}
		}
		return taken
	}
	feed(nat, 1, 10)
	moved := netip.AddrPortFrom(nat.Addr(), 61010)
	if n := feed(moved, 20, 10); n != 0 {
		t.Fatalf("%d packets of another port taken while the first is there", n)
	}
	l.set(&cfg)
	if l.target() != nat {
		t.Errorf("after the same address again packets go to %v, want still %v", l.target(), nat)
	}
	if n := feed(moved, 40, 3); n != 1 || l.addr != moved {
		t.Errorf("another port after a re-INVITE: %d taken, peer %v; want 1, %v", n, l.addr, moved)
	}
	cfg.Remote = samehost
	l.set(&cfg)
	if l.target() != samehost {
		t.Errorf("a new address: packets go to %v, want %v", l.target(), samehost)
	}
}
