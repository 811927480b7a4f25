package wire

import (
	"net"
	"time"
)

// send queues a message; unnamed: the sender does not know this connection by its number.
func (s *stream) send(data []byte, ref uint64, unnamed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended != nil || s.ending:
		return ErrNoStream
	case s.bytes+len(data)+oneMessage > s.streams.limits.Queue:
		// The peer does not read, or not as fast as it is sent to.
		s.failLocked(ErrTooSlow)
		s.streams.wire.count.cut.Add(1)
		return ErrQueueFull
	}
	if isFinal(data) && s.pending > 0 {
		s.pending--
	}
	if unnamed {
		s.asked.sent(data, ref)
	}
	s.queue = append(s.queue, outgoing{data, ref})
	s.bytes += len(data) + oneMessage
	s.writeLocked()
	return nil
}

// writeLocked starts the writer if there is something to write, s.mu held.
func (s *stream) writeLocked() {
	if s.writing || !s.ready || len(s.queue) == 0 || s.ended != nil {
		return
	}
	s.writing = true
	s.streams.wire.tasks.Go(s.write)
}

// write sends the queue until it is empty.
func (s *stream) write() {
	var batch []outgoing
	var vec net.Buffers
	for {
		s.mu.Lock()
		if s.ended != nil || len(s.queue) == 0 {
			s.writing = false
			s.endIfDone()
			s.written.Broadcast()
			s.mu.Unlock()
			return
		}
		batch, s.queue = s.queue, batch[:0]
		s.mu.Unlock()
		n, err := s.writeBatch(batch, &vec)
		s.account(batch, n, err)
		clear(batch)
	}
}

func (s *stream) writeBatch(batch []outgoing, vec *net.Buffers) (int64, error) {
	*vec = (*vec)[:0]
	for i := range batch {
		*vec = append(*vec, batch[i].data)
	}
	rest := *vec // WriteTo eats it
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.streams.limits.Write)); err != nil {
		return 0, err
	}
	return rest.WriteTo(s.conn)
}

// account counts what was written, n bytes; with an error the rest goes back
// to the front of the queue, where end finds it.
func (s *stream) account(batch []outgoing, n int64, err error) {
	done, size := 0, 0
	for done < len(batch) && int64(size+len(batch[done].data)) <= n {
		size += len(batch[done].data)
		done++
	}
	s.streams.wire.count.packetsOut.Add(uint64(done))
	s.streams.wire.count.bytesOut.Add(uint64(n))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= size + done*oneMessage
	if err == nil {
		return
	}
	s.queue = append(append([]outgoing(nil), batch[done:]...), s.queue...)
	if isTimeout(err) {
		s.streams.wire.count.cut.Add(1)
		err = ErrTooSlow
	}
	s.failLocked(err)
}
