package media

// A Chain is clips one after the other, as one Source.
type Chain []*Clip

// ReadAt is a Source's.
func (c Chain) ReadAt(dst []byte, codec Codec, pos int) int {
	n := 0
	for _, clip := range c {
		if pos >= clip.Len() {
			pos -= clip.Len()
			continue
		}
		n += clip.ReadAt(dst[n:], codec, pos)
		if n == len(dst) {
			break
		}
		pos = 0
	}
	return n
}
