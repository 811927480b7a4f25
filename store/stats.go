package store

import (
	"database/sql"
	"strconv"
	"time"
)

// A Counts is what a set of calls adds up to. Times are sums in milliseconds.
type Counts struct {
	Calls     int64 // all calls
	Answered  int64 // a party was joined
	Platform  int64 // answered by a menu, a queue or a mailbox only
	OK        int64 // the caller was sent a 2xx
	Redirect  int64 // the caller was sent a 3xx
	User      int64 // ended by the called party: busy, no answer, declined (480, 486, 600, 603)
	Failed    int64 // ineffective: 408, 500, 503, 504
	Delivered int64 // answered, or the called party was busy, did not answer, declined, or the caller gave up while it rang
	TalkMS    int64 // of all calls
	RingMS    int64
	SetupMS   int64 // of calls that a party answered
}

// A Group is the Counts of the calls that share a value.
type Group struct {
	Value string // of the dimension; for a time the start of the bucket, RFC 3339
	Counts
}

// Quantiles are the least values that so many in a hundred of the calls reach at most, in milliseconds.
type Quantiles struct {
	Calls              int64 // that count
	P50, P90, P95, P99 int64
}

// A Question says what of the calls is to be counted.
type Question struct {
	Filter   Filter
	By       string        // a name of Dimensions; empty: no groups
	Interval time.Duration // length of a time bucket, whole seconds; 0: no times
}

// A Stats answers a Question.
type Stats struct {
	Total  Counts
	Groups []Group // the largest first, at most MaxLimit
	Times  []Group // in order; buckets without calls are left out
	// PostDial is from the INVITE to the first sign of alerting; Ring from there
	// to the answer or the end; Talk is that of answered calls.
	PostDial, Ring, Talk Quantiles
}

// dimensions are the columns that calls can be grouped by.
var dimensions = map[string]string{
	"status": "status", "code": "last_response_code", "bye_reason": "bye_reason", "ended_by": "ended_by", "direction": "direction",
	"trunk": "trunk", "queue": "queue", "user": "username", "stage": "stage", "answered": "answered", "source": "source",
	"from": "from_number", "to": "to_number",
}

// Dimensions lists what calls can be grouped by.
func Dimensions() []string {
	return []string{"status", "code", "bye_reason", "ended_by", "direction", "trunk", "queue", "user", "stage", "answered", "source", "from", "to"}
}

const countColumns = `count(*), total(answered = 'party'), total(answered = 'platform'), total(sip_final BETWEEN 200 AND 299), total(sip_final BETWEEN 300 AND 399),
	total(sip_final IN (480, 486, 600, 603)), total(sip_final IN (408, 500, 503, 504)),
	total(answered = 'party' OR status IN ('Busy', 'Declined', 'Not Answered') OR status = 'Cancelled' AND ringing_at IS NOT NULL),
	total(talk_ms), total(ring_ms), total(CASE WHEN answered = 'party' THEN setup_ms END)`

func (c *Counts) scan(rows interface{ Scan(...any) error }, first ...any) error {
	var n [10]float64
	to := append(first, &c.Calls)
	for i := range n {
		to = append(to, &n[i])
	}
	if err := rows.Scan(to...); err != nil {
		return err
	}
	for i, p := range [...]*int64{&c.Answered, &c.Platform, &c.OK, &c.Redirect, &c.User, &c.Failed, &c.Delivered, &c.TalkMS, &c.RingMS, &c.SetupMS} {
		*p = int64(n[i])
	}
	return nil
}

// Stats counts the calls of the index; those of the last half second may not be in it yet.
func (s *Local) Stats(q Question) (Stats, error) { return stats(s.db.read, q) }

// Stats counts the calls of the index.
func (r *Reader) Stats(q Question) (out Stats, err error) {
	err = r.snapshot(func(db queryer) error {
		if db != nil {
			out, err = stats(db, q)
		}
		return err
	})
	return out, err
}

func stats(db queryer, q Question) (Stats, error) {
	var out Stats
	where, args := q.Filter.where(Cursor{})
	if err := out.Total.scan(db.QueryRow("SELECT "+countColumns+" FROM calls WHERE "+where, args...)); err != nil {
		return out, err
	}
	var err error
	if column := dimensions[q.By]; column != "" {
		out.Groups, err = groups(db, "SELECT "+column+", "+countColumns+" FROM calls WHERE "+where+" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT "+strconv.Itoa(MaxLimit), args)
		if err != nil {
			return out, err
		}
	}
	if seconds := int64(q.Interval / time.Second); seconds > 0 {
		bucket := "started_at / " + strconv.FormatInt(seconds*int64(time.Second), 10) + " * " + strconv.FormatInt(seconds, 10)
		out.Times, err = groups(db, "SELECT "+bucket+", "+countColumns+" FROM calls WHERE "+where+" GROUP BY 1 ORDER BY 1", args)
		if err != nil {
			return out, err
		}
		for i := range out.Times {
			at, err := strconv.ParseInt(out.Times[i].Value, 10, 64)
			if err != nil {
				return out, err
			}
			out.Times[i].Value = time.Unix(at, 0).UTC().Format(time.RFC3339)
		}
	}
	for _, w := range []struct {
		to          *Quantiles
		value, cond string
	}{
		{&out.PostDial, "(ringing_at - started_at) / 1000000", "ringing_at IS NOT NULL"},
		{&out.Ring, "ring_ms", "ringing_at IS NOT NULL"},
		{&out.Talk, "talk_ms", "answered = 'party'"},
	} {
		if *w.to, err = quantiles(db, w.value, where+" AND "+w.cond, args); err != nil {
			return out, err
		}
	}
	return out, nil
}

func groups(db queryer, query string, args []any) ([]Group, error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Group
	for rows.Next() {
		var g Group
		var value sql.NullString
		if err := g.scan(rows, &value); err != nil {
			return nil, err
		}
		g.Value = value.String
		out = append(out, g)
	}
	return out, rows.Err()
}

// quantiles are by nearest rank: the value of the call number ceil(q*n) in order.
func quantiles(db queryer, value, where string, args []any) (Quantiles, error) {
	var q Quantiles
	err := db.QueryRow("WITH v AS (SELECT "+value+" AS x FROM calls WHERE "+where+`),
		r AS (SELECT x, row_number() OVER (ORDER BY x) AS i, count(*) OVER () AS n FROM v)
		SELECT coalesce(max(n), 0), coalesce(min(CASE WHEN i * 100 >= n * 50 THEN x END), 0), coalesce(min(CASE WHEN i * 100 >= n * 90 THEN x END), 0),
		coalesce(min(CASE WHEN i * 100 >= n * 95 THEN x END), 0), coalesce(min(CASE WHEN i * 100 >= n * 99 THEN x END), 0) FROM r`, args...).
		Scan(&q.Calls, &q.P50, &q.P90, &q.P95, &q.P99)
	return q, err
}
