package media

// A Codec says how a leg's sound is coded.
type Codec uint8

// The codecs. Those that the engine cannot decode are all Pass: relayed as they are, never played, recorded or transcoded.
const (
	Pass Codec = iota
	PCMU
	PCMA
)

// Static payload types of RFC 3551 section 6, table 4, and comfort noise (RFC 3389).
const (
	ptPCMU = 0
	ptPCMA = 8
	ptCN   = 13
)

func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	}
	return "pass"
}

// Encode appends the coded form of samples (8 kHz) to dst. A Pass codec appends nothing.
func (c Codec) Encode(dst []byte, pcm []int16) []byte {
	switch c {
	case PCMU:
		for _, s := range pcm {
			dst = append(dst, LinearToUlaw(s))
		}
	case PCMA:
		for _, s := range pcm {
			dst = append(dst, LinearToAlaw(s))
		}
	}
	return dst
}

// Decode appends the samples (8 kHz) of coded sound to dst. A Pass codec appends nothing.
func (c Codec) Decode(dst []int16, b []byte) []int16 {
	switch c {
	case PCMU:
		for _, x := range b {
			dst = append(dst, ulawLinear[x])
		}
	case PCMA:
		for _, x := range b {
			dst = append(dst, alawLinear[x])
		}
	}
	return dst
}

// silence is the byte that codes no sound.
func (c Codec) silence() byte {
	if c == PCMA {
		return alawSilence
	}
	return ulawSilence
}

// transcode rewrites b, coded by from, as to; in place, as both take a byte a sample.
func transcode(b []byte, from, to Codec) {
	switch {
	case from == PCMU && to == PCMA:
		UlawToAlaw(b)
	case from == PCMA && to == PCMU:
		AlawToUlaw(b)
	}
}

// silent reports whether coded sound is quiet throughout: within two steps of zero.
func (c Codec) silent(b []byte) bool {
	switch c {
	case PCMU:
		for _, x := range b {
			if x&0x7F < 0x7D {
				return false
			}
		}
	case PCMA:
		for _, x := range b {
			if (x^0x55)&0x7F > 2 {
				return false
			}
		}
	default:
		return false
	}
	return true
}
