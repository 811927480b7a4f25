package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readAll opens a Reader, counts the calls it lists and checks one of them.
func readAll(t *testing.T, dir string) map[string]int {
	t.Helper()
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return listAll(t, r)
}

func TestReaderBesideARunningServer(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Hour, SegmentSize: 16 << 10, PerCall: 512})
	finishAll(t, s, 0, 50)
	s.x.flush()
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	finishAll(t, s, 50, 80) // in the log only
	n := listAll(t, r)
	if len(n) != 80 {
		t.Fatalf("%d calls", len(n))
	}
	for id, k := range n {
		if k != 1 {
			t.Errorf("%s is listed %d times", id, k)
		}
	}
	for _, i := range []int{3, 77} {
		rec, err := r.Get(testID(i))
		if d := cmp.Diff(testRecord(i), rec); err != nil || d != "" {
			t.Error(err, d)
		}
		ev, err := r.Evidence(testID(i))
		if d := cmp.Diff(testEvents(i), ev); err != nil || d != "" {
			t.Error(err, d)
		}
	}
	if _, err := r.Get("call_none"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	// It keeps the server from nothing, even while it is open.
	s.x.flush()
	finishAll(t, s, 80, 90)
	s.x.flush()
	if n := listAll(t, r); len(n) != 90 {
		t.Errorf("%d calls", len(n))
	}
}

// TestReaderInAnotherProcess lists from this process what a server in another
// writes, while it writes and after it was killed.
func TestReaderInAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	begun, finished := map[string]bool{}, map[string]bool{}
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- readUntil(dir, stop) }()
	runAndKill(t, dir, 0, 3000, begun, finished)
	close(stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	n := readAll(t, dir)
	for id := range finished {
		if n[id] != 1 {
			t.Errorf("%s is listed %d times", id, n[id])
		}
	}
}

func readUntil(dir string, stop chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		r, err := OpenReader(dir)
		if err != nil {
			return err
		}
		p, err := r.List(Filter{}, Cursor{}, MaxLimit)
		seen := map[string]bool{}
		for _, rec := range p.Records {
			if seen[rec.ID] {
				err = errors.Join(err, errors.New(rec.ID+" twice on a page"))
			}
			seen[rec.ID] = true
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
}

func TestReaderOfAStoppedServer(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{})
	finishAll(t, s, 0, 10)
	s.Close()
	if n := readAll(t, dir); len(n) != 10 {
		t.Errorf("%d calls", len(n))
	}
	// The index alone is missing: the log answers.
	for _, f := range []string{"onhook.db", "onhook.db-wal", "onhook.db-shm"} {
		if err := os.Remove(filepath.Join(dir, f)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if n := readAll(t, dir); len(n) != 10 {
		t.Errorf("%d calls without the index", len(n))
	}
}

func TestReaderOfAnEmptyOrMissingFolder(t *testing.T) {
	dir := t.TempDir()
	if n := readAll(t, dir); len(n) != 0 {
		t.Error(n)
	}
	if _, err := OpenReader(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
