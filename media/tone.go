package media

import (
	"math"
	"strings"
)

// Tone makes n samples (8 kHz) of the sum of sines of the given frequencies in hertz, each of the given amplitude (up to 32767).
func Tone(n int, amplitude float64, hertz ...float64) []int16 {
	pcm := make([]int16, n)
	for _, f := range hertz {
		phase := 0.0
		mixTone(pcm, f, amplitude, &phase, true)
	}
	return pcm
}

// mixTone writes a sine into pcm, or adds it to what is there, and moves its phase on.
func mixTone(pcm []int16, hertz, amplitude float64, phase *float64, add bool) {
	step := 2 * math.Pi * hertz / clockRate
	for i := range pcm {
		v := amplitude * math.Sin(*phase)
		if add {
			v += float64(pcm[i])
		}
		pcm[i] = int16(max(-32768, min(32767, v)))
		*phase += step
	}
	*phase = math.Mod(*phase, 2*math.Pi)
}

// Goertzel gives the share of the samples' power, from 0 to 1, that lies at a frequency in hertz; about 1 for a pure sine of that
// frequency, 0.5 for one of two equally loud ones. Silence gives 0. The samples are 8 kHz; with n of them, frequencies closer than 8000/n
// hertz are not told apart.
func Goertzel(pcm []int16, hertz float64) float64 {
	coeff := 2 * math.Cos(2*math.Pi*hertz/clockRate)
	var s1, s2, power float64
	for _, x := range pcm {
		v := float64(x)
		power += v * v
		s1, s2 = v+coeff*s1-s2, s1
	}
	if power == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - coeff*s1*s2) / (power * float64(len(pcm)))
}

// KeyTones gives the two frequencies of a key in hertz (ITU-T Q.23); false for what is none of 0-9, *, #, A-D.
func KeyTones(key byte) (low, high float64, ok bool) {
	i := strings.IndexByte(toneKeys, key)
	if i < 0 {
		return 0, 0, false
	}
	return [4]float64{697, 770, 852, 941}[i/4], [4]float64{1209, 1336, 1477, 1633}[i%4], true
}
