package media

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// An Engine owns the ports, workers and legs of all calls.
type Engine struct {
	opt   Options
	base  time.Time
	pool  *pool
	queue queue

	mu      sync.Mutex
	legs    map[LegID]*leg
	groups  map[uint64]*group
	workers []*worker
	stopped bool
}

// A group is the legs of one call: they live with one worker, so that a packet changes no hands.
type group struct {
	w *worker
	n int
}

// New checks the options and starts the first worker.
func New(o Options) (*Engine, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if !severalWorkers {
		o.Workers = 1
	}
	e := &Engine{opt: o, base: o.Now(), legs: map[LegID]*leg{}, groups: map[uint64]*group{}}
	e.pool = newPool(o.Ports[0], o.Ports[1], o.Rand, o.Descriptors)
	e.queue.notify = o.Notify
	if _, err := e.addWorker(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) addWorker() (*worker, error) {
	w := &worker{e: e}
	if err := w.poll.start(w); err != nil {
		return nil, fmt.Errorf("media: starting a worker: %w", err)
	}
	e.workers = append(e.workers, w)
	return w, nil
}

// clock is the time since the engine began, in ns.
func (e *Engine) clock() int64 { return int64(e.opt.Now().Sub(e.base)) }

// Stop closes all legs and ends the workers. Every other method then does nothing.
func (e *Engine) Stop() {
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return
	}
	e.stopped = true
	legs, workers := e.legs, e.workers
	e.legs = map[LegID]*leg{}
	e.mu.Unlock()
	for _, l := range legs {
		l.w.poll.call(l.w, func() { l.w.drop(l) })
		e.pool.closed(l.pair)
	}
	for _, w := range workers {
		w.poll.stop(w)
	}
}

// drop ends a leg inside its worker.
func (w *worker) drop(l *leg) {
	l.rest()
	w.detach(l)
	l.gone = true
	l.rtp.close()
	l.rtcp.close()
	w.e.queue.drop(&l.pend)
}

// Open binds a pair of ports for a new leg and gives their addresses. Legs of one group should be those of one call. Until Set the leg
// drops all that comes. Errors: ErrLegUsed, ErrFamily, ErrNoPorts, ErrNoSockets, ErrStopped, or the system's.
func (e *Engine) Open(id LegID, groupID uint64, v6 bool) (rtp, rtcp netip.AddrPort, err error) {
	ip := e.opt.Bind4
	if v6 {
		ip = e.opt.Bind6
	}
	if !ip.IsValid() {
		return rtp, rtcp, ErrFamily
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return rtp, rtcp, ErrStopped
	}
	if e.legs[id] != nil {
		return rtp, rtcp, ErrLegUsed
	}
	g, err := e.groupOf(groupID)
	if err != nil {
		return rtp, rtcp, err
	}
	l := &leg{id: id, e: e, w: g.w, group: groupID, v6: v6}
	if l.pair, l.rtp, l.rtcp, err = e.pool.open(ip, e.opt.DSCP); err != nil {
		return rtp, rtcp, err
	}
	g.n++
	g.w.load++
	e.groups[groupID] = g
	e.legs[id] = l
	g.w.poll.post(g.w, func() { g.w.attach(l) })
	return netip.AddrPortFrom(ip, l.pair), netip.AddrPortFrom(ip, l.pair+1), nil
}

// groupOf finds a call's worker: the first that is not full, a new one while more are allowed, else the one with least to do.
func (e *Engine) groupOf(id uint64) (*group, error) {
	if g := e.groups[id]; g != nil {
		return g, nil
	}
	best := e.workers[0]
	for _, w := range e.workers {
		if w.load < full {
			return &group{w: w}, nil
		}
		if w.load < best.load {
			best = w
		}
	}
	if len(e.workers) < e.opt.Workers {
		w, err := e.addWorker()
		if err != nil {
			return nil, err
		}
		best = w
	}
	return &group{w: best}, nil
}

// do runs f in a leg's worker, some time soon and in order with other calls for the leg.
func (e *Engine) do(id LegID, f func(l *leg)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.legs[id]
	if l == nil {
		return ErrNoLeg
	}
	l.w.poll.post(l.w, func() { f(l) })
	return nil
}

// Set gives a leg what signalling decided. The same Remote again lets the latch take another source of the same peer; a new one begins
// anew. Errors: ErrNoLeg, and addresses that cannot be sent to.
func (e *Engine) Set(id LegID, c Config) error {
	e.mu.Lock()
	l := e.legs[id]
	e.mu.Unlock()
	if l == nil {
		return ErrNoLeg
	}
	if err := c.fill(l.v6); err != nil {
		return err
	}
	return e.do(id, func(l *leg) { l.configure(c, l.w.now) })
}

// Bridge relays between two legs, whatever they did before.
func (e *Engine) Bridge(a, b LegID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	la, lb := e.legs[a], e.legs[b]
	if la == nil || lb == nil || la == lb {
		return ErrNoLeg
	}
	if la.w != lb.w {
		e.move(lb, la)
	}
	la.w.poll.post(la.w, func() {
		if la.peer == lb {
			return
		}
		la.quiet()
		lb.quiet()
		la.peer, lb.peer = lb, la
	})
	return nil
}

// move brings a leg to another's worker. Only bridging two calls into one needs it.
func (e *Engine) move(l, to *leg) { e.regroup(l, to.group, e.groups[to.group]) }

// regroup makes a leg one of another group, with its worker.
func (e *Engine) regroup(l *leg, id uint64, g *group) {
	if old := l.w; old != g.w {
		old.poll.call(old, func() { old.detach(l) })
		l.w = g.w
		l.w.poll.post(l.w, func() { l.w.attach(l) })
	}
	g.n++
	g.w.load++
	e.leave(l)
	l.group = id
}

// leave takes a leg out of its group's count.
func (e *Engine) leave(l *leg) {
	g := e.groups[l.group]
	g.w.load--
	if g.n--; g.n == 0 {
		delete(e.groups, l.group)
	}
}

// Close ends a leg, frees its ports and tells what it did. It waits for the worker, some tens of microseconds. An unknown leg gives the
// zero Stats.
func (e *Engine) Close(id LegID) (s Stats) {
	e.mu.Lock()
	l := e.legs[id]
	if l == nil {
		e.mu.Unlock()
		return s
	}
	delete(e.legs, id)
	e.leave(l)
	e.mu.Unlock()
	w := l.w
	w.poll.call(w, func() {
		s = l.stats(e.base)
		w.drop(l)
	})
	e.pool.closed(l.pair)
	return s
}

// Query asks for a leg's Stats; they come as an event of kind StatsReady.
func (e *Engine) Query(id LegID) error {
	return e.do(id, func(l *leg) {
		s := l.stats(e.base)
		l.event(Event{Kind: StatsReady, Stats: &s})
	})
}

// Events appends what is pending to buf. Of each kind a leg has at most one.
func (e *Engine) Events(buf []Event) []Event { return e.queue.take(buf) }
