package store

import (
	"os"
	"slices"
	"testing"
	"time"
)

// grownLog is a log of several segments: the bytes of each, as another process sees
// them when the first n records are there, by n.
type grownLog struct {
	t    *testing.T
	dir  string
	nums []uint64
	full map[uint64][]byte
}

func newGrownLog(t *testing.T) *grownLog {
	t.Helper()
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour, SegmentSize: 32 << 10, PerCall: 512})
	for i := 0; i < 240; i += 4 {
		finishAll(t, s, i, i+4)
	}
	nums, err := segments(s.j.dir)
	if err != nil {
		t.Fatal(err)
	}
	l := &grownLog{t: t, dir: s.j.dir, full: map[uint64][]byte{}}
	for _, n := range nums {
		b, err := readSegment(s.j.dir, n, 0)
		if err != nil {
			t.Fatal(err)
		}
		if l.full[n] = b; extentOf(n, 0, b).sealed {
			l.nums = append(l.nums, n)
		}
	}
	if len(l.nums) < 3 {
		t.Fatalf("%d segments are full, want three", len(l.nums))
	}
	return l
}

// chunks are where the chunks of a segment begin, and its end.
func (l *grownLog) chunks(num uint64) (at []int64) {
	s := scanner{seg: num, b: l.full[num]}
	for {
		_, _, place, _, ok := s.next()
		if !ok {
			return append(at, s.end)
		}
		at = append(at, place.off)
	}
}

// upTo is a segment when only so much of it was written.
func (l *grownLog) upTo(num uint64, end int64) []byte {
	b := slices.Clone(l.full[num])
	clear(b[end:])
	return b
}

// records are the places of the records in what a reader got of a segment.
func (l *grownLog) records(num uint64, b []byte) (at []int64) {
	r := newReplay(l.dir, loc{}, func(w row) error {
		at = append(at, w.at.off)
		return nil
	})
	r.only = true
	if err := r.chunks(num, 0, b); err != nil {
		l.t.Fatal(err)
	}
	return slices.Compact(at) // a chunk holds several
}

// TestASegmentThatFillsWhileItIsReadHasNoHole: it was half full when it was read, and
// the next one was begun before that was looked at.
func TestASegmentThatFillsWhileItIsReadHasNoHole(t *testing.T) {
	l := newGrownLog(t)
	num, next := l.nums[0], l.nums[1]
	at := l.chunks(num)
	half := at[len(at)/2]
	reads := 0
	read := func(n uint64, off int64) ([]byte, error) {
		if reads++; reads == 1 {
			return l.upTo(n, half), nil
		}
		return l.full[n][off:], nil
	}
	tail := tailReader{read: read, head: func(n uint64) ([]byte, error) { return l.full[n][:headSize], nil }}
	b, last, err := tail.segment(num, 0, next)
	if want := l.records(num, l.full[num]); err != nil || last || !slices.Equal(l.records(num, b), want) {
		t.Errorf("last %v, %v: records at %v\nwant %v", last, err, l.records(num, b), want)
	}
	// And where the next one is not begun, what is there is a beginning.
	reads = 0
	tail.head = func(n uint64) ([]byte, error) { return l.upTo(n, l.chunks(n)[1])[:headSize], nil }
	b, last, err = tail.segment(num, 0, next)
	if got := l.records(num, b); err != nil || !last || len(got) == 0 || slices.Max(got) >= half {
		t.Errorf("last %v, %v: records at %v, want those before %d", last, err, got, half)
	}
	// One that is gone was full.
	reads = 0
	tail.head = func(uint64) ([]byte, error) { return nil, os.ErrNotExist }
	if b, last, err = tail.segment(num, 0, next); err != nil || last || !extentOf(num, 0, b).sealed {
		t.Errorf("the next one is gone: last %v, %v", last, err)
	}
}

// TestAChunkThatIsWrittenWhileItIsPassedLeavesNoHole: its place was read before it was
// written, and that of the one behind it after that.
func TestAChunkThatIsWrittenWhileItIsPassedLeavesNoHole(t *testing.T) {
	l := newGrownLog(t)
	num := l.nums[0]
	at := l.chunks(num)
	torn := slices.Clone(l.full[num])
	clear(torn[at[3]:at[4]])
	clear(torn[at[6]:])
	reads := 0
	tail := tailReader{read: func(n uint64, _ int64) ([]byte, error) {
		if reads++; reads == 1 {
			return torn, nil
		}
		return l.upTo(n, at[7]), nil
	}}
	b, _, err := tail.segment(num, 0, 0)
	if got, want := l.records(num, b), l.records(num, l.upTo(num, at[7])); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v: records at %v, want %v", err, got, want)
	}
	// What is damaged stays so, and costs no more than itself.
	tail.read = func(uint64, int64) ([]byte, error) { return torn, nil }
	b, _, err = tail.segment(num, 0, 0)
	if got, want := l.records(num, b), l.records(num, l.upTo(num, at[6])); err != nil || len(got) != len(want)-1 {
		t.Errorf("%v: damaged: records at %v, want all but one of %v", err, got, want)
	}
}
