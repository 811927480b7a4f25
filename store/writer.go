package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// A finish is a record on its way to the log.
type finish struct {
	record outcome.Record
	events []call.Event
	done   func(error)
	size   int64 // what it holds in memory, about
}

// A row is a record in the log, on its way to the index.
type row struct {
	record outcome.Record
	packed []byte
	at     loc // its chunk
	behind loc
}

// A writer is the goroutine that writes records into the log, waits for the
// disk once for all of them, and tells that they are durable. It also keeps
// segments ready and carries open calls over to new ones.
type writer struct {
	j        *journal
	commit   time.Duration
	maxCount int
	maxBytes int64
	durable  func([]row) // takes over rows that are on disk
	report   func(error) // what went wrong beside a record
	counts   *counters

	mu     sync.Mutex
	queue  []finish
	bytes  int64
	closed bool
	kick   chan struct{}
	stop   chan struct{}
	ended  chan struct{}

	// The goroutine's own.
	batch  []finish
	rows   []row
	chunks []byte
	starts []int // in chunks; one more than there are chunks
	raw    []byte
	packed []byte
	failed []error // why batch[i] is not in the log
	retry  time.Time
}

// maxBatch bounds how long the journal is locked for one write.
const maxBatch = 1 << 20

func (w *writer) start() {
	w.kick = make(chan struct{}, 1)
	w.stop = make(chan struct{})
	w.ended = make(chan struct{})
	go w.run()
}

// wake makes the writer look at its work; it never waits.
func (w *writer) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// add puts a record into the queue.
func (w *writer) add(f finish) error {
	f.size = 2048
	for i := range f.events {
		f.size += int64(len(f.events[i].Msg)) + 256
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	if len(w.queue) >= w.maxCount || w.bytes+f.size > w.maxBytes && len(w.queue) > 0 {
		w.mu.Unlock()
		return ErrBusy
	}
	w.queue = append(w.queue, f)
	w.bytes += f.size
	w.mu.Unlock()
	w.wake()
	return nil
}

// close lets the writer finish what is queued.
func (w *writer) close() {
	w.mu.Lock()
	again := w.closed
	w.closed = true
	w.mu.Unlock()
	if !again {
		close(w.stop)
	}
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	for stopping := false; !stopping; {
		select {
		case <-w.kick:
		case <-w.stop:
			stopping = true
		}
		if !stopping {
			// What comes in this time shares one wait for the disk.
			select {
			case <-time.After(w.commit):
			case <-w.stop:
				stopping = true
			}
		}
		for w.round() {
		}
	}
}

// round does one commit and says whether more waits.
func (w *writer) round() (more bool) {
	w.maintain()
	more = w.take()
	w.encode()
	w.place()
	err := w.j.sync()
	if err != nil && len(w.batch) == 0 {
		w.report(err)
	}
	w.tell(err)
	return more
}

// take moves queued records into the batch.
func (w *writer) take() (more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, size := 0, int64(0)
	for n < len(w.queue) && (n == 0 || size+w.queue[n].size <= maxBatch) {
		size += w.queue[n].size
		n++
	}
	w.batch = append(w.batch[:0], w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	w.bytes -= size
	return rest > 0
}

// encode makes a chunk of each record of the batch.
func (w *writer) encode() {
	w.chunks, w.starts = w.chunks[:0], w.starts[:0]
	w.rows, w.failed = w.rows[:0], w.failed[:0]
	for i := range w.batch {
		w.starts = append(w.starts, len(w.chunks))
		w.rows = append(w.rows, row{record: w.batch[i].record})
		w.failed = append(w.failed, w.encodeOne(i, w.batch[i].events))
	}
	w.starts = append(w.starts, len(w.chunks))
}

func (w *writer) encodeOne(i int, events []call.Event) error {
	f := &w.batch[i]
	text, err := json.Marshal(&f.record)
	if err != nil {
		return err
	}
	w.packed = pack(w.packed[:0], packedRecord, text)
	w.rows[i].packed = append([]byte(nil), w.packed...)
	w.raw = appendEvents(w.raw[:0], events)
	if len(w.raw) > maxUnpacked {
		return ErrTooLarge
	}
	at := len(w.chunks)
	w.chunks = openChunk(w.chunks, kindFinish)
	w.chunks = appendText(w.chunks, f.record.ID)
	w.chunks = binary.AppendUvarint(w.chunks, uint64(len(w.packed)))
	w.chunks = append(w.chunks, w.packed...)
	w.chunks = pack(w.chunks, packedEvents, w.raw)
	if len(w.chunks)-at-chunkHeader > maxBody {
		w.chunks = w.chunks[:at]
		return ErrTooLarge
	}
	w.chunks = closeChunk(w.chunks, at)
	return nil
}

// place writes the chunks of the batch into the log.
func (w *writer) place() {
	for i := 0; i < len(w.batch); {
		if w.failed[i] != nil && !errors.Is(w.failed[i], ErrTooLarge) {
			i++
			continue
		}
		n, err := 0, w.failed[i]
		if err == nil {
			n, err = w.j.putRun(w, i)
			i += n
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrBusy):
			// The segments at hand are used up: this goroutine makes the next.
			w.provide()
			if w.j.exhausted() {
				w.placeAlone(i, ErrFull)
				i++
			}
		default:
			w.placeAlone(i, err)
			i++
		}
	}
}

// placeAlone tries to keep at least the record where record and evidence do
// not fit.
func (w *writer) placeAlone(i int, why error) {
	if !errors.Is(why, ErrFull) && !errors.Is(why, ErrTooLarge) {
		w.failed[i] = why
		return
	}
	keep, first := w.starts[i], w.starts[i+1]
	w.starts[i] = len(w.chunks)
	if w.failed[i] = w.encodeOne(i, nil); w.failed[i] == nil {
		w.starts[i+1] = len(w.chunks)
		w.failed[i] = w.j.putOne(w, i)
		if w.failed[i] == nil {
			w.counts.noEvidence.Add(1)
		}
	}
	w.starts[i], w.starts[i+1] = keep, first
}

// tell says of each record of the batch whether it is durable.
func (w *writer) tell(err error) {
	kept := w.rows[:0]
	for i := range w.rows {
		if w.failed[i] == nil {
			w.failed[i] = err
		}
		if w.failed[i] == nil {
			kept = append(kept, w.rows[i])
		}
	}
	if len(kept) > 0 {
		w.durable(kept)
	}
	for i := range w.batch {
		if w.failed[i] != nil {
			w.counts.lost.Add(1)
		}
		if done := w.batch[i].done; done != nil {
			done(w.failed[i])
		}
	}
	clear(w.batch)
	clear(w.rows)
	w.batch = w.batch[:0]
	if cap(w.raw) > 4*maxBatch {
		w.raw = nil
	}
	if cap(w.chunks) > 4*maxBatch {
		w.chunks = nil
	}
}

// putRun writes as many of the batch's chunks from i on as fit into the current
// segment, at least one.
func (j *journal) putRun(w *writer, i int) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.admit(w, i); err != nil {
		return 0, err
	}
	n := 1
	from := w.starts[i]
	for i+n < len(w.batch) && w.failed[i+n] == nil &&
		j.cur.off+int64(w.starts[i+n+1]-from)+sealSize <= j.cur.size && !j.full {
		n++
	}
	off := j.cur.off
	for k := i; k < i+n; k++ {
		at := loc{j.cur.num, off + int64(w.starts[k]-from)}
		placeChunk(w.chunks[w.starts[k]:], at)
		w.rows[k].at = at
		w.rows[k].behind = loc{at.seg, at.off + int64(w.starts[k+1]-w.starts[k])}
	}
	if err := j.write(w.chunks[from:w.starts[i+n]]); err != nil {
		for k := i; k < i+n; k++ { // take the place out again
			placeChunk(w.chunks[w.starts[k]:], w.rows[k].at)
		}
		return 0, err
	}
	for k := i; k < i+n; k++ {
		delete(j.open, w.batch[k].record.ID)
	}
	return n, nil
}

// putOne writes one chunk of the batch.
func (j *journal) putOne(w *writer, i int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.admit(w, i); err != nil {
		return err
	}
	at, err := j.put(w.chunks[w.starts[i]:w.starts[i+1]])
	if err != nil {
		return err
	}
	w.rows[i].at, w.rows[i].behind = at, loc{j.cur.num, j.cur.off}
	delete(j.open, w.batch[i].record.ID)
	return nil
}

// admit makes room for chunk i. The reserve is for calls that have begun.
func (j *journal) admit(w *writer, i int) error {
	n := int64(w.starts[i+1] - w.starts[i])
	if j.full && j.open[w.batch[i].record.ID] == nil && j.room() < j.need(0)+n {
		return ErrFull
	}
	return j.fit(n)
}

// exhausted says whether no segment is ready although one was just asked for.
func (j *journal) exhausted() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.ready) == 0
}
