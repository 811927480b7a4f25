package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"onhook/outcome"
)

//go:embed migrations
var migrations embed.FS

// A database is the SQLite file: the index of the calls, and the bindings.
type database struct {
	read  *sql.DB
	write *sql.DB // nil in a reader
}

// openDatabase opens the file for the server and brings its tables up to date.
// The log is the journal, so a commit need not wait for the disk.
func openDatabase(path string, pragmas ...string) (*database, error) {
	pragmas = append([]string{"journal_size_limit(67108864)", "cache_size(-16000)"}, pragmas...)
	read, write, err := OpenSQLite(path, migrations, "migrations/sqlite", pragmas...)
	if err != nil {
		return nil, fmt.Errorf("store: %w", errors.Join(err, check(path)))
	}
	d := &database{read: read, write: write}
	if err := rebuildRollups(write); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %s: %w", path, err), d.close())
	}
	return d, nil
}

// openDatabaseReadOnly opens the file of a server that may be running.
func openDatabaseReadOnly(path string) (*database, error) {
	read, err := sql.Open("sqlite", sqliteName(path, "busy_timeout(5000)", "query_only(1)")+"&mode=ro")
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(1)
	if err := read.Ping(); err != nil {
		read.Close()
		return nil, fmt.Errorf("store: %s: %w", path, err)
	}
	return &database{read: read}, nil
}

func (d *database) close() error {
	err := d.read.Close()
	if d.write != nil {
		err = errors.Join(err, d.write.Close())
	}
	return err
}

// A queryer is a database or a transaction; nil: there is no index yet.
type queryer interface {
	QueryRow(query string, args ...any) *sql.Row
	Query(query string, args ...any) (*sql.Rows, error)
}

// position is the place in the log up to which records are in the index.
func position(q queryer) (loc, error) {
	if q == nil {
		return loc{}, nil
	}
	var seg, off int64
	err := q.QueryRow("SELECT log_segment, log_offset FROM log_position").Scan(&seg, &off)
	if errors.Is(err, sql.ErrNoRows) {
		return loc{}, nil
	}
	return loc{uint64(seg), off}, err
}

const insertCall = `INSERT INTO calls (
	id, version, started_at, ringing_at, answered_at, ended_at, duration_ms, setup_ms, ring_ms, talk_ms, hold_ms, direction,
	from_uri, from_number, from_name, to_uri, to_number, to_name, status, last_response_code, sip_final, bye_reason, q850_cause,
	detail, ended_by, answered, stage, confidence, trunk, queue, username, source, log_segment, log_offset, record)
	VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`

// callColumns is how many parameters insertCall has.
const callColumns = 35

const setPosition = `INSERT INTO log_position (one, log_segment, log_offset) VALUES (1, ?, ?)
	ON CONFLICT (one) DO UPDATE SET log_segment = excluded.log_segment, log_offset = excluded.log_offset`

// insert puts records into the index, together with the place they reach to. It
// speaks to the driver itself: what database/sql adds to each row costs a third
// of the row.
func (d *database) insert(rows []row, reached loc) error {
	ctx := context.Background()
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(conn any) error { return insertRows(ctx, conn.(sqliteConn), rows, reached) })
}

// A sqliteConn is what of the driver's connection is used directly.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.ConnPrepareContext
}

func insertRows(ctx context.Context, conn sqliteConn, rows []row, reached loc) (err error) {
	tx, err := conn.BeginTx(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	st, err := conn.PrepareContext(ctx, insertCall)
	if err != nil {
		return err
	}
	defer st.Close()
	insert := st.(driver.StmtExecContext)
	args := make([]driver.NamedValue, callColumns)
	for i := range args {
		args[i].Ordinal = i + 1
	}
	m := rollups{}
	for i := range rows {
		callArgs(args, &rows[i])
		res, err := insert.ExecContext(ctx, args)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n > 0 { // the first record of an id counts
			m.record(rows[i].record)
		}
	}
	if err := writeRollups(ctx, conn, m); err != nil {
		return err
	}
	at := []driver.NamedValue{{Ordinal: 1, Value: int64(reached.seg)}, {Ordinal: 2, Value: reached.off}}
	if _, err := conn.ExecContext(ctx, setPosition, at); err != nil {
		return err
	}
	return tx.Commit()
}

// callArgs fills in the parameters of insertCall; whole numbers are int64, as
// the driver wants them.
func callArgs(args []driver.NamedValue, w *row) {
	r := w.record
	i := 0
	put := func(v driver.Value) {
		args[i].Value = v
		i++
	}
	put(r.ID)
	put(int64(r.Version))
	put(r.StartedAt.UnixNano())
	put(nanos(r.RingingAt))
	put(nanos(r.AnsweredAt))
	put(r.EndedAt.UnixNano())
	for _, n := range [...]int64{r.DurationMS, r.SetupMS, r.RingMS, r.TalkMS, r.HoldMS} {
		put(n)
	}
	put(r.Direction)
	for _, p := range [...]*outcome.Party{&r.From, &r.To} {
		put(p.URI)
		put(partyNumber(p))
		put(p.Name)
	}
	put(r.Status)
	put(int64(r.LastResponseCode))
	put(int64(r.SIPFinal))
	put(r.ByeReason)
	put(int64(r.Q850Cause))
	for _, s := range [...]string{r.Detail, r.EndedBy, r.Answered, r.Stage, r.Confidence, r.Trunk, r.Queue, r.User, r.Source} {
		put(s)
	}
	put(int64(w.at.seg))
	put(w.at.off)
	put(w.packed)
}

func nanos(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixNano()
}

// get returns the record of a call and the place of its evidence.
func get(q queryer, id string) (outcome.Record, loc, error) {
	if q == nil {
		return outcome.Record{}, loc{}, ErrNotFound
	}
	var packed []byte
	var seg, off int64
	err := q.QueryRow("SELECT record, log_segment, log_offset FROM calls WHERE id = ?", id).Scan(&packed, &seg, &off)
	if errors.Is(err, sql.ErrNoRows) {
		return outcome.Record{}, loc{}, ErrNotFound
	}
	if err != nil {
		return outcome.Record{}, loc{}, err
	}
	rec, err := unpackRecord(packed)
	return rec, loc{uint64(seg), off}, err
}

// list returns the records of the index that match: at least the first of them, up
// to the limit, in any order.
func list(q queryer, f *Filter, after Cursor, limit int) ([]outcome.Record, error) {
	if q == nil {
		return nil, nil
	}
	a, err := chooseAccess(q, f)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return listBy(q, f, after, limit, &access{index: "calls_started"})
	}
	var recs []outcome.Record
	for _, p := range a.parts() {
		got, err := listBy(q, f, after, limit, &p)
		if err != nil {
			return nil, err
		}
		recs = append(recs, got...)
	}
	return recs, nil
}

func listBy(q queryer, f *Filter, after Cursor, limit int, a *access) ([]outcome.Record, error) {
	where, args := f.where(after)
	var c clause
	c.and(where, args...)
	a.condition(&c)
	rows, err := q.Query("SELECT record FROM calls INDEXED BY "+a.index+" WHERE "+c.text.String()+" ORDER BY started_at DESC, id DESC LIMIT ?", append(c.args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var recs []outcome.Record
	var packed sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&packed); err != nil {
			return nil, err
		}
		rec, err := unpackRecord(packed)
		if err != nil {
			return nil, err
		}
		recs = append(recs, rec)
	}
	return recs, rows.Err()
}

func pathJSON(path []string) string {
	if len(path) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(path) // strings always marshal
	return string(b)
}
