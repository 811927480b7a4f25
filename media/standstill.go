package media

import "time"

const (
	// tardy is how much later than planned a worker may look at its sockets and still be said to have listened all the time.
	tardy = int64(250 * time.Millisecond)
	// catchUp is how long it then reads what waits before it judges who is silent.
	catchUp = int64(100 * time.Millisecond)
)

// look takes the time, before anything is read. Who is stopped, suspended or waits for a disk hears nothing and must not take that for
// the silence of others.
func (w *worker) look() {
	w.now = w.e.clock()
	if late := w.now - w.nextScan; late > tardy {
		w.stood(late)
	}
}

// stood counts a standstill out of what all legs wait for. The scan is put off until what came meanwhile has been read, but only once
// in a row: on a machine that is always late it must be done too.
func (w *worker) stood(late int64) {
	for _, l := range w.legs {
		if l != nil {
			l.stood(late)
		}
	}
	w.nextScan = w.now
	if !w.behind {
		w.nextScan += catchUp
	}
	w.behind = !w.behind
}

// stood moves on the times that silence is counted from. None of them is later than the beginning of the standstill, so none comes to lie
// in the future.
func (l *leg) stood(late int64) {
	l.life += late
	l.expects += late
	l.rtcpAt += late
	l.latch.stood(late)
}

// stood: a peer that could not be heard has not lost its place to another.
func (t *latch) stood(late int64) {
	t.since += late
	t.last += late
	for i := range t.tries {
		t.tries[i].at += late
	}
}
