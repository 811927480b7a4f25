package app

import (
	"sync"
	"time"
)

// A tape keeps a caller's sound in memory. It is written by the media path and
// read by the application, which may still happen at the same time when a call ends.
type tape struct {
	mu     sync.Mutex
	chunks [][]int16
	length int // samples
}

// chunkLength is a second: memory grows by that, and nothing is copied.
const chunkLength = 8000

// Write is a media.Sink's.
func (t *tape) Write(pcm []int16) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.length += len(pcm)
	for len(pcm) > 0 {
		n := len(t.chunks)
		if n == 0 || len(t.chunks[n-1]) == chunkLength {
			t.chunks = append(t.chunks, make([]int16, 0, chunkLength))
			n++
		}
		last := t.chunks[n-1]
		k := min(len(pcm), chunkLength-len(last))
		t.chunks[n-1] = append(last, pcm[:k]...)
		pcm = pcm[k:]
	}
	return true
}

// samples is the first so much of what was recorded.
func (t *tape) samples(d time.Duration) []int16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(int(d/time.Millisecond)*8, t.length)
	pcm := make([]int16, 0, n)
	for _, c := range t.chunks {
		if len(pcm) == n {
			break
		}
		pcm = append(pcm, c[:min(len(c), n-len(pcm))]...)
	}
	return pcm
}
