package store

import (
	"errors"
	"time"
)

// retryReserve is how often a full disk is asked again.
const retryReserve = time.Second

// maintain keeps segments ready and carries open calls. It belongs to the
// writer's goroutine.
func (w *writer) maintain() {
	w.provide()
	if err := w.j.carry(); err != nil {
		w.report(err)
	}
}

// mostAhead bounds how many segments are kept ready beyond what the open calls need.
const mostAhead = 8

// wantedRoom is the room that the writer sees to. It comes back to it only when
// the disk has what is written: where that takes so long that calls find no
// segment ready meanwhile, more of them are kept. The mutex is held.
func (j *journal) wantedRoom() int64 {
	j.ahead = max(j.ahead, 1)
	if j.missed {
		j.ahead, j.missed = min(2*j.ahead, mostAhead), false
	}
	return j.need(1) + j.ahead*j.size
}

// provide reserves segments until there is room for more of them than the
// open calls need.
func (w *writer) provide() {
	j := w.j
	for {
		j.mu.Lock()
		enough := j.room() >= j.wantedRoom()
		full := j.full
		next := j.cur.num + uint64(len(j.ready)) + 1
		if enough {
			j.full = false
		}
		j.mu.Unlock()
		if enough || full && time.Now().Before(w.retry) {
			return
		}
		s, err := createSegment(j.disk, j.dir, next, j.size)
		j.mu.Lock()
		j.full = err != nil
		if err == nil {
			j.ready = append(j.ready, s)
		}
		j.mu.Unlock()
		if err != nil {
			w.retry = time.Now().Add(retryReserve)
			if !errors.Is(err, ErrFull) || !full {
				w.report(err)
			}
			return
		}
	}
}

// carryEvery is how many segments may pass until open calls are carried again:
// under load most calls end meanwhile, and recovery reads so much further back.
const carryEvery = 4

// carry writes the starts of calls that are still up and stand in older
// segments into the current one, now and then, so that recovery need not read
// further back and old segments can go.
func (j *journal) carry() error {
	j.mu.Lock()
	num := j.cur.num
	// On a full disk the room is for records: replay then reads further back.
	if num < j.carried+carryEvery || j.full {
		j.mu.Unlock()
		return nil
	}
	var ids []string
	for id, e := range j.open {
		if e.start.seg < num {
			ids = append(ids, id)
		}
	}
	j.mu.Unlock()
	r := segReader{dir: j.dir}
	defer r.close()
	for _, id := range ids {
		if err := j.carryOne(&r, id, num); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cur.num != num {
		return nil // filled meanwhile; the next round carries into the new one
	}
	if _, err := j.put(closeChunk(openChunk(nil, kindCarryEnd), 0)); err != nil {
		return err
	}
	if j.cur.num == num {
		j.carried = num
	}
	return nil
}

// carryOne writes one open call again, with what was appended to it.
func (j *journal) carryOne(r *segReader, id string, num uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.open[id]
	if e == nil || e.start.seg >= num {
		return nil // finished, or begun again, since
	}
	kind, body, err := r.read(e.start)
	if err != nil {
		return err
	}
	if kind == kindCarried {
		_, _, _, body, err = parseCarried(body)
		if err != nil {
			return err
		}
	}
	alive := e.alive
	if !e.cut {
		alive = j.alive
	}
	b := appendCarried(openChunk(nil, kindCarried), e.cut, e.restarts, alive, body)
	at, err := j.put(closeChunk(b, 0))
	if err != nil {
		return err
	}
	e.start = at
	for i, m := range e.more {
		_, body, err := r.read(m)
		if err != nil {
			return err
		}
		b = append(openChunk(b[:0], kindAppend), body...)
		if e.more[i], err = j.put(closeChunk(b, 0)); err != nil {
			return err
		}
	}
	return nil
}
