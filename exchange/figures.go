package exchange

import (
	"strconv"
	"time"

	"onhook/call"
	"onhook/media"
)

// keepFigures journals what a leg's media did, once it is over; nothing where nothing passed.
func (c *live) keepFigures(leg call.LegID, s *media.Stats, now time.Time) {
	if s.In.Packets+s.Out.Packets == 0 || c.finished {
		return
	}
	c.journal(call.Event{At: now, Kind: call.EvMedia, Leg: leg, Name: "figures", Text: figures(s)})
}

// figures are the counts of a leg in words: packets each way and, of those that
// came, loss and jitter (RFC 3550 sections 6.4.1, A.8), then what the peer's
// reports say of ours.
func figures(s *media.Stats) string {
	b := make([]byte, 0, 128)
	count := func(before string, n uint64, after string) {
		b = append(strconv.AppendUint(append(b, before...), n, 10), after...)
	}
	quality := func(lost int64, jitter time.Duration) {
		b = strconv.AppendInt(append(b, ", lost "...), lost, 10)
		b = strconv.AppendFloat(append(b, ", jitter "...), float64(jitter)/float64(time.Millisecond), 'f', 1, 64)
		b = append(b, " ms"...)
	}
	count("received ", s.In.Packets, " packets")
	if s.In.Packets > 0 {
		quality(s.Lost, s.Jitter)
	}
	count("; sent ", s.Out.Packets, " packets")
	if s.Reports > 0 {
		quality(s.PeerLost, s.PeerJitter)
	}
	return string(b)
}
