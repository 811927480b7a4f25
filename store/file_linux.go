package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives the file its size and its blocks, so that a later write into it
// does not find the disk full.
func reserve(f *os.File, size int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return fill(f, size)
	}
	return err
}

// syncData waits until the data of the file is on disk.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
