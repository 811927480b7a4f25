package store

import (
	"errors"
	"fmt"
	"os"

	"onhook/call"
	"onhook/outcome"
)

// A Reader reads the data folder of a server that runs in another process, or
// of none. It changes nothing and keeps nobody waiting.
type Reader struct {
	dir string
	db  *database // nil: the server has not made it yet
}

var _ Calls = (*Reader)(nil)

// OpenReader opens a data folder for reading.
func OpenReader(data string) (*Reader, error) {
	if st, err := os.Stat(data); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	} else if !st.IsDir() {
		return nil, fmt.Errorf("store: %s is no folder", data)
	}
	r := &Reader{dir: logDir(data)}
	path := databasePath(data)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return r, nil
	}
	db, err := openDatabaseReadOnly(path)
	if err != nil {
		return nil, err
	}
	var n int
	if err := db.read.QueryRow("SELECT count(*) FROM sqlite_master WHERE name = 'log_position'").Scan(&n); err != nil {
		db.close()
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	if n == 0 { // a server is just making it
		db.close()
		return r, nil
	}
	r.db = db
	return r, nil
}

// Close closes the files.
func (r *Reader) Close() error {
	if r.db == nil {
		return nil
	}
	return r.db.close()
}

// index is what the index is asked by; nil: there is none yet. Each question is put to
// its state of then: the log's tail is read between the position and the records, so
// that what moves from one to the other meanwhile, and out of the log, is in one of
// them at least.
func (r *Reader) index() queryer {
	if r.db == nil {
		return nil
	}
	return r.db.read
}

func (r *Reader) fresh(indexed loc, f func(row) error) error {
	return readTail(r.dir, indexed, loc{}, f)
}

// Get implements Calls.
func (r *Reader) Get(id string) (outcome.Record, error) {
	rec, _, err := findCall(r.index(), r.fresh, id)
	return rec, err
}

// List implements Calls.
func (r *Reader) List(f Filter, after Cursor, limit int) (Page, error) {
	return listCalls(r.index(), r.fresh, &f, after, limit)
}

// Evidence implements Calls.
func (r *Reader) Evidence(id string) ([]call.Event, error) {
	_, at, err := findCall(r.index(), r.fresh, id)
	if err != nil {
		return nil, err
	}
	return evidenceAt(r.dir, at, id)
}
