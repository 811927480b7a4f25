package media

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The ends of file names in an archive: of a recording that is over, and of one under way.
const (
	tapeEnd     = ".wav"
	openTapeEnd = ".open.wav"
)

const (
	flushEvery = 200 * time.Millisecond
	// syncEvery is how much of a recording a power cut may cost. A killed process loses what was in memory: tapeSettle and flushEvery.
	syncEvery = 5 * time.Second
	tapeHead  = 44
	// longestTape is what the 32 bits of a WAV file's header can say, in bytes, and some room: 37 hours.
	longestTape = 1<<32 - 1<<20
)

// ErrTapeUsed: a recording of this name is there already.
var ErrTapeUsed = errors.New("media: there is a recording of this name already")

// ErrNoFiles: see Archive.Bound.
var ErrNoFiles = errors.New("media: no file descriptor is left for a recording")

// A TapeNote is what the archive says of a recording: once where it fails, with Err, and once where it has ended, with Over. Both may be one.
type TapeNote struct {
	Length time.Duration // of the sound on the disk
	Err    error         // what follows is missing
	Over   bool
}

// A tapeFile is what a recording is written to.
type tapeFile interface {
	WriteAt(b []byte, off int64) (int, error)
	Sync() error
	Close() error
}

// An Archive keeps recordings: WAV files of 8 kHz, 16 bits, two channels. A file is good at any moment, whatever ends the process: the sound is
// written first, then the header that tells of it.
type Archive struct {
	folder string
	now    func() time.Time
	create func(path string) (tapeFile, error)
	files  func(open bool) bool // see Bound

	mu    sync.Mutex
	tapes []*Tape
	bell  chan struct{}
	stop  chan struct{}
	done  chan struct{}
}

// OpenArchive opens the folder, makes it if it is missing, and puts the recordings right that a killed server left open. What it did about them
// is in notes.
func OpenArchive(folder string) (a *Archive, notes []string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range list {
		name, open := strings.CutSuffix(f.Name(), openTapeEnd)
		if !open {
			continue
		}
		length, err := mendTape(filepath.Join(folder, f.Name()), filepath.Join(folder, name+tapeEnd))
		if err != nil {
			notes = append(notes, fmt.Sprintf("recording %s: %v", f.Name(), err))
			continue
		}
		notes = append(notes, fmt.Sprintf("recording %s ended with the server: %.1f s of it are there", name, length.Seconds()))
	}
	a = newArchive(folder, createTape, time.Now)
	go a.run()
	return a, notes, nil
}

func newArchive(folder string, create func(string) (tapeFile, error), now func() time.Time) *Archive {
	return &Archive{folder: folder, now: now, create: create, files: func(bool) bool { return true }, bell: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

func createTape(path string) (tapeFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrTapeUsed
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// mendTape makes the header of a recording tell of all the sound in the file.
func mendTape(from, to string) (time.Duration, error) {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return 0, err
	}
	n := max(0, i.Size()-tapeHead) &^ 3
	if _, err := f.WriteAt(tapeHeader(n), 0); err != nil {
		return 0, err
	}
	if err := f.Truncate(tapeHead + n); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	return lengthOf(n), os.Rename(from, to)
}

// lengthOf is how long so many bytes of sound are.
func lengthOf(n int64) time.Duration { return time.Duration(n/4) * time.Second / clockRate }

// Bound has files asked before a recording is begun: false means that the process has no file descriptor for it, ErrNoFiles. files(false) tells
// that one is closed. To be called before Start; files must not block.
func (a *Archive) Bound(files func(open bool) bool) { a.files = files }

// Start begins a recording. said is called by the archive's goroutine, and must not wait. Errors: ErrTapeUsed, ErrNoFiles, or the system's.
func (a *Archive) Start(name string, said func(TapeNote)) (*Tape, error) {
	if !a.files(true) {
		return nil, ErrNoFiles
	}
	file, err := a.create(a.path(name, openTapeEnd))
	if err != nil {
		a.files(false)
		return nil, err
	}
	t := &Tape{archive: a, name: name, said: said, file: file, since: a.now(), synced: a.now()}
	t.sides = [2]tapeSide{{t, Left}, {t, Right}}
	if _, err := file.WriteAt(tapeHeader(0), 0); err != nil {
		t.err = err
	}
	a.mu.Lock()
	a.tapes = append(a.tapes, t)
	a.mu.Unlock()
	return t, nil
}

func (a *Archive) path(name, end string) string { return filepath.Join(a.folder, name+end) }

// Open opens a recording for reading, also one under way, whose header tells of what there is now. A name that is none gives fs.ErrNotExist.
func (a *Archive) Open(name string) (*os.File, error) {
	if name == "" || strings.ContainsAny(name, "./\\\x00") {
		return nil, fs.ErrNotExist
	}
	// A link in the folder leads nowhere beside it.
	f, err := os.OpenInRoot(a.folder, name+tapeEnd)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = os.OpenInRoot(a.folder, name+openTapeEnd); errors.Is(err, fs.ErrNotExist) {
			return os.OpenInRoot(a.folder, name+tapeEnd) // it ended between the two
		}
	}
	return f, err
}

// Sweep removes the recordings that ended before a time, and says how many.
func (a *Archive) Sweep(before time.Time) (removed int, err error) {
	list, err := os.ReadDir(a.folder)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, f := range list {
		if strings.HasSuffix(f.Name(), openTapeEnd) || !strings.HasSuffix(f.Name(), tapeEnd) {
			continue
		}
		i, err := f.Info()
		if err != nil || !i.ModTime().Before(before) {
			continue // it has just gone, or is young enough
		}
		if err := os.Remove(filepath.Join(a.folder, f.Name())); err != nil {
			errs = append(errs, err)
			continue
		}
		removed++
	}
	return removed, errors.Join(errs...)
}

// Close ends all recordings and waits until they are on the disk.
func (a *Archive) Close() {
	a.mu.Lock()
	for _, t := range a.tapes {
		t.mu.Lock()
		t.over = true
		t.mu.Unlock()
	}
	a.mu.Unlock()
	close(a.stop)
	<-a.done
}

// hurry has what has ended written at once.
func (a *Archive) hurry() {
	select {
	case a.bell <- struct{}{}:
	default:
	}
}

// run writes what has come.
func (a *Archive) run() {
	defer close(a.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-a.bell:
		case <-a.stop:
			a.flush()
			return
		}
		a.flush()
	}
}

// flush writes what each recording has. One that is over leaves.
func (a *Archive) flush() {
	a.mu.Lock()
	tapes := append([]*Tape(nil), a.tapes...)
	a.mu.Unlock()
	var over []*Tape
	for _, t := range tapes {
		if t.flush() {
			over = append(over, t)
		}
	}
	if len(over) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := a.tapes[:0]
	for _, t := range a.tapes {
		if !t.in(over) {
			kept = append(kept, t)
		}
	}
	clear(a.tapes[len(kept):])
	a.tapes = kept
}

func (t *Tape) in(list []*Tape) bool {
	for _, o := range list {
		if o == t {
			return true
		}
	}
	return false
}
