package media

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func hearRTCP(t testing.TB, c *net.UDPConn) []rtcp.Packet {
	t.Helper()
	b := make([]byte, 2000)
	c.SetReadDeadline(time.Now().Add(patience))
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := rtcp.Unmarshal(b[:n])
	if err != nil {
		t.Fatalf("%x: %v", b[:n], err)
	}
	return ps
}

func (p *party) report(ps ...rtcp.Packet) {
	p.r.t.Helper()
	b, err := rtcp.Marshal(ps)
	if err != nil {
		p.r.t.Fatal(err)
	}
	if _, err = p.rtcp.WriteToUDPAddrPort(b, p.ctrl); err != nil {
		p.r.t.Fatal(err)
	}
}

func TestReportsAreRelayedWithTheOtherSidesNumbers(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	// A prompt first, so that what A hears is a stream of ours.
	r.e.Play(1, NewClip(make([]int16, 160)), false)
	prompt := a.hear()
	r.event(PlayDone, 1)
	r.e.Bridge(1, 2)
	r.settled()
	b.say(0, []byte{1})
	got := a.hear()
	// A tells how it hears our stream; B is told of its own.
	a.report(&rtcp.ReceiverReport{SSRC: a.ssrc, Reports: []rtcp.ReceptionReport{{SSRC: prompt.ssrc, TotalLost: 3, Jitter: 80, LastSequenceNumber: uint32(got.seq)}}},
		&rtcp.Goodbye{Sources: []uint32{a.ssrc}})
	ps := hearRTCP(t, b.rtcp)
	rr, ok := ps[0].(*rtcp.ReceiverReport)
	if !ok || len(ps) != 1 || rr.Reports[0].SSRC != b.ssrc || uint16(rr.Reports[0].LastSequenceNumber) != b.seq || rr.Reports[0].TotalLost != 3 {
		t.Errorf("B was told %v, want a report on its stream %#x up to %d and no BYE", ps, b.ssrc, b.seq)
	}
	// B's sender report names its stream as A knows it.
	b.report(&rtcp.SenderReport{SSRC: b.ssrc, RTPTime: b.ts, PacketCount: 1}, rtcp.NewCNAMESourceDescription(b.ssrc, "b"))
	ps = hearRTCP(t, a.rtcp)
	sr, ok := ps[0].(*rtcp.SenderReport)
	sdes, ok2 := ps[1].(*rtcp.SourceDescription)
	if !ok || !ok2 || sr.SSRC != prompt.ssrc || sr.RTPTime != got.ts || sdes.Chunks[0].Source != prompt.ssrc {
		t.Errorf("A was told %v, want SSRC %#x and RTP time %d", ps, prompt.ssrc, got.ts)
	}
	if s := r.e.Close(1); s.Reports != 1 || s.PeerLost != 3 || s.PeerJitter != 10*time.Millisecond {
		t.Errorf("stats %+v", s)
	}
}

func TestOwnReportsOfAnEcho(t *testing.T) {
	before := time.Now()
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.Echo(1)
	r.settled()
	var got heard
	for range 4 {
		a.say(0, []byte{1})
		got = a.hear()
	}
	r.later(6 * time.Second)
	ps := hearRTCP(t, a.rtcp)
	sr, ok := ps[0].(*rtcp.SenderReport)
	if !ok || len(ps) != 2 || sr.SSRC != got.ssrc || sr.PacketCount != 4 || sr.OctetCount != 4 || len(sr.Reports) != 1 || sr.Reports[0].SSRC != a.ssrc || uint16(sr.Reports[0].LastSequenceNumber) != a.seq {
		t.Errorf("told %v", ps)
	}
	said := ntpTime(sr.NTPTime).Add(-time.Duration(r.ahead.Load()))
	if said.Before(before.Add(-time.Second)) || said.After(time.Now().Add(time.Second)) {
		t.Errorf("NTP time is %v, which is not in the time from %v to now", said, before)
	}
	// Nothing was sent since: a receiver report.
	r.later(6 * time.Second)
	if _, ok := hearRTCP(t, a.rtcp)[0].(*rtcp.ReceiverReport); !ok {
		t.Error("want a receiver report")
	}
}

// ntpTime is a time of 1968 to 2104: from 2036 on the first bit is 0 (RFC 4330 section 3).
func ntpTime(n uint64) time.Time {
	seconds := int64(n >> 32)
	if n>>63 == 0 {
		seconds += 1 << 32
	}
	return time.Unix(seconds-ntpEpoch, int64(n&0xFFFFFFFF)*int64(time.Second)>>32)
}

func TestReportsOnOnePort(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	a.cfg.RTCPMux = true
	a.set()
	r.e.Bridge(1, 2)
	r.settled()
	a.say(0, []byte{1})
	b.hear()
	rr := make([]byte, 8)
	copy(rr, []byte{0x80, rtcpRR, 0, 1})
	binary.BigEndian.PutUint32(rr[4:], a.ssrc)
	a.rtp.WriteToUDPAddrPort(rr, a.leg)
	hearRTCP(t, b.rtcp)
	b.report(&rtcp.ReceiverReport{SSRC: b.ssrc})
	hearRTCP(t, a.rtp)
}

// Behind NAT the port of RTCP is learned too, from the host of RTP, and kept.
func TestReportsBehindNAT(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	a.cfg.Remote, a.cfg.RemoteRTCP, a.cfg.Via = netip.MustParseAddrPort("192.0.2.9:4000"), netip.AddrPort{}, netip.MustParseAddr("127.0.0.1")
	a.set()
	r.e.Bridge(1, 2)
	r.settled()
	a.report(&rtcp.ReceiverReport{SSRC: 66}) // before RTP: nobody's
	r.seen(1, 1, strangers)
	for range enough {
		a.say(0, []byte{1})
	}
	b.hear()
	a.report(&rtcp.ReceiverReport{SSRC: a.ssrc})
	if rr := hearRTCP(t, b.rtcp)[0].(*rtcp.ReceiverReport); rr.SSRC != a.ssrc {
		t.Errorf("B was told of %#x, want only what came after RTP", rr.SSRC)
	}
	b.report(&rtcp.ReceiverReport{SSRC: b.ssrc})
	hearRTCP(t, a.rtcp)
	other := listen(t, "127.0.0.1")
	other.WriteToUDPAddrPort([]byte{0x80, rtcpRR, 0, 1, 0, 0, 0, 66}, a.ctrl)
	r.seen(1, 2, strangers)
	a.report(&rtcp.ReceiverReport{SSRC: a.ssrc})
	if rr := hearRTCP(t, b.rtcp)[0].(*rtcp.ReceiverReport); rr.SSRC != a.ssrc {
		t.Errorf("B was told of %#x, which is another's", rr.SSRC)
	}
}

func TestMalformedReportsAreDropped(t *testing.T) {
	l := &leg{}
	for _, b := range [][]byte{
		{0x80, rtcpRR, 0, 9, 0, 0, 0, 1},                  // longer than it is
		{0x81, rtcpRR, 0, 1, 0, 0, 0, 1},                  // a block that is not there
		{0x80, rtcpSR, 0, 1, 0, 0, 0, 1},                  // no sender info
		{0x80, rtcpRR, 0, 1, 0, 0, 0, 1, 0x81, 202},       // cut
		{0x80, rtcpRR, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 0}, // a chunk that is not there
	} {
		if n := l.walkRTCP(b, 0); n != 0 {
			t.Errorf("% x: %d bytes would be relayed", b, n)
		}
	}
}
