package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A logWriter takes lines for a writer that may be slow, stuck or full, and
// never lets whoever logs wait for it: the loop of signalling does. What does
// not fit is lost and counted, and the log says so when it takes lines again.
type logWriter struct {
	out    io.Writer
	note   slog.Handler // writes to out, too: that lines are missing
	lines  chan []byte
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once
	missed atomic.Uint64
}

const (
	waitingLines = 4096            // at most 2 KiB each, see longestValue
	flushWithin  = 2 * time.Second // at the end
)

// newLogWriter begins to write to out, to which note writes, too.
func newLogWriter(out io.Writer, note slog.Handler) *logWriter {
	w := &logWriter{out: out, note: note, lines: make(chan []byte, waitingLines), stop: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

// Write takes a line; it never fails.
func (w *logWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.missed.Add(1)
	}
	return len(line), nil
}

// lost is how many lines are not in the log.
func (w *logWriter) lost() uint64 { return w.missed.Load() }

func (w *logWriter) run() {
	defer close(w.ended)
	told := uint64(0)
	put := func(line []byte) {
		if n := w.missed.Load(); n > told {
			r := slog.NewRecord(time.Now(), slog.LevelError, "log lines lost", 0)
			r.AddAttrs(slog.Uint64("lines", n-told))
			if w.note.Handle(context.Background(), r) == nil {
				told = n
			}
		}
		if _, err := w.out.Write(line); err != nil {
			w.missed.Add(1)
		}
	}
	for {
		select {
		case line := <-w.lines:
			put(line)
		case <-w.stop:
			for {
				select {
				case line := <-w.lines:
					put(line)
				default:
					return
				}
			}
		}
	}
}

// close writes out what waits, as far as that is taken soon.
func (w *logWriter) close() {
	w.once.Do(func() { close(w.stop) })
	t := time.NewTimer(flushWithin)
	defer t.Stop()
	select {
	case <-w.ended:
	case <-t.C:
	}
}
