package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// Options are the settings of a Local store; zero values are defaults.
type Options struct {
	Commit      time.Duration // how long records gather before one wait for the disk; 20 ms
	Index       time.Duration // how often SQLite is fed; 500 ms
	SegmentSize int64         // bytes; 32 MiB. Twice this is reserved on disk from the start
	PerCall     int64         // bytes kept free for the record of each call that is up; 8 KiB
	QueueCount  int           // records that may wait for the disk; 16384
	QueueBytes  int64         // and their size in memory; 64 MiB
	Pending     int           // records kept in memory until SQLite has them; 8192

	EvidenceFor time.Duration // evidence older than this goes, a whole segment at a time; 0: never
	RecordsFor  time.Duration // records of calls that began longer ago go; 0: never

	// Report is told of trouble that no call of a method can be told: it may be
	// called from any goroutine and must not block.
	Report func(error)
	// Now is the clock of retention; nil: the system's.
	Now func() time.Time

	disk    disk
	pragmas []string // of the database's writer
}

// A counters counts what could not be kept.
type counters struct {
	lost       atomic.Uint64
	noEvidence atomic.Uint64
}

// A Local is the store of one node: a log and SQLite in a folder.
type Local struct {
	opt    Options
	lock   *os.File
	db     *database
	j      *journal
	w      *writer
	x      *indexer
	counts counters
	closed atomic.Bool
}

var _ Store = (*Local)(nil)

func logDir(data string) string       { return filepath.Join(data, "log") }
func databasePath(data string) string { return filepath.Join(data, "onhook.db") }

// Open opens the store in a data folder, which it makes if need be, brings its
// tables up to date, replays the log, and says which calls were up. ErrInUse.
func Open(data string, opt Options) (*Local, Recovered, error) {
	opt = opt.withDefaults()
	if err := os.MkdirAll(logDir(data), 0o700); err != nil {
		return nil, Recovered{}, err
	}
	lock, err := lockFolder(filepath.Join(data, "lock"))
	if err != nil {
		return nil, Recovered{}, err
	}
	s, rec, err := open(data, opt, lock)
	if noRoom(err) && spendReserve(data) {
		s, rec, err = open(data, opt, lock)
	}
	if damaged(err) {
		var note string
		if note, err = setAside(data, opt.Now(), err); err == nil {
			s, rec, err = open(data, opt, lock)
			rec.Notes = append([]string{note}, rec.Notes...)
		}
	}
	if err != nil {
		return nil, Recovered{}, errors.Join(err, lock.Close())
	}
	s.w.provide()
	if err := keepReserve(data); err != nil {
		opt.Report(err)
	}
	s.w.start()
	s.x.start()
	s.w.wake()
	return s, rec, nil
}

// open makes the store from what is in the folder.
func open(data string, opt Options, lock *os.File) (*Local, Recovered, error) {
	db, err := openDatabase(databasePath(data), opt.pragmas...)
	if err != nil {
		return nil, Recovered{}, err
	}
	s := &Local{opt: opt, lock: lock, db: db}
	rec, err := s.recover(logDir(data))
	if err != nil {
		return nil, Recovered{}, errors.Join(err, db.close())
	}
	return s, rec, nil
}

func (o Options) withDefaults() Options {
	o.Commit = cmp.Or(o.Commit, 20*time.Millisecond)
	o.Index = cmp.Or(o.Index, 500*time.Millisecond)
	o.SegmentSize = cmp.Or(o.SegmentSize, 32<<20)
	o.PerCall = cmp.Or(o.PerCall, 8<<10)
	o.QueueCount = cmp.Or(o.QueueCount, 16384)
	o.QueueBytes = cmp.Or(o.QueueBytes, 64<<20)
	o.Pending = cmp.Or(o.Pending, 8192)
	if o.Report == nil {
		o.Report = func(error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.disk == nil {
		o.disk = osDisk{}
	}
	return o
}

// recover replays the log and makes the parts of the store from what it says.
func (s *Local) recover(dir string) (Recovered, error) {
	from, err := position(s.db.read)
	if err != nil {
		return Recovered{}, err
	}
	nums, err := segments(dir)
	if err != nil {
		return Recovered{}, err
	}
	s.j = &journal{dir: dir, size: s.opt.SegmentSize, perCall: s.opt.PerCall, disk: s.opt.disk, open: map[string]*openEntry{}}
	s.x = &indexer{
		db: s.db, j: s.j, every: s.opt.Index, maxPending: s.opt.Pending,
		report: s.opt.Report, upkeep: s.upkeep, reached: from,
	}
	s.w = &writer{
		j: s.j, commit: s.opt.Commit, maxCount: s.opt.QueueCount, maxBytes: s.opt.QueueBytes,
		durable: s.x.add, report: s.opt.Report, counts: &s.counts,
	}
	var rows []row
	flush := func() error {
		if len(rows) == 0 || s.x.lagging {
			rows = rows[:0]
			return nil
		}
		err := s.x.insert(rows)
		rows = rows[:0]
		if !noRoom(err) {
			return err
		}
		// The log has them all. What room is left is the log's, and the index follows when there is more.
		s.x.lagging, s.x.dropping = true, true
		s.opt.Report(fmt.Errorf("store: the index lags behind the log: %w", err))
		return nil
	}
	r := newReplay(dir, from, func(w row) error {
		if rows = append(rows, w); len(rows) < maxIndexed {
			return nil
		}
		return flush()
	})
	if err := errors.Join(r.run(nums), flush()); err != nil {
		return Recovered{}, err
	}
	open := r.calls()
	if err := s.adopt(r, nums); err != nil {
		return Recovered{}, err
	}
	return Recovered{Open: open, Replayed: r.rows, Notes: r.notes}, nil
}

// adopt makes the journal go on where the replay ended.
func (s *Local) adopt(r *replay, nums []uint64) error {
	j := s.j
	for _, c := range r.open {
		e := c.entry
		e.cut, e.restarts = true, c.call.Restarts+1
		j.open[c.call.ID] = &e
	}
	j.carried = r.whole
	last := r.last
	for _, n := range nums {
		if n > last { // reserved, not used: made anew as needed
			if err := os.Remove(segmentPath(j.dir, n)); err != nil {
				return err
			}
		}
	}
	if last > 0 && !r.sealed {
		cur, err := reopenSegment(j.dir, last, r.end, r.torn)
		if err != nil {
			return err
		}
		j.cur = cur
	} else {
		next := max(last, r.from.seg) + 1
		cur, err := createSegment(j.disk, j.dir, next, j.size)
		if err != nil {
			return fmt.Errorf("store: the log cannot be begun: %w", err)
		}
		j.cur = cur
	}
	if len(nums) == 0 {
		j.carried = j.cur.num // nothing before it
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cur.size-j.cur.off < sealSize {
		return nil // no room for the mark: the carrying into the next says the same
	}
	boot := closeChunk(openChunk(nil, kindBoot), 0)
	placeChunk(boot, loc{j.cur.num, j.cur.off})
	return j.write(boot)
}

// reopenSegment opens a segment to be written on, from end; what is torn behind
// it is written over with zeros.
func reopenSegment(dir string, num uint64, end, torn int64) (*segment, error) {
	f, err := os.OpenFile(segmentPath(dir, num), os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && torn > end {
		_, err = f.WriteAt(make([]byte, torn-end), end)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &segment{num: num, f: osFile{f}, size: st.Size(), off: end}, nil
}

// Begin implements Store.
func (s *Local) Begin(c Start) error {
	err := s.j.begin(&c)
	s.w.wake()
	return err
}

// Append implements Store.
func (s *Local) Append(id string, events []call.Event) error {
	err := s.j.add(id, events)
	s.w.wake()
	return err
}

// Heartbeat implements Store. It does not wake the disk.
func (s *Local) Heartbeat(now time.Time) error { return s.j.heartbeat(now) }

// Finish implements Store.
func (s *Local) Finish(r outcome.Record, events []call.Event, done func(error)) error {
	return s.w.add(finish{record: &r, events: events, done: done})
}

// Lost returns how many records could not be kept since Open, and how many were
// kept without their evidence, for want of room.
func (s *Local) Lost() (records, evidence uint64) {
	return s.counts.lost.Load(), s.counts.noEvidence.Load()
}

// Get implements Store.
func (s *Local) Get(id string) (outcome.Record, error) {
	rec, _, err := s.find(id)
	return rec, err
}

func (s *Local) find(id string) (outcome.Record, loc, error) {
	return findCall(s.db.read, s.x.fresh, id)
}

// findCall looks in the index and in what it does not have yet.
func findCall(q queryer, fresh func(loc, func(row) error) error, id string) (outcome.Record, loc, error) {
	at, err := position(q)
	if err != nil {
		return outcome.Record{}, loc{}, err
	}
	var hit *row
	err = fresh(at, func(w row) error {
		if hit == nil && w.record.ID == id {
			hit = &w
		}
		return nil
	})
	if err != nil {
		return outcome.Record{}, loc{}, err
	}
	rec, where, err := get(q, id)
	if errors.Is(err, ErrNotFound) && hit != nil {
		return *hit.record, hit.at, nil
	}
	return rec, where, err
}

// List implements Store.
func (s *Local) List(f Filter, after Cursor, limit int) (Page, error) {
	return listCalls(s.db.read, s.x.fresh, &f, after, limit)
}

// Evidence implements Store.
func (s *Local) Evidence(id string) ([]call.Event, error) {
	_, at, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return evidenceAt(s.j.dir, at, id)
}

func evidenceAt(dir string, at loc, id string) ([]call.Event, error) {
	kind, body, err := readAt(dir, at)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindFinish:
		got, _, packed, err := finishParts(body)
		if err != nil || got != id {
			return nil, errors.Join(errCorrupt, err)
		}
		raw, err := unpack(packed)
		if err != nil {
			return nil, err
		}
		return parseEvents(string(raw))
	case kindGroup:
		raw, err := eventsOfGroup(body, id)
		if err != nil {
			return nil, err
		}
		return parseEvents(strings.Clone(raw)) // not to keep the other calls' messages
	}
	return nil, errCorrupt
}

// SaveBindings implements Store.
func (s *Local) SaveBindings(changed []Binding, removed []BindingKey) error {
	if s.closed.Load() {
		return ErrClosed
	}
	s.x.saveBindings(changed, removed)
	return nil
}

// LoadBindings implements Store.
func (s *Local) LoadBindings(now time.Time) ([]Binding, error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	return s.db.loadBindings(now)
}

// Close implements Store.
func (s *Local) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.w.close()
	s.x.close()
	s.j.close()
	return errors.Join(s.db.close(), s.lock.Close())
}

// close closes the files; starts and appends are refused from here on.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	for _, s := range j.dirty {
		s.f.Sync()
		if s != j.cur {
			s.f.Close()
		}
	}
	j.cur.f.Close()
	for _, s := range j.ready {
		s.f.Close()
	}
}
