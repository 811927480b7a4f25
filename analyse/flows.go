package analyse

import (
	"net/netip"

	"onhook/capture"
)

// A stream is the audio that one side of a leg sent.
type stream struct {
	addr    netip.AddrPort // where the side wants to receive
	packets uint32         // that it sent
	first   int64
	last    int64
	gap     int64 // the longest silence between two packets
}

// flows counts RTP by the addresses that session descriptions named: what comes
// to a side's address, the other side sent.
type flows struct {
	at   map[netip.AddrPort]receiver
	seen bool // the capture has RTP at all
}

// A receiver is a side of a leg.
type receiver struct {
	leg  *leg
	side int
}

// describe notes where a side wants to receive.
func (f *flows) describe(l *leg, side int, addr netip.AddrPort) {
	if !addr.IsValid() || addr.Addr().IsUnspecified() || l.media[side].addr == addr {
		return
	}
	f.leave(l, side)
	l.media[side].addr = addr
	if f.at == nil {
		f.at = make(map[netip.AddrPort]receiver)
	}
	if r, ok := f.at[addr]; ok && r.leg.call == l.call {
		return // both legs name it: the first counts
	}
	f.at[addr] = receiver{l, side}
}

func (f *flows) leave(l *leg, side int) {
	if r, ok := f.at[l.media[side].addr]; ok && r.leg == l && r.side == side {
		delete(f.at, l.media[side].addr)
	}
}

func (f *flows) remove(l *leg) {
	for side := range l.media {
		if l.media[side].addr.IsValid() {
			f.leave(l, side)
		}
	}
}

// packet counts an RTP packet; RTCP, a port higher, belongs to no stream.
func (f *flows) packet(it *capture.Item, now int64) {
	f.seen = true
	r, ok := f.at[it.Dst]
	if !ok {
		return
	}
	if len(it.Payload) >= 2 && it.Payload[1] >= 192 && it.Payload[1] <= 223 {
		return // RFC 5761 section 4: RTCP on the same port
	}
	s := &r.leg.media[1-r.side]
	if s.packets == 0 {
		s.first = now
	} else {
		s.gap = max(s.gap, now-s.last)
	}
	s.packets++
	s.last = now
}
