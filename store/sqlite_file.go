package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// OpenSQLite opens a database file, which is made if it is missing, is its owner's
// alone, and gets the tables of a folder of migrations. Writes go by one connection,
// in the order of the writer's work, which pragmas set up further; a commit reaches
// the system at once, the disk a little later, so that a killed process loses
// nothing. The error names the file.
func OpenSQLite(path string, migrations fs.FS, folder string, pragmas ...string) (read, write *sql.DB, err error) {
	// SQLite would let everybody read it; its log and index take the mode of this file.
	if err := ownersAlone(path, path+"-wal", path+"-shm"); err != nil {
		return nil, nil, err
	}
	settings := append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}, pragmas...)
	if write, err = sql.Open("sqlite", sqliteName(path, settings...)+"&_txlock=immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err := migrate(write, migrations, folder); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", path, err), write.Close())
	}
	if read, err = sql.Open("sqlite", sqliteName(path, "busy_timeout(10000)", "query_only(1)")); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	return read, write, nil
}

func sqliteName(path string, pragmas ...string) string {
	q := url.Values{"_pragma": pragmas}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// ownersAlone makes the first file, if it is missing, and gives all that are
// there to their owner alone.
func ownersAlone(paths ...string) error {
	f, err := os.OpenFile(paths[0], os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, p := range paths {
		if err := os.Chmod(p, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func migrate(db *sql.DB, migrations fs.FS, folder string) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(context.Background())
	return err
}
