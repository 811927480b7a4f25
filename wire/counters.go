package wire

import "sync/atomic"

// Counters are totals since the start.
type Counters struct {
	PacketsIn, BytesIn   uint64 // handed over
	PacketsOut, BytesOut uint64 // given to the system
	Dropped              uint64 // datagrams that the Handler had no room for
	SendErrors           uint64 // messages that could not be sent
	Unreachable          uint64 // ICMP messages about datagrams of ours
	ReadErrors           uint64
	StreamsIn            uint64 // connections taken
	StreamsOut           uint64 // connections opened
	StreamsRefused       uint64 // connections closed at once, for a limit
	StreamsCut           uint64 // connections closed for what their peer did: too slow, not SIP
	Streams              uint64 // connections open now
}

type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut atomic.Uint64
	dropped, sendErrors, unreachable         atomic.Uint64
	readErrors                               atomic.Uint64
	streamsIn, streamsOut, refused, cut      atomic.Uint64
}

// Counters returns the totals so far.
func (w *Wire) Counters() Counters {
	c := &w.count
	w.streams.mu.Lock()
	open := len(w.streams.byID)
	w.streams.mu.Unlock()
	return Counters{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		Dropped: c.dropped.Load(), SendErrors: c.sendErrors.Load(),
		Unreachable: c.unreachable.Load(), ReadErrors: c.readErrors.Load(),
		StreamsIn: c.streamsIn.Load(), StreamsOut: c.streamsOut.Load(),
		StreamsRefused: c.refused.Load(), StreamsCut: c.cut.Load(),
		Streams: uint64(open),
	}
}
