package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"time"

	"onhook/outcome"
)

// A replay is what the log says from some place on.
type replay struct {
	dir    string
	from   loc // records before this place are in the index
	to     loc // records behind it are not asked for, if it is not zero
	onRow  func(row) error
	only   bool // the records are wanted, not the open calls
	notes  []string
	tails  []tail
	open   map[string]*replayed
	over   map[string]bool // calls whose record was seen
	rows   int
	alive  time.Time
	last   uint64 // the newest segment with a chunk beside its first
	end    int64  // behind the last chunk of that segment
	sealed bool   // that segment ends with a seal
	torn   int64  // behind the damaged bytes that follow end, if any
	whole  uint64 // the newest segment that carries all calls open at its begin
}

// A tail is what stands behind the last whole chunk of a segment.
type tail struct {
	seg      uint64
	from, to int64
}

// A replayed call has a start in the log and no record.
type replayed struct {
	call  OpenCall
	entry openEntry
}

func newReplay(dir string, from loc, onRow func(row) error) *replay {
	return &replay{dir: dir, from: from, onRow: onRow, open: map[string]*replayed{}, over: map[string]bool{}}
}

// run reads the segments nums, which are in order. It begins at the newest one
// not after the index's position that carries the calls open at its begin.
func (r *replay) run(nums []uint64) error {
	first := 0
	for i, n := range nums {
		if n <= r.from.seg {
			first = i
		}
	}
	for first > 0 {
		whole, err := r.carriesAll(nums[first])
		if err != nil {
			return err
		}
		if whole {
			break
		}
		first--
	}
	for _, n := range nums[first:] {
		if err := r.segment(n); err != nil {
			return err
		}
	}
	for _, d := range r.tails {
		what := "are damaged and were passed over"
		if d.seg == r.last {
			what = "were never completed and are cut off"
		}
		r.note(d.seg, d.from, d.to, what)
	}
	return nil
}

func (r *replay) note(seg uint64, from, to int64, what string) {
	r.notes = append(r.notes, fmt.Sprintf("log segment %016x: bytes %d to %d %s", seg, from, to, what))
}

func (r *replay) carriesAll(num uint64) (bool, error) {
	b, err := readSegment(r.dir, num, 0)
	if err != nil {
		return false, err
	}
	s := scanner{seg: num, b: b}
	for {
		kind, _, _, _, ok := s.next()
		if !ok || kind == kindCarryEnd {
			return ok, nil
		}
	}
}

// segment reads one segment.
func (r *replay) segment(num uint64) error {
	b, err := readSegment(r.dir, num, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // recycled while we read: its records are in the index
	}
	if err != nil {
		return err
	}
	return r.chunks(num, 0, b)
}

// chunks takes the chunks of a segment from an offset on.
func (r *replay) chunks(num uint64, base int64, b []byte) error {
	s := scanner{seg: num, b: b, base: base}
	sealed, any := false, false
	for {
		kind, body, at, behind, ok := s.next()
		if !ok {
			break
		}
		sealed = kind == kindSeal
		if kind != kindSegment {
			any = true
		}
		if err := r.chunk(kind, body, at, behind); err != nil {
			return err
		}
	}
	for _, d := range s.skipped {
		r.note(num, d.from, d.to, "are damaged and were passed over")
	}
	if r.only {
		return nil
	}
	torn, to := s.rest()
	if any || r.last == 0 {
		r.last, r.end, r.sealed, r.torn = num, s.end, sealed, 0
		if torn && !sealed {
			r.torn = to
		}
	}
	if torn && !sealed {
		r.tails = append(r.tails, tail{num, s.end, to})
	}
	return nil
}

func (r *replay) chunk(kind byte, body []byte, at, behind loc) error {
	if r.only && kind != kindFinish && kind != kindGroup {
		return nil
	}
	switch kind {
	case kindBoot:
		for _, c := range r.open {
			r.live(c)
			c.entry.cut = true
			c.call.Restarts++
		}
	case kindStart:
		s, err := parseStart(body)
		if err != nil {
			r.bad(at, err)
			return nil
		}
		r.begun(s, at, openEntry{start: at, alive: s.StartedAt})
		r.seen(s.StartedAt)
	case kindCarried:
		r.carriedStart(body, at)
	case kindAppend:
		r.appended(body, at)
	case kindAlive:
		p := parser{s: string(body)}
		r.seen(p.time())
	case kindCarryEnd:
		r.whole = at.seg
	case kindFinish:
		return r.finished(body, at, behind)
	case kindGroup:
		return r.finishedGroup(body, at, behind)
	}
	return nil
}

func (r *replay) bad(at loc, err error) {
	r.notes = append(r.notes, fmt.Sprintf("log segment %016x: the chunk at %d cannot be read: %v", at.seg, at.off, err))
}

func (r *replay) begun(s Start, at loc, e openEntry) {
	if r.over[s.ID] {
		return
	}
	r.open[s.ID] = &replayed{call: OpenCall{Start: s, Restarts: e.restarts}, entry: e}
}

func (r *replay) carriedStart(body []byte, at loc) {
	cut, restarts, alive, start, err := parseCarried(body)
	var s Start
	if err == nil {
		s, err = parseStart(start)
	}
	if err != nil {
		r.bad(at, err)
		return
	}
	if alive.Before(s.StartedAt) {
		alive = s.StartedAt
	}
	if old := r.open[s.ID]; old != nil {
		if r.live(old); old.entry.alive.After(alive) {
			alive = old.entry.alive
		}
	}
	r.begun(s, at, openEntry{start: at, cut: cut, restarts: restarts, alive: alive})
}

func (r *replay) appended(body []byte, at loc) {
	p := parser{s: string(body)}
	c := r.open[p.text()]
	if c == nil {
		return
	}
	events, err := parseEvents(p.s)
	if err != nil {
		r.bad(at, err)
		return
	}
	c.call.Events = append(c.call.Events, events...)
	c.entry.more = append(c.entry.more, at)
	if n := len(events); n > 0 {
		r.seen(events[n-1].At)
	}
}

// seen says that the server was up at this time, and with it the calls that
// are open.
func (r *replay) seen(t time.Time) {
	if t.After(r.alive) {
		r.alive = t
	}
}

// live brings the last sign of life of a call up to date. Calls that a restart
// has cut off keep theirs.
func (r *replay) live(c *replayed) {
	if !c.entry.cut && r.alive.After(c.entry.alive) {
		c.entry.alive = r.alive
	}
}

func (r *replay) finished(body []byte, at, behind loc) error {
	id, packed, _, err := finishParts(body)
	if err != nil {
		r.bad(at, err)
		return nil
	}
	if at.before(r.from) {
		r.ended(id)
		return nil
	}
	rec, err := unpackRecord(packed)
	if err != nil {
		r.ended(id)
		r.bad(at, err)
		return nil
	}
	return r.recorded(&rec, append([]byte(nil), packed...), at, behind)
}

// ended notes that a call has a record, and says whether it is its first.
func (r *replay) ended(id string) (first bool) {
	first = !r.over[id]
	r.over[id] = true
	delete(r.open, id)
	return first
}

// recorded takes one record of the log.
func (r *replay) recorded(rec *outcome.Record, packed []byte, at, behind loc) error {
	first := r.ended(rec.ID)
	if at.before(r.from) || r.beyond(at) {
		return nil
	}
	if !rec.EndedAt.IsZero() {
		r.seen(rec.EndedAt)
	}
	if !first {
		return nil
	}
	r.rows++
	return r.onRow(row{record: rec, packed: packed, at: at, behind: behind})
}

// unpackRecord returns the record of its packed form.
func unpackRecord(packed []byte) (outcome.Record, error) {
	var rec outcome.Record
	if len(packed) > 0 && packed[0] == plainRecord {
		return parseRecord(string(packed[1:]))
	}
	text, err := unpack(packed)
	if err == nil {
		err = json.Unmarshal(text, &rec)
	}
	return rec, err
}

// calls returns the calls that were up, the oldest first.
func (r *replay) calls() []OpenCall {
	calls := make([]OpenCall, 0, len(r.open))
	for _, c := range r.open {
		r.live(c)
		c.call.Alive = c.entry.alive
		calls = append(calls, c.call)
	}
	sort.Slice(calls, func(i, j int) bool {
		a, b := &calls[i], &calls[j]
		if !a.StartedAt.Equal(b.StartedAt) {
			return a.StartedAt.Before(b.StartedAt)
		}
		return a.ID < b.ID
	})
	return calls
}

func (r *replay) beyond(at loc) bool { return r.to != loc{} && !at.before(r.to) }
