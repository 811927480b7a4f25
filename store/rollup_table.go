package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"
)

// readRollups adds the rollups of a stretch.
func (t *tally) readRollups(db queryer, p *plan, s stretch) error {
	var c clause
	c.and("dimension = ? AND length = ? AND at >= ? AND at < ?", p.dimension, s.length, s.from, s.to)
	among(&c, "value", p.values)
	head := ""
	if p.first != "" {
		head = joint(p.first, "")
		c.and("value >= ? AND value < ?", head, p.first+"\x01")
	}
	rows, err := db.Query("SELECT at, value, sums FROM rollups WHERE "+c.text.String(), c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var at int64
	var value, packed sql.RawBytes
	var got sum
	for rows.Next() {
		if err := rows.Scan(&at, &value, &packed); err != nil {
			return err
		}
		if err := got.readFrom(packed); err != nil {
			return fmt.Errorf("%w: dimension %d, %d s at %d", err, p.dimension, s.length, at)
		}
		t.places(at, value[len(head):], got.Calls, func(s *sum) { s.merge(&got) })
	}
	return rows.Err()
}

const (
	selectRollup = "SELECT sums FROM rollups WHERE dimension = ? AND length = ? AND at = ? AND value = ?"
	putRollup    = `INSERT INTO rollups (dimension, length, at, value, sums) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (dimension, length, at, value) DO UPDATE SET sums = excluded.sums`
	// What is counted of the rows behind a place in the table.
	selectCounted = "SELECT rowid, " + statsColumns + ", %s FROM calls WHERE rowid > ? ORDER BY rowid LIMIT 20000"
)

// writeRollups adds sums to those of the table, in the transaction that the
// connection is in.
func writeRollups(ctx context.Context, conn sqliteConn, m rollups) error {
	if len(m) == 0 {
		return nil
	}
	get, err := conn.PrepareContext(ctx, selectRollup)
	if err != nil {
		return err
	}
	defer get.Close()
	put, err := conn.PrepareContext(ctx, putRollup)
	if err != nil {
		return err
	}
	defer put.Close()
	args := make([]driver.NamedValue, 5)
	for i := range args {
		args[i].Ordinal = i + 1
	}
	var packed []byte
	for _, k := range m.finish() {
		s := m[k]
		args[0].Value, args[1].Value, args[2].Value, args[3].Value = k.dimension, k.length, k.at, k.value
		if err := mergeStored(ctx, get.(driver.StmtQueryContext), args[:4], s); err != nil {
			return err
		}
		packed = s.appendTo(packed[:0])
		args[4].Value = packed
		if _, err := put.(driver.StmtExecContext).ExecContext(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// mergeStored adds what the table has to a sum.
func mergeStored(ctx context.Context, get driver.StmtQueryContext, key []driver.NamedValue, s *sum) error {
	rows, err := get.QueryContext(ctx, key)
	if err != nil {
		return err
	}
	var dest [1]driver.Value
	switch err = rows.Next(dest[:]); err {
	case io.EOF:
		err = nil
	case nil:
		b, _ := dest[0].([]byte)
		var old sum
		if err = old.readFrom(b); err == nil {
			s.merge(&old)
		}
	}
	return errors.Join(err, rows.Close())
}

// dropRollups removes what calls before a time added up to; a stretch goes when
// all of it was before.
func (d *database) dropRollups(before time.Time) error {
	for _, n := range numbers() {
		for _, length := range lengths {
			if _, err := d.write.Exec("DELETE FROM rollups WHERE dimension = ? AND length = ? AND at <= ?", n, length, before.Unix()-length); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuildRollups makes all rollups anew from the records, where they were made by other rules.
func rebuildRollups(db *sql.DB) error {
	var version int
	err := db.QueryRow("SELECT version FROM rollup_rules").Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if version == rollupVersion {
		return nil
	}
	ctx := context.Background()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(conn any) error { return rebuildAll(ctx, conn.(sqliteConn)) })
}

func rebuildAll(ctx context.Context, conn sqliteConn) (err error) {
	tx, err := conn.BeginTx(ctx, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err := conn.ExecContext(ctx, "DELETE FROM rollups", nil); err != nil {
		return err
	}
	columns := ""
	for i := range dimensions {
		if d := &dimensions[i]; d.number > 0 {
			columns += ", CAST(" + d.column + " AS TEXT)"
		}
	}
	st, err := conn.PrepareContext(ctx, fmt.Sprintf(selectCounted, columns[2:]))
	if err != nil {
		return err
	}
	defer st.Close()
	for after, more := int64(0), true; more; {
		m := rollups{}
		if after, more, err = countRows(ctx, st.(driver.StmtQueryContext), after, m); err != nil {
			return err
		}
		if err := writeRollups(ctx, conn, m); err != nil {
			return err
		}
	}
	v := []driver.NamedValue{{Ordinal: 1, Value: int64(rollupVersion)}}
	if _, err := conn.ExecContext(ctx, "INSERT INTO rollup_rules (one, version) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version", v); err != nil {
		return err
	}
	return tx.Commit()
}

// countRows counts the calls that follow a row, as many as one query gives, and
// returns the last row and whether there may be more.
func countRows(ctx context.Context, st driver.StmtQueryContext, after int64, m rollups) (last int64, more bool, err error) {
	rows, err := st.QueryContext(ctx, []driver.NamedValue{{Ordinal: 1, Value: after}})
	if err != nil {
		return after, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	dest := make([]driver.Value, len(rows.Columns()))
	n := [7]int64{}
	for {
		if err := rows.Next(dest); err == io.EOF {
			return after, more, nil
		} else if err != nil {
			return after, false, err
		}
		for i := range n {
			n[i], _ = dest[i].(int64)
		}
		after, more = n[0], true
		values := dest[len(n):]
		m.count(&counted{n[1], n[2], n[3], n[4], n[5], n[6]}, func(*dimension) string {
			v, _ := values[0].(string)
			values = values[1:]
			return v
		})
	}
}
