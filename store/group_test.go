package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// endedTogether is a store in which n calls ended, all but the first two of them while
// the disk was busy with the second, so that they share what is written next.
func endedTogether(t *testing.T, dir string, n int) *Local {
	t.Helper()
	d := &slowDisk{begun: make(chan struct{}), release: make(chan struct{})}
	s, _ := openTest(t, dir, Options{disk: d, Index: time.Hour, Commit: time.Millisecond})
	if err := finishOne(t, s, testRecord(0), 0); err != nil { // its segments are made
		t.Fatal(err)
	}
	d.slow.Store(true)
	done := make(chan error, n)
	for i := 1; i < n; i++ {
		if err := s.Finish(testRecord(i), testEvents(i), func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		<-d.begun // from the first on the writer waits for the disk
	}
	close(d.release)
	for range n - 1 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestCallsThatShareAChunk looks at calls that end together: each has its own
// record and evidence, before and after they are indexed.
func TestCallsThatShareAChunk(t *testing.T) {
	const n = 2*maxGroup + 3
	s := endedTogether(t, t.TempDir(), n)
	chunks := map[loc]int{}
	s.x.mu.Lock()
	for i := range s.x.pending {
		chunks[s.x.pending[i].at]++
	}
	s.x.mu.Unlock()
	if len(chunks) != 5 { // one, one, and what came while that one was written, in groups
		t.Fatalf("%d calls have %d chunks, want 5", n, len(chunks))
	}
	check := func() {
		t.Helper()
		for i := range n {
			rec, err := s.Get(testID(i))
			if d := cmp.Diff(testRecord(i), rec); err != nil || d != "" {
				t.Fatal(i, err, d)
			}
			events, err := s.Evidence(testID(i))
			if d := cmp.Diff(testEvents(i), events); err != nil || d != "" {
				t.Fatal(i, err, d)
			}
		}
	}
	check()
	s.x.flush()
	check()
}

// TestIndexThatStopsWithinAChunk: a crash may come when some of the calls of a
// chunk are in the index and others are not.
func TestIndexThatStopsWithinAChunk(t *testing.T) {
	dir := t.TempDir()
	s := endedTogether(t, dir, 12)
	s.x.mu.Lock()
	some := s.x.pending[:7]
	shared := some[6].at == s.x.pending[7].at
	s.x.pending = nil
	s.x.mu.Unlock()
	if !shared {
		t.Fatal("calls 6 and 7 do not share a chunk")
	}
	if err := s.x.insert(some); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, rec := openTest(t, dir, Options{})
	if len(rec.Notes) != 0 {
		t.Error(rec.Notes)
	}
	if got := listAll(t, s); len(got) != 12 {
		t.Errorf("%d of 12 records are left", len(got))
	}
}

func TestGroupThatIsDamagedInside(t *testing.T) {
	w := writer{batch: finishes(3)}
	w.encode()
	placeChunk(w.chunks, loc{})
	kind, body, _ := readChunk(w.chunks, loc{})
	if kind != kindGroup {
		t.Fatalf("kind %d", kind)
	}
	if _, err := eventsOfGroup(body, testID(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := eventsOfGroup(body, testID(3)); !errors.Is(err, errCorrupt) {
		t.Errorf("a call that is not in it: %v", err)
	}
	raw, err := unpack(body)
	if err != nil {
		t.Fatal(err)
	}
	cut := pack(nil, packedGroup, raw[:len(raw)-5])
	if _, err := eventsOfGroup(cut, testID(2)); err == nil {
		t.Error("cut off: no error")
	}
}
