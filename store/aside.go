package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errDamaged is what check found.
var errDamaged = errors.New("store: the database is damaged")

// check reads all of a database, for an error that may come of damage or not.
func check(path string) error {
	db, err := sql.Open("sqlite", sqliteName(path, "busy_timeout(10000)", "query_only(1)"))
	if err != nil {
		return err
	}
	defer db.Close()
	var found string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&found); err != nil || found == "ok" {
		return err
	}
	return fmt.Errorf("%w: %s", errDamaged, found)
}

// damaged tells whether an error says that the database's file is no good.
func damaged(err error) bool {
	if errors.Is(err, errDamaged) {
		return true
	}
	var s *sqlite.Error
	if !errors.As(err, &s) {
		return false
	}
	primary := s.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}

// setAside gives a damaged database another name, so that a new one can be made from
// the log, which has all calls that are kept. Nothing of it is lost by that, and
// registrations that only it had come again with their phones.
func setAside(data string, now time.Time, why error) (note string, err error) {
	path := databasePath(data)
	aside := path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	if _, err := os.Lstat(aside); err == nil {
		return "", fmt.Errorf("store: %s is there already, and %s is damaged again: %w", aside, path, why)
	}
	for _, suffix := range [...]string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", errors.Join(why, err)
		}
	}
	return fmt.Sprintf("the database is damaged and was set aside as %s; its calls were read again from the log: %v", aside, why), nil
}
