package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// mostPrompts bounds how many prompts a MadePrompts keeps.
const mostPrompts = 1000

// Errors of a MadePrompts.
var (
	ErrNoPrompt       = errors.New("there is no prompt of this name")
	ErrPromptName     = errors.New("the name of a prompt is 1 to 64 letters, digits, - and _")
	ErrTooManyPrompts = fmt.Errorf("at most %d prompts are kept", mostPrompts)
)

// A MadePrompt is a prompt that was made while the server runs.
type MadePrompt struct {
	Name      string    `json:"name"`
	Bytes     int64     `json:"bytes"`
	Seconds   float64   `json:"seconds"`
	ChangedAt time.Time `json:"changed_at"`
}

// A MadePrompts keeps prompts in a folder of their own, as files NAME.wav of 8 kHz and
// 16-bit samples. It may be used from anywhere.
type MadePrompts struct {
	folder string
	mu     sync.Mutex // of changes
}

// NewMadePrompts keeps prompts in a folder, which is made with the first.
func NewMadePrompts(folder string) *MadePrompts { return &MadePrompts{folder: folder} }

// Folder is where the files are.
func (m *MadePrompts) Folder() string { return m.folder }

// List gives the prompts in the order of their names.
func (m *MadePrompts) List() (list []MadePrompt, err error) {
	files, err := os.ReadDir(m.folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		name, wav := strings.CutSuffix(f.Name(), ".wav")
		if !wav || !promptName(name) {
			continue
		}
		i, err := f.Info()
		if err != nil {
			continue // it was deleted meanwhile
		}
		// What stands before the samples is 44 bytes: MadePrompts writes the files itself.
		list = append(list, MadePrompt{Name: name, Bytes: i.Size(), Seconds: float64(max(0, i.Size()-44)) / 16000, ChangedAt: i.ModTime().UTC()})
	}
	return list, nil
}

// Path is the file of a prompt. ErrNoPrompt: there is none.
func (m *MadePrompts) Path(name string) (string, error) {
	if !promptName(name) {
		return "", ErrNoPrompt
	}
	path := m.path(name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoPrompt
	} else if err != nil {
		return "", err
	}
	return path, nil
}

func (m *MadePrompts) path(name string) string { return filepath.Join(m.folder, name+".wav") }

// Set keeps a prompt, in the place of one that has the name; made: there was none.
// The errors are ErrPromptName, ErrTooManyPrompts and the disk's.
func (m *MadePrompts) Set(name string, pcm []int16) (made bool, err error) {
	if !promptName(name) {
		return false, ErrPromptName
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list, err := m.List()
	if err != nil {
		return false, err
	}
	made = !slices.ContainsFunc(list, func(p MadePrompt) bool { return p.Name == name })
	if made && len(list) >= mostPrompts {
		return false, ErrTooManyPrompts
	}
	return made, writeSound(m.folder, name+".wav", pcm)
}

// Delete deletes a prompt. ErrNoPrompt: there is none.
func (m *MadePrompts) Delete(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	path, err := m.Path(name)
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// promptName reports whether a name can be that of a file.
func promptName(s string) bool {
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// Add has the prompts of another folder found too: after those of the user's folder,
// before the built-in ones. It is called before the first prompt is looked for.
func (l *Library) Add(folder string) { l.made = folder }

// Forget has a prompt read anew when it is wanted next.
func (l *Library) Forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clips, name)
}

// readMade finds the file of a name in the folder of Add.
func (l *Library) readMade(name string) ([]byte, error) {
	if l.made == "" || !promptName(name) {
		return nil, fs.ErrNotExist
	}
	return readFile(filepath.Join(l.made, name+".wav"))
}
