package media

import "time"

// An outStream is the one RTP stream that leaves a leg. Its numbers carry on when its sound comes from somewhere else.
type outStream struct {
	started bool
	ssrc    uint32
	seq     uint16 // highest sent
	ts      uint32 // of that packet
	rate    uint32 // of its clock, in hertz
	at      int64  // when its timestamp was first sent, ns: an event's packets all have that of its beginning
	cut     bool   // the next packet comes after a seam

	// The packets now relayed: what to add to their numbers.
	linked  bool
	from    uint32
	seqOff  uint16
	tsOff   uint32
	packets uint32
	octets  uint32
}

// begin gives the stream its identity; later calls change nothing.
func (s *outStream) begin(ssrc uint32, seq uint16, ts uint32) {
	if !s.started {
		s.started, s.ssrc, s.seq, s.ts, s.cut = true, ssrc, seq, ts, true
	}
}

// unlink ends a source's turn: what follows is a seam.
func (s *outStream) unlink() {
	s.linked, s.cut = false, true
}

// gap is how far the timestamp moves from the last packet to one sent now, at least one frame.
func (s *outStream) gap(now int64, rate uint32) uint32 {
	if s.at == 0 {
		return 0
	}
	n := (now - s.at) * int64(rate) / int64(time.Second)
	return max(uint32(n), rate/50)
}

// relay gives the numbers for a packet of a relayed stream. adopt lets a stream that has not begun take over the source's own numbers, so
// that a call that is only ever relayed passes unchanged.
func (s *outStream) relay(h *header, now int64, rate uint32, adopt bool, random func() uint64) (seq uint16, ts uint32, marker bool) {
	if !s.started {
		if adopt {
			s.begin(h.ssrc, h.seq-1, h.ts)
		} else {
			r := random()
			s.begin(uint32(r>>32), uint16(r>>16), uint32(r))
		}
	}
	if !s.linked || s.from != h.ssrc {
		s.linked, s.from, s.cut = true, h.ssrc, true
		s.seqOff = s.seq + 1 - h.seq
		s.tsOff = s.ts + s.gap(now, rate) - h.ts
	}
	seq, ts, marker = h.seq+s.seqOff, h.ts+s.tsOff, h.marker || s.cut
	s.cut = false
	if int16(seq-s.seq) > 0 {
		s.sent(seq, ts, now, rate)
	}
	return seq, ts, marker
}

// next gives the numbers for a packet that begins here and that lies ahead samples after the one before; a seam counts the time instead.
func (s *outStream) next(now int64, ahead uint32, random func() uint64) (seq uint16, ts uint32, marker bool) {
	if !s.started {
		r := random()
		s.begin(uint32(r>>32), uint16(r>>16), uint32(r))
	}
	marker = s.cut
	if s.cut {
		ahead = s.gap(now, clockRate)
	}
	s.linked, s.cut = false, false
	s.sent(s.seq+1, s.ts+ahead, now, clockRate)
	return s.seq, s.ts, marker
}

// sent notes the numbers of the packet that is now the highest.
func (s *outStream) sent(seq uint16, ts uint32, now int64, rate uint32) {
	if s.at == 0 || ts != s.ts {
		s.at = now
	}
	s.seq, s.ts, s.rate = seq, ts, rate
}

func (s *outStream) count(payload int) {
	s.packets++
	s.octets += uint32(payload)
}
