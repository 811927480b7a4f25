package api

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"onhook/exchange"
	"onhook/outcome"
)

// Bounds of a Hub.
const (
	keptEvents  = 20_000 // events that a follower who comes back finds in memory
	keptBytes   = 64 << 20
	mostWaiting = 65_536  // events that wait to be written out; more are lost and counted
	mostBehind  = 1 << 20 // bytes that a follower may be behind
)

// An Event is one step in the life of a call, as followers get it.
type Event struct {
	ID       string            `json:"id" doc:"for Last-Event-ID; grows with time"`
	Type     string            `json:"type" doc:"call.started, .ringing, .answered, .transferred, .held, .resumed, .updated, .ended; others may come"`
	At       time.Time         `json:"at"`
	Sequence uint32            `json:"sequence" doc:"in the call, from 1; 0: made from its record after the fact"`
	Call     exchange.LiveCall `json:"call"`
	Record   *outcome.Record   `json:"record,omitempty" doc:"of call.ended"`
}

// A place is where an event stands among all: its time in microseconds and,
// within one, its number.
type place struct {
	at int64
	n  uint32
}

func (p place) String() string {
	return strconv.FormatInt(p.at, 10) + "-" + strconv.FormatUint(uint64(p.n), 10)
}

func (p place) after(q place) bool { return p.at > q.at || p.at == q.at && p.n > q.n }

// A written is an event as it goes out, with what followers choose by.
type written struct {
	place
	typ, call, user, trunk, queue string
	raw                           []byte // the whole event of the stream
}

// A Hub gives the events of calls to those who follow them. Watch never blocks.
type Hub struct {
	mu      sync.Mutex
	waiting []exchange.CallEvent
	lost    uint64
	wake    chan struct{}

	follow    sync.Mutex // of what is below
	ring      []written  // the newest at the end
	size      int
	last      place
	followers map[*follower]struct{}
	observe   []func(*exchange.CallEvent)
	done      chan struct{}
	closeOnce sync.Once
}

// NewHub makes a Hub; Run makes it go. observe is called with each event, in order.
func NewHub(observe ...func(*exchange.CallEvent)) *Hub {
	return &Hub{wake: make(chan struct{}, 1), followers: map[*follower]struct{}{}, observe: observe, done: make(chan struct{})}
}

// Watch takes an event; it is what exchange.Options.Watch wants.
func (h *Hub) Watch(e exchange.CallEvent) {
	h.mu.Lock()
	if len(h.waiting) < mostWaiting {
		h.waiting = append(h.waiting, e)
	} else {
		h.lost++
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Lost is how many events could not be given out, because they came faster than they could be written.
func (h *Hub) Lost() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lost
}

// Run gives out events until Close.
func (h *Hub) Run() {
	var batch []exchange.CallEvent
	for {
		select {
		case <-h.wake:
		case <-h.done:
			return
		}
		h.mu.Lock()
		batch, h.waiting = h.waiting, batch[:0]
		h.mu.Unlock()
		for i := range batch {
			for _, f := range h.observe {
				f(&batch[i])
			}
			h.give(&batch[i])
		}
		clear(batch)
	}
}

// Close ends Run and all streams.
func (h *Hub) Close() { h.closeOnce.Do(func() { close(h.done) }) }

// give writes an event once and hands it to all who follow it.
func (h *Hub) give(e *exchange.CallEvent) {
	h.follow.Lock()
	defer h.follow.Unlock()
	p := place{at: e.At.UnixMicro()}
	if !p.after(h.last) { // the same microsecond, or the clock was set back
		p = place{h.last.at, h.last.n + 1}
	}
	h.last = p
	w := write(&Event{ID: p.String(), Type: e.Type, At: e.At.UTC(), Sequence: e.Sequence, Call: e.Call, Record: e.Record}, p)
	h.ring = append(h.ring, w)
	h.size += len(w.raw)
	for len(h.ring) > keptEvents || h.size > keptBytes {
		h.size -= len(h.ring[0].raw)
		h.ring[0] = written{}
		h.ring = h.ring[1:]
	}
	for f := range h.followers {
		if f.want.match(&w) {
			f.add(w.raw)
		}
	}
}

// write puts an event into the form of the stream (HTML, section 9.2.5).
func write(e *Event, p place) written {
	raw, err := json.Marshal(e)
	if err != nil {
		raw = []byte("{}") // values of ours always marshal
	}
	b := make([]byte, 0, len(raw)+64)
	b = append(b, "id: "...)
	b = append(b, e.ID...)
	b = append(b, "\nevent: "...)
	b = append(b, e.Type...)
	b = append(b, "\ndata: "...)
	b = append(b, raw...) // JSON has no line breaks
	b = append(b, "\n\n"...)
	w := written{place: p, typ: e.Type, call: e.Call.ID, user: e.Call.User, trunk: e.Call.Trunk, raw: b}
	if e.Record != nil {
		w.user, w.trunk, w.queue = e.Record.User, e.Record.Trunk, e.Record.Queue
	}
	return w
}

// A wanted says which events a follower wants; empty fields ask for nothing.
type wanted struct {
	types                    []string
	call, user, trunk, queue string
}

func (x *wanted) match(w *written) bool {
	if x.call != "" && x.call != w.call || x.user != "" && x.user != w.user || x.trunk != "" && x.trunk != w.trunk || x.queue != "" && x.queue != w.queue {
		return false
	}
	for _, t := range x.types {
		if t == w.typ {
			return true
		}
	}
	return len(x.types) == 0
}

// A follower is one stream.
type follower struct {
	want   wanted
	mu     sync.Mutex
	queue  [][]byte
	size   int
	behind bool // too far: it is to come back with the last id that it has
	wake   chan struct{}
}

func (f *follower) add(raw []byte) {
	f.mu.Lock()
	if !f.behind {
		if f.size+len(raw) > mostBehind {
			f.behind = true
		} else {
			f.queue = append(f.queue, raw)
			f.size += len(raw)
		}
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take gives what waits.
func (f *follower) take() (queue [][]byte, behind bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue, f.queue, f.size = f.queue, nil, 0
	return queue, f.behind
}

// join begins a stream. since is the place after which events are wanted; what
// memory still has of them comes with it. complete says that nothing is missing
// between since and there; else oldest is where memory begins.
func (h *Hub) join(want wanted, since place) (f *follower, kept [][]byte, oldest place, complete bool) {
	h.follow.Lock()
	defer h.follow.Unlock()
	f = &follower{want: want, wake: make(chan struct{}, 1)}
	h.followers[f] = struct{}{}
	oldest = h.last
	if len(h.ring) > 0 {
		oldest = h.ring[0].place
	}
	if since == (place{}) {
		return f, nil, oldest, true
	}
	for i := range h.ring {
		if w := &h.ring[i]; w.after(since) {
			if want.match(w) {
				kept = append(kept, w.raw)
			}
		} else {
			complete = true // memory reaches back to the place
		}
	}
	return f, kept, oldest, complete
}

func (h *Hub) leave(f *follower) {
	h.follow.Lock()
	defer h.follow.Unlock()
	delete(h.followers, f)
}

// following is how many streams there are.
func (h *Hub) following() int {
	h.follow.Lock()
	defer h.follow.Unlock()
	return len(h.followers)
}
