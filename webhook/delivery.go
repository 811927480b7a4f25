package webhook

import (
	"database/sql"
	"strconv"
	"time"
)

// A Delivery is a message and what came of it at one endpoint.
type Delivery struct {
	ID       string     `json:"id" doc:"of the message: its header webhook-id"`
	Type     string     `json:"type"`
	Key      string     `json:"key" doc:"what it is about: messages of one key are delivered in order"`
	At       time.Time  `json:"at" doc:"when it happened"`
	State    string     `json:"state" doc:"pending, delivered or failed"`
	NextAt   *time.Time `json:"next_at,omitempty" doc:"of one that is pending: not before that time"`
	Attempts []Attempt  `json:"attempts" doc:"the requests that were made, the first one first"`

	seq int64
}

// An Attempt is one request.
type Attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty" doc:"the HTTP status of the answer; left out: there was none"`
	TookMS int64     `json:"took_ms"`
	Error  string    `json:"error,omitempty" doc:"why it was no success"`
}

// States of a Delivery.
const (
	Pending   = "pending"
	Delivered = "delivered"
	Failed    = "failed"
)

func stateName(n int) string {
	switch n {
	case delivered:
		return Delivered
	case failed:
		return Failed
	}
	return Pending
}

func stateNumber(name string) int {
	switch name {
	case Pending:
		return pending
	case Delivered:
		return delivered
	case Failed:
		return failed
	}
	return -1
}

// Deliveries lists what an endpoint was given, the newest first: those of a state
// only, if one is named. cursor is what the page before returned as next, or
// empty; next is empty with the last page. ErrNotFound.
func (s *Sender) Deliveries(name, state, cursor string, limit int) (list []Delivery, next string, err error) {
	if s.lane(name) == nil {
		return nil, "", ErrNotFound
	}
	before, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || before <= 0 {
		before = 1<<63 - 1
	}
	list, err = s.db.deliveries(name, stateNumber(state), before, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = strconv.FormatInt(list[limit-1].seq, 10)
	}
	for i := range list {
		if list[i].Attempts, err = s.db.attempts(name, list[i].seq); err != nil {
			return nil, "", err
		}
	}
	return list, next, nil
}

func (d *database) deliveries(name string, state int, before int64, limit int) (list []Delivery, err error) {
	query, args := "SELECT m.seq, m.id, m.type, m.key, m.at, d.state, d.next FROM delivery d JOIN message m ON m.seq = d.seq WHERE d.endpoint = ? AND d.seq < ?", []any{name, before}
	if state >= 0 {
		query, args = query+" AND d.state = ?", append(args, state)
	}
	rows, err := d.read.Query(query+" ORDER BY d.seq DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x Delivery
		var at, next int64
		var state int
		if err := rows.Scan(&x.seq, &x.ID, &x.Type, &x.Key, &at, &state, &next); err != nil {
			return nil, err
		}
		x.At, x.State = time.UnixMicro(at).UTC(), stateName(state)
		if state == pending {
			n := time.UnixMicro(next).UTC()
			x.NextAt = &n
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

func (d *database) attempts(name string, seq int64) (list []Attempt, err error) {
	rows, err := d.read.Query("SELECT at, status, took, error FROM attempt WHERE endpoint = ? AND seq = ? ORDER BY rowid", name, seq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list = []Attempt{}
	for rows.Next() {
		var a Attempt
		var at, took int64
		if err := rows.Scan(&at, &a.Status, &took, &a.Error); err != nil {
			return nil, err
		}
		a.At, a.TookMS = time.UnixMicro(at).UTC(), took/1000
		list = append(list, a)
	}
	return list, rows.Err()
}

// Replay has a message delivered to an endpoint once more, whatever came of it
// before; one that is pending stays as it is. ErrNotFound, ErrNoMessage.
func (s *Sender) Replay(name, id string) error {
	n, err := s.again(name, "m.id = ? AND d.state <> 0", id)
	if err != nil || n > 0 {
		return err
	}
	var there int
	err = s.db.read.QueryRow("SELECT count(*) FROM delivery d JOIN message m ON m.seq = d.seq WHERE d.endpoint = ? AND m.id = ?", name, id).Scan(&there)
	if err == nil && there == 0 {
		return ErrNoMessage
	}
	return err
}

// ReplayFailed has the messages delivered that were given up and happened since
// then; it returns how many. ErrNotFound.
func (s *Sender) ReplayFailed(name string, since time.Time) (int, error) {
	return s.again(name, "d.state = 2 AND m.at >= ?", since.UnixMicro())
}

// again makes deliveries pending that where chooses.
func (s *Sender) again(name, where string, arg any) (int, error) {
	s.change.Lock()
	defer s.change.Unlock()
	l := s.lane(name)
	if l == nil {
		return 0, ErrNotFound
	}
	type found struct {
		seq int64
		key string
	}
	var list []found
	now := s.opt.Now()
	err := s.do(func(tx *sql.Tx) error {
		list = nil // it may be done a second time
		rows, err := tx.Query("SELECT d.seq, m.key FROM delivery d JOIN message m ON m.seq = d.seq WHERE d.endpoint = ? AND "+where+" ORDER BY d.seq", name, arg)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var f found
			if err := rows.Scan(&f.seq, &f.key); err != nil {
				return err
			}
			list = append(list, f)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, f := range list {
			if _, err := tx.Exec("UPDATE delivery SET state = ?, tries = 0, next = ? WHERE endpoint = ? AND seq = ?", pending, now.UnixMicro(), name, f.seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, f := range list {
		l.add(f.key, entry{seq: f.seq, next: now})
	}
	return len(list), nil
}
