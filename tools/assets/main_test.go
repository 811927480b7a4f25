package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const console = "../../console"

func TestWhatIsCommittedIsWhatTheSourcesGive(t *testing.T) {
	if err := run(console, true); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsNotBuiltFromTheSourcesIsSeen(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"islands", "style", "dist"} {
		if err := os.CopyFS(filepath.Join(dir, sub), os.DirFS(filepath.Join(console, sub))); err != nil {
			t.Fatal(err)
		}
	}
	types, err := os.ReadFile(filepath.Join(console, "tsconfig.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), types, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err != nil {
		t.Fatal("in another folder the same sources give something else:", err)
	}
	path := filepath.Join(dir, "islands", "console.ts")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("document.title = \"changed\";\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err == nil {
		t.Error("a change of the sources was not seen")
	}
}

// TestTypes has the types of the islands checked by TypeScript's own compiler:
// the bundler only leaves types out.
func TestTypes(t *testing.T) {
	tsc, err := filepath.Abs("node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Skip("needs tsc: npm ci in tools/assets")
	}
	out, err := exec.Command(tsc, "--noEmit", "-p", filepath.Join(console, "tsconfig.json")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
