package media

import (
	"math"
	"testing"
)

// Values of ITU-T G.711, tables 1a and 2a, on the 16-bit scale.
func TestG711KnownValues(t *testing.T) {
	for _, c := range []struct {
		b    byte
		u, a int16
	}{
		{0x00, -32124, -5504},
		{0x80, 32124, 5504},
		{0xFF, 0, 848},
		{0x7F, 0, -848},
		{0xD5, 716, 8},
		{0x55, -716, -8},
		{0xAA, 5372, 32256},
		{0x2A, -5372, -32256},
	} {
		if got := UlawToLinear(c.b); got != c.u {
			t.Errorf("u-law %#x: got %d, want %d", c.b, got, c.u)
		}
		if got := AlawToLinear(c.b); got != c.a {
			t.Errorf("A-law %#x: got %d, want %d", c.b, got, c.a)
		}
	}
	if LinearToUlaw(0) != 0xFF || LinearToAlaw(0) != 0xD5 {
		t.Errorf("zero: got %#x and %#x, want 0xff and 0xd5", LinearToUlaw(0), LinearToAlaw(0))
	}
}

func TestG711CodesSurviveARoundTrip(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := LinearToAlaw(AlawToLinear(b)); got != b {
			t.Errorf("A-law %#x came back as %#x", b, got)
		}
		// Minus zero is heard as zero and comes back as plus zero.
		if got := LinearToUlaw(UlawToLinear(b)); got != b && b != 0x7F {
			t.Errorf("u-law %#x came back as %#x", b, got)
		}
	}
}

// Every sample is coded by the nearest value of the law, or one as near; beyond the largest by the largest.
func TestG711CodesTheNearestValue(t *testing.T) {
	for name, c := range map[string]struct {
		enc   func(int16) byte
		dec   func(byte) int16
		slack int // what the law's coarser scale hides
	}{"u-law": {LinearToUlaw, UlawToLinear, 3}, "A-law": {LinearToAlaw, AlawToLinear, 15}} {
		for s := -32768; s <= 32767; s += 7 {
			got := abs(int(c.dec(c.enc(int16(s)))) - s)
			best := math.MaxInt
			for b := range 256 {
				best = min(best, abs(int(c.dec(byte(b)))-s))
			}
			if got > best+c.slack {
				t.Fatalf("%s: sample %d is coded %d off, the nearest value is %d off", name, s, got, best)
			}
		}
	}
}

func TestG711BetweenTheLaws(t *testing.T) {
	pcm := Tone(8000, 8000, 440)
	u := PCMU.Encode(nil, pcm)
	UlawToAlaw(u)
	AlawToUlaw(u)
	back := PCMU.Decode(nil, u)
	var signal, noise float64
	for i := range pcm {
		d := float64(pcm[i]) - float64(back[i])
		signal += float64(pcm[i]) * float64(pcm[i])
		noise += d * d
	}
	if db := 10 * math.Log10(signal/noise); db < 30 {
		t.Errorf("after u-law, A-law, u-law: %.1f dB signal to noise, want 30", db)
	}
}

func TestSilenceIsTold(t *testing.T) {
	for _, c := range []Codec{PCMU, PCMA} {
		quiet := c.Encode(nil, make([]int16, 160))
		if !c.silent(quiet) {
			t.Errorf("%v: zeros are not silent", c)
		}
		if c.silent(c.Encode(nil, Tone(160, 300, 440))) {
			t.Errorf("%v: a soft tone is silent", c)
		}
	}
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
