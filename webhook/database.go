package webhook

import (
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"onhook/store"
)

//go:embed migrations
var migrations embed.FS

// States of a delivery, as the file has them.
const (
	pending = iota
	delivered
	failed
)

// A stored message is one that stands in the file.
type stored struct {
	seq  int64
	id   string
	key  string
	body []byte
}

// A database is the file of the queues. It holds secrets.
type database struct {
	read, write *sql.DB
}

func openDatabase(path string) (*database, error) {
	read, write, err := store.OpenSQLite(path, migrations, "migrations", "journal_size_limit(16777216)")
	if err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	return &database{read: read, write: write}, nil
}

func (d *database) close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// transact does all of a batch, or nothing of it.
func (d *database) transact(work func(*sql.Tx) error) error {
	tx, err := d.write.Begin()
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (d *database) endpoints() (list []Endpoint, err error) {
	rows, err := d.read.Query("SELECT name, url, events, secrets, private, source, created, disabled FROM endpoint ORDER BY created, name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Endpoint
		var events, secrets, private string
		var created int64
		if err := rows.Scan(&e.Name, &e.URL, &events, &secrets, &private, &e.Source, &created, &e.Disabled); err != nil {
			return nil, err
		}
		if err := errors.Join(json.Unmarshal([]byte(events), &e.Events), json.Unmarshal([]byte(secrets), &e.Secrets), json.Unmarshal([]byte(private), &e.Private)); err != nil {
			return nil, fmt.Errorf("webhook: the endpoint %s in the file: %w", e.Name, err)
		}
		e.CreatedAt = time.UnixMicro(created).UTC()
		list = append(list, e)
	}
	return list, rows.Err()
}

// saveEndpoint writes an endpoint in the place of the one of its name.
func saveEndpoint(tx *sql.Tx, e *Endpoint) error {
	events, err1 := json.Marshal(e.Events)
	secrets, err2 := json.Marshal(e.Secrets)
	private, err3 := json.Marshal(e.Private)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT OR REPLACE INTO endpoint (name, url, events, secrets, private, source, created, disabled) VALUES (?,?,?,?,?,?,?,?)",
		e.Name, e.URL, string(events), string(secrets), string(private), e.Source, e.CreatedAt.UnixMicro(), e.Disabled)
	return err
}

// removeEndpoint takes an endpoint out, with its deliveries.
func removeEndpoint(tx *sql.Tx, name string) error {
	for _, q := range []string{"DELETE FROM attempt WHERE endpoint = ?", "DELETE FROM delivery WHERE endpoint = ?", "DELETE FROM endpoint WHERE name = ?"} {
		if _, err := tx.Exec(q, name); err != nil {
			return err
		}
	}
	return nil
}

// addMessage writes a message and what is to be delivered of it.
func addMessage(tx *sql.Tx, m *Message, to []string) (seq int64, err error) {
	r, err := tx.Exec("INSERT INTO message (id, type, key, at, body) VALUES (?,?,?,?,?)", m.ID, m.Type, m.Key, m.At.UnixMicro(), m.Body)
	if err != nil {
		return 0, err
	}
	if seq, err = r.LastInsertId(); err != nil {
		return 0, err
	}
	for _, name := range to {
		if _, err := tx.Exec("INSERT INTO delivery (endpoint, seq, state, tries, next) VALUES (?,?,?,0,?)", name, seq, pending, m.At.UnixMicro()); err != nil {
			return 0, err
		}
	}
	return seq, nil
}

// saveResult writes what came of one request.
func saveResult(tx *sql.Tx, name string, seq int64, state, tries int, next time.Time, r result) error {
	if _, err := tx.Exec("UPDATE delivery SET state = ?, tries = ?, next = ? WHERE endpoint = ? AND seq = ?", state, tries, next.UnixMicro(), name, seq); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO attempt (endpoint, seq, at, status, took, error) VALUES (?,?,?,?,?,?)", name, seq, r.at.UnixMicro(), r.status, r.took.Microseconds(), r.err)
	return err
}

// waitingFor are the messages that an endpoint is still to get, in order.
func (d *database) waitingFor(name string) (list []entry, keys []string, err error) {
	rows, err := d.read.Query("SELECT d.seq, d.tries, d.next, m.key FROM delivery d JOIN message m ON m.seq = d.seq WHERE d.endpoint = ? AND d.state = ? ORDER BY d.seq", name, pending)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e entry
		var next int64
		var key string
		if err := rows.Scan(&e.seq, &e.tries, &next, &key); err != nil {
			return nil, nil, err
		}
		e.next = time.UnixMicro(next)
		list, keys = append(list, e), append(keys, key)
	}
	return list, keys, rows.Err()
}

func (d *database) message(seq int64) (m stored, err error) {
	m.seq = seq
	err = d.read.QueryRow("SELECT id, key, body FROM message WHERE seq = ?", seq).Scan(&m.id, &m.key, &m.body)
	return m, err
}

// mostKept bounds the messages that the log holds beside those that wait.
const mostKept = 200_000

// expire forgets what was delivered or given up and is older than that, or one of
// too many; and messages that nobody waits for.
func expire(tx *sql.Tx, before time.Time) error {
	var last int64
	err := tx.QueryRow("SELECT max(coalesce((SELECT max(seq) FROM message WHERE at < ?), 0), coalesce((SELECT max(seq) FROM message), 0) - ?)", before.UnixMicro(), mostKept).Scan(&last)
	if err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM attempt WHERE seq <= ? AND EXISTS (SELECT 1 FROM delivery d WHERE d.endpoint = attempt.endpoint AND d.seq = attempt.seq AND d.state <> 0)",
		"DELETE FROM delivery WHERE seq <= ? AND state <> 0",
		"DELETE FROM message WHERE seq <= ? AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.seq = message.seq)",
	} {
		if _, err := tx.Exec(q, last); err != nil {
			return err
		}
	}
	return nil
}
