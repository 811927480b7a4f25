package media

import "math"

// Tones of keys are looked for in blocks of 12.75 ms: long enough to tell neighbours apart (about 78 Hz), short enough that the shortest key
// that ITU-T Q.24 wants to be heard, 40 ms, fills two of them wherever they begin.
const toneBlock = 102

// What a pair of tones must be to count as a key (in the spirit of ITU-T Q.24, annex A).
const (
	toneLeast    = 40000 // mean square of a block, about -36 dBm0
	toneShare    = 0.8   // of the block's power that the two frequencies have: speech and music have more beside them
	toneAbove    = 6.3   // 8 dB over the other frequencies of the same group
	toneLowMore  = 6.3   // the low tone may be 8 dB stronger than the high one
	toneHighMore = 2.5   // the high tone 4 dB stronger than the low one
	toneBegins   = 2     // blocks in a row
	toneEnds     = 3     // blocks without it, so that a hole of one does not make two keys of a long one
)

// toneCoeffs are 2*cos(2*pi*f/8000) of the four low and the four high frequencies of ITU-T Q.23.
var toneCoeffs = func() (c [8]float64) {
	for i, f := range [8]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633} {
		c[i] = 2 * math.Cos(2*math.Pi*f/clockRate)
	}
	return c
}()

// toneKeys are the keys by low and high frequency.
const toneKeys = "123A456B789C*0#D"

// A toneReader finds keys pressed as tones in a leg's sound.
type toneReader struct {
	block   [toneBlock]float64
	n       int
	power   float64
	last    byte // what the block before held; 0: no key
	run     int  // so many blocks in a row
	pressed byte // the key that is down
	missing int  // blocks since it was last heard
}

// read takes a packet's sound and gives the key that begins in it, else 0.
func (r *toneReader) read(codec Codec, body []byte) (key byte) {
	for _, x := range body {
		v := float64(ulawLinear[x])
		if codec == PCMA {
			v = float64(alawLinear[x])
		}
		r.block[r.n] = v
		r.power += v * v
		if r.n++; r.n == toneBlock {
			if k := r.take(r.identify()); k != 0 {
				key = k
			}
			r.n, r.power = 0, 0
		}
	}
	return key
}

// take counts a block's key (0: none) and gives the key that begins with it.
func (r *toneReader) take(key byte) byte {
	if key == r.last {
		r.run++
	} else {
		r.last, r.run = key, 1
	}
	switch {
	case r.pressed != 0 && key == r.pressed:
		r.missing = 0
	case r.pressed != 0:
		if r.missing++; r.missing >= toneEnds {
			r.pressed = 0
		}
	}
	if key == 0 || key == r.pressed || r.run < toneBegins {
		return 0
	}
	r.pressed, r.missing = key, 0
	return key
}

// identify finds the key in a block; 0: there is none.
func (r *toneReader) identify() byte {
	if r.power < toneLeast*toneBlock {
		return 0 // most blocks: a pause, noise
	}
	lows := r.group(0)
	low := strongest(&lows)
	// Speech mostly ends here: the low tone has at least so much of the power when the high one is as strong as it may be.
	if low < 0 || 2*lows[low]*(1+toneHighMore) < toneShare*r.power*toneBlock {
		return 0
	}
	highs := r.group(4)
	high := strongest(&highs)
	if high < 0 {
		return 0
	}
	a, b := lows[low], highs[high]
	if a > toneLowMore*b || b > toneHighMore*a || 2*(a+b) < toneShare*r.power*toneBlock {
		return 0
	}
	return toneKeys[4*low+high]
}

// group is the power of the block at four frequencies (Goertzel's algorithm), side by side, as each step waits for the one before.
func (r *toneReader) group(from int) [4]float64 {
	c := (*[4]float64)(toneCoeffs[from : from+4])
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	var a0, b0, a1, b1, a2, b2, a3, b3 float64
	for _, v := range r.block {
		a0, b0 = v+c0*a0-b0, a0
		a1, b1 = v+c1*a1-b1, a1
		a2, b2 = v+c2*a2-b2, a2
		a3, b3 = v+c3*a3-b3, a3
	}
	return [4]float64{a0*a0 + b0*b0 - c0*a0*b0, a1*a1 + b1*b1 - c1*a1*b1, a2*a2 + b2*b2 - c2*a2*b2, a3*a3 + b3*b3 - c3*a3*b3}
}

// strongest is the one that is clearly above the others; -1: none is.
func strongest(e *[4]float64) int {
	best := 0
	for i := range e {
		if e[i] > e[best] {
			best = i
		}
	}
	for i := range e {
		if i != best && e[best] < toneAbove*e[i] {
			return -1
		}
	}
	return best
}
