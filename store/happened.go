package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// A Place is where an event stands among all: its time in microseconds and, within
// one, its number.
type Place struct {
	At int64
	N  uint32
}

// After reports whether p comes after q.
func (p Place) After(q Place) bool { return p.At > q.At || p.At == q.At && p.N > q.N }

// happenedName is the file of a data folder for events that are of no call: a line
// each, "TIME NUMBER CRC JSON"; the file before it has .1 at its end.
const happenedName = "events.log"

// happenedFile bounds one file, in bytes: about 15,000 events.
const happenedFile = 4 << 20

// longestHappened bounds one line, in bytes.
const longestHappened = 1 << 20

// A Happened keeps the last events that are of no call, so that they can be told
// again after a restart: those of calls are made from their records. What Append has
// taken survives the end of the process at any moment; a power cut can lose the
// last seconds. All methods may be called from any goroutine.
type Happened struct {
	path  string
	limit int64

	mu     sync.Mutex
	file   *os.File // nil: it could not be opened, or Close was called
	size   int64
	last   Place
	closed bool
}

// OpenHappened goes on with the file of a data folder. A line that a crash has cut
// is cut off; damaged ones are passed over.
func OpenHappened(folder string) (*Happened, error) {
	h := &Happened{path: filepath.Join(folder, happenedName), limit: happenedFile}
	take := func(p Place, _ []byte) error { h.last = p; return nil }
	files, err := h.files()
	if err != nil {
		return nil, err
	}
	whole := int64(0)
	for _, f := range files {
		n, e := readHappened(f, take)
		if f.Name() == h.path {
			whole = n
		}
		err = errors.Join(err, e, f.Close())
	}
	if err != nil {
		return nil, err
	}
	if err := os.Truncate(h.path, whole); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return h, h.open()
}

func (h *Happened) open() error {
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	i, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	h.file, h.size = f, i.Size()
	return nil
}

// Last is the place of the newest event; zero: there is none.
func (h *Happened) Last() Place {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// Append writes an event, JSON on one line, that comes after all before it.
func (h *Happened) Append(p Place, event []byte) error {
	if len(event) > longestHappened-64 || bytes.IndexByte(event, '\n') >= 0 {
		return fmt.Errorf("an event of %d bytes: expected one line of at most %d", len(event), longestHappened-64)
	}
	line := fmt.Appendf(nil, "%d %d %08x %s\n", p.At, p.N, crc32.ChecksumIEEE(event), event)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fs.ErrClosed
	}
	if h.file == nil {
		if err := h.open(); err != nil {
			return err
		}
	}
	if h.size+int64(len(line)) > h.limit {
		err := errors.Join(h.file.Close(), os.Rename(h.path, h.path+".1"))
		h.file = nil
		if err := errors.Join(err, h.open()); err != nil {
			return err
		}
	}
	if _, err := h.file.Write(line); err != nil {
		// What was written of it would spoil the next line.
		return errors.Join(err, os.Truncate(h.path, h.size))
	}
	h.size += int64(len(line))
	h.last = p
	return nil
}

// Between gives the events after one place and up to another, that one too, in order.
// An error of f ends it.
func (h *Happened) Between(after, upTo Place, f func(p Place, event []byte) error) error {
	h.mu.Lock()
	files, err := h.files() // as they are now: both stay what they are when a new one is begun
	h.mu.Unlock()
	for _, file := range files {
		if err == nil {
			_, err = readHappened(file, func(p Place, event []byte) error {
				if !p.After(after) || p.After(upTo) {
					return nil
				}
				return f(p, event)
			})
		}
		err = errors.Join(err, file.Close())
	}
	return err
}

// files opens those that there are, the older first.
func (h *Happened) files() (list []*os.File, err error) {
	for _, path := range []string{h.path + ".1", h.path} {
		f, e := os.Open(path)
		switch {
		case e == nil:
			list = append(list, f)
		case !errors.Is(e, fs.ErrNotExist):
			err = errors.Join(err, e)
		}
	}
	return list, err
}

// Close ends it.
func (h *Happened) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	return err
}

// readHappened gives the events of a file, and how many bytes of it are whole lines.
func readHappened(file io.Reader, f func(Place, []byte) error) (whole int64, err error) {
	in := bufio.NewReaderSize(file, 64<<10)
	var line []byte
	for n := int64(0); ; {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if len(line) <= longestHappened { // longer ones are rubbish
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return whole, nil // what follows the last end of a line was cut off
		case err != nil:
			return whole, err
		}
		whole, n = whole+n, 0
		if p, event, ok := parseHappened(line); ok {
			if err := f(p, event); err != nil {
				return whole, err
			}
		}
		line = line[:0]
	}
}

// parseHappened reads a line.
func parseHappened(line []byte) (p Place, event []byte, ok bool) {
	f := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte(" "), 4)
	if len(f) != 4 {
		return p, nil, false
	}
	at, err1 := strconv.ParseInt(string(f[0]), 10, 64)
	n, err2 := strconv.ParseUint(string(f[1]), 10, 32)
	sum, err3 := strconv.ParseUint(string(f[2]), 16, 32)
	if err1 != nil || err2 != nil || err3 != nil || uint32(sum) != crc32.ChecksumIEEE(f[3]) {
		return p, nil, false
	}
	return Place{at, uint32(n)}, f[3], true
}
