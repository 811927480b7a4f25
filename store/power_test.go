package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// A cacheDisk is a disk behind a cache: what was not synced is not in the file.
type cacheDisk struct{}

func (cacheDisk) create(path string, size int64) (segFile, error) {
	f, err := osDisk{}.create(path, size)
	return &cacheFile{segFile: f}, err
}

type cacheFile struct {
	segFile
	mu     sync.Mutex
	writes []cachedWrite
}

type cachedWrite struct {
	b   []byte
	off int64
}

func (f *cacheFile) WriteAt(b []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes = append(f.writes, cachedWrite{slices.Clone(b), off})
	return len(b), nil
}

func (f *cacheFile) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.writes {
		if _, err := f.segFile.WriteAt(w.b, w.off); err != nil {
			return err
		}
	}
	f.writes = nil
	return f.segFile.Sync()
}

// TestPowerCutLosesNoReportedRecord looks, whenever a record is reported, at
// what a power cut in that moment would leave.
func TestPowerCutLosesNoReportedRecord(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{disk: cacheDisk{}, SegmentSize: 8 << 10, PerCall: 512, Index: time.Hour, Commit: time.Millisecond})
	const n = 120
	done := make(chan error, n)
	for i := range n {
		id := testID(i)
		err := s.Finish(testRecord(i), testEvents(i), func(err error) {
			found := false
			if err == nil {
				err = readTail(s.j.dir, loc{}, loc{}, func(w row) error {
					found = found || w.record.ID == id
					return nil
				})
			}
			if err == nil && !found {
				err = fmt.Errorf("%s was reported and is not on the disk", id)
			}
			done <- err
		})
		if err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 { // in batches of seven
			for range min(7, i+1) {
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	nums, err := segments(s.j.dir)
	if err != nil || len(nums) < 5 {
		t.Errorf("%v: too few segments to say something of the changes between them: %v", err, nums)
	}
}
