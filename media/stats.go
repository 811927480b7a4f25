package media

import (
	"net/netip"
	"time"
)

// A Flow counts one direction of a leg's RTP.
type Flow struct {
	// Packets and Bytes of RTP; bytes with headers, without those of UDP.
	Packets, Bytes uint64
	// First and Last: when the first and last packet passed; zero when none did.
	First, Last time.Time
}

// Stats is what a leg's media did.
type Stats struct {
	In, Out Flow
	// Lost packets of those that came in, and their jitter, as RFC 3550 sections 6.4.1 and A.8 define them.
	Lost   int64
	Jitter time.Duration
	// PeerLost, PeerJitter: the same as the peer's last receiver report tells of what we sent; Reports is how many there were.
	PeerLost   int64
	PeerJitter time.Duration
	Reports    uint64
	// Dropped: packets of strangers, no RTP at all, of payload types not agreed, beyond the rate limit, not sent by the system.
	Strangers, Invalid, WrongPayload, Flooded, SendErrors uint64
	// Remote is the peer's address as latched; zero when it never was.
	Remote netip.AddrPort
	// Silent: packets came, and all that were looked at were silent.
	Silent bool
	// Findings reported, in order of Finding.
	Findings []Finding
}

// flow is Flow with times of the engine's clock.
type flow struct {
	packets, bytes uint64
	first, last    int64
}

func (f *flow) add(n int, now int64) {
	if f.packets == 0 {
		f.first = now
	}
	f.packets++
	f.bytes += uint64(n)
	f.last = now
}

func (f *flow) export(base time.Time) Flow {
	x := Flow{Packets: f.packets, Bytes: f.bytes}
	if f.packets > 0 {
		x.First, x.Last = base.Add(time.Duration(f.first)), base.Add(time.Duration(f.last))
	}
	return x
}

// counters is what a worker counts of a leg.
type counters struct {
	in, out                                               flow
	strangers, invalid, wrongPayload, flooded, sendErrors uint64
	peerLost                                              int64
	peerJitter                                            uint32
	reports                                               uint64
	found                                                 uint16
}

func (l *leg) stats(base time.Time) Stats {
	c := &l.n
	s := Stats{
		In: c.in.export(base), Out: c.out.export(base),
		Lost: l.rx.lost(), Jitter: units(l.rx.jitter>>4, l.rx.rate),
		PeerLost: c.peerLost, PeerJitter: units(c.peerJitter, l.out.rate), Reports: c.reports,
		Strangers: c.strangers, Invalid: c.invalid, WrongPayload: c.wrongPayload, Flooded: c.flooded, SendErrors: c.sendErrors,
		Remote: l.latch.addr,
		Silent: c.in.packets > 0 && !l.heard && l.looked > 0,
	}
	for f := NeverCame; f < findings; f++ {
		if c.found&(1<<f) != 0 {
			s.Findings = append(s.Findings, f)
		}
	}
	return s
}

func units(n, rate uint32) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(n) * time.Second / time.Duration(rate)
}
