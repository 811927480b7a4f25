package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"onhook/outcome"
)

// The stored form of a record, version 1: the version, then the fields of
// outcome.Record in their order. Numbers are varints. A text is its length
// doubled and its bytes, or the place of a word doubled plus one. A time is the
// difference to the time before it in the record; one that may be missing has a
// byte in front. A list has the number of its elements plus one in front, 0 for
// none at all. Records that older programs wrote are JSON.
const recordVersion = 1

// A recordWriter appends the stored form of a record to b.
type recordWriter struct {
	b    []byte
	at   time.Time
	zone int // seconds east of UTC, of the last time
}

func appendRecord(b []byte, r *outcome.Record) []byte {
	w := recordWriter{b: append(b, recordVersion), at: time.Unix(0, 0)}
	w.text(r.ID)
	w.int(int64(r.Version))
	w.time(r.StartedAt)
	w.maybe(r.RingingAt)
	w.maybe(r.AnsweredAt)
	w.time(r.EndedAt)
	for _, n := range [...]int64{r.DurationMS, r.SetupMS, r.RingMS, r.TalkMS, r.HoldMS} {
		w.int(n)
	}
	w.text(r.Direction)
	for _, p := range [...]*outcome.Party{&r.From, &r.To} {
		w.text(p.URI)
		w.text(p.Number)
		w.text(p.Name)
	}
	w.text(r.Status)
	w.int(int64(r.LastResponseCode))
	w.int(int64(r.SIPFinal))
	w.text(r.ByeReason)
	w.int(int64(r.Q850Cause))
	for _, s := range [...]string{r.Detail, r.EndedBy, r.Answered, r.Stage, r.Confidence} {
		w.text(s)
	}
	w.texts(r.Notes)
	w.text(r.Trunk)
	w.text(r.Queue)
	w.text(r.User)
	w.count(len(r.Related), r.Related == nil)
	for i := range r.Related {
		w.text(r.Related[i].ID)
		w.text(r.Related[i].How)
	}
	w.text(r.Summary)
	w.count(len(r.Evidence), r.Evidence == nil)
	for i := range r.Evidence {
		w.evidence(&r.Evidence[i])
	}
	w.count(len(r.Legs), r.Legs == nil)
	for i := range r.Legs {
		w.leg(&r.Legs[i])
	}
	w.count(len(r.Segments), r.Segments == nil)
	for i := range r.Segments {
		s := &r.Segments[i]
		w.text(s.Stage)
		w.time(s.StartedAt)
		w.time(s.EndedAt)
		w.int(int64(s.Leg))
		w.text(s.Reason)
	}
	w.text(r.Source)
	return w.b
}

func (w *recordWriter) evidence(e *outcome.Evidence) {
	w.text(e.Field)
	w.int(int64(e.Leg))
	w.int(int64(e.Message))
	w.time(e.At)
	w.text(e.Rule)
	w.text(e.Text)
}

func (w *recordWriter) leg(l *outcome.Leg) {
	w.int(int64(l.ID))
	for _, s := range [...]string{l.SIPCallID, l.Direction, l.Peer, l.Target, l.Address} {
		w.text(s)
	}
	w.time(l.StartedAt)
	w.maybe(l.RingingAt)
	w.maybe(l.AnsweredAt)
	w.maybe(l.EndedAt)
	w.int(int64(l.FinalCode))
	c := byte(0)
	if l.Synthetic {
		c = 1
	}
	w.b = append(w.b, c)
	w.texts(l.Reasons)
	w.text(l.Reason)
}

func (w *recordWriter) int(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *recordWriter) text(s string) {
	if 0 < len(s) && len(s) <= longestWord {
		if i, ok := wordPlaces()[s]; ok {
			w.b = binary.AppendUvarint(w.b, uint64(i)<<1|1)
			return
		}
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(s))<<1)
	w.b = append(w.b, s...)
}

func (w *recordWriter) texts(list []string) {
	w.count(len(list), list == nil)
	for _, s := range list {
		w.text(s)
	}
}

func (w *recordWriter) count(n int, none bool) {
	if !none {
		n++
	}
	w.b = binary.AppendUvarint(w.b, uint64(n))
}

func (w *recordWriter) maybe(t *time.Time) {
	if t == nil {
		w.b = append(w.b, 0)
		return
	}
	w.b = append(w.b, 1)
	w.time(*t)
}

// time appends the seconds since the time before, doubled, plus one if the zone
// is another one and follows; then the nanoseconds.
func (w *recordWriter) time(t time.Time) {
	zone := 0
	if t.Location() != time.UTC {
		_, zone = t.Zone()
	}
	d := (t.Unix() - w.at.Unix()) << 1
	if zone != w.zone {
		d |= 1
	}
	w.b = binary.AppendVarint(w.b, d)
	w.b = binary.AppendUvarint(w.b, uint64(t.Nanosecond()))
	if zone != w.zone {
		w.b = binary.AppendVarint(w.b, int64(zone))
	}
	w.at, w.zone = t, zone
}

// A recordReader reads what a recordWriter wrote.
type recordReader struct {
	parser
	at   time.Time
	zone *time.Location
}

// parseRecord reads what appendRecord wrote. The texts of the record share s.
func parseRecord(s string) (r outcome.Record, err error) {
	p := recordReader{parser: parser{s: s}, at: time.Unix(0, 0), zone: time.UTC}
	if v := p.byte(); p.err == nil && v != recordVersion {
		return r, fmt.Errorf("store: record of version %d, this program reads version %d", v, recordVersion)
	}
	r.ID, r.Version = p.text(), p.int()
	r.StartedAt, r.RingingAt, r.AnsweredAt, r.EndedAt = p.time(), p.maybe(), p.maybe(), p.time()
	for _, n := range [...]*int64{&r.DurationMS, &r.SetupMS, &r.RingMS, &r.TalkMS, &r.HoldMS} {
		*n = p.varint()
	}
	r.Direction = p.text()
	for _, q := range [...]*outcome.Party{&r.From, &r.To} {
		q.URI, q.Number, q.Name = p.text(), p.text(), p.text()
	}
	r.Status, r.LastResponseCode, r.SIPFinal = p.text(), p.int(), p.int()
	r.ByeReason, r.Q850Cause = p.text(), p.int()
	for _, t := range [...]*string{&r.Detail, &r.EndedBy, &r.Answered, &r.Stage, &r.Confidence} {
		*t = p.text()
	}
	r.Notes = p.texts()
	r.Trunk, r.Queue, r.User = p.text(), p.text(), p.text()
	r.Related = listOf[outcome.Related](p.count(2))
	for i := range r.Related {
		r.Related[i] = outcome.Related{ID: p.text(), How: p.text()}
	}
	r.Summary = p.text()
	r.Evidence = listOf[outcome.Evidence](p.count(7))
	for i := range r.Evidence {
		r.Evidence[i] = p.evidence()
	}
	r.Legs = listOf[outcome.Leg](p.count(15))
	for i := range r.Legs {
		r.Legs[i] = p.leg()
	}
	r.Segments = listOf[outcome.Segment](p.count(7))
	for i := range r.Segments {
		r.Segments[i] = outcome.Segment{Stage: p.text(), StartedAt: p.time(), EndedAt: p.time(), Leg: p.int(), Reason: p.text()}
	}
	r.Source = p.text()
	if p.err == nil && p.s != "" {
		p.fail()
	}
	if p.err != nil {
		return outcome.Record{}, p.err
	}
	return r, nil
}

func (p *recordReader) evidence() outcome.Evidence {
	return outcome.Evidence{
		Field: p.text(), Leg: p.int(), Message: uint32(p.within(0, math.MaxUint32)), At: p.time(), Rule: p.text(), Text: p.text(),
	}
}

func (p *recordReader) leg() (l outcome.Leg) {
	l.ID = p.int()
	for _, t := range [...]*string{&l.SIPCallID, &l.Direction, &l.Peer, &l.Target, &l.Address} {
		*t = p.text()
	}
	l.StartedAt, l.RingingAt, l.AnsweredAt, l.EndedAt = p.time(), p.maybe(), p.maybe(), p.maybe()
	l.FinalCode = p.int()
	l.Synthetic = p.byte() == 1
	l.Reasons = p.texts()
	l.Reason = p.text()
	return l
}

// listOf makes a list of n elements; none at all if n is negative.
func listOf[T any](n int) []T {
	if n < 0 {
		return nil
	}
	return make([]T, n)
}

// count reads the length of a list whose elements take least bytes or more;
// -1: no list at all.
func (p *recordReader) count(least int) int {
	n := p.uvarint()
	if n > uint64(len(p.s)/least)+1 {
		p.fail()
		return -1
	}
	return int(n) - 1
}

func (p *recordReader) within(low, high int64) int64 {
	v := p.varint()
	if v < low || v > high {
		p.fail()
		return 0
	}
	return v
}

func (p *recordReader) int() int { return int(p.within(math.MinInt, math.MaxInt)) }

func (p *recordReader) text() string {
	n := p.uvarint()
	word := n&1 == 1
	n >>= 1
	switch {
	case word && n < uint64(len(words)):
		return words[n]
	case word || n > uint64(len(p.s)):
		p.fail()
		return ""
	}
	t := p.s[:n]
	p.s = p.s[n:]
	return t
}

func (p *recordReader) texts() []string {
	list := listOf[string](p.count(1))
	for i := range list {
		list[i] = p.text()
	}
	return list
}

func (p *recordReader) maybe() *time.Time {
	if p.byte() == 0 {
		return nil
	}
	t := p.time()
	return &t
}

func (p *recordReader) time() time.Time {
	d, nsec := p.varint(), p.upTo(999_999_999)
	if d&1 == 1 {
		zone := int(p.within(-24*3600, 24*3600))
		p.zone = time.UTC
		if zone != 0 {
			p.zone = time.FixedZone("", zone)
		}
	}
	p.at = time.Unix(p.at.Unix()+d>>1, int64(nsec)).In(p.zone)
	return p.at
}
