package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

const segmentSuffix = ".log"

// A segFile is an open segment.
type segFile interface {
	ReadAt(b []byte, off int64) (int, error)
	WriteAt(b []byte, off int64) (int, error)
	Sync() error // the data is on disk when it returns
	Close() error
}

// A disk makes segments; tests put a small or failing one in its place.
type disk interface {
	// create makes a file of this size whose blocks are reserved.
	create(path string, size int64) (segFile, error)
}

type osDisk struct{}

func (osDisk) create(path string, size int64) (segFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := reserve(f, size); err != nil {
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return osFile{f}, nil
}

type osFile struct{ *os.File }

func (f osFile) Sync() error { return syncData(f.File) }

// A segment is one file of the log that is open for writing.
type segment struct {
	num  uint64
	f    segFile
	size int64
	off  int64 // where the next chunk goes
}

func segmentPath(dir string, num uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x", num)+segmentSuffix)
}

// segments returns the numbers of the segments in dir, in order.
func segments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var nums []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok || len(name) != 16 {
			continue
		}
		if n, err := strconv.ParseUint(name, 16, 64); err == nil && n > 0 {
			nums = append(nums, n)
		}
	}
	sort.Slice(nums, func(i, j int) bool { return nums[i] < nums[j] })
	return nums, nil
}

// createSegment makes a segment with its first chunk on disk.
func createSegment(d disk, dir string, num uint64, size int64) (*segment, error) {
	path := segmentPath(dir, num)
	f, err := d.create(path, size)
	if err != nil {
		return nil, diskError(err)
	}
	head := openChunk(nil, kindSegment)
	head = append(head, chunkFormat)
	head = closeChunk(head, 0)
	placeChunk(head, loc{num, 0})
	_, err = f.WriteAt(head, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		f.Close()
		os.Remove(path)
		return nil, diskError(err)
	}
	return &segment{num: num, f: f, size: size, off: int64(len(head))}, nil
}

// readSegment returns the bytes of a segment from an offset on.
func readSegment(dir string, num uint64, from int64) ([]byte, error) {
	f, err := os.Open(segmentPath(dir, num))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() <= from {
		return nil, nil
	}
	return readUpTo(f, from, st.Size()-from), nil
}

// readHead returns the first n bytes of a segment.
func readHead(dir string, num uint64, n int64) ([]byte, error) {
	f, err := os.Open(segmentPath(dir, num))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readUpTo(f, 0, n), nil
}

// readUpTo returns n bytes of a file, or what is there of them.
func readUpTo(f *os.File, from, n int64) []byte {
	b := make([]byte, n)
	got, err := f.ReadAt(b, from)
	if err != nil {
		b = b[:got]
	}
	return b
}

// readAt reads one chunk of a segment.
func readAt(dir string, at loc) (kind byte, body []byte, err error) {
	r := segReader{dir: dir}
	defer r.close()
	return r.read(at)
}

// A segReader reads chunks from segments; it keeps the one open that it read last.
type segReader struct {
	dir string
	num uint64
	f   *os.File
}

func (r *segReader) close() {
	if r.f != nil {
		r.f.Close()
		r.f = nil
	}
}

func (r *segReader) read(at loc) (kind byte, body []byte, err error) {
	if r.f == nil || r.num != at.seg {
		r.close()
		f, err := os.Open(segmentPath(r.dir, at.seg))
		if errors.Is(err, os.ErrNotExist) {
			return 0, nil, ErrExpired
		}
		if err != nil {
			return 0, nil, err
		}
		r.f, r.num = f, at.seg
	}
	b := make([]byte, 8<<10)
	n, err := r.f.ReadAt(b, at.off)
	if n < chunkHeader {
		return 0, nil, errors.Join(errCorrupt, err)
	}
	if size := bodySize(b); size > int64(len(b)) && size <= chunkSize(maxBody) {
		more := make([]byte, size)
		m, _ := r.f.ReadAt(more[n:], at.off+int64(n))
		b, n = more[:copy(more, b[:n])+m], n+m
	}
	kind, body, size := readChunk(b[:n], at)
	if size == 0 {
		return 0, nil, errCorrupt
	}
	return kind, body, nil
}

// diskError makes ErrFull of what the system says when there is no room.
func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// syncDir puts the names in a folder on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
