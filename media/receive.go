package media

import "time"

// A receiver keeps count of a stream that comes in (RFC 3550 appendix A.1, A.3, A.8).
type receiver struct {
	known   bool
	ssrc    uint32
	base    uint32 // extended sequence number of the first packet
	max     uint32 // highest extended sequence number
	got     uint32 // packets since base
	transit int64  // arrival less timestamp, in timestamp units
	jitter  uint32 // 16 times the jitter, in timestamp units
	timed   bool
	rate    uint32 // of the timestamps, in hertz
	gone    int64  // lost in streams that came before

	// At the last report, for the fraction lost.
	wasExpected, wasGot uint32
}

const (
	maxDropout  = 3000
	maxMisorder = 100
)

// note counts a packet. Events keep one timestamp for several packets (RFC 4733 section 2.3.2), so they say nothing about jitter.
func (r *receiver) note(h *header, now int64, rate uint32, event bool) {
	if !r.known || r.ssrc != h.ssrc {
		r.restart(h)
	}
	switch d := h.seq - uint16(r.max); {
	case d == 0 && r.got > 0, -d <= maxMisorder && d != 0:
		// Late or doubled: counted, the highest number stays.
	case d < maxDropout:
		r.max += uint32(d)
	default:
		// A jump with one SSRC: the sender began again.
		r.restart(h)
	}
	r.got++
	if event {
		return
	}
	if r.rate != rate {
		// Another codec: what was in the units of the one before is measured anew.
		r.rate, r.jitter, r.timed = rate, 0, false
	}
	transit := now*int64(rate)/int64(time.Second) - int64(h.ts)
	if r.timed {
		// Timestamps wrap at 32 bits, so does their difference.
		d := int64(int32(transit - r.transit))
		if d < 0 {
			d = -d
		}
		// A seam in the sender's timestamps is not jitter: differences of more than two seconds are left out.
		if d < 2*int64(rate) {
			r.jitter += uint32(d) - (r.jitter+8)>>4
		}
	}
	r.transit, r.timed = transit, true
}

func (r *receiver) restart(h *header) {
	if r.known {
		r.gone += r.lostNow()
	}
	*r = receiver{known: true, ssrc: h.ssrc, base: 1<<16 + uint32(h.seq), max: 1<<16 + uint32(h.seq), gone: r.gone, jitter: r.jitter, rate: r.rate}
}

func (r *receiver) lostNow() int64 {
	if r.got == 0 {
		return 0
	}
	return int64(r.max-r.base) + 1 - int64(r.got)
}

// lost is the number of packets that never came; doubled packets may make it negative inside, never outside.
func (r *receiver) lost() int64 { return max(r.gone+r.lostNow(), 0) }

// fraction is the share lost since the last call, in 1/256 (RFC 3550 section 6.4.1).
func (r *receiver) fraction() uint8 {
	expected := r.max - r.base + 1
	e, g := expected-r.wasExpected, r.got-r.wasGot
	r.wasExpected, r.wasGot = expected, r.got
	if e == 0 || g >= e {
		return 0
	}
	return uint8((e - g) << 8 / e)
}
