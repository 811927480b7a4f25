package media

import (
	"encoding/binary"
	"strings"
)

// keyNames are the events 0 to 15 of RFC 4733 section 3.2, table 3, and flash, 16.
const keyNames = "0123456789*#ABCD!"

// A keyReader finds pressed keys in telephone-event packets.
type keyReader struct {
	known bool
	open  bool // no end was seen
	event uint8
	ssrc  uint32
	ts    uint32
}

// anew is how far before the last event one begins that is no late packet: its sender has begun again.
const anew = 5 * clockRate

// read gives the key when one begins, else 0. Any packet of an event will do, as the first may be lost.
func (k *keyReader) read(h *header, body []byte) byte {
	if len(body) < 4 || int(body[0]) >= len(keyNames) {
		return 0
	}
	event, end := body[0], body[1]&0x80 != 0
	// RFC 3550 section 5.1: "The initial value of the timestamp SHOULD be random", so those of another stream say nothing of this one's.
	if k.ssrc != h.ssrc || int32(h.ts-k.ts) < -anew {
		k.known = false
	}
	// RFC 4733 section 2.5.2.2: packets of one event share their timestamp; retransmitted ends, and what is late, begin nothing.
	if k.known && int32(h.ts-k.ts) <= 0 {
		if h.ts == k.ts {
			k.open = k.open && !end
		}
		return 0
	}
	// Section 2.5.1.3: a long press goes on in segments, each with a new timestamp and no marker. (Phones that move the timestamp with
	// every packet of an event look the same.)
	if k.known && k.open && event == k.event && !h.marker && h.ts-k.ts <= 0xFFFF+2*tickFrames {
		k.ts, k.open = h.ts, !end
		return 0
	}
	*k = keyReader{known: true, open: !end, event: event, ssrc: h.ssrc, ts: h.ts}
	return keyNames[event]
}

// The lengths of a sent key and of the pause after it.
const (
	keyTicks   = 6 // 120 ms
	pauseTicks = 4
	endRepeats = 3
)

// A digitSender sends keys one after the other, on the clock.
type digitSender struct {
	keys  string
	tick  int
	phase [2]float64
}

// validKeys keeps what can be sent, in the spelling of keyNames.
func validKeys(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'd' {
			r -= 'a' - 'A'
		}
		if r < 0x80 && strings.IndexByte(keyNames, byte(r)) >= 0 {
			return r
		}
		return -1
	}, s)
}

func (w *worker) tickDigits(l *leg) {
	d := l.dig
	if d.keys == "" || l.cfg.Secret || l.cfg.DTMFPT == 0 && l.cfg.Codec == Pass {
		l.event(Event{Kind: DigitsDone, Failed: d.keys != ""})
		l.dig = nil
		l.out.unlink()
		return
	}
	if !l.ready || !l.cfg.Send {
		return
	}
	d.tick++
	last := keyTicks + endRepeats - 1
	switch {
	case l.cfg.DTMFPT != 0 && d.tick <= last:
		w.sendKey(l, d)
	case l.cfg.DTMFPT == 0 && d.tick <= keyTicks:
		w.sendKeyTone(l, d)
	}
	if d.tick >= last+pauseTicks {
		d.keys, d.tick, d.phase = d.keys[1:], 0, [2]float64{}
	}
}

// sendKey sends one packet of an event: updates every 20 ms, the end three times (RFC 4733 sections 2.5.1.2 and 2.5.1.4).
func (w *worker) sendKey(l *leg, d *digitSender) {
	o := &l.out
	if d.tick == 1 {
		o.unlink()
	}
	seq, ts, marker := o.next(w.now, 0, l.e.opt.Rand)
	body := w.scratch[rtpHeader : rtpHeader+4]
	body[0], body[1] = byte(strings.IndexByte(keyNames, d.keys[0])), 10
	if d.tick >= keyTicks {
		body[1] |= 0x80
	}
	binary.BigEndian.PutUint16(body[2:], uint16(min(d.tick, keyTicks)*tickFrames))
	putRTP(w.scratch[:], l.cfg.DTMFPT, marker, seq, ts, o.ssrc)
	l.send(w.scratch[:rtpHeader+4], 4, w.now)
}

// sendKeyTone sends 20 ms of a key as sound, for peers without telephone-event.
func (w *worker) sendKeyTone(l *leg, d *digitSender) {
	if d.tick == 1 {
		l.out.unlink()
	}
	low, high, ok := KeyTones(d.keys[0])
	if !ok {
		return
	}
	pcm := w.pcm[:]
	mixTone(pcm, low, 6000, &d.phase[0], false)
	mixTone(pcm, high, 6000, &d.phase[1], true)
	l.cfg.Codec.Encode(w.scratch[rtpHeader:rtpHeader], pcm)
	w.sendSound(l, l.cfg.PT, len(pcm))
}
