package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCallsThatShareAChunk looks at calls that end together: each has its own
// record and evidence, before and after they are indexed.
func TestCallsThatShareAChunk(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour, Commit: 50 * time.Millisecond})
	const n = 2*maxGroup + 3
	finishAll(t, s, 0, n)
	chunks := map[loc]int{}
	s.x.mu.Lock()
	for i := range s.x.pending {
		chunks[s.x.pending[i].at]++
	}
	s.x.mu.Unlock()
	if len(chunks) >= n {
		t.Fatalf("%d calls have %d chunks: none is shared", n, len(chunks))
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
	s, _ := openTest(t, dir, Options{Index: time.Hour, Commit: 50 * time.Millisecond})
	finishAll(t, s, 0, 12)
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
