package media

import "math/bits"

// The tables of ITU-T G.711. Encoding looks at the upper 14 (u-law) or 12 (A-law) bits of a 16-bit sample, for the law has no finer step.
var (
	ulawLinear = decodeTable(decodeUlaw)
	alawLinear = decodeTable(decodeAlaw)
	linearUlaw = buildLinearUlaw()
	linearAlaw = buildLinearAlaw()
	ulawAlaw   = crossTable(&ulawLinear, LinearToAlaw)
	alawUlaw   = crossTable(&alawLinear, LinearToUlaw)
)

// Silence in either law, as phones send it: plus zero.
const (
	ulawSilence = 0xFF
	alawSilence = 0xD5
)

// UlawToLinear gives the 16-bit sample of a u-law byte.
func UlawToLinear(b byte) int16 { return ulawLinear[b] }

// AlawToLinear gives the 16-bit sample of an A-law byte.
func AlawToLinear(b byte) int16 { return alawLinear[b] }

// LinearToUlaw gives the u-law byte of a 16-bit sample.
func LinearToUlaw(s int16) byte { return linearUlaw[uint16(s)>>2] }

// LinearToAlaw gives the A-law byte of a 16-bit sample.
func LinearToAlaw(s int16) byte { return linearAlaw[uint16(s)>>4] }

// UlawToAlaw rewrites u-law sound as A-law, in place.
func UlawToAlaw(b []byte) {
	for i, x := range b {
		b[i] = ulawAlaw[x]
	}
}

// AlawToUlaw rewrites A-law sound as u-law, in place.
func AlawToUlaw(b []byte) {
	for i, x := range b {
		b[i] = alawUlaw[x]
	}
}

// decodeUlaw: all bits are inverted on the wire; sign, three bits of segment, four of step, around a bias of 33 on a 14-bit scale.
func decodeUlaw(b byte) int16 {
	b = ^b
	mag := (int16(b&0x0F)<<1+33)<<(b>>4&7) - 33
	if b&0x80 != 0 {
		return -mag << 2
	}
	return mag << 2
}

// decodeAlaw: even bits are inverted on the wire; sign bit set means positive; values lie in the middle of their step, on a 13-bit scale.
func decodeAlaw(b byte) int16 {
	b ^= 0x55
	mag := int16(b&0x0F)<<4 + 8
	if seg := b >> 4 & 7; seg > 0 {
		mag = (mag + 0x100) << (seg - 1)
	}
	if b&0x80 == 0 {
		return -mag
	}
	return mag
}

func decodeTable(f func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = f(byte(i))
	}
	return t
}

func crossTable(from *[256]int16, to func(int16) byte) (t [256]byte) {
	for i := range t {
		t[i] = to(from[i])
	}
	return t
}

func buildLinearUlaw() (t [1 << 14]byte) {
	for i := range t {
		s := int16(i<<2) >> 2
		sign := byte(0)
		if s < 0 {
			// One's complement, as the law has two zeros.
			s, sign = ^s, 0x80
		}
		mag := min(uint(s), 8158) + 33
		seg := bits.Len(mag) - 6
		t[i] = ^(sign | byte(seg)<<4 | byte(mag>>(seg+1))&0x0F)
	}
	return t
}

func buildLinearAlaw() (t [1 << 12]byte) {
	for i := range t {
		s := int16(i<<4) >> 4
		sign := byte(0x80)
		if s < 0 {
			s, sign = ^s, 0
		}
		mag := uint(s)
		code := byte(mag)
		if seg := bits.Len(mag) - 4; seg > 0 {
			code = byte(seg)<<4 | byte(mag>>(seg-1))&0x0F
		}
		t[i] = (sign | code) ^ 0x55
	}
	return t
}
