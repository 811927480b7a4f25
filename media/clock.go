package media

import (
	"bytes"
	"time"
)

// A player is a leg's place in a Source.
type player struct {
	src  Source
	pos  int
	loop bool
	due  time.Duration
}

// tick does what a leg's clock does each 20 ms, and says whether the leg still needs one.
func (w *worker) tick(l *leg) bool {
	if l.rec != nil && !l.rec.tick() {
		l.rec = nil
		l.event(Event{Kind: RecordDone})
	}
	if l.dig != nil {
		w.tickDigits(l)
	} else if l.over.src != nil {
		w.tickPlay(l, &l.over)
	} else if l.play.src != nil {
		w.tickPlay(l, &l.play)
	}
	return l.rec != nil || l.dig != nil || l.play.src != nil || l.over.src != nil
}

// tickPlay sends what is due of a player of the leg; nobody waits for the end of one that plays over others.
func (w *worker) tickPlay(l *leg, p *player) {
	codec, pt := l.voice()
	if codec == Pass && l.ready {
		if p == &l.play {
			w.playOver(l, p, true)
		}
		return // what is said over others waits until they have said something
	}
	if !l.ready || !l.cfg.Send {
		// What nobody hears waits, so that a prompt begins when the peer listens.
		return
	}
	for p.due += tickTime; p.due >= l.cfg.Ptime; p.due -= l.cfg.Ptime {
		n := int(l.cfg.Ptime / (time.Second / clockRate))
		body := w.scratch[rtpHeader : rtpHeader+n]
		got := p.fill(body, codec)
		if got == 0 {
			w.playOver(l, p, false)
			return
		}
		for i := got; i < n; i++ {
			body[i] = codec.silence()
		}
		w.sendSound(l, pt, n)
	}
}

// playOver ends a player.
func (w *worker) playOver(l *leg, p *player, failed bool) {
	*p = player{}
	l.out.unlink()
	if p == &l.play {
		l.event(Event{Kind: PlayDone, Failed: failed})
	}
}

// sendSound sends the n bytes of sound that stand in the scratch buffer behind the place of the header.
func (w *worker) sendSound(l *leg, pt uint8, n int) {
	seq, ts, marker := l.out.next(w.now, uint32(n), l.e.opt.Rand)
	putRTP(w.scratch[:], pt, marker, seq, ts, l.out.ssrc)
	l.send(w.scratch[:rtpHeader+n], n, w.now)
}

func (p *player) fill(dst []byte, codec Codec) int {
	got, fresh := 0, false
	for got < len(dst) {
		n := p.src.ReadAt(dst[got:], codec, p.pos)
		if n == 0 {
			if !p.loop || fresh {
				break
			}
			p.pos, fresh = 0, true
			continue
		}
		got, fresh = got+n, false
		p.pos += n
	}
	return got
}

const (
	ring      = 4096 // samples held for order, a power of two
	holdBack  = 3 * tickFrames
	farAhead  = 4 * holdBack
	fadeTicks = 4
	// astray is how many packets in a row come too late, or much too early, before the sender's clock is believed to have moved off ours.
	astray = 10
)

// A recorder puts packets in order, fills what is missing, and feeds a Sink on the clock.
type recorder struct {
	sink    Sink
	started bool
	ssrc    uint32
	next    uint32 // timestamp of the next sample to give
	buf     [ring]int16
	have    [ring]byte // there: the sample of buf is that of its timestamp
	frame   [tickFrames]int16
	missing int
	astray  int
}

// put stores a packet's sound at its place in time.
func (r *recorder) put(h *header, codec Codec, body []byte) {
	if codec == Pass || len(body) > ring/2 {
		return
	}
	ahead := int32(h.ts - r.next)
	if ahead >= 0 && ahead <= farAhead {
		r.astray = 0
	} else {
		r.astray++
	}
	if !r.started || r.ssrc != h.ssrc || ahead > int32(ring-len(body)) || ahead < -2*ring || r.astray > astray {
		r.started, r.ssrc, r.next, r.astray = true, h.ssrc, h.ts-holdBack, 0
		r.have = [ring]byte{}
		ahead = holdBack
	}
	if ahead < 0 {
		return
	}
	at := int(h.ts % ring)
	n := min(len(body), ring-at)
	r.place(at, codec, body[:n])
	r.place(0, codec, body[n:])
}

// there marks samples that have come.
var there = func() (b [ring]byte) {
	for i := range b {
		b[i] = 1
	}
	return b
}()

// place decodes sound into the ring, which it does not cross.
func (r *recorder) place(at int, codec Codec, body []byte) {
	copy(r.have[at:at+len(body)], there[:])
	to := r.buf[at : at+len(body)]
	if codec == PCMA {
		for i, x := range body {
			to[i] = alawLinear[x]
		}
		return
	}
	for i, x := range body {
		to[i] = ulawLinear[x]
	}
}

// tick gives the next 20 ms to the sink.
func (r *recorder) tick() bool {
	r.next20()
	return r.sink.Write(r.frame[:])
}

// next20 puts the next 20 ms into the frame, and says whether there may be sound in it. A short hole repeats the frame before, fading; a long
// one is silence.
func (r *recorder) next20() bool {
	if at := int(r.next % ring); r.started && at+tickFrames <= ring && bytes.Equal(r.have[at:at+tickFrames], there[:tickFrames]) {
		copy(r.frame[:], r.buf[at:])
		clear(r.have[at : at+tickFrames])
		r.next += tickFrames
		r.missing = 0
		return true
	}
	found := false
	for i := range r.frame {
		at := (r.next + uint32(i)) % ring
		if r.started && r.have[at] != 0 {
			r.frame[i], r.have[at], found = r.buf[at], 0, true
		} else if r.missing >= fadeTicks {
			r.frame[i] = 0
		} else {
			r.frame[i] /= 2
		}
	}
	r.next += tickFrames
	if r.missing++; found {
		r.missing = 0
	}
	return r.missing <= fadeTicks
}
