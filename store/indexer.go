package store

import (
	"sync"
	"time"

	"onhook/outcome"
)

// An indexer is the goroutine that feeds SQLite: records that are durable in
// the log, and bindings, in transactions as large as the time between gives.
type indexer struct {
	db         *database
	j          *journal
	every      time.Duration
	maxPending int
	report     func(error)
	upkeep     func() // retention; once a minute

	mu       sync.Mutex
	pending  []row // in the log and not in the index, in the order of the log
	lagging  bool  // pending does not have all: the log itself says what is missing
	dropping bool  // and new rows are not kept either
	reached  loc   // records before this place are in the index
	bindings map[BindingKey]*Binding

	stop  chan struct{}
	ended chan struct{}
}

// maxIndexed bounds one transaction.
const maxIndexed = 4096

func (x *indexer) start() {
	x.stop = make(chan struct{})
	x.ended = make(chan struct{})
	go x.run()
}

func (x *indexer) run() {
	defer close(x.ended)
	tick := time.NewTicker(x.every)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-tick.C:
			x.flush()
			if time.Since(last) >= time.Minute {
				last = time.Now()
				x.upkeep()
			}
		case <-x.stop:
			x.flush()
			return
		}
	}
}

func (x *indexer) close() {
	close(x.stop)
	<-x.ended
}

// add takes over rows from the writer; the slice stays the writer's.
func (x *indexer) add(rows []row) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.dropping {
		return
	}
	if len(x.pending)+len(rows) > x.maxPending {
		x.pending, x.lagging, x.dropping = nil, true, true
		return
	}
	x.pending = append(x.pending, rows...)
}

// flush brings the index up to date.
func (x *indexer) flush() {
	if err := x.flushBindings(); err != nil {
		x.report(err)
	}
	for {
		x.mu.Lock()
		lagging := x.lagging
		n := min(len(x.pending), maxIndexed)
		rows := x.pending[:n:n]
		x.mu.Unlock()
		if lagging {
			if err := x.catchUp(); err != nil {
				x.report(err)
				return
			}
			continue
		}
		if n == 0 {
			return
		}
		if err := x.insert(rows); err != nil {
			x.report(err)
			return
		}
		x.mu.Lock()
		if !x.dropping && len(x.pending) >= n {
			rest := len(x.pending) - n
			if rest < n { // let go of the large array now and then
				x.pending = append([]row(nil), x.pending[n:]...)
			} else {
				x.pending = x.pending[n:]
			}
		}
		x.mu.Unlock()
	}
}

func (x *indexer) insert(rows []row) error {
	x.mu.Lock()
	reached := x.reached
	x.mu.Unlock()
	if behind := rows[len(rows)-1].behind; reached.before(behind) {
		reached = behind
	}
	if err := x.db.insert(rows, reached); err != nil {
		return err
	}
	x.mu.Lock()
	x.reached = reached
	x.mu.Unlock()
	return nil
}

// catchUp reads from the log what memory did not keep. Rows that become durable
// meanwhile are kept again, so that at its end nothing is missing.
func (x *indexer) catchUp() error {
	x.mu.Lock()
	x.dropping = false
	from := x.reached
	x.mu.Unlock()
	var rows []row
	err := readTail(x.j.dir, from, x.j.end(), func(w row) error {
		rows = append(rows, w)
		if len(rows) < maxIndexed {
			return nil
		}
		err := x.insert(rows)
		rows = rows[:0]
		return err
	})
	if err == nil && len(rows) > 0 {
		err = x.insert(rows)
	}
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lagging = x.dropping
	return nil
}

// fresh calls f for each record that the index may not have. It is called
// after reached was read from the index, so nothing falls between the two.
func (x *indexer) fresh(indexed loc, f func(row) error) error {
	x.mu.Lock()
	lagging, rows := x.lagging, x.pending
	x.mu.Unlock()
	if lagging {
		return readTail(x.j.dir, indexed, x.j.end(), f)
	}
	for i := range rows {
		if err := f(rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *indexer) saveBindings(changed []Binding, removed []BindingKey) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.bindings == nil {
		x.bindings = map[BindingKey]*Binding{}
	}
	for i := range changed {
		b := changed[i]
		x.bindings[b.BindingKey] = &b
	}
	for _, k := range removed {
		x.bindings[k] = nil
	}
}

func (x *indexer) flushBindings() error {
	x.mu.Lock()
	changes := x.bindings
	x.bindings = nil
	x.mu.Unlock()
	if len(changes) == 0 {
		return nil
	}
	err := x.db.saveBindings(changes)
	if err == nil {
		return nil
	}
	// What changed since is newer than what could not be written.
	x.mu.Lock()
	defer x.mu.Unlock()
	for k, b := range x.bindings {
		changes[k] = b
	}
	x.bindings = changes
	return err
}

// listCalls merges the index with what it does not have yet.
func listCalls(q queryer, fresh func(indexed loc, f func(row) error) error, f *Filter, after Cursor, limit int) (Page, error) {
	limit = max(1, min(limit, MaxLimit))
	// Fresh rows are read before the index: a row that moves from one to the
	// other in between is then seen twice, never missed.
	at, err := position(q)
	if err != nil {
		return Page{}, err
	}
	var add []outcome.Record
	seen := map[string]bool{} // the first Finish of an id counts
	err = fresh(at, func(w row) error {
		if seen[w.record.ID] {
			return nil
		}
		seen[w.record.ID] = true
		if f.wants(w.record, after) {
			add = append(add, *w.record)
		}
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	recs, err := list(q, f, after, limit+1)
	if err != nil {
		return Page{}, err
	}
	return merge(recs, add, limit), nil
}
