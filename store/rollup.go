package store

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"time"

	"onhook/outcome"
)

// lengths are those of the stretches that rollups are kept for, in seconds, each a
// multiple of the one before: a question about a month reads days, not what is
// kept of every five minutes.
var lengths = [...]int64{300, 3600, 86400}

// rollupVersion is that of the rules by which rollups are made. Where a data
// folder has others they are made anew from its records.
const rollupVersion = 2

// A rollupKey names a rollup. Dimension 0 is that of all calls, with the value "".
type rollupKey struct {
	dimension, length, at int64
	value                 string
}

func (k rollupKey) compare(o rollupKey) int {
	return cmp.Or(cmp.Compare(k.dimension, o.dimension), cmp.Compare(k.length, o.length), cmp.Compare(k.at, o.at), cmp.Compare(k.value, o.value))
}

// A rollups is what some calls add to the rollups.
type rollups map[rollupKey]*sum

// count adds one call to its shortest stretches; finish makes the longer ones.
func (m rollups) count(r *counted, values func(d *dimension) string) {
	at := floorTo(r.startedAt, lengths[0]*int64(time.Second)) / int64(time.Second)
	m.at(rollupKey{0, lengths[0], at, ""}).add(r)
	var of [numbered]string
	for i := range dimensions {
		if d := &dimensions[i]; d.number > 0 {
			of[d.number] = values(d)
			m.at(rollupKey{d.number, lengths[0], at, of[d.number]}).add(r)
		}
	}
	for i := range pairs {
		p := &pairs[i]
		if first := of[p.first]; first != "" {
			m.at(rollupKey{p.number, lengths[0], at, joint(first, of[p.second])}).add(r)
		}
	}
}

// record adds the call of a record.
func (m rollups) record(rec *outcome.Record) {
	r := countedOf(rec)
	m.count(&r, func(d *dimension) string { return d.of(rec) })
}

func (m rollups) at(k rollupKey) *sum {
	s := m[k]
	if s == nil {
		s = &sum{}
		m[k] = s
	}
	return s
}

// finish adds up the longer stretches, and returns the keys of all in the order of the table.
func (m rollups) finish() []rollupKey {
	short := make([]rollupKey, 0, len(m)*len(lengths))
	for k := range m {
		short = append(short, k)
	}
	for _, k := range short {
		s := m[k]
		for _, length := range lengths[1:] {
			k.length, k.at = length, floorTo(k.at, length)
			m.at(k).merge(s)
		}
	}
	all := short[:0]
	for k := range m {
		all = append(all, k)
	}
	slices.SortFunc(all, rollupKey.compare)
	return all
}

// countedOf is of a record what statsColumns is of its row.
func countedOf(rec *outcome.Record) counted {
	r := counted{startedAt: rec.StartedAt.UnixNano(), dial: -1, ring: rec.RingMS, talk: rec.TalkMS, setup: rec.SetupMS}
	if rec.RingingAt != nil {
		r.dial = (rec.RingingAt.UnixNano() - r.startedAt) / int64(time.Millisecond)
	}
	set := func(bit int64, on bool) {
		if on {
			r.bits |= bit
		}
	}
	set(bitAnswered, rec.Answered == outcome.AnsweredParty.String())
	set(bitPlatform, rec.Answered == outcome.AnsweredPlatform.String())
	set(bitOK, rec.SIPFinal/100 == 2)
	set(bitRedirect, rec.SIPFinal/100 == 3)
	switch rec.SIPFinal {
	case 480, 486, 600, 603: // RFC 6076 section 4.7
		r.bits |= bitUser
	case 408, 500, 503, 504: // RFC 6076 section 4.8
		r.bits |= bitFailed
	}
	switch rec.Status {
	case outcome.Busy.String(), outcome.Declined.String(), outcome.NotAnswered.String():
		r.bits |= bitDelivered
	case outcome.Cancelled.String():
		set(bitDelivered, rec.RingingAt != nil)
	}
	set(bitDelivered, r.bits&bitAnswered != 0)
	return r
}

// A plan is how a question is answered: from rollups, and by going through the
// calls of the times that they do not have.
type plan struct {
	dimension int64    // whose rollups
	values    []string // of it; none: all
	first     string   // dimension is a pair's: the value of its first
	stretches []stretch
	scans     []Filter
}

// A stretch is a time that rollups of one length cover: from, up to before to, in
// seconds.
type stretch struct{ length, from, to int64 }

// The ends of a stretch that has none.
const (
	always = math.MinInt64
	ever   = math.MaxInt64
)

// planOf finds the rollups for a question. They have its answer where it asks for
// one dimension at most, in times that they can be added up to.
func planOf(q *Question) plan {
	p := plan{scans: []Filter{q.Filter}}
	step := int64(q.Interval / time.Second)
	rest := q.Filter
	rest.Since, rest.Until = time.Time{}, time.Time{}
	by := dimensionOf(q.By)
	if by != nil {
		p.dimension = by.number
	}
	for i := range dimensions {
		d := &dimensions[i]
		if d.take == nil {
			continue
		}
		if values := d.take(&rest); len(values) > 0 {
			if p.values != nil || p.first != "" {
				return p
			}
			if by != nil && by != d {
				both := pairOf(d, by)
				if both == nil || len(values) != 1 {
					return p
				}
				p.dimension, p.first = both.number, values[0]
				continue
			}
			p.dimension, p.values = d.number, values
		}
	}
	if step%lengths[0] != 0 || by != nil && by.number == 0 || !reflect.DeepEqual(rest, Filter{}) {
		return p
	}
	from, to := int64(always), int64(ever)
	unit := lengths[0] * int64(time.Second)
	if t := q.Filter.Since; !t.IsZero() {
		from = -floorTo(-t.UnixNano(), unit) / int64(time.Second)
	}
	if t := q.Filter.Until; !t.IsZero() {
		to = floorTo(t.UnixNano(), unit) / int64(time.Second)
	}
	if from >= to {
		return p
	}
	usable := lengths[:]
	for step > 0 && step%usable[len(usable)-1] != 0 {
		usable = usable[:len(usable)-1]
	}
	p.stretches = cover(nil, usable, from, to)
	p.scans = edges(&q.Filter, from, to)
	return p
}

// edges are the times before and behind those of the rollups.
func edges(f *Filter, from, to int64) (out []Filter) {
	if at := time.Unix(from, 0); !f.Since.IsZero() && f.Since.Before(at) {
		e := *f
		e.Until = at
		out = append(out, e)
	}
	if at := time.Unix(to, 0); !f.Until.IsZero() && at.Before(f.Until) {
		e := *f
		e.Since = at
		out = append(out, e)
	}
	return out
}

// cover cuts a time into stretches that are as long as can be; its ends are
// multiples of the shortest length.
func cover(out []stretch, usable []int64, from, to int64) []stretch {
	if from >= to || len(usable) == 0 {
		return out
	}
	length, shorter := usable[len(usable)-1], usable[:len(usable)-1]
	a, b := from, to
	if from != always {
		a = -floorTo(-from, length)
	}
	if to != ever {
		b = floorTo(to, length)
	}
	if a >= b {
		return cover(out, shorter, from, to)
	}
	out = append(out, stretch{length, a, b})
	out = cover(out, shorter, from, a)
	return cover(out, shorter, b, to)
}
