package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPersonalIsKept(t *testing.T) {
	dir := t.TempDir()
	all, err := LoadPersonal(dir)
	if err != nil || len(all) != 0 {
		t.Fatalf("a new folder has %v, %v", all, err)
	}
	number, nowhere, on := "102", "", true
	all["100"] = Personal{Always: &number, Busy: &nowhere}
	all["101"] = Personal{DND: &on}
	for range 2 { // the second replaces the first
		if err := SavePersonal(dir, all); err != nil {
			t.Fatal(err)
		}
	}
	got, err := LoadPersonal(dir)
	if diff := cmp.Diff(all, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("the folder holds %v, want one file", names)
	}
}

func TestADamagedPersonalIsAnErrorThatSaysWhichFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, personalName)
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPersonal(dir); err == nil {
		t.Error("rubbish was read")
	}
	if err := SavePersonal(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("a folder that does not exist took it")
	}
}
