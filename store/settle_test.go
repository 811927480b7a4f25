package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestSettleWaitsForRecordsThatTheDiskHasNot: what was finished while the disk
// was busy is in no file yet, and a Reader must not miss it.
func TestSettleWaitsForRecordsThatTheDiskHasNot(t *testing.T) {
	dir := t.TempDir()
	d := &slowDisk{begun: make(chan struct{}), release: make(chan struct{})}
	s, _ := openTest(t, dir, Options{disk: d, SegmentSize: 1 << 20, Index: time.Hour, Commit: time.Millisecond})
	if err := s.Settle(t.Context()); err != nil {
		t.Fatalf("nothing waits: %v", err)
	}
	if err := finishOne(t, s, testRecord(0), 0); err != nil { // its segments are made
		t.Fatal(err)
	}
	d.slow.Store(true)
	for i := 1; i < 4; i++ {
		if err := s.Finish(testRecord(i), testEvents(i), nil); err != nil {
			t.Fatal(err)
		}
		<-d.begun // from the first on the writer waits for the disk
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Settle(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v: the records are not durable yet", err)
	}
	settled := make(chan error, 2)
	for range cap(settled) {
		go func() { settled <- s.Settle(t.Context()) }()
	}
	close(d.release)
	for range cap(settled) {
		if err := <-settled; err != nil {
			t.Fatal(err)
		}
	}
	if n := readAll(t, dir); len(n) != 4 {
		t.Errorf("a reader finds %d calls, want 4", len(n))
	}
}
