package wire

import (
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
	count := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	count(&l.Total, 10_000)
	count(&l.PerSource, 200)
	count(&l.Dialing, 256)
	count(&l.Queue, 1<<20)
	span(&l.FirstMessage, 10*time.Second)
	span(&l.Message, 10*time.Second)
	span(&l.Idle, time.Hour)
	span(&l.HalfClosed, 3*time.Minute)
	span(&l.Dial, 5*time.Second)
	span(&l.Write, 5*time.Second)
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
