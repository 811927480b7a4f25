package store

import (
	"sync/atomic"
	"testing"
	"time"
)

// A slowDisk, once it is slow, returns from Sync only when it is released.
type slowDisk struct {
	slow    atomic.Bool
	syncs   atomic.Int64 // since it is slow
	begun   chan struct{}
	release chan struct{}
}

func (d *slowDisk) create(path string, size int64) (segFile, error) {
	f, err := osDisk{}.create(path, size)
	return slowFile{f, d}, err
}

type slowFile struct {
	segFile
	disk *slowDisk
}

func (f slowFile) Sync() error {
	if f.disk.slow.Load() {
		if f.disk.syncs.Add(1) == 1 {
			close(f.disk.begun)
		}
		<-f.disk.release
	}
	return f.segFile.Sync()
}

// TestSlowDiskOneWaitCoversAllThatCame: however long the disk takes, what came
// meanwhile shares the next wait, and nobody who hands a record over waits.
func TestSlowDiskOneWaitCoversAllThatCame(t *testing.T) {
	d := &slowDisk{begun: make(chan struct{}), release: make(chan struct{})}
	s, _ := openTest(t, t.TempDir(), Options{disk: d, SegmentSize: 32 << 20, Index: time.Hour, Commit: time.Millisecond})
	const n = 3000
	done := make(chan error, n+1)
	finish := func(i int) {
		t.Helper()
		if err := s.Finish(testRecord(i), testEvents(i), func(err error) { done <- err }); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if err := finishOne(t, s, testRecord(0), 0); err != nil { // its segments are made
		t.Fatal(err)
	}
	d.slow.Store(true)
	finish(1)
	<-d.begun // the writer waits for the disk
	for i := range n {
		finish(i + 2)
	}
	close(d.release)
	for range n + 1 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := d.syncs.Load(); got > 4 {
		t.Errorf("%d waits for the disk for %d records that came during one, want at most 4", got, n)
	}
}
