package media

import (
	"testing"
	"time"
)

// listenFor collects the sound of n packets.
func (p *party) listenFor(n int) (pcm []int16, packets []heard) {
	p.r.t.Helper()
	for range n {
		h := p.hear()
		codec := PCMU
		if h.pt == 8 {
			codec = PCMA
		}
		pcm = codec.Decode(pcm, h.body)
		packets = append(packets, h)
	}
	return pcm, packets
}

func TestPlayFromAnnouncementToBridgeIsOneStream(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMA), r.party(2, 1, "127.0.0.1", PCMA)
	// 130 ms: six packets and a half, the rest of the seventh is silence.
	r.e.Play(1, NewClip(Tone(1040, 8000, 440)), false)
	pcm, packets := a.listenFor(7)
	if p := Goertzel(pcm[:1040], 440); p < 0.95 {
		t.Errorf("share of 440 Hz %.2f", p)
	}
	for i, h := range packets {
		if len(h.body) != 160 || h.pt != 8 || h.marker != (i == 0) || h.seq != packets[0].seq+uint16(i) || h.ts != packets[0].ts+160*uint32(i) || h.ssrc != packets[0].ssrc {
			t.Errorf("packet %d: %+v", i, h.header)
		}
	}
	if ev := r.event(PlayDone, 1); ev.Failed {
		t.Error("play failed")
	}
	r.e.Bridge(1, 2)
	r.settled()
	b.say(8, []byte{9})
	last, got := packets[6], a.hear()
	if got.body[0] != 9 || got.ssrc != last.ssrc || got.seq != last.seq+1 || !got.marker || got.ts-last.ts < 160 || got.from != last.from {
		t.Errorf("after the prompt: %+v does not follow %+v", got.header, last.header)
	}
	// And back to a prompt: hold music, for ever.
	r.e.Play(1, NewClip(Tone(240, 8000, 500)), true)
	pcm, packets = a.listenFor(10)
	if p := Goertzel(pcm, 500); p < 0.9 || packets[0].seq != got.seq+1 || !packets[0].marker || packets[0].ssrc != got.ssrc {
		t.Errorf("music: share %.2f, %+v does not follow %+v", p, packets[0].header, got.header)
	}
	b.say(8, []byte{8})
	r.e.Idle(1)
	r.settled()
	r.hasNo(PlayDone)
}

func TestPlayInPacketsOfThirtyMilliseconds(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	a.cfg.Ptime = 30 * time.Millisecond
	a.set()
	r.e.Play(1, NewClip(Tone(8000, 8000, 440)), false)
	_, packets := a.listenFor(4)
	for i, h := range packets {
		if len(h.body) != 240 || h.ts != packets[0].ts+240*uint32(i) {
			t.Errorf("packet %d: %d bytes, timestamp %d after the first", i, len(h.body), h.ts-packets[0].ts)
		}
	}
}

func TestPlayOnACodecThatIsNotOursFails(t *testing.T) {
	r := newRig(t, nil)
	r.party(1, 1, "127.0.0.1", Pass)
	r.e.Play(1, NewClip(make([]int16, 160)), false)
	if ev := r.event(PlayDone, 1); !ev.Failed {
		t.Error("want Failed")
	}
}

func TestRecordPutsPacketsInOrderAndFillsHoles(t *testing.T) {
	tone := PCMU.Encode(nil, Tone(50*160, 8000, 400))
	buf := NewBuffer(60 * tickFrames)
	r := &recorder{sink: buf, missing: fadeTicks}
	put := func(i int) {
		r.put(&header{ssrc: 1, ts: 1000 + uint32(i)*160}, PCMU, tone[i*160:(i+1)*160])
	}
	for i := range 50 {
		switch {
		case i%10 == 3:
			put(i + 1)
		case i%10 == 4:
			put(i - 1)
		case i == 27:
			// lost
		default:
			put(i)
		}
		if !r.tick() {
			t.Fatal("full too early")
		}
	}
	for range holdBack / tickFrames {
		r.tick()
	}
	pcm := buf.Samples()
	if p := Goertzel(pcm[holdBack:holdBack+27*160], 400); p < 0.98 {
		t.Errorf("share of the tone before the hole %.2f, want all: order was lost", p)
	}
	if loud(pcm[holdBack+27*160:holdBack+28*160]) == 0 {
		t.Error("a hole of one packet is silent, want the frame before, softer")
	}
	if p := Goertzel(pcm[holdBack+28*160:holdBack+50*160], 400); p < 0.98 {
		t.Errorf("share of the tone after the hole %.2f", p)
	}
	for range 6 {
		r.tick()
	}
	if n := len(pcm); loud(buf.Samples()[n+5*160:]) != 0 {
		t.Error("long silence is not silent")
	}
	if r.tick() {
		t.Error("a full buffer wants more")
	}
}

func loud(pcm []int16) (m int) {
	for _, s := range pcm {
		m = max(m, abs(int(s)))
	}
	return m
}

func TestRecordOverSockets(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	buf := NewBuffer(20 * tickFrames)
	tone := PCMU.Encode(nil, Tone(8*160, 8000, 500))
	r.e.Record(1, buf)
	for i := range 8 {
		a.say(0, tone[i*160:(i+1)*160])
	}
	r.event(RecordDone, 1)
	if p := Goertzel(buf.Samples(), 500); len(buf.Samples()) != 20*tickFrames || p < 0.3 {
		t.Errorf("%d samples, share of the tone %.2f", len(buf.Samples()), p)
	}
}

// RFC 4733 section 2.5.1: one timestamp an event, marker on the first packet, growing duration, the end three times.
func TestSection2_5_1_DigitsAreSent(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.Digits(1, "7#")
	var first heard
	for key, code := range []byte{7, 11} {
		for i := range keyTicks + endRepeats - 1 {
			h := a.hear()
			if i == 0 {
				if key == 1 && h.ts-first.ts < 1600 {
					t.Errorf("the second key begins %d after the first", h.ts-first.ts)
				}
				first = h
			}
			end := i >= keyTicks-1
			duration := uint16(h.body[2])<<8 | uint16(h.body[3])
			if h.pt != 101 || h.body[0] != code || h.marker != (i == 0) || h.ts != first.ts || h.seq != first.seq+uint16(i) ||
				(h.body[1]&0x80 != 0) != end || duration != uint16(160*min(i+1, keyTicks)) {
				t.Errorf("key %d packet %d: %+v % x", code, i, h.header, h.body)
			}
		}
	}
	if ev := r.event(DigitsDone, 1); ev.Failed {
		t.Error("failed")
	}
}

func TestDigitsAsTonesWhereNoEventsWereAgreed(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMA)
	a.cfg.DTMFPT = 0
	a.set()
	r.e.Digits(1, "5")
	pcm, _ := a.listenFor(keyTicks)
	if p, q := Goertzel(pcm, 770), Goertzel(pcm, 1336); p < 0.4 || q < 0.4 {
		t.Errorf("shares of 770 and 1336 Hz: %.2f, %.2f", p, q)
	}
}

// A party that has agreed on no telephone-event hears the keys of the other one as tones.
func TestDigitsAreRelayedAsTonesWhereNoEventsWereAgreed(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMA)
	b.cfg.DTMFPT = 0
	b.set()
	r.e.Bridge(1, 2)
	r.settled()
	for i := range 5 {
		a.say(101, []byte{5, byte(i/2) << 6, 0, 160})
		a.ts -= 160
	}
	pcm, packets := b.listenFor(keyTicks)
	if p, q := Goertzel(pcm, 770), Goertzel(pcm, 1336); p < 0.4 || q < 0.4 || packets[0].pt != 8 {
		t.Errorf("shares of 770 and 1336 Hz: %.2f, %.2f in payload type %d", p, q, packets[0].pt)
	}
	if ev := r.event(Digit, 1); ev.Keys() != "5" {
		t.Errorf("keys %q, want 5", ev.Keys())
	}
	r.event(DigitsDone, 2)
	a.say(0, sine(PCMU))
	if got := b.hear(); got.seq != packets[keyTicks-1].seq+1 || got.ssrc != packets[0].ssrc {
		t.Errorf("after the key: %+v does not follow %+v", got.header, packets[keyTicks-1].header)
	}
}

// The two parties of a relayed call may have given telephone-event two numbers: each sends by the other one's (RFC 3264 section 5.1).
func TestDigitsInTheNumberOfTheOtherParty(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", Pass), r.party(2, 1, "127.0.0.1", Pass)
	b.cfg.DTMFPT = 96
	b.set()
	r.e.Bridge(1, 2)
	r.settled()
	for i := range 3 * mostOdd {
		a.say(96, []byte{9, byte(i/mostOdd) << 6, 0, 160})
		a.ts -= 160
		if h := b.hear(); h.pt != 96 || h.body[0] != 9 {
			t.Errorf("relayed as %+v % x", h.header, h.body)
		}
	}
	if ev := r.event(Digit, 1); ev.Keys() != "9" {
		t.Errorf("keys %q, want 9", ev.Keys())
	}
}

func TestDigitsAreReportedAndRelayed(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.party(1, 1, "127.0.0.1", PCMU), r.party(2, 1, "127.0.0.1", PCMU)
	b.cfg.DTMFPT = 96
	b.set()
	r.e.Bridge(1, 2)
	r.settled()
	for _, key := range []byte{1, 2, 10} {
		for i := range 3 {
			a.say(101, []byte{key, byte(i/2) << 7, 0, 160})
			a.ts -= 160 // one timestamp an event
			if h := b.hear(); h.pt != 96 || h.body[0] != key {
				t.Errorf("relayed as %+v % x", h.header, h.body)
			}
		}
		a.ts += 1600
	}
	if ev := r.event(Digit, 1); ev.Keys() != "12*" {
		t.Errorf("keys %q, want 12*", ev.Keys())
	}
}
