package store

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
)

// A smallDisk has room for so many segments, and can fail to sync.
type smallDisk struct {
	mu      sync.Mutex
	room    int
	syncErr error
}

func (d *smallDisk) create(path string, size int64) (segFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room == 0 {
		return nil, &os.PathError{Op: "fallocate", Path: path, Err: syscall.ENOSPC}
	}
	d.room--
	f, err := osDisk{}.create(path, size)
	return smallFile{f, d}, err
}

func (d *smallDisk) set(room int, syncErr error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room, d.syncErr = room, syncErr
}

type smallFile struct {
	segFile
	disk *smallDisk
}

func (f smallFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.syncErr != nil {
		return f.disk.syncErr
	}
	return f.segFile.Sync()
}

// beginUntilFull begins calls until the store refuses one.
func beginUntilFull(t *testing.T, s *Local) (begun int) {
	t.Helper()
	for ; begun < 100_000; begun++ {
		err := s.Begin(testStart(begun))
		if errors.Is(err, ErrFull) {
			return begun
		}
		if errors.Is(err, ErrBusy) { // the writer has not asked the disk yet
			begun--
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the disk never became full")
	return 0
}

// finishOne finishes a call and waits.
func finishOne(t *testing.T, s Store, r outcome.Record, n int) error {
	t.Helper()
	done := make(chan error, 1)
	if err := s.Finish(r, testEvents(n), func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	return <-done
}

func TestFullDiskRefusesNewCallsAndKeepsTheRecordsOfThoseThatAreUp(t *testing.T) {
	dir := t.TempDir()
	disk := &smallDisk{room: 3}
	opt := Options{disk: disk, SegmentSize: 16 << 10, PerCall: 1 << 10, Report: func(err error) {
		if !errors.Is(err, ErrFull) {
			t.Errorf("reported: %v", err)
		}
	}}
	s, _ := openTest(t, dir, opt)
	begun := beginUntilFull(t, s)
	if begun < 10 {
		t.Fatalf("full after %d calls", begun)
	}
	// Calls that were let through although Begin said ErrFull have no claim on
	// the reserve of the others, only on what is over it: less than a start and
	// a record of PerCall.
	extra := 0
	for ; ; extra++ {
		err := finishOne(t, s, testRecord(10_000+extra), 1)
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil || extra > 4 {
			t.Fatalf("record %d of a call that was not begun: %v", extra, err)
		}
	}
	if lost, _ := s.Lost(); lost != 1 {
		t.Errorf("%d records counted as lost", lost)
	}
	for i := range begun {
		if err := finishOne(t, s, testRecord(i), i); err != nil {
			t.Fatalf("record %d of %d: %v", i, begun, err)
		}
	}
	s.Close()

	opt.disk, disk.room = disk, 10
	s, rec := openTest(t, dir, opt)
	if n := len(listAll(t, s)); n != begun+extra || len(rec.Open) != 0 {
		t.Errorf("%d records of %d, %d open", n, begun, len(rec.Open))
	}
	if err := s.Begin(testStart(begun + 1)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestFullDiskBecomesFreeAgainWithoutARestart(t *testing.T) {
	disk := &smallDisk{room: 2}
	s, _ := openTest(t, t.TempDir(), Options{disk: disk, SegmentSize: 16 << 10, PerCall: 1 << 10, Report: func(error) {}})
	begun := beginUntilFull(t, s)
	disk.set(10, nil)
	deadline := time.Now().Add(2 * time.Minute)
	for {
		err := s.Begin(testStart(begun))
		if err == nil {
			return
		}
		if !errors.Is(err, ErrFull) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		s.w.wake()
	}
}

func TestRecordTooLargeForItsEvidenceIsKeptWithout(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{SegmentSize: 16 << 10})
	events := testEvents(1)
	noise := make([]byte, 64<<10)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	events[1].Msg = string(noise)
	done := make(chan error, 1)
	if err := s.Finish(testRecord(1), events, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(testID(1)); err != nil {
		t.Error(err)
	}
	if ev, err := s.Evidence(testID(1)); err != nil || len(ev) != 0 {
		t.Error(err, len(ev))
	}
	if _, without := s.Lost(); without != 1 {
		t.Errorf("counted %d", without)
	}
}

func TestFailedSyncIsToldAndTheRecordCanBeFinishedAgain(t *testing.T) {
	disk := &smallDisk{room: 100}
	s, _ := openTest(t, t.TempDir(), Options{disk: disk, Report: func(error) {}})
	finishAll(t, s, 0, 1)
	broken := errors.New("the disk is on fire")
	disk.set(100, broken)
	if err := finishOne(t, s, testRecord(1), 1); !errors.Is(err, broken) {
		t.Fatalf("told %v", err)
	}
	disk.set(100, nil)
	if err := finishOne(t, s, testRecord(1), 1); err != nil {
		t.Fatal(err)
	}
	if n := listAll(t, s); n[testID(1)] != 1 {
		t.Error(n)
	}
}

func TestQueueIsBounded(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{QueueCount: 3, Commit: time.Hour})
	done := make(chan error, 10)
	for i := range 3 {
		if err := s.Finish(testRecord(i), nil, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(testRecord(3), nil, nil); !errors.Is(err, ErrBusy) {
		t.Fatalf("a fourth: %v", err)
	}
	s.Close() // writes what waits
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	large := testEvents(0)
	large[0].Msg = string(make([]byte, 64<<10))
	s, _ := openTest(t, t.TempDir(), Options{QueueBytes: 100 << 10, Commit: time.Hour})
	if err := s.Finish(testRecord(0), large, func(error) {}); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(testRecord(1), large, nil); !errors.Is(err, ErrBusy) {
		t.Fatalf("a second of 64 KiB: %v", err)
	}
}

func TestSystemErrorsOfAFullDisk(t *testing.T) {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if err := diskError(fmt.Errorf("write: %w", e)); !errors.Is(err, ErrFull) || !errors.Is(err, e) {
			t.Errorf("%v: %v", e, err)
		}
	}
	if err := diskError(syscall.EIO); errors.Is(err, ErrFull) {
		t.Error("EIO is no full disk")
	}
}

func TestRetention(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	now := time.Now()
	s, _ := openTest(t, dir, Options{
		SegmentSize: 8 << 10, PerCall: 512, EvidenceFor: time.Hour, RecordsFor: 24 * time.Hour,
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
	})
	if err := s.Begin(testStart(5000)); err != nil { // stays up all the time
		t.Fatal(err)
	}
	for i := 0; i < 100; i += 10 {
		finishAll(t, s, i, i+10)
	}
	s.x.flush()
	before, _ := segments(s.j.dir)
	s.upkeep()
	if after, _ := segments(s.j.dir); len(after) < len(before) {
		t.Fatalf("segments went early: %v", after)
	}
	mu.Lock()
	now = now.Add(2 * time.Hour)
	mu.Unlock()
	s.upkeep()
	after, _ := segments(s.j.dir)
	if len(after) >= len(before) || len(after) == 0 {
		t.Fatalf("of %d segments %d are left", len(before), len(after))
	}
	// The records began in 2026-03 by their own clock: older than a day, if it is later now.
	if now.Sub(t0) > 25*time.Hour {
		if n := len(listAll(t, s)); n != 0 {
			t.Errorf("%d records are left", n)
		}
	}
	s.Close()
	_, rec := openTest(t, dir, Options{SegmentSize: 8 << 10, PerCall: 512})
	if len(rec.Open) != 1 || rec.Open[0].ID != testID(5000) || len(rec.Open[0].Events) != 2 {
		t.Fatalf("the open call went with the old segments: %+v", rec)
	}
}

func TestEvidenceExpiresAndTheRecordStays(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{SegmentSize: 8 << 10, PerCall: 512, EvidenceFor: time.Hour, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	for i := 0; i < 100; i += 10 {
		finishAll(t, s, i, i+10)
	}
	s.x.flush()
	s.upkeep()
	if _, err := s.Get(testID(0)); err != nil {
		t.Error(err)
	}
	if _, err := s.Evidence(testID(0)); !errors.Is(err, ErrExpired) || !errors.Is(err, ErrNotFound) {
		t.Errorf("expired evidence: %v", err)
	}
	if _, err := s.Evidence(testID(99)); err != nil {
		t.Errorf("evidence in the current segment: %v", err)
	}
}

// TestACallThatFindsNoSegmentReadyHasTheNextOnesKept: a writer that is long at
// the disk keeps more segments ready once a call found none, up to a bound.
func TestACallThatFindsNoSegmentReadyHasTheNextOnesKept(t *testing.T) {
	const size = 64 << 10
	s, _, err := Open(t.TempDir(), Options{SegmentSize: size, PerCall: 1 << 10, Report: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	const patience = 2 * time.Minute // a disk may be slow
	ahead := func() int64 {
		s.w.wake()
		for end := time.Now().Add(patience); ; <-time.After(time.Millisecond) { // until the writer has been round
			s.j.mu.Lock()
			n, missed := s.j.ahead, s.j.missed
			s.j.mu.Unlock()
			if !missed || time.Now().After(end) {
				return n
			}
		}
	}
	for want, n := int64(1), 0; n < 6; n++ {
		if got := ahead(); got != want {
			t.Fatalf("%d segments ahead, want %d", got, want)
		}
		s.j.mu.Lock()
		s.j.missed = true // as begin does
		s.j.mu.Unlock()
		want = min(2*want, mostAhead)
	}
	s.w.wake()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(time.Millisecond) {
		s.j.mu.Lock()
		room := s.j.room()
		s.j.mu.Unlock()
		if room >= mostAhead*size {
			return
		}
	}
	t.Errorf("no room for %d segments is kept", mostAhead)
}
