package wire

import (
	"cmp"
	"net/netip"
	"time"
)

// Limits keep stream peers that are slow, idle or many from using up the
// server. Zero fields take the default.
type Limits struct {
	Total        int           // connections open at once; 10,000
	PerSource    int           // of them from one address (IPv6: one /64); 200
	Dialing      int           // connections being opened at once; 256
	FirstMessage time.Duration // from accepting to the first whole message; 10 s
	Message      time.Duration // from a message's first byte to its last; 10 s
	Idle         time.Duration // without a byte; 1 h
	HalfClosed   time.Duration // how long answers may take after the peer has ended its side; 3 min
	Dial         time.Duration // to open a connection; 5 s
	Write        time.Duration // for the peer to take what is sent; 5 s
	Queue        int           // bytes that may wait to be sent on a connection; 1 MB
}

func (l Limits) withDefaults() Limits {
	l.Total = cmp.Or(max(l.Total, 0), 10_000)
	l.PerSource = cmp.Or(max(l.PerSource, 0), 200)
	l.Dialing = cmp.Or(max(l.Dialing, 0), 256)
	l.FirstMessage = cmp.Or(max(l.FirstMessage, 0), 10*time.Second)
	l.Message = cmp.Or(max(l.Message, 0), 10*time.Second)
	l.Idle = cmp.Or(max(l.Idle, 0), time.Hour)
	l.HalfClosed = cmp.Or(max(l.HalfClosed, 0), 3*time.Minute)
	l.Dial = cmp.Or(max(l.Dial, 0), 5*time.Second)
	l.Write = cmp.Or(max(l.Write, 0), 5*time.Second)
	l.Queue = cmp.Or(max(l.Queue, 0), 1<<20)
	return l
}

// source is what PerSource counts by: an IPv6 network has more addresses than can be counted.
func source(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}
