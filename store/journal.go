package store

import (
	"fmt"
	"sync"
	"time"

	"onhook/call"
)

// A journal is the log as it is written. Begin, Append and Heartbeat write from
// their caller's goroutine, records come from the writer's; the mutex is held
// for a write(2), never for a wait for the disk.
type journal struct {
	dir     string
	size    int64 // of a segment
	perCall int64 // room kept for the record of each call that is up
	disk    disk

	mu      sync.Mutex
	cur     *segment
	ready   []*segment // reserved on disk, to be used next
	dirty   []*segment // written to since the last sync, the oldest first
	open    map[string]*openEntry
	alive   time.Time // the last Heartbeat
	carried uint64    // the newest segment whose open calls have been carried
	full    bool      // the last attempt to reserve a segment found no room
	ahead   int64     // segments kept ready beyond what the open calls need; 0 counts as 1
	missed  bool      // a call found none ready: there should be more
	closed  bool
	scratch []byte
}

// An openEntry is where the journal has a call that is up.
type openEntry struct {
	start    loc
	more     []loc
	cut      bool // found at Open: alive does not advance any more
	alive    time.Time
	restarts int
}

// sealSize is kept free at the end of a segment: for its seal, and for the mark
// of a restart.
const sealSize = 2 * chunkHeader

func (j *journal) room() int64 {
	room := j.cur.size - j.cur.off
	for _, s := range j.ready {
		room += s.size - s.off
	}
	return room
}

// need is the room that the records of the open calls and of more others take.
func (j *journal) need(more int) int64 {
	return int64(len(j.open)+more) * j.perCall
}

// begin journals a start.
func (j *journal) begin(s *Start) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := openChunk(j.scratch[:0], kindStart)
	b = closeChunk(appendStart(b, s), 0)
	j.keepScratch(b)
	// The call is let in only if its record will find room, too.
	if !j.closed && j.room() < j.need(1)+int64(len(b)) {
		if j.full {
			return ErrFull
		}
		j.missed = true
		return ErrBusy
	}
	at, err := j.put(b)
	if err != nil {
		return err
	}
	j.open[s.ID] = &openEntry{start: at}
	return nil
}

// add journals further events of an open call.
func (j *journal) add(id string, events []call.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.open[id]
	if e == nil {
		return fmt.Errorf("%w: %s has not begun or is over", ErrNotFound, id)
	}
	b := openChunk(j.scratch[:0], kindAppend)
	b = closeChunk(appendEvents(appendText(b, id), events), 0)
	j.keepScratch(b)
	if j.full && j.room() < j.need(0)+int64(len(b)) {
		return ErrFull
	}
	at, err := j.put(b)
	if err == nil {
		e.more = append(e.more, at)
	}
	return err
}

// heartbeat journals a time at which the open calls were up; without any there
// is nothing to say.
func (j *journal) heartbeat(now time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.open) == 0 {
		return nil
	}
	b := openChunk(j.scratch[:0], kindAlive)
	b = closeChunk(appendTime(b, now), 0)
	j.keepScratch(b)
	if j.full && j.room() < j.need(0)+int64(len(b)) {
		return ErrFull
	}
	_, err := j.put(b)
	if err == nil {
		j.alive = now
	}
	return err
}

// keepScratch keeps the buffer for the next chunk, unless it grew large.
func (j *journal) keepScratch(b []byte) {
	if cap(b) <= 64<<10 {
		j.scratch = b[:0]
	}
}

// put writes one closed chunk and returns its place. The mutex is held.
func (j *journal) put(chunk []byte) (loc, error) {
	if err := j.fit(int64(len(chunk))); err != nil {
		return loc{}, err
	}
	at := loc{j.cur.num, j.cur.off}
	placeChunk(chunk, at)
	return at, j.write(chunk)
}

// fit makes the current segment one that has room for n bytes.
func (j *journal) fit(n int64) error {
	if j.closed {
		return ErrClosed
	}
	if n > chunkSize(maxBody) || n > j.size-2*sealSize-chunkSize(1) {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, n)
	}
	if j.cur.off+n+sealSize <= j.cur.size {
		return nil
	}
	if len(j.ready) == 0 {
		if j.full {
			return ErrFull
		}
		return ErrBusy
	}
	seal := closeChunk(openChunk(nil, kindSeal), 0)
	placeChunk(seal, loc{j.cur.num, j.cur.off})
	if err := j.write(seal); err != nil {
		return err
	}
	j.cur = j.ready[0]
	j.ready = append(j.ready[:0], j.ready[1:]...)
	if j.cur.off+n+sealSize > j.cur.size {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, n)
	}
	return nil
}

// write writes placed chunks at the end of the current segment. What a failed
// write left is written over by the next.
func (j *journal) write(b []byte) error {
	if _, err := j.cur.f.WriteAt(b, j.cur.off); err != nil {
		return diskError(err)
	}
	j.cur.off += int64(len(b))
	if n := len(j.dirty); n == 0 || j.dirty[n-1] != j.cur {
		j.dirty = append(j.dirty, j.cur)
	}
	return nil
}

// end is the place behind the last chunk.
func (j *journal) end() loc {
	j.mu.Lock()
	defer j.mu.Unlock()
	return loc{j.cur.num, j.cur.off}
}

// sync waits until all that was written before is on disk, oldest first, so
// that nothing on disk follows a hole.
func (j *journal) sync() error {
	j.mu.Lock()
	dirty := j.dirty
	j.dirty = nil
	cur := j.cur
	j.mu.Unlock()
	for i, s := range dirty {
		if err := s.f.Sync(); err != nil {
			j.mu.Lock()
			rest := dirty[i:]
			if len(j.dirty) > 0 && j.dirty[0] == rest[len(rest)-1] {
				rest = rest[:len(rest)-1]
			}
			j.dirty = append(rest[:len(rest):len(rest)], j.dirty...)
			j.mu.Unlock()
			return diskError(err)
		}
		// A segment that is not the current one is not written to again.
		if s.num < cur.num {
			s.f.Close()
		}
	}
	return nil
}
