package media

import (
	"bytes"
	"testing"
)

func TestAChainIsItsClipsWithoutGaps(t *testing.T) {
	parts := [][]int16{Tone(100, 8000, 440), Tone(1, 8000, 440), {}, Tone(333, 8000, 700)}
	var chain Chain
	var want []byte
	for _, p := range parts {
		chain = append(chain, NewClip(p))
		want = PCMU.Encode(want, p)
	}
	var got []byte
	buf := make([]byte, 160)
	for {
		n := chain.ReadAt(buf, PCMU, len(got))
		if n == 0 {
			break
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d and the same", len(got), len(want))
	}
}
