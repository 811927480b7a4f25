package capture

import (
	"bufio"
	"io"
	"sync"
)

// recorderQueue is how much may wait to be written, in bytes.
const recorderQueue = 1 << 20

// A Recorder writes SIP messages to a capture file on a goroutine of its own.
// Send never waits: what the disk does not take in time is dropped and counted.
// It is for any number of goroutines.
type Recorder struct {
	file  *Writer
	ended chan struct{}

	mu      sync.Mutex
	filled  sync.Cond
	in      recorded
	closed  bool
	dropped uint64
	written uint64
	err     error
}

// recorded is records in order, with the payloads of all of them in one place.
type recorded struct {
	records []Record
	ends    []int // Payload of records[i] ends here in arena
	arena   []byte
}

// NewRecorder writes the header of the file. What was sent is in out soon after,
// whole packets at a time.
func NewRecorder(out io.Writer, f Format) (*Recorder, error) {
	b := bufio.NewWriterSize(out, 1<<16)
	w, err := NewWriter(b, f)
	if err != nil {
		return nil, err
	}
	if err := b.Flush(); err != nil {
		return nil, err
	}
	r := &Recorder{file: w, ended: make(chan struct{})}
	r.filled.L = &r.mu
	go r.run(b)
	return r, nil
}

// Send queues one item of kind SIP. The item is not kept.
func (r *Recorder) Send(it *Item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.in
	if r.closed || r.err != nil || len(q.arena)+len(it.Payload) > recorderQueue {
		r.dropped++
		return
	}
	q.arena = append(q.arena, it.Payload...)
	q.ends = append(q.ends, len(q.arena))
	q.records = append(q.records, Record{At: it.At, Transport: it.Transport, Src: it.Src, Dst: it.Dst})
	if len(q.records) == 1 {
		r.filled.Signal()
	}
}

// Close writes what is queued and returns the first error of the file, which is
// the caller's to close.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	r.filled.Signal()
	r.mu.Unlock()
	<-r.ended
	return r.err
}

// Counts returns how many messages were written and how many dropped until now.
func (r *Recorder) Counts() (written, dropped uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written, r.dropped
}

// run writes until the Recorder is closed.
func (r *Recorder) run(b *bufio.Writer) {
	defer close(r.ended)
	var q recorded
	for r.take(&q) {
		begin := 0
		n := uint64(0)
		for i := range q.records {
			q.records[i].Payload = q.arena[begin:q.ends[i]]
			begin = q.ends[i]
			if r.file.Write(q.records[i]) == nil {
				n++
			}
		}
		err := b.Flush()
		r.mu.Lock()
		r.written += n
		r.dropped += uint64(len(q.records)) - n
		if r.err == nil {
			r.err = err
		}
		r.mu.Unlock()
	}
}

// take waits for records and exchanges those that were written for them; false:
// closed and empty.
func (r *Recorder) take(done *recorded) bool {
	clear(done.records)
	done.records, done.ends, done.arena = done.records[:0], done.ends[:0], done.arena[:0]
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.in.records) == 0 && !r.closed {
		r.filled.Wait()
	}
	if len(r.in.records) == 0 {
		return false
	}
	*done, r.in = r.in, *done
	return true
}
