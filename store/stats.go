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

// A Group is what the calls that share a value add up to.
type Group struct {
	Value string // of the dimension; for a time the start of the bucket, RFC 3339
	Counts
	PostDial, Ring, Talk Quantiles
	Parts                []Part // of a time, where groups are asked for: its share of the largest groups
}

// A Part is how many calls of a stretch of time have a value.
type Part struct {
	Value string
	Calls int64
}

// Quantiles are the least values that so many in a hundred of the calls reach at
// most, in milliseconds; at most 1/32 too high.
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

// maxParts is of how many groups each time tells its share.
const maxParts = 12

// A tally gathers what the calls add up to.
type tally struct {
	step   int64 // seconds; 0: no times
	by     bool
	total  sum
	groups map[string]*sum
	times  map[int64]*slot
}

// A slot is one time of a tally.
type slot struct {
	sum
	parts map[string]int64
}

func newTally(q *Question) *tally {
	return &tally{step: int64(q.Interval / time.Second), by: q.By != "", groups: map[string]*sum{}, times: map[int64]*slot{}}
}

// places calls f with each sum that a call of this time, in seconds, and value
// belongs to; the total is that of the groups or times, where there are any.
func (t *tally) places(at int64, value []byte, calls int64, f func(*sum)) {
	if !t.by && t.step == 0 {
		f(&t.total)
	}
	if t.by {
		g := t.groups[string(value)]
		if g == nil {
			g = &sum{}
			t.groups[string(value)] = g
		}
		f(g)
	}
	if t.step == 0 {
		return
	}
	at = floorTo(at, t.step)
	s := t.times[at]
	if s == nil {
		s = &slot{parts: map[string]int64{}}
		t.times[at] = s
	}
	f(&s.sum)
	if t.by {
		s.parts[string(value)] += calls
	}
}

// floorTo is the greatest multiple of a step that is not above n.
func floorTo(n, step int64) int64 {
	r := n % step
	if r < 0 {
		r += step
	}
	return n - r
}

// stats is the answer.
func (t *tally) stats() Stats {
	for _, g := range t.groups {
		t.total.merge(g)
	}
	if !t.by {
		for _, s := range t.times {
			t.total.merge(&s.sum)
		}
	}
	out := Stats{Total: t.total.Counts, PostDial: t.total.dial.quantiles(), Ring: t.total.ring.quantiles(), Talk: t.total.talk.quantiles()}
	values := slices.SortedFunc(maps.Keys(t.groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.groups[b].Calls, t.groups[a].Calls), cmp.Compare(a, b))
	})
	for _, v := range values[:min(len(values), MaxLimit)] {
		out.Groups = append(out.Groups, t.groups[v].group(v))
	}
	values = values[:min(len(values), maxParts)]
	for _, at := range slices.Sorted(maps.Keys(t.times)) {
		s := t.times[at]
		g := s.group(time.Unix(at, 0).UTC().Format(time.RFC3339))
		for _, v := range values {
			if n := s.parts[v]; n > 0 {
				g.Parts = append(g.Parts, Part{v, n})
			}
		}
		out.Times = append(out.Times, g)
	}
	return out
}

// Stats counts the calls of the index; those of the last half second may not be in it yet.
func (s *Local) Stats(q Question) (Stats, error) { return stats(s.db.read, q) }

// Stats counts the calls of the index, as it was at one moment.
func (r *Reader) Stats(q Question) (Stats, error) {
	if r.db == nil {
		return Stats{}, nil
	}
	tx, err := r.db.read.Begin()
	if err != nil {
		return Stats{}, err
	}
	defer tx.Rollback()
	return stats(tx, q)
}

// stats adds up what the rollups have of the answer, and goes through the calls for
// the rest.
func stats(db queryer, q Question) (Stats, error) {
	t := newTally(&q)
	p := planOf(&q)
	for _, s := range p.stretches {
		if err := t.readRollups(db, &p, s); err != nil {
			return Stats{}, err
		}
	}
	for i := range p.scans {
		if err := t.scan(db, &p.scans[i], q.By); err != nil {
			return Stats{}, err
		}
	}
	return t.stats(), nil
}

// statsColumns are what is read of each call: which counts it adds to, as bits, and its times.
const statsColumns = `started_at, (answered = 'party') + 2 * (answered = 'platform') + 4 * (sip_final BETWEEN 200 AND 299) + 8 * (sip_final BETWEEN 300 AND 399) +
	16 * (sip_final IN (480, 486, 600, 603)) + 32 * (sip_final IN (408, 500, 503, 504)) +
	64 * (answered = 'party' OR status IN ('Busy', 'Declined', 'Not Answered') OR status = 'Cancelled' AND ringing_at IS NOT NULL),
	coalesce((ringing_at - started_at) / 1000000, -1), ring_ms, talk_ms, setup_ms`

// scan reads each call that matches once: a pass over the rows costs more than
// what is done with them.
func (t *tally) scan(db queryer, f *Filter, by string) error {
	column := "''"
	if d := dimensionOf(by); d != nil {
		column = d.column
	}
	a, err := chooseAccess(db, f)
	if err != nil {
		return err
	}
	var c clause
	index := ""
	where, args := f.where(Cursor{})
	c.and(where, args...)
	if a != nil && a.also == nil {
		a.condition(&c)
		index = " INDEXED BY " + a.index
	}
	rows, err := db.Query("SELECT "+statsColumns+", "+column+" FROM calls"+index+" WHERE "+c.text.String(), c.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r counted
	var value sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&r.startedAt, &r.bits, &r.dial, &r.ring, &r.talk, &r.setup, &value); err != nil {
			return err
		}
		t.places(floorTo(r.startedAt, int64(time.Second))/int64(time.Second), value, 1, func(s *sum) { s.add(&r) })
	}
	return rows.Err()
}
