package store

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// A finish is a record on its way to the log.
type finish struct {
	record *outcome.Record
	events []call.Event
	done   func(error)
	size   int64 // what it holds in memory, about
}

// A row is a record in the log, on its way to the index.
type row struct {
	record *outcome.Record
	packed []byte
	at     loc // its chunk
	behind loc // what is indexed when this record is, and all before it
}

// A part is a chunk of one or several records of the batch.
type part struct {
	from, to int // in chunks
	first, n int // in batch
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
	took   uint64 // records that were queued
	told   uint64 // those of them that are durable or lost
	await  []settling
	kick   chan struct{}
	stop   chan struct{}
	ended  chan struct{}

	// The goroutine's own.
	batch  []finish
	rows   []row
	chunks []byte
	parts  []part
	raw    []byte
	events []byte
	failed []error // why batch[i] is not in the log
	group  waiting // batches that wait for the disk together
	retry  time.Time
}

const (
	// maxBatch bounds how long the journal is locked for one write.
	maxBatch = 1 << 20
	// commitBytes bounds what shares one wait for the disk: with a disk that takes
	// 100 ms for it, thousands of calls a second have to.
	commitBytes = 32 << 20
)

// A waiting is what was written since the last wait for the disk.
type waiting struct {
	batch  []finish
	rows   []row
	failed []error
}

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
	w.took++
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
	more = true
	for size := int64(0); more && size < commitBytes; {
		var n int64
		n, more = w.take()
		size += n
		w.encode()
		w.place()
		w.gather()
	}
	err := w.j.sync()
	if err != nil && len(w.group.batch) == 0 {
		w.report(err)
	}
	w.tell(err)
	return more
}

// gather adds the batch, which is written, to those that wait for the disk.
func (w *writer) gather() {
	w.group.batch = append(w.group.batch, w.batch...)
	w.group.rows = append(w.group.rows, w.rows...)
	w.group.failed = append(w.group.failed, w.failed...)
	clear(w.batch)
	clear(w.rows)
	w.batch = w.batch[:0]
}

// take moves queued records into the batch and returns their size.
func (w *writer) take() (size int64, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for n < len(w.queue) && (n == 0 || size+w.queue[n].size <= maxBatch) {
		size += w.queue[n].size
		n++
	}
	w.batch = append(w.batch[:0], w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	w.bytes -= size
	return size, rest > 0
}

// encode makes chunks of the records of the batch.
func (w *writer) encode() {
	w.chunks, w.parts = w.chunks[:0], w.parts[:0]
	w.rows, w.failed = w.rows[:0], w.failed[:0]
	slab := make([]byte, 0, 640*len(w.batch))
	for i := range w.batch {
		at := len(slab)
		slab = appendRecord(append(slab, plainRecord), w.batch[i].record)
		w.rows = append(w.rows, row{record: w.batch[i].record, packed: slab[at:len(slab):len(slab)]})
		w.failed = append(w.failed, nil)
	}
	for i := 0; i < len(w.batch); {
		n := w.groupFrom(i)
		p := part{from: len(w.chunks), first: i, n: n}
		if n > 1 {
			w.encodeGroup(i, n)
		} else {
			w.failed[i] = w.encodeOne(i, w.batch[i].events)
		}
		p.to = len(w.chunks)
		w.parts = append(w.parts, p)
		i += n
	}
}

// encodeOne makes a chunk of one record.
func (w *writer) encodeOne(i int, events []call.Event) error {
	packed := w.rows[i].packed
	w.raw = appendEvents(w.raw[:0], events)
	if len(w.raw) > maxUnpacked {
		return ErrTooLarge
	}
	at := len(w.chunks)
	w.chunks = openChunk(w.chunks, kindFinish)
	w.chunks = appendText(w.chunks, w.batch[i].record.ID)
	w.chunks = binary.AppendUvarint(w.chunks, uint64(len(packed)))
	w.chunks = append(w.chunks, packed...)
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
	for k := 0; k < len(w.parts); {
		p := w.parts[k]
		n, err := 0, w.failed[p.first]
		if err == nil {
			n, err = w.j.putRun(w, w.parts[k:])
			k += n
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrBusy):
			// The segments at hand are used up: this goroutine makes the next.
			w.provide()
			if w.j.exhausted() {
				w.placeApart(p, ErrFull)
				k++
			}
		default:
			w.placeApart(p, err)
			k++
		}
	}
}

// placeApart places the records of a part that found no room one by one.
func (w *writer) placeApart(p part, why error) {
	if p.n == 1 {
		w.placeAlone(p.first, why)
		return
	}
	for i := p.first; i < p.first+p.n; i++ {
		one := part{from: len(w.chunks), first: i, n: 1}
		err := w.encodeOne(i, w.batch[i].events)
		if one.to = len(w.chunks); err == nil {
			err = w.put(one)
		}
		if err != nil {
			w.placeAlone(i, err)
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
	one := part{from: len(w.chunks), first: i, n: 1}
	if w.failed[i] = w.encodeOne(i, nil); w.failed[i] != nil {
		return
	}
	one.to = len(w.chunks)
	if w.failed[i] = w.put(one); w.failed[i] == nil {
		w.counts.noEvidence.Add(1)
	}
}

// put writes one chunk; it makes a segment if the others are used up.
func (w *writer) put(p part) error {
	_, err := w.j.putRun(w, []part{p})
	if errors.Is(err, ErrBusy) {
		w.provide()
		if _, err = w.j.putRun(w, []part{p}); errors.Is(err, ErrBusy) {
			return ErrFull
		}
	}
	return err
}

// tell says of each record of the group whether it is durable.
func (w *writer) tell(err error) {
	g := &w.group
	kept := g.rows[:0]
	for i := range g.rows {
		if g.failed[i] == nil {
			g.failed[i] = err
		}
		if g.failed[i] == nil {
			kept = append(kept, g.rows[i])
		}
	}
	if len(kept) > 0 {
		w.durable(kept)
	}
	for i := range g.batch {
		if g.failed[i] != nil {
			w.counts.lost.Add(1)
		}
		if done := g.batch[i].done; done != nil {
			done(g.failed[i])
		}
	}
	w.settled(len(g.batch))
	clear(g.batch)
	clear(g.rows)
	g.batch, g.rows, g.failed = g.batch[:0], g.rows[:0], g.failed[:0]
	if cap(w.raw) > 4*maxBatch {
		w.raw = nil
	}
	if cap(w.chunks) > 4*maxBatch {
		w.chunks = nil
	}
}

// putRun writes as many of these chunks as fit into the current segment, at
// least one. They follow each other in w.chunks, but for those that failed.
func (j *journal) putRun(w *writer, parts []part) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.admit(w, &parts[0]); err != nil {
		return 0, err
	}
	n := 1
	from := parts[0].from
	for n < len(parts) && w.failed[parts[n].first] == nil &&
		j.cur.off+int64(parts[n].to-from)+sealSize <= j.cur.size && !j.full {
		n++
	}
	parts = parts[:n]
	for i := range parts {
		w.placePart(&parts[i], loc{j.cur.num, j.cur.off + int64(parts[i].from-from)})
	}
	if err := j.write(w.chunks[from:parts[n-1].to]); err != nil {
		for i := range parts { // take the place out again
			placeChunk(w.chunks[parts[i].from:], w.rows[parts[i].first].at)
		}
		return 0, err
	}
	for k := parts[0].first; k < parts[n-1].first+parts[n-1].n; k++ {
		delete(j.open, w.batch[k].record.ID)
	}
	return n, nil
}

// placePart gives a chunk and its records their place.
func (w *writer) placePart(p *part, at loc) {
	placeChunk(w.chunks[p.from:], at)
	for k := p.first; k < p.first+p.n; k++ {
		w.rows[k].at, w.rows[k].behind = at, at
	}
	w.rows[p.first+p.n-1].behind = loc{at.seg, at.off + int64(p.to-p.from)}
}

// admit makes room for a chunk. The reserve is for calls that have begun.
func (j *journal) admit(w *writer, p *part) error {
	size := int64(p.to - p.from)
	if j.full {
		for k := p.first; k < p.first+p.n; k++ {
			if j.open[w.batch[k].record.ID] == nil && j.room() < j.need(0)+size {
				return ErrFull
			}
		}
	}
	return j.fit(size)
}

// exhausted says whether no segment is ready although one was just asked for.
func (j *journal) exhausted() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.ready) == 0
}
