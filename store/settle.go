package store

import "context"

// A settling waits until so many of the records that were ever queued are
// durable or lost.
type settling struct {
	upto uint64
	done chan struct{}
}

// Settle waits until the records that Finish has taken so far are durable, or
// could not be kept: then every reader finds those that were. The error is ctx's.
func (s *Local) Settle(ctx context.Context) error {
	select {
	case <-s.w.settle():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle returns a channel that is closed when what is queued now has been told.
func (w *writer) settle() <-chan struct{} {
	done := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told == w.took {
		close(done)
		return done
	}
	w.await = append(w.await, settling{w.took, done})
	return done
}

// settled counts n records that have been told, and who waits for them goes on.
func (w *writer) settled(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told += uint64(n)
	for len(w.await) > 0 && w.await[0].upto <= w.told {
		close(w.await[0].done)
		w.await = w.await[1:]
	}
	if len(w.await) == 0 {
		w.await = nil
	}
}
