package store

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"
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

// statsColumns are what is read of each call: which counts it adds to, as bits, and its times.
const statsColumns = `started_at, (answered = 'party') + 2 * (answered = 'platform') + 4 * (sip_final BETWEEN 200 AND 299) + 8 * (sip_final BETWEEN 300 AND 399) +
	16 * (sip_final IN (480, 486, 600, 603)) + 32 * (sip_final IN (408, 500, 503, 504)) +
	64 * (answered = 'party' OR status IN ('Busy', 'Declined', 'Not Answered') OR status = 'Cancelled' AND ringing_at IS NOT NULL),
	coalesce((ringing_at - started_at) / 1000000, -1), ring_ms, talk_ms, setup_ms`

// A counted is what is read of one call.
type counted struct {
	startedAt, bits, dial, ring, talk, setup int64
	value                                    sql.RawBytes
}

// add counts one call.
func (c *Counts) add(r *counted) {
	c.Calls++
	for i, p := range [...]*int64{&c.Answered, &c.Platform, &c.OK, &c.Redirect, &c.User, &c.Failed, &c.Delivered} {
		*p += r.bits >> i & 1
	}
	c.TalkMS += r.talk
	c.RingMS += r.ring
	c.SetupMS += r.setup * (r.bits & 1)
}

// A tally gathers what one pass over the calls finds.
type tally struct {
	total            Counts
	groups           map[string]*Counts
	times            map[int64]*Counts
	dial, ring, talk []int64
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

// stats reads each call once: a pass over the rows costs more than what is done with them.
func stats(db queryer, q Question) (Stats, error) {
	column, grouped := dimensions[q.By]
	if !grouped {
		column = "''"
	}
	where, args := q.Filter.where(Cursor{})
	rows, err := db.Query("SELECT "+statsColumns+", "+column+" FROM calls WHERE "+where, args...)
	if err != nil {
		return Stats{}, err
	}
	defer rows.Close()
	step := int64(q.Interval / time.Second)
	t := tally{groups: map[string]*Counts{}, times: map[int64]*Counts{}}
	var r counted
	for rows.Next() {
		if err := rows.Scan(&r.startedAt, &r.bits, &r.dial, &r.ring, &r.talk, &r.setup, &r.value); err != nil {
			return Stats{}, err
		}
		t.call(&r, grouped, step)
	}
	if err := rows.Err(); err != nil {
		return Stats{}, err
	}
	return t.stats(), nil
}

func (t *tally) call(r *counted, grouped bool, step int64) {
	t.total.add(r)
	if grouped {
		g := t.groups[string(r.value)]
		if g == nil {
			g = &Counts{}
			t.groups[string(r.value)] = g
		}
		g.add(r)
	}
	if step > 0 {
		at := r.startedAt / int64(time.Second) / step * step
		g := t.times[at]
		if g == nil {
			g = &Counts{}
			t.times[at] = g
		}
		g.add(r)
	}
	if r.dial >= 0 {
		t.dial, t.ring = append(t.dial, r.dial), append(t.ring, r.ring)
	}
	if r.bits&1 != 0 {
		t.talk = append(t.talk, r.talk)
	}
}

func (t *tally) stats() Stats {
	out := Stats{Total: t.total, PostDial: quantiles(t.dial), Ring: quantiles(t.ring), Talk: quantiles(t.talk)}
	for v, c := range t.groups {
		out.Groups = append(out.Groups, Group{v, *c})
	}
	slices.SortFunc(out.Groups, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Value, b.Value)) })
	if len(out.Groups) > MaxLimit {
		out.Groups = out.Groups[:MaxLimit]
	}
	for _, at := range slices.Sorted(maps.Keys(t.times)) {
		out.Times = append(out.Times, Group{time.Unix(at, 0).UTC().Format(time.RFC3339), *t.times[at]})
	}
	return out
}

// quantiles are by nearest rank: the value of the call number ceil(q*n) in order.
func quantiles(v []int64) Quantiles {
	if len(v) == 0 {
		return Quantiles{}
	}
	slices.Sort(v)
	at := func(percent int) int64 { return v[(len(v)*percent+99)/100-1] }
	return Quantiles{Calls: int64(len(v)), P50: at(50), P90: at(90), P95: at(95), P99: at(99)}
}
