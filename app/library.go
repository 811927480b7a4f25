package app

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"onhook/media"
)

//go:embed prompts/*/*.wav
var builtIn embed.FS

// maxPrompt bounds a prompt's file: ten minutes of 16-bit samples.
const maxPrompt = 10 << 20

// A Library finds prompts by their names: first in a folder of the user's, then
// among the built-in ones of its language. It may be used from anywhere.
type Library struct {
	folder, language string
	made             string // another folder, of prompts that were made while the server runs

	mu    sync.Mutex
	clips map[string]*media.Clip
}

// NewLibrary makes a library. folder may be empty; language is a built-in one
// ("en", also if empty) or one whose prompts the folder holds.
func NewLibrary(folder, language string) *Library {
	if language == "" {
		language = "en"
	}
	return &Library{folder: folder, language: language, clips: map[string]*media.Clip{}}
}

// Prompt is the sound of a name. A file NAME.wav, or LANGUAGE/NAME.wav, in the
// folder replaces the built-in one. The error says what was looked for, or what
// is wrong with the file.
func (l *Library) Prompt(name string) (media.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.clips[name]; c != nil {
		return c, nil
	}
	b, err := l.read(name)
	if err != nil {
		return nil, err
	}
	a, err := media.ReadWAV(bytes.NewReader(b), maxPrompt)
	if err != nil {
		return nil, fmt.Errorf("prompt %s: %w", name, err)
	}
	l.clips[name] = media.NewClip(a.Mono())
	return l.clips[name], nil
}

// read finds the file of a name.
func (l *Library) read(name string) ([]byte, error) {
	if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("prompt %q: want the name of a file without folder and .wav", name)
	}
	if l.folder != "" {
		for _, path := range [...]string{filepath.Join(l.folder, l.language, name+".wav"), filepath.Join(l.folder, name+".wav")} {
			b, err := readFile(path)
			if err == nil || !errors.Is(err, fs.ErrNotExist) {
				return b, err
			}
		}
	}
	if b, err := l.readMade(name); !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if b, err := builtIn.ReadFile("prompts/" + l.language + "/" + name + ".wav"); err == nil {
		return b, nil
	}
	if b, err := builtIn.ReadFile("prompts/en/" + name + ".wav"); err == nil {
		return b, nil
	}
	if l.folder == "" {
		return nil, fmt.Errorf("there is no built-in prompt %s, and no folder of prompts is configured", name)
	}
	return nil, fmt.Errorf("there is no prompt %s: neither %s.wav in %s nor a built-in one", name, name, l.folder)
}

func readFile(path string) ([]byte, error) {
	i, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if i.Size() > maxPrompt {
		return nil, fmt.Errorf("%s: got %d bytes, want at most %d", path, i.Size(), maxPrompt)
	}
	return os.ReadFile(path)
}

// Prompts are the sounds of several names; "say:123" says digits one by one and
// "number:123" a number. The first error ends it.
func (l *Library) Prompts(names ...string) ([]media.Source, error) {
	var out []media.Source
	for _, n := range names {
		words := []string{n}
		if digits, ok := strings.CutPrefix(n, "say:"); ok {
			words = spelt(digits)
		} else if number, ok := strings.CutPrefix(n, "number:"); ok {
			words = spoken(number)
		}
		for _, w := range words {
			s, err := l.Prompt(w)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// spelt are the prompts of the characters of a number.
func spelt(s string) (words []string) {
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			words = append(words, string(r))
		case r == '*':
			words = append(words, "star")
		case r == '#':
			words = append(words, "hash")
		}
	}
	return words
}

// spoken are the prompts of a number below 1000, in English order; a longer one is spelt.
func spoken(s string) (words []string) {
	s = strings.TrimLeft(s, "0")
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n >= 100 {
			return spelt(s)
		}
		n = 10*n + int(r-'0')
	}
	if n >= 100 {
		words = append(words, string(rune('0'+n/100)), "hundred")
		n %= 100
		if n == 0 {
			return words
		}
	}
	switch {
	case n <= 20:
		words = append(words, fmt.Sprint(n))
	case n%10 == 0:
		words = append(words, fmt.Sprint(n))
	default:
		words = append(words, fmt.Sprint(n/10*10), fmt.Sprint(n%10))
	}
	return words
}

// BuiltIn lists the names of the built-in prompts.
func BuiltIn() (names []string) {
	list, err := builtIn.ReadDir("prompts/en")
	if err != nil {
		return nil // they are part of the program
	}
	for _, f := range list {
		names = append(names, strings.TrimSuffix(f.Name(), ".wav"))
	}
	slices.Sort(names)
	return names
}

// Chain is the sounds of several names as one, as Prompts finds them.
func (l *Library) Chain(names ...string) (media.Source, error) {
	sources, err := l.Prompts(names...)
	if err != nil {
		return nil, err
	}
	out := make(media.Chain, 0, len(sources))
	for _, s := range sources {
		out = append(out, s.(*media.Clip)) // Prompt makes no others
	}
	return out, nil
}
