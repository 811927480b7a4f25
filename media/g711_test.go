package media

import (
	"math"
	"slices"
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

// Every sample is coded by a value at most half a step of that value's segment away; beyond the largest by the largest. (The decision
// values of G.711 are not quite in the middle where two segments meet.)
func TestG711CodesWithinHalfAStep(t *testing.T) {
	for name, c := range map[string]struct {
		enc   func(int16) byte
		dec   func(byte) int16
		slack int // what the law's coarser scale hides
		top   int
	}{"u-law": {LinearToUlaw, UlawToLinear, 3, 32124}, "A-law": {LinearToAlaw, AlawToLinear, 15, 32256}} {
		var values []int
		for b := range 256 {
			values = append(values, int(c.dec(byte(b))))
		}
		slices.Sort(values)
		values = slices.Compact(values)
		for s := -32768; s <= 32767; s++ {
			v := int(c.dec(c.enc(int16(s))))
			i, _ := slices.BinarySearch(values, v)
			step := 0
			if i > 0 {
				step = v - values[i-1]
			}
			if i+1 < len(values) {
				step = max(step, values[i+1]-v)
			}
			if abs(s) > c.top && abs(v) == c.top {
				continue
			}
			if got := abs(v - s); got > step/2+c.slack {
				t.Fatalf("%s: sample %d is coded as %d, more than half of %d off", name, s, v, step)
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
