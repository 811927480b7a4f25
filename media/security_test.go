package media

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// sprayer sends RTP and RTCP to every port of the range, once a call.
func spray(t testing.TB, from *net.UDPConn, o *Options, n uint16) {
	t.Helper()
	rtp := make([]byte, rtpHeader+1)
	for port := o.Ports[0]; port <= o.Ports[1]; port++ {
		to := netip.AddrPortFrom(o.Bind4, port)
		putRTP(rtp, 0, false, n, uint32(n)*160, 0x666)
		rtp[rtpHeader] = 0x66
		// The port may have nobody behind it.
		_, _ = from.WriteToUDPAddrPort(rtp, to)
		_, _ = from.WriteToUDPAddrPort([]byte{0x80, rtcpRR, 0, 1, 0, 0, 6, 0x66}, to)
	}
}

// A stranger sends to all ports from before the call to its end. Nobody hears it, it hears nobody, and the call goes on.
func TestAStrangerHearsNothingAndIsNotHeard(t *testing.T) {
	for name, c := range map[string]struct {
		ip    string
		learn Learn
	}{
		"from another host":                 {"127.0.0.66", LearnHost},
		"from the peer's own host, strict":  {"127.0.0.1", LearnStrict},
		"from the peer's own host, learned": {"127.0.0.1", LearnHost},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			stranger := listen(t, c.ip)
			var n uint16
			attack := func() {
				n++
				spray(t, stranger, &r.e.opt, n)
			}
			attack()
			a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
			for _, p := range []*party{a, b} {
				p.cfg.Learn = c.learn
				p.set()
			}
			r.e.Bridge(1, 2)
			// The parties speak first here, as the named address needs no proof; in strict and other-host cases the order is of no account.
			if c.learn == LearnHost && c.ip == "127.0.0.1" {
				a.say(0, []byte{1})
				b.hear()
				b.say(0, []byte{2})
				a.hear()
			}
			for i := range 40 {
				attack()
				for _, way := range [][2]*party{{a, b}, {b, a}} {
					way[0].say(0, []byte{byte(i)})
					if got := way[1].hear(); got.ssrc != way[0].ssrc || got.body[0] != byte(i) {
						t.Fatalf("round %d: party %d heard %+v", i, way[1].id, got)
					}
				}
			}
			attack()
			r.settled()
			hearsNothing(t, stranger, "the stranger")
			hearsNothing(t, a.rtcp, "the caller's RTCP")
			hearsNothing(t, b.rtcp, "the callee's RTCP")
			// After silence a stranger of another host, or where the port must fit, is still one.
			if c.ip != "127.0.0.1" || c.learn == LearnStrict {
				r.later(10 * time.Second)
				for range 10 {
					attack()
				}
				r.settled()
				a.say(0, []byte{77})
				if got := b.hear(); got.body[0] != 77 {
					t.Errorf("after silence the callee heard %+v", got)
				}
				hearsNothing(t, stranger, "the stranger")
			}
		})
	}
}

// Before a leg's peer is named nothing is taken, nor sent anywhere.
func TestALegWithoutAPeerIsDeaf(t *testing.T) {
	r := newRig(t, nil)
	b := r.party(2, 1, "127.0.0.1", PCMU)
	rtp, _, err := r.e.Open(1, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	r.e.Bridge(1, 2)
	stranger := listen(t, "127.0.0.1")
	for i := range 5 {
		p := make([]byte, 20)
		putRTP(p, 0, false, uint16(i), 0, 1)
		if _, err := stranger.WriteToUDPAddrPort(p, rtp); err != nil {
			t.Fatal(err)
		}
		b.say(0, []byte{1})
	}
	// The leg's own count says when all five were seen.
	r.seen(1, 5, strangers)
	hearsNothing(t, stranger, "the stranger")
	hearsNothing(t, b.rtp, "the other party")
}

// Two echoing legs whose peers are each other would send one packet round for ever: the rate limit lets the worker live.
func TestEchoLoopIsBounded(t *testing.T) {
	r := newRig(t, nil)
	one, _, _ := r.e.Open(1, 1, false)
	two, _, _ := r.e.Open(2, 1, false)
	r.e.Set(1, Config{Remote: two, Send: true, Recv: true, Codec: PCMU})
	r.e.Set(2, Config{Remote: one, Send: true, Recv: true, Codec: PCMU})
	r.e.Echo(1)
	r.e.Echo(2)
	l := r.e.legs[2]
	l.w.poll.call(l.w, func() {
		b := make([]byte, 20)
		putRTP(b, 0, false, 1, 1, 1)
		l.send(b, 8, l.w.now)
	})
	deadline := time.Now().Add(patience)
	for {
		r.e.Query(1)
		r.e.Query(2)
		s := r.event(StatsReady, 1).Stats
		if s.Flooded+r.event(StatsReady, 2).Stats.Flooded > 0 {
			return
		}
		if s.In.Packets > 3*packetLimit || time.Now().After(deadline) {
			t.Fatalf("%d packets came, none was cut", s.In.Packets)
		}
	}
}
