package capture

import (
	"net/netip"
	"sync"
	"time"
)

// A parcel is a packet that was received and not yet looked at.
type parcel struct {
	from     netip.AddrPort
	at       time.Time
	off, end int // in the arena
}

// A batch is packets in order with the bytes of all of them.
type batch struct {
	parcels []parcel
	arena   []byte
}

func (b *batch) clear() { b.parcels, b.arena = b.parcels[:0], b.arena[:0] }

// A queue hands packets from the goroutines that receive to the one that reads.
// The reader takes all there is at once, so that the lock costs nothing in a
// flood, and gives its memory back for what comes next.
type queue struct {
	limit  int // bytes
	mu     sync.Mutex
	filled sync.Cond
	room   sync.Cond
	in     batch
	closed bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.filled.L, q.room.L = &q.mu, &q.mu
	return q
}

// put adds a packet, copying it; false: there is no room, or the queue is
// closed. wait: stay until there is room.
func (q *queue) put(from netip.AddrPort, at time.Time, b []byte, wait bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for wait && !q.closed && len(q.in.arena)+len(b) > q.limit {
		q.room.Wait()
	}
	if q.closed || len(q.in.arena)+len(b) > q.limit {
		return false
	}
	off := len(q.in.arena)
	q.in.arena = append(q.in.arena, b...)
	q.in.parcels = append(q.in.parcels, parcel{from, at, off, len(q.in.arena)})
	if len(q.in.parcels) == 1 {
		q.filled.Signal()
	}
	return true
}

// take waits for packets and exchanges the batch that was read for them; false:
// the queue is closed and empty.
func (q *queue) take(done *batch) bool {
	done.clear()
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.in.parcels) == 0 && !q.closed {
		q.filled.Wait()
	}
	if len(q.in.parcels) == 0 {
		return false
	}
	*done, q.in = q.in, *done
	q.room.Broadcast()
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
	q.room.Broadcast()
}
