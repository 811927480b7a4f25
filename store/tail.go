package store

import (
	"errors"
	"os"
	"slices"
)

// readTail calls onRow for each record from a place on, and before another if that
// is not zero. Where it is zero the log may be another process's, which writes it
// meanwhile: what comes is then what stood in the log at some moment, without holes,
// and perhaps a few records that came later.
func readTail(dir string, from, to loc, onRow func(row) error) error {
	nums, err := segments(dir)
	if err != nil {
		return err
	}
	r := newReplay(dir, from, onRow)
	r.only, r.to = true, to
	t := tailReader{
		read: func(num uint64, off int64) ([]byte, error) { return readSegment(dir, num, off) },
		head: func(num uint64) ([]byte, error) { return readHead(dir, num, headSize) },
	}
	for i, n := range nums {
		if n < from.seg || r.beyond(loc{seg: n}) {
			continue
		}
		base := int64(0)
		if n == from.seg {
			base = from.off
		}
		var next uint64
		if i+1 < len(nums) && to == (loc{}) {
			next = nums[i+1]
		}
		b, last, err := t.segment(n, base, next)
		if errors.Is(err, os.ErrNotExist) {
			continue // recycled while we read: its records are in the index
		}
		if err == nil {
			err = r.chunks(n, base, b)
		}
		if err != nil || last {
			return err
		}
	}
	return nil
}

// A tailReader reads segments that another process may be writing. The log is
// written from its begin to its end, a segment is sealed before the next one is
// begun, and nothing is ever changed: so what stands before something that was
// seen is whole when it is read again.
type tailReader struct {
	read func(num uint64, off int64) ([]byte, error)
	head func(num uint64) ([]byte, error) // its first headSize bytes
}

// headSize is enough of a segment to see whether something follows its first chunk.
const headSize = 4 << 10

// segment reads a segment from an offset on; next is the one behind it, 0 if there
// is none. last says that the log has come no further.
func (t *tailReader) segment(num uint64, base int64, next uint64) (b []byte, last bool, err error) {
	if b, err = t.read(num, base); err != nil {
		return nil, false, err
	}
	c := extentOf(num, base, b)
	if c.holes {
		// A chunk was written while it was passed, and what came behind it was seen.
		if b, err = t.read(num, base); err != nil {
			return nil, false, err
		}
		c = extentOf(num, base, b)
	}
	if c.sealed || next == 0 {
		return b, false, nil
	}
	begun, err := t.begun(next)
	if err != nil || !begun {
		return b, err == nil, err
	}
	// Filled, and sealed, between the two readings.
	rest, err := t.read(num, base+c.end)
	if err != nil {
		return nil, false, err
	}
	return append(b[:c.end:c.end], rest...), false, nil
}

// begun tells whether anything follows the first chunk of a segment. One that is gone
// was full, and has been recycled since.
func (t *tailReader) begun(num uint64) (bool, error) {
	b, err := t.head(num)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	_, _, first := readChunk(b, loc{num, 0})
	return slices.ContainsFunc(b[first:], func(c byte) bool { return c != 0 }), nil
}

// An extent is what of a segment its chunks cover.
type extent struct {
	end    int64 // behind the last, from where the reading began
	holes  bool  // something between them is no chunk
	sealed bool  // the last is the seal
}

func extentOf(num uint64, base int64, b []byte) (c extent) {
	s := scanner{seg: num, b: b, base: base}
	for {
		kind, _, _, _, ok := s.next()
		if !ok {
			c.end, c.holes = s.end, len(s.skipped) > 0
			return c
		}
		c.sealed = kind == kindSeal
	}
}
