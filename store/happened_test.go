package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func openHappened(t *testing.T, dir string) *Happened {
	t.Helper()
	h, err := OpenHappened(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// tell writes events with these times.
func (h *Happened) tell(t *testing.T, times ...int64) {
	t.Helper()
	for _, at := range times {
		if err := h.Append(Place{at, 0}, fmt.Appendf(nil, `{"at":%d}`, at)); err != nil {
			t.Fatal(err)
		}
	}
}

// told are the times of the events between two.
func (h *Happened) told(t *testing.T, after, upTo int64) (times []int64) {
	t.Helper()
	if err := h.Between(Place{after, 0}, Place{upTo, 0}, func(p Place, event []byte) error {
		if string(event) != fmt.Sprintf(`{"at":%d}`, p.At) {
			t.Errorf("at %d: %s", p.At, event)
		}
		times = append(times, p.At)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return times
}

func TestWhatHappenedIsToldAgain(t *testing.T) {
	dir := t.TempDir()
	h := openHappened(t, dir)
	h.tell(t, 1, 2, 3, 4)
	if got := h.told(t, 1, 3); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("%v", got)
	}
	// The process ends without a word: nobody closes the file.
	again := openHappened(t, dir)
	if again.Last() != (Place{4, 0}) {
		t.Errorf("the last is %v", again.Last())
	}
	again.tell(t, 5)
	if got := again.told(t, 0, 9); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("%v", got)
	}
	if st, err := os.Stat(filepath.Join(dir, happenedName)); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st.Mode(), err)
	}
}

func TestALineThatACrashHasCutIsCutOff(t *testing.T) {
	whole := t.TempDir()
	openHappened(t, whole).tell(t, 1, 2, 3)
	text, err := os.ReadFile(filepath.Join(whole, happenedName))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(text) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, happenedName), text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		h := openHappened(t, dir)
		want := []int64{1, 2, 3}[:strings.Count(string(text[:n]), "\n")]
		h.tell(t, 9)
		if got := h.told(t, 0, 9); !slices.Equal(got, append(slices.Clone(want), 9)) {
			t.Fatalf("cut after %d bytes: %v", n, got)
		}
	}
}

func TestDamagedLinesArePassedOver(t *testing.T) {
	dir := t.TempDir()
	openHappened(t, dir).tell(t, 1, 2, 3)
	path := filepath.Join(dir, happenedName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(text), `{"at":2}`, `{"at":7}`, 1) + "\n" + strings.Repeat("x", 2*longestHappened) + "\nx y z\n"
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHappened(t, dir)
	h.tell(t, 4)
	if got := h.told(t, 0, 9); !slices.Equal(got, []int64{1, 3, 4}) {
		t.Errorf("%v", got)
	}
}

func TestWhatHappenedIsBounded(t *testing.T) {
	dir := t.TempDir()
	h := openHappened(t, dir)
	h.limit = 1000
	for i := range int64(500) {
		h.tell(t, i+1)
	}
	got := h.told(t, 0, 1000)
	if len(got) < 20 || len(got) > 80 || got[len(got)-1] != 500 || !slices.IsSorted(got) {
		t.Errorf("%d events are kept: %v", len(got), got)
	}
	size := int64(0)
	for _, name := range []string{happenedName, happenedName + ".1"} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	if size > 2*h.limit {
		t.Errorf("%d bytes", size)
	}
	if err := h.Append(Place{501, 0}, []byte("two\nlines")); err == nil {
		t.Error("an event of two lines was taken")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Append(Place{502, 0}, []byte("{}")); err != fs.ErrClosed {
		t.Errorf("after its end: %v", err)
	}
}
