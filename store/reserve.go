package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A server that begins on a full disk needs some room before it can say so: the
// tables are opened with a journal of their own. A file that holds such room is
// made while there is some, and given up when there is none.
const reserveSize = 8 << 20

func reservePath(data string) string { return filepath.Join(data, "reserve") }

// keepReserve makes the file; without room for it there is none.
func keepReserve(data string) error {
	path := reservePath(data)
	if st, err := os.Stat(path); err == nil && st.Size() == reserveSize {
		return nil
	}
	f, err := osDisk{}.create(path, reserveSize)
	if err != nil {
		if err = diskError(err); errors.Is(err, ErrFull) {
			return nil
		}
		return err
	}
	return f.Close()
}

// spendReserve gives the room back, and says whether there was any.
func spendReserve(data string) bool { return os.Remove(reservePath(data)) == nil }

// noRoom tells whether an error is a full disk's.
func noRoom(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		// SQLite says "disk I/O error" where it can make no file for its memory.
		primary := s.Code() & 0xff
		return primary == sqlite3.SQLITE_FULL || primary == sqlite3.SQLITE_IOERR
	}
	return errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC)
}
