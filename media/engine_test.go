package media

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// basePort spreads the tests' engines over ports, so that they may run at one time.
var basePort atomic.Uint32

// A rig is an engine with a clock that can be moved on, and the events it told.
type rig struct {
	t     testing.TB
	e     *Engine
	ahead atomic.Int64

	events []Event
	rang   chan struct{}
}

func newRig(t testing.TB, change func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, rang: make(chan struct{}, 1)}
	// Another process that runs these tests would be taken for the strangers of this one: mostly it has other ports.
	lo := uint16(20000 + os.Getpid()%6*2000 + int(basePort.Add(40)%2000))
	src := rand.NewPCG(1, uint64(lo))
	var mu sync.Mutex
	o := Options{
		Bind4: netip.MustParseAddr("127.0.0.1"), Bind6: netip.IPv6Loopback(), Ports: [2]uint16{lo, lo + 39},
		Rand: func() uint64 { mu.Lock(); defer mu.Unlock(); return src.Uint64() },
		Now:  func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
		Notify: func() {
			select {
			case r.rang <- struct{}{}:
			default:
			}
		},
	}
	if change != nil {
		change(&o)
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.e = e
	t.Cleanup(e.Stop)
	return r
}

// later moves the clock on in steps that are no standstill, and lets every worker see each.
func (r *rig) later(d time.Duration) {
	for {
		step := min(d, time.Duration(tardy)/2)
		r.jump(step)
		if d -= step; d <= 0 {
			return
		}
	}
}

// jump moves the clock on at once.
func (r *rig) jump(d time.Duration) {
	r.ahead.Add(int64(d))
	for _, w := range r.e.workers {
		w.poll.call(w, func() { w.look(); w.due() })
	}
}

// settled returns when the workers have done what they were told so far.
func (r *rig) settled() { r.later(0) }

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

// event waits for one of a kind.
func (r *rig) event(kind Kind, leg LegID) Event {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		r.events = r.e.Events(r.events)
		for i, ev := range r.events {
			if ev.Kind == kind && ev.Leg == leg {
				r.events = slices.Delete(r.events, i, i+1)
				return ev
			}
		}
		select {
		case <-r.rang:
		case <-deadline:
			r.t.Fatalf("no event %v of leg %d; got %v", kind, leg, r.events)
		}
	}
}

func (r *rig) hasNo(kind Kind) {
	r.t.Helper()
	r.settled()
	r.events = r.e.Events(r.events)
	for _, ev := range r.events {
		if ev.Kind == kind {
			r.t.Errorf("got %+v, want no event %v", ev, kind)
		}
	}
}

// A party is a peer of a leg, with real sockets.
type party struct {
	r         *rig
	id        LegID
	rtp, rtcp *net.UDPConn
	leg, ctrl netip.AddrPort // the leg's addresses
	cfg       Config
	ssrc      uint32
	seq       uint16
	ts        uint32
}

func listen(t testing.TB, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func (r *rig) party(id LegID, group uint64, ip string, codec Codec) *party {
	r.t.Helper()
	p := &party{r: r, id: id, rtp: listen(r.t, ip), rtcp: listen(r.t, ip), ssrc: uint32(id) * 0x1111, seq: uint16(id) * 1000, ts: uint32(id) * 7777}
	var err error
	p.leg, p.ctrl, err = r.e.Open(id, group, netip.MustParseAddr(ip).Is6())
	if err != nil {
		r.t.Fatal(err)
	}
	p.cfg = Config{Remote: addrOf(p.rtp), RemoteRTCP: addrOf(p.rtcp), Send: true, Recv: true, Codec: codec, DTMFPT: 101}
	if codec == PCMA {
		p.cfg.PT = 8
	}
	p.set()
	return p
}

func (p *party) set() {
	p.r.t.Helper()
	if err := p.r.e.Set(p.id, p.cfg); err != nil {
		p.r.t.Fatal(err)
	}
	p.r.settled()
}

// packet makes the party's next packet.
func (p *party) packet(pt uint8, body []byte) []byte {
	p.seq++
	p.ts += 160
	b := make([]byte, rtpHeader, rtpHeader+len(body))
	putRTP(b, pt, false, p.seq, p.ts, p.ssrc)
	return append(b, body...)
}

func (p *party) say(pt uint8, body []byte) {
	p.r.t.Helper()
	if _, err := p.rtp.WriteToUDPAddrPort(p.packet(pt, body), p.leg); err != nil {
		p.r.t.Fatal(err)
	}
}

// seen waits until a leg has handled a number of packets, in its stats as count tells.
func (r *rig) seen(id LegID, want uint64, count func(*Stats) uint64) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if err := r.e.Query(id); err != nil {
			r.t.Fatal(err)
		}
		got := count(r.event(StatsReady, id).Stats)
		if got >= want {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("leg %d has handled %d packets, want %d", id, got, want)
		}
	}
}

func came(s *Stats) uint64      { return s.In.Packets }
func strangers(s *Stats) uint64 { return s.Strangers }

// A heard packet.
type heard struct {
	header
	body []byte
	from netip.AddrPort
}

// hear waits for a packet.
func (p *party) hear() heard {
	p.r.t.Helper()
	b := make([]byte, 2000)
	p.rtp.SetReadDeadline(time.Now().Add(patience))
	n, from, err := p.rtp.ReadFromUDPAddrPort(b)
	if err != nil {
		p.r.t.Fatalf("party %d: %v", p.id, err)
	}
	h, ok := parseRTP(b[:n])
	if !ok {
		p.r.t.Fatalf("party %d: no RTP: %x", p.id, b[:n])
	}
	return heard{h, b[h.body:h.end], from}
}

// latest is the last packet that has come by now, or the one given.
func (p *party) latest(last heard) heard {
	p.r.t.Helper()
	b := make([]byte, 2000)
	for {
		p.rtp.SetReadDeadline(time.Now().Add(time.Millisecond))
		n, from, err := p.rtp.ReadFromUDPAddrPort(b)
		if err != nil {
			return last
		}
		if h, ok := parseRTP(b[:n]); ok {
			last = heard{h, nil, from}
		}
	}
}

// hearsNothing: nothing has come, once all that others sent was handled. Loopback delivers before send returns, and a worker that has
// handled a later marker packet has handled all before.
func hearsNothing(t testing.TB, c *net.UDPConn, who string) {
	t.Helper()
	b := make([]byte, 2000)
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, from, err := c.ReadFromUDPAddrPort(b); err == nil {
		t.Errorf("%s heard %d bytes from %v: %x", who, n, from, b[:n])
	}
}

func sine(c Codec) []byte { return c.Encode(nil, Tone(160, 8000, 500)) }

func both(t *testing.T, f func(t *testing.T, ip string)) {
	t.Run("IPv4", func(t *testing.T) { f(t, "127.0.0.1") })
	t.Run("IPv6", func(t *testing.T) {
		c, err := net.ListenPacket("udp", "[::1]:0")
		if err != nil {
			t.Skip("needs IPv6 on loopback")
		}
		_ = c.Close()
		f(t, "::1")
	})
}

func TestRelayBothWays(t *testing.T) {
	both(t, func(t *testing.T, ip string) {
		r := newRig(t, nil)
		a, b := r.party(1, 1, ip, PCMU), r.party(2, 1, ip, PCMU)
		if a.leg.Port()%2 != 0 || a.ctrl.Port() != a.leg.Port()+1 {
			t.Errorf("ports %v and %v, want even and odd", a.leg, a.ctrl)
		}
		if err := r.e.Bridge(1, 2); err != nil {
			t.Fatal(err)
		}
		r.settled()
		for i := range 10 {
			for _, way := range [][2]*party{{a, b}, {b, a}} {
				way[0].say(0, []byte{byte(i), 2, 3})
				got := way[1].hear()
				if got.ssrc != way[0].ssrc || got.seq != way[0].seq || got.ts != way[0].ts || got.pt != 0 || string(got.body) != string([]byte{byte(i), 2, 3}) {
					t.Fatalf("packet %d from %d: got %+v", i, way[0].id, got)
				}
				if got.from != way[1].leg {
					t.Errorf("came from %v, want the leg's own address %v", got.from, way[1].leg)
				}
			}
		}
		if ev := r.event(Latched, 1); ev.Remote != addrOf(a.rtp) {
			t.Errorf("latched %v, want %v", ev.Remote, addrOf(a.rtp))
		}
		s := r.e.Close(1)
		if s.In.Packets != 10 || s.Out.Packets != 10 || s.In.Bytes != 150 || s.Lost != 0 || s.Remote != addrOf(a.rtp) || s.In.First.IsZero() || s.In.Last.Before(s.In.First) {
			t.Errorf("stats %+v", s)
		}
		if err := r.e.Echo(1); !errors.Is(err, ErrNoLeg) {
			t.Errorf("echo on a closed leg: %v", err)
		}
	})
}

func TestRelayTranscodesG711(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMA)
	r.e.Bridge(1, 2)
	r.settled()
	for _, c := range []struct {
		from, to *party
		in, out  Codec
		ptIn     uint8
		ptOut    uint8
	}{
		{a, b, PCMU, PCMA, 0, 8},
		{b, a, PCMA, PCMU, 8, 0},
		// A peer that changes to the other law unasked is still understood.
		{a, b, PCMA, PCMA, 8, 8},
	} {
		c.from.say(c.ptIn, sine(c.in))
		got := c.to.hear()
		if p := Goertzel(c.out.Decode(nil, got.body), 500); got.pt != c.ptOut || p < 0.95 {
			t.Errorf("%v to %v: payload type %d, share of the tone %.2f", c.in, c.out, got.pt, p)
		}
	}
}

func TestDirectionsAreObeyed(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	r.e.Bridge(1, 2)
	b.cfg.Send = false
	b.set()
	a.say(0, []byte{1})
	r.seen(1, 1, came)
	b.say(0, []byte{2})
	if got := a.hear(); got.body[0] != 2 {
		t.Errorf("got %v", got.body)
	}
	b.cfg.Send, b.cfg.Recv = true, false
	b.set()
	b.say(0, []byte{3})
	r.seen(2, 2, came)
	a.say(0, []byte{4})
	if got := b.hear(); got.body[0] != 4 {
		t.Errorf("got %v, want what was said after Send was allowed", got.body)
	}
	b.cfg.Recv = true
	b.set()
	b.say(0, []byte{5})
	if got := a.hear(); got.body[0] != 5 {
		t.Errorf("got %v, want what was said after Recv was allowed", got.body)
	}
}

// What was not sent to a party that held is not lost: its stream goes on where it was, as much later as it is.
func TestAStreamGoesOnAfterAHold(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	r.e.Bridge(1, 2)
	r.settled()
	a.say(0, []byte{1})
	before := b.hear()
	b.cfg.Send = false
	b.set()
	for range 20 {
		a.say(0, []byte{2})
	}
	r.seen(1, 21, came)
	r.later(time.Second)
	b.cfg.Send = true
	b.set()
	a.say(0, []byte{3})
	if got := b.hear(); got.body[0] != 3 || got.seq != before.seq+1 || !got.marker || got.ts-before.ts < clockRate || got.ssrc != before.ssrc {
		t.Errorf("after the hold %+v does not follow %+v", got.header, before.header)
	}
	// Music that waits while nobody hears it goes on in the same way.
	r.e.Play(2, NewClip(Tone(80000, 8000, 440)), false)
	before = b.hear()
	b.cfg.Send = false
	b.set()
	before = b.latest(before)
	r.later(time.Second)
	b.cfg.Send = true
	b.set()
	if got := b.hear(); !got.marker || got.seq != before.seq+1 || got.ts-before.ts < clockRate {
		t.Errorf("the music goes on with %+v after %+v, want it as much later as it is", got.header, before.header)
	}
}

// What is encrypted for the two parties is relayed bit by bit, also after a hold: a changed header would make it worthless (RFC 3711 section 3.1).
// Nothing of it is taken for keys or recorded.
func TestSecretSoundPassesAsItIs(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", Pass), r.party(2, 1, "127.0.0.1", Pass)
	for _, p := range []*party{a, b} {
		p.cfg.Secret = true
		p.set()
	}
	r.e.Bridge(1, 2)
	r.e.Record(1, NewBuffer(8000))
	r.settled()
	hears := func(pt uint8) {
		t.Helper()
		a.say(pt, []byte{5, 0x80, 0, 160, 77})
		if got := b.hear(); got.pt != pt || got.seq != a.seq || got.ts != a.ts || got.ssrc != a.ssrc || got.marker || string(got.body) != string([]byte{5, 0x80, 0, 160, 77}) {
			t.Errorf("payload type %d passed as %+v % x", pt, got.header, got.body)
		}
	}
	for range mostOdd {
		hears(8)
	}
	if ev := r.event(RecordDone, 1); !ev.Failed {
		t.Error("encrypted sound was recorded, want Failed")
	}
	b.cfg.Send = false
	b.set()
	for range 20 {
		a.say(8, []byte{2})
	}
	r.seen(1, mostOdd+20, came)
	b.cfg.Send = true
	b.set()
	hears(8)
	hears(101)
	r.hasNo(Digit)
	// SRTCP: behind its first 8 bytes nothing can be read.
	report := append([]byte{0x80, rtcpSR, 0, 6, 0, 0, 0x11, 0x11}, "encrypted, and longer than it says"...)
	if _, err := a.rtcp.WriteToUDPAddrPort(report, a.ctrl); err != nil {
		t.Fatal(err)
	}
	b.rtcp.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, 2000)
	if n, err := b.rtcp.Read(got); err != nil || string(got[:n]) != string(report) {
		t.Errorf("SRTCP passed as %q, %v", got[:n], err)
	}
}

func TestEchoIsAStreamOfOurOwn(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMA)
	r.e.Echo(1)
	r.settled()
	var was heard
	for i := range 5 {
		a.say(8, []byte{byte(i)})
		got := a.hear()
		if got.ssrc == a.ssrc || got.body[0] != byte(i) || got.pt != 8 || got.marker != (i == 0) {
			t.Fatalf("packet %d: got %+v", i, got)
		}
		if i > 0 && (got.ssrc != was.ssrc || got.seq != was.seq+1 || got.ts != was.ts+160) {
			t.Fatalf("packet %d: %+v does not follow %+v", i, got.header, was.header)
		}
		was = got
	}
}

func TestPortsRunOutAndComeBack(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Ports[1] = o.Ports[0] + 3 })
	for id := LegID(1); id <= 2; id++ {
		if _, _, err := r.e.Open(id, 1, false); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.e.Open(2, 1, false); !errors.Is(err, ErrLegUsed) {
		t.Errorf("the same leg again: %v", err)
	}
	if _, _, err := r.e.Open(3, 1, false); !errors.Is(err, ErrNoPorts) {
		t.Errorf("a third pair of two: %v", err)
	}
	r.e.Close(1)
	if _, _, err := r.e.Open(3, 1, false); err != nil {
		t.Errorf("after one was closed: %v", err)
	}
	r.e.Stop()
	if _, _, err := r.e.Open(4, 1, false); !errors.Is(err, ErrStopped) {
		t.Errorf("after Stop: %v", err)
	}
}

// TestSocketsTakeDescriptors: two at a time, and each pair gives them back once,
// however it ended.
func TestSocketsTakeDescriptors(t *testing.T) {
	taken, most := 0, 2
	r := newRig(t, func(o *Options) {
		o.Descriptors = func(open bool) bool {
			switch {
			case !open:
				taken--
				return false
			case taken == most:
				return false
			}
			taken++
			return true
		}
	})
	open := func(id LegID, want error) {
		t.Helper()
		if _, _, err := r.e.Open(id, 1, false); !errors.Is(err, want) {
			t.Errorf("leg %d: %v, want %v", id, err, want)
		}
	}
	open(1, nil)
	open(2, nil)
	open(3, ErrNoSockets)
	r.e.Close(1)
	r.e.Close(1)
	open(3, nil)
	if taken != 2 {
		t.Errorf("%d are taken, want 2", taken)
	}
	most = 100
	for id := LegID(4); id <= 21; id++ {
		open(id, nil)
	}
	open(22, ErrNoPorts) // the range's own end
	if taken != 20 {
		t.Errorf("%d are taken by 20 legs", taken)
	}
	r.e.Stop()
	if taken != 0 {
		t.Errorf("%d are taken after Stop", taken)
	}
}

func TestAddressesThatNobodyMayBeMadeToFlood(t *testing.T) {
	r := newRig(t, nil)
	r.e.Open(1, 1, false)
	for _, a := range []string{"224.0.0.1:5000", "255.255.255.255:5000", "[2001:db8::1]:5000"} {
		if err := r.e.Set(1, Config{Remote: netip.MustParseAddrPort(a)}); err == nil {
			t.Errorf("%s was taken", a)
		}
	}
	if err := r.e.Set(1, Config{Remote: netip.MustParseAddrPort("0.0.0.0:5000")}); err != nil {
		t.Errorf("0.0.0.0 is the old way of hold: %v", err)
	}
}
