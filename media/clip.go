package media

// A Source is what a leg plays: 8 kHz sound, coded. Several legs may play one Source at a time, each with a position of its own. ReadAt is
// called by workers and must neither wait nor allocate.
type Source interface {
	// ReadAt copies coded sound that begins pos samples after the start, and says how many bytes; 0 is the end.
	ReadAt(dst []byte, codec Codec, pos int) int
}

// A Sink takes the sound of a leg, 20 ms at a time. Write is called by a worker and must not wait; false means it wants no more.
type Sink interface {
	Write(pcm []int16) bool
}

// A Clip is sound held in memory in both laws, so that playing it is copying.
type Clip struct {
	ulaw, alaw []byte
}

// NewClip codes samples of 8 kHz.
func NewClip(pcm []int16) *Clip {
	return &Clip{ulaw: PCMU.Encode(make([]byte, 0, len(pcm)), pcm), alaw: PCMA.Encode(make([]byte, 0, len(pcm)), pcm)}
}

// Len is the clip's length in samples.
func (c *Clip) Len() int { return len(c.ulaw) }

// ReadAt is a Source's.
func (c *Clip) ReadAt(dst []byte, codec Codec, pos int) int {
	b := c.ulaw
	if codec == PCMA {
		b = c.alaw
	}
	if pos >= len(b) {
		return 0
	}
	return copy(dst, b[pos:])
}

// A Buffer is a Sink in memory, of a size fixed beforehand. It may be read once RecordDone was reported, or after the leg was closed or
// given to Idle.
type Buffer struct {
	pcm []int16
}

// NewBuffer makes a Buffer for at most samples samples of 8 kHz.
func NewBuffer(samples int) *Buffer { return &Buffer{pcm: make([]int16, 0, samples)} }

// Write is a Sink's.
func (b *Buffer) Write(pcm []int16) bool {
	n := min(len(pcm), cap(b.pcm)-len(b.pcm))
	b.pcm = append(b.pcm, pcm[:n]...)
	return len(b.pcm) < cap(b.pcm)
}

// Samples is what was recorded.
func (b *Buffer) Samples() []int16 { return b.pcm }
