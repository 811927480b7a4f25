package media

import "time"

// full is how many legs a worker takes before the next one begins: two workers cost more a packet than one.
const full = 3000

// A worker moves the packets of its legs. All below belongs to its goroutine.
type worker struct {
	e    *Engine
	poll poller

	now      int64
	legs     []*leg // by slot; nil is free
	free     []int32
	gens     int32 // so that an event of a closed leg is not taken for its slot's next
	clocks   []*leg
	rooms    []*room
	nextTick int64
	nextScan int64
	behind   bool // the last look was late, and the scan was put off
	scratch  [maxPacket]byte
	pcm      [tickFrames]int16

	// load is how many legs the engine gave it, under the engine's lock.
	load int
}

// attach makes a leg this worker's.
func (w *worker) attach(l *leg) {
	if n := len(w.free); n > 0 {
		l.slot = w.free[n-1]
		w.free = w.free[:n-1]
	} else {
		l.slot = int32(len(w.legs))
		w.legs = append(w.legs, nil)
	}
	w.gens++
	l.gen = w.gens
	w.legs[l.slot] = l
	w.poll.add(w, l)
	if l.clocked {
		l.clocked = false
		w.startClock(l)
	}
}

// detach takes a leg away; its sockets stay open.
func (w *worker) detach(l *leg) {
	l.part()
	w.poll.remove(l)
	w.legs[l.slot] = nil
	w.free = append(w.free, l.slot)
	for i, c := range w.clocks {
		if c == l {
			w.clocks[i] = w.clocks[len(w.clocks)-1]
			w.clocks = w.clocks[:len(w.clocks)-1]
			break
		}
	}
}

// startClock lets a leg be ticked every 20 ms. All legs of a worker share one clock.
func (w *worker) startClock(l *leg) {
	if l.clocked {
		return
	}
	l.clocked = true
	w.wind()
	w.clocks = append(w.clocks, l)
}

// due does what its time has come for.
func (w *worker) due() {
	for w.ticks() && w.now >= w.nextTick {
		w.tickAll()
		w.nextTick += int64(tickTime)
		// After the machine slept, sound goes on from here; nobody wants it all at once.
		if w.now-w.nextTick > int64(5*tickTime) {
			w.nextTick = w.now
		}
	}
	if w.now >= w.nextScan {
		w.nextScan, w.behind = w.now+int64(time.Second), false
		for _, l := range w.legs {
			if l != nil {
				w.scan(l)
			}
		}
	}
}

// ticks tells whether anybody needs the clock.
func (w *worker) ticks() bool { return len(w.clocks)+len(w.rooms) > 0 }

// wind starts the clock if it stands.
func (w *worker) wind() {
	if !w.ticks() {
		w.nextTick = w.now
	}
}

func (w *worker) tickAll() {
	for _, r := range w.rooms {
		w.tickRoom(r)
	}
	for i := 0; i < len(w.clocks); {
		l := w.clocks[i]
		if w.tick(l) {
			i++
			continue
		}
		l.clocked = false
		w.clocks[i] = w.clocks[len(w.clocks)-1]
		w.clocks[len(w.clocks)-1] = nil
		w.clocks = w.clocks[:len(w.clocks)-1]
	}
}

// wait is how long the worker may sleep.
func (w *worker) wait() time.Duration {
	at := w.nextScan
	if w.ticks() {
		at = min(at, w.nextTick)
	}
	return time.Duration(max(0, min(at-w.e.clock(), int64(time.Second))))
}
