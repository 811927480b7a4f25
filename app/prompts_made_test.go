package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"onhook/media"
)

// heard is how many samples a prompt of a library has.
func heard(t *testing.T, l *Library, name string) int {
	t.Helper()
	src, err := l.Prompt(name)
	if err != nil {
		t.Fatal(err)
	}
	return src.(*media.Clip).Len()
}

func TestMadePromptsComeBetweenTheFoldersAndTheBuiltIn(t *testing.T) {
	m := NewMadePrompts(filepath.Join(t.TempDir(), "prompts"))
	if list, err := m.List(); err != nil || len(list) != 0 {
		t.Errorf("without a folder: %v, %v", list, err)
	}
	folder := t.TempDir()
	l := NewLibrary(folder, "")
	l.Add(m.Folder())
	builtIn := heard(t, l, "goodbye")
	if made, err := m.Set("goodbye", make([]int16, 100)); err != nil || !made {
		t.Fatal(made, err)
	}
	if got := heard(t, l, "goodbye"); got != builtIn {
		t.Errorf("before it is forgotten: %d", got)
	}
	l.Forget("goodbye")
	if got := heard(t, l, "goodbye"); got != 100 {
		t.Errorf("%d samples, want those that were made", got)
	}
	if err := writeSound(folder, "goodbye.wav", make([]int16, 50)); err != nil {
		t.Fatal(err)
	}
	l.Forget("goodbye")
	if got := heard(t, l, "goodbye"); got != 50 {
		t.Errorf("%d samples, want those of the user's folder", got)
	}
	if err := os.Remove(filepath.Join(folder, "goodbye.wav")); err != nil {
		t.Fatal(err)
	}
	if err := m.Delete("goodbye"); err != nil {
		t.Fatal(err)
	}
	l.Forget("goodbye")
	if got := heard(t, l, "goodbye"); got != builtIn {
		t.Errorf("%d samples, want the built-in ones", got)
	}
	if err := m.Delete("goodbye"); !errors.Is(err, ErrNoPrompt) {
		t.Error(err)
	}
}

func TestMadePromptsAreBounded(t *testing.T) {
	m := NewMadePrompts(t.TempDir())
	for i := range mostPrompts {
		if err := os.WriteFile(m.path(fmt.Sprint("p", i)), []byte("RIFF"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Set("one-more", make([]int16, 10)); !errors.Is(err, ErrTooManyPrompts) {
		t.Error(err)
	}
	if made, err := m.Set("p1", make([]int16, 10)); err != nil || made {
		t.Errorf("one that is there is replaced: %v, %v", made, err)
	}
	for _, name := range []string{"", "a b", "../x", ".x", "say:1", "ü"} {
		if _, err := m.Set(name, make([]int16, 10)); !errors.Is(err, ErrPromptName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
