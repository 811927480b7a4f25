package media

import (
	"testing"
	"time"
)

func fixed() uint64 { return 0xAAAABBBBCCCCDDDD }

func TestStreamCarriesOnOverASeam(t *testing.T) {
	var s outStream
	ms := int64(time.Millisecond)
	seq, ts, marker := s.relay(&header{ssrc: 7, seq: 100, ts: 5000}, 1000*ms, 8000, true, fixed)
	if seq != 100 || ts != 5000 || s.ssrc != 7 || !marker {
		t.Fatalf("first packet: %d, %d, SSRC %d, marker %v; want its own numbers and the marker", seq, ts, s.ssrc, marker)
	}
	seq, ts, marker = s.relay(&header{ssrc: 7, seq: 101, ts: 5160}, 1020*ms, 8000, true, fixed)
	if seq != 101 || ts != 5160 || marker {
		t.Fatalf("second packet: %d, %d, marker %v", seq, ts, marker)
	}
	s.unlink()
	// One second later a prompt.
	seq, ts, marker = s.next(2020*ms, 160, fixed)
	if seq != 102 || ts != 5160+8000 || !marker {
		t.Fatalf("a prompt after a second: %d, %d, marker %v; want 102, 13160, true", seq, ts, marker)
	}
	if seq, ts, marker = s.next(2040*ms, 160, fixed); seq != 103 || ts != 13320 || marker {
		t.Fatalf("the prompt's second packet: %d, %d, marker %v", seq, ts, marker)
	}
	// Another party, with numbers of its own, at once.
	seq, ts, marker = s.relay(&header{ssrc: 9, seq: 60000, ts: 1}, 2041*ms, 8000, true, fixed)
	if seq != 104 || ts != 13480 || !marker || s.ssrc != 7 {
		t.Fatalf("a new party: %d, %d, marker %v, SSRC %d; want 104, 13480, true, 7", seq, ts, marker, s.ssrc)
	}
	// Order among its packets is kept, as it came.
	if seq, _, _ = s.relay(&header{ssrc: 9, seq: 59999, ts: 1}, 2042*ms, 8000, true, fixed); seq != 103 {
		t.Errorf("a late packet: %d, want 103", seq)
	}
}

// All packets of an event have the timestamp of its beginning (RFC 4733 section 2.3.2): what follows counts from there, and so comes when it is due.
func TestStreamCarriesOnAfterAnEvent(t *testing.T) {
	var s outStream
	ms := int64(time.Millisecond)
	s.relay(&header{ssrc: 7, seq: 1, ts: 5000}, 1000*ms, 8000, true, fixed)
	for i := range 25 {
		s.relay(&header{ssrc: 7, seq: uint16(2 + i), ts: 5160}, int64(1020+20*i)*ms, 8000, true, fixed)
	}
	s.unlink()
	if seq, ts, _ := s.next(1520*ms, 160, fixed); seq != 27 || ts != 5160+4000 {
		t.Errorf("a prompt 500 ms after the key began: %d, %d; want 27, 9160", seq, ts)
	}
}

func TestStreamOfItsOwnDoesNotTakeTheSourcesNumbers(t *testing.T) {
	var s outStream
	s.relay(&header{ssrc: 7, seq: 100, ts: 5000}, 1, 8000, false, fixed)
	if s.ssrc != 0xAAAABBBB {
		t.Errorf("SSRC %#x, want the random one", s.ssrc)
	}
}

func TestReceiverCountsLossOverWrap(t *testing.T) {
	var r receiver
	for i, seq := range []uint16{65533, 65534, 0, 1, 3, 2, 6} {
		r.note(&header{ssrc: 1, seq: seq, ts: uint32(i) * 160}, int64(i)*int64(tickTime), 8000, false)
	}
	// 65535, 4 and 5 never came.
	if r.lost() != 3 {
		t.Errorf("lost %d, want 3", r.lost())
	}
	if f := r.fraction(); f != 3*256/10 {
		t.Errorf("fraction %d, want %d", f, 3*256/10)
	}
	r.note(&header{ssrc: 2, seq: 9}, 0, 8000, false)
	if r.lost() != 3 {
		t.Errorf("a new stream forgot what the old one lost: %d", r.lost())
	}
}

// RFC 3550 section A.8: J += (|D| - J) / 16.
func TestReceiverJitter(t *testing.T) {
	var r receiver
	for i := range 200 {
		at := int64(i) * int64(tickTime)
		if i%2 == 1 {
			at += int64(5 * time.Millisecond)
		}
		r.note(&header{seq: uint16(i), ts: uint32(i) * 160}, at, 8000, false)
	}
	// Each difference is 5 ms: 40 units.
	if j := r.jitter >> 4; j < 38 || j > 41 {
		t.Errorf("jitter %d units, want about 40", j)
	}
}

// Jitter is counted by the clock of the codec that comes, also where the parties change it.
func TestJitterByTheClockOfTheCodec(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", Pass)
	a.cfg.Rate = 48000
	a.set()
	l := r.e.legs[1]
	for _, x := range []struct {
		pt   uint8
		step uint32 // of the timestamps, 20 ms
	}{{111, 960}, {8, 160}, {111, 960}} {
		for i := range 200 {
			h := header{pt: x.pt, ssrc: 1, seq: a.seq, ts: a.ts}
			a.seq, a.ts = a.seq+1, a.ts+x.step
			at := int64(a.seq)*int64(tickTime) + int64(i%2)*int64(5*time.Millisecond)
			l.w.poll.call(l.w, func() { l.rx.note(&h, at, l.cfg.rateOf(x.pt), false) })
		}
		if err := r.e.Query(1); err != nil {
			t.Fatal(err)
		}
		if s := r.event(StatsReady, 1).Stats; s.Jitter < 4500*time.Microsecond || s.Jitter > 5500*time.Microsecond {
			t.Errorf("payload type %d: jitter %v, want 5 ms", x.pt, s.Jitter)
		}
	}
}

func TestSection5_1_RTPHeader(t *testing.T) {
	ok := []byte{0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9}
	change := func(n int, b ...byte) []byte { return append(append([]byte(nil), ok[:n]...), b...) }
	for name, c := range map[string]struct {
		b         []byte
		ok        bool
		body, end int
	}{
		"plain":                  {ok, true, 12, 14},
		"short":                  {ok[:11], false, 0, 0},
		"version 1":              {append([]byte{0x40}, ok[1:]...), false, 0, 0},
		"one CSRC":               {append([]byte{0x81}, change(12, 1, 2, 3, 4, 5)[1:]...), true, 16, 17},
		"fifteen CSRC, two are":  {append([]byte{0x8F}, ok[1:]...), false, 0, 0},
		"extension of a word":    {append([]byte{0x90}, change(12, 0, 0, 0, 1, 1, 2, 3, 4, 5)[1:]...), true, 20, 21},
		"extension too long":     {append([]byte{0x90}, change(12, 0, 0, 255, 255, 1)[1:]...), false, 0, 0},
		"padding of two":         {append([]byte{0xA0}, change(12, 1, 0, 2)[1:]...), true, 12, 13},
		"padding beyond":         {append([]byte{0xA0}, change(12, 1, 0, 4)[1:]...), false, 0, 0},
		"padding none":           {append([]byte{0xA0}, change(12, 1, 0, 0)[1:]...), false, 0, 0},
		"RTCP is none (RFC5761)": {append([]byte{0x80, 200}, ok[2:]...), false, 0, 0},
	} {
		h, got := parseRTP(c.b)
		if got != c.ok || got && (h.body != c.body || h.end != c.end || h.seq != 1 || h.ts != 2 || h.ssrc != 3) {
			t.Errorf("%s: got %+v, %v", name, h, got)
		}
	}
}

func FuzzPackets(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9})
	f.Add([]byte{0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, ok := parseRTP(b); ok && (h.body > h.end || h.end > len(b) || h.body < rtpHeader) {
			t.Fatalf("payload %d to %d of %d", h.body, h.end, len(b))
		}
		peer := &leg{out: outStream{started: true, linked: true, from: 1, ssrc: 3}}
		l := &leg{peer: peer, out: outStream{started: true, linked: true, from: 4, ssrc: 2}}
		if n := l.walkRTCP(append([]byte(nil), b...), 0); n < 0 || n > len(b) {
			t.Fatalf("%d of %d bytes", n, len(b))
		}
	})
}
