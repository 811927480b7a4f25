package store

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestScenario32_ADamagedDatabaseIsSetAside: the server begins, says so, keeps the
// file, and has all calls again from the log; never with an empty list as if nothing had been.
func TestScenario32_ADamagedDatabaseIsSetAside(t *testing.T) {
	for name, spoil := range map[string]func(data []byte){
		"the header":        func(data []byte) { invert(data[:100]) },
		"the first page":    func(data []byte) { invert(data[100:4096]) },
		"nothing is left":   func(data []byte) { clear(data) },
		"another program's": func(data []byte) { copy(data, "not a database") },
		"the page's number": func(data []byte) { data[16], data[17] = 0xff, 0xff },
	} {
		t.Run(name, func(t *testing.T) {
			dir := withCalls(t, 200)
			path := databasePath(dir)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoil(data)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			s, rec := openTest(t, dir, Options{})
			if n := len(listAll(t, s)); n != 200 {
				t.Errorf("%d calls of 200 are there", n)
			}
			aside, err := filepath.Glob(path + ".damaged-*Z")
			if err != nil || len(aside) != 1 || len(rec.Notes) == 0 || !strings.Contains(rec.Notes[0], aside[0]) {
				t.Fatalf("set aside as %q, %v; told %q", aside, err, rec.Notes)
			}
			kept, err := os.ReadFile(aside[0])
			if st, err2 := os.Stat(aside[0]); err != nil || err2 != nil || string(kept) != string(data) || st.Mode().Perm() != 0o600 {
				t.Errorf("the damaged file is not kept as it was: %v, %v", err, err2)
			}
			// A second start finds nothing wrong.
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			again, rec := openTest(t, dir, Options{})
			if n := len(listAll(t, again)); n != 200 || len(rec.Notes) != 0 {
				t.Errorf("after another start %d calls, told %q", n, rec.Notes)
			}
		})
	}
}

func invert(b []byte) {
	for i := range b {
		b[i] ^= 0xff
	}
}

// withCalls is a folder of n calls, whose store is closed.
func withCalls(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, _, err := Open(dir, Options{Index: time.Millisecond, Commit: time.Millisecond, SegmentSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := finishOne(t, s, testRecord(i), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestScenario32_ADamagedPageIsToldNotBelieved: what is found wrong only when it is read
// is an error then, and never a list that lacks calls or has others.
func TestScenario32_ADamagedPageIsToldNotBelieved(t *testing.T) {
	dir := withCalls(t, 200)
	path := databasePath(dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	told := 0
	for at := page; at < len(good); at += page {
		bad := slices.Clone(good)
		invert(bad[at : at+page])
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, rec, err := Open(dir, Options{Index: time.Hour, Report: func(error) {}})
		if err != nil {
			t.Fatalf("page %d: %v", at/page, err)
		}
		p, err := s.List(Filter{}, Cursor{}, MaxLimit)
		if err != nil || len(rec.Notes) > 0 {
			told++
		}
		if err == nil && len(p.Records) != 200 {
			t.Errorf("page %d: %d calls of 200, and no error", at/page, len(p.Records))
		}
		_ = s.Close() // it may say again that the page is bad
		for _, f := range []string{path + "-wal", path + "-shm"} {
			_ = os.Remove(f)
		}
		aside, _ := filepath.Glob(path + ".damaged-*")
		for _, f := range aside {
			_ = os.Remove(f)
		}
	}
	if told == 0 {
		t.Error("no damage was found at all")
	}
}

// TestScenario32_ALockedDatabaseHoldsNobodyUp: another program holds it. Records are kept
// by the log meanwhile and come into the index when it lets go.
func TestScenario32_ALockedDatabaseHoldsNobodyUp(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Millisecond, Commit: time.Millisecond})
	if err := finishOne(t, s, testRecord(0), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", sqliteName(databasePath(dir), "busy_timeout(10000)"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := finishOne(t, s, testRecord(i+1), i+1); err != nil {
			t.Fatalf("record %d while the database is locked: %v", i+1, err)
		}
	}
	if n := len(listAll(t, s)); n != 51 {
		t.Errorf("%d calls of 51 are listed while the database is locked", n)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(listAll(t, s)); n != 51 {
		t.Errorf("%d calls of 51 are listed afterwards", n)
	}
}

// TestScenario28_AnIndexWithoutRoomHoldsUpNoStart: a server that starts on a full disk,
// with records that only the log has, lists them all, and its index has them when there is room.
func TestScenario28_AnIndexWithoutRoomHoldsUpNoStart(t *testing.T) {
	dir := withCalls(t, 200)
	db, err := sql.Open("sqlite", sqliteName(databasePath(dir)))
	if err != nil {
		t.Fatal(err)
	}
	// As if the index had been told of none: what was written of it is free, and is taken away.
	for _, q := range []string{"DELETE FROM calls", "DELETE FROM log_position", "VACUUM"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	var pages int
	if err := db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	all := func(s *Local, when string) {
		t.Helper()
		p, err := s.List(Filter{}, Cursor{}, MaxLimit)
		if err != nil || len(p.Records) != 200 {
			t.Errorf("%s: %d calls, want 200; %v", when, len(p.Records), err)
		}
	}
	var told []error
	s, _, err := Open(dir, Options{Index: time.Hour, Report: func(err error) { told = append(told, err) }, pragmas: []string{fmt.Sprintf("max_page_count(%d)", pages)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || !noRoom(told[0]) {
		t.Errorf("told of %v", told)
	}
	if at, err := position(s.db.read); err != nil || at != (loc{}) {
		t.Errorf("the index is at %v, %v", at, err)
	}
	all(s, "on a full disk")
	_ = s.Close() // it says again that there is no room
	s, _ = openTest(t, dir, Options{Index: time.Millisecond})
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, err := position(s.db.read); err != nil || at == (loc{}) {
		t.Errorf("with room the index is at %v, %v", at, err)
	}
	all(s, "with room")
}
