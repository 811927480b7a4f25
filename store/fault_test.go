package store

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onhook/outcome"
)

// TestClass40_HostileTextIsStoredAsItIs: whatever a phone writes, the row of it
// is what it wrote, and the table stays.
func TestClass40_HostileTextIsStoredAsItIs(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Millisecond, Commit: time.Millisecond})
	texts := []string{"'", `"`, `\`, "$$", "'; DROP TABLE calls; --", ";--", "\u02bc", "a\x00b", "%", "_", "\r\nX: y", "<script>alert(1)</script>", "=cmd|'/c calc'!A1"}
	for i, h := range texts {
		r := testRecord(i)
		r.From, r.To = outcome.Party{URI: "sip:" + h + "@x", Number: h, Name: h}, outcome.Party{URI: h, Number: h, Name: h}
		r.User, r.Trunk, r.Queue, r.Detail = h, h, h, h
		r.Notes = []string{h}
		if err := finishOne(t, s, r, i); err != nil {
			t.Fatalf("%q: %v", h, err)
		}
		got, err := s.Get(r.ID)
		if err != nil {
			t.Fatalf("%q: %v", h, err)
		}
		if d := cmp.Diff(r, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%q comes back otherwise: %s", h, d)
		}
	}
	// The index has them too, and finds by what they are.
	for i, h := range texts {
		p, err := s.List(Filter{Trunk: h}, Cursor{}, 100)
		if err != nil {
			t.Fatalf("%q: %v", h, err)
		}
		if len(p.Records) != 1 || p.Records[0].ID != testID(i) {
			t.Errorf("%d records by trunk %q, want its own", len(p.Records), h)
		}
	}
}

// TestScenario32_ADamagedDatabaseIsToldNotReplaced: the server does not begin
// with an empty list of calls as if nothing had been, and the log has them all.
func TestScenario32_ADamagedDatabaseIsToldNotReplaced(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Millisecond, Commit: time.Millisecond})
	for i := range 200 {
		if err := finishOne(t, s, testRecord(i), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := databasePath(dir)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 100; i++ {
		data[i] ^= 0xff // the header: it is no database any more
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	again, _, err := Open(dir, Options{})
	if err == nil {
		n := len(listAll(t, again))
		if err := again.Close(); err != nil {
			t.Error(err)
		}
		if n != 200 {
			t.Errorf("a damaged database was replaced by one with %d calls of 200", n)
		}
		return
	}
	if errors.Is(err, ErrFull) || err.Error() == "" {
		t.Errorf("the error says nothing of the damage: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now[:100]) != string(data[:100]) {
		t.Errorf("the damaged file was written to: %v", err)
	}
	// Without it everything comes back from the log.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	back, _ := openTest(t, dir, Options{})
	if n := len(listAll(t, back)); n != 200 {
		t.Errorf("%d calls of 200 came back from the log", n)
	}
}
