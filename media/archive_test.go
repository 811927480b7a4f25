package media

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestClass43_NamesOfRecordingsLeadNowhereElse: neither by what they say nor by a
// link in the folder.
func TestClass43_NamesOfRecordingsLeadNowhereElse(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "recordings")
	a, _, err := OpenArchive(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	outside := filepath.Join(dir, "outside.wav")
	for _, path := range []string{outside, filepath.Join(folder, "inside.wav")} {
		if err := os.WriteFile(path, []byte(filepath.Base(path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := a.Open("inside")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || string(text) != "inside.wav" {
		t.Errorf("got %q, %v", text, err)
	}
	f.Close()
	for _, name := range []string{
		"", ".", "..", "../outside", `..\outside`, "/" + outside, filepath.Join(dir, "outside"), "./inside", "inside.wav", "inside\x00", "x/../inside", "%2e%2e%2foutside",
	} {
		if f, err := a.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: got %v, want that there is none", name, err)
			f.Close()
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.wav")); err != nil {
		t.Fatal(err)
	}
	if f, err := a.Open("link"); err == nil {
		t.Error("a link led out of the folder")
		f.Close()
	}
}
