package api

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"onhook/exchange"
	"onhook/outcome"
	"onhook/store"
)

// Bounds of a Hub.
const (
	keptEvents  = 4096 // events that a follower who comes back finds in memory; older ones are made from records
	keptBytes   = 16 << 20
	mostWaiting = 65_536  // events that wait to be written out; more are lost and counted
	mostBehind  = 1 << 20 // bytes that a follower may be behind
)

// An Event is something that has happened, as followers get it.
type Event struct {
	ID           string                       `json:"id" doc:"for Last-Event-ID; grows with time"`
	Type         string                       `json:"type" doc:"call.started, .ringing, .answered, .transferred, .held, .resumed, .updated, .ended; registration.registered, .expired, .removed; trunk.up, .down; queue.caller_entered and others; user.added, .changed, .removed; outside.limited, .stopped, .started; source.blocked, .unblocked; more may come"`
	At           time.Time                    `json:"at"`
	Sequence     uint32                       `json:"sequence" doc:"in the call, from 1; 0: made from its record after the fact, or of no call"`
	Call         exchange.LiveCall            `json:"call,omitzero" doc:"of call.*"`
	Record       *outcome.Record              `json:"record,omitempty" doc:"of call.ended"`
	Registration *exchange.RegistrationChange `json:"registration,omitempty" doc:"of registration.*"`
	Trunk        *exchange.TrunkChange        `json:"trunk,omitempty" doc:"of trunk.*"`
	Queue        *QueueEvent                  `json:"queue,omitempty" doc:"of queue.*"`
	User         *UserEvent                   `json:"user,omitempty" doc:"of user.*"`
	Outside      *exchange.OutsideChange      `json:"outside,omitempty" doc:"of outside.*"`
	Source       *exchange.SourceChange       `json:"source,omitempty" doc:"of source.*"`
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

// A written is an event with its place, put into the form of the stream when
// the first follower wants it.
type written struct {
	place
	event Event
	raw   []byte
}

// weight is about how many bytes an event keeps, in both forms.
func (w *written) weight() int {
	n := 512 + 2*(len(w.event.Call.From)+len(w.event.Call.To))
	if r := w.event.Record; r != nil {
		n += 4096 + 4*(len(r.From.URI)+len(r.From.Name)+len(r.To.URI)+len(r.To.Name)+len(r.Summary)) + 512*(len(r.Evidence)+len(r.Legs))
	}
	return n
}

// A Hub gives the events of calls to those who follow them. Watch never blocks.
type Hub struct {
	mu      sync.Mutex
	waiting []happening
	lost    uint64
	wake    chan struct{}

	turn  sync.Mutex // of giving out
	batch []happening

	follow    sync.Mutex // of what is below
	ring      []written  // the newest at the end
	size      int
	last      place
	followers map[*follower]struct{}
	about     map[subject]map[*follower]struct{} // the same, by what they follow
	crowd     func()                             // told when there are many
	observe   []func(*exchange.CallEvent)
	listen    []func(*Event)
	done      chan struct{}
	closeOnce sync.Once
	kept      *store.Happened // events that are of no call; nil: a restart forgets them
	report    func(error)     // of what could not be kept
}

// NewHub makes a Hub; Run makes it go. observe is called with each event, in order.
func NewHub(observe ...func(*exchange.CallEvent)) *Hub {
	return &Hub{wake: make(chan struct{}, 1), followers: map[*follower]struct{}{}, about: map[subject]map[*follower]struct{}{}, observe: observe, done: make(chan struct{})}
}

// Watch takes an event of a call; it is what exchange.Options.Watch wants.
func (h *Hub) Watch(e exchange.CallEvent) { h.put(happening{call: e}) }

// put takes what has happened. It never blocks.
func (h *Hub) put(e happening) {
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
	for {
		select {
		case <-h.wake:
			h.Flush()
		case <-h.done:
			return
		}
	}
}

// Flush gives out what waits, and returns when that is done.
func (h *Hub) Flush() {
	h.turn.Lock()
	defer h.turn.Unlock()
	h.mu.Lock()
	h.batch, h.waiting = h.waiting, h.batch[:0]
	h.mu.Unlock()
	for i := range h.batch {
		e := &h.batch[i]
		if e.other != nil {
			h.pass(*e.other)
			continue
		}
		for _, f := range h.observe {
			f(&e.call)
		}
		h.give(&e.call)
	}
	clear(h.batch)
}

// Close ends Run and all streams.
func (h *Hub) Close() { h.closeOnce.Do(func() { close(h.done) }) }

// give hands an event of a call to all who follow it.
func (h *Hub) give(e *exchange.CallEvent) {
	h.pass(Event{Type: e.Type, At: e.At, Sequence: e.Sequence, Call: e.Call, Record: e.Record})
}

// pass hands an event to all who follow it; it is written once, if anybody does. One
// of no call is on the disk before anybody has it.
func (h *Hub) pass(e Event) {
	e.At = e.At.UTC()
	one := written{place: h.next(e.At), event: e}
	one.event.ID = one.place.String()
	h.keep(&one)
	h.follow.Lock()
	defer h.follow.Unlock()
	h.ring = append(h.ring, one)
	h.size += h.ring[len(h.ring)-1].weight()
	for len(h.ring) > keptEvents || h.size > keptBytes && len(h.ring) > 1 {
		h.forget()
	}
	w := &h.ring[len(h.ring)-1]
	call, user, trunk, queue := w.event.subject()
	h.hand(w, subject{})
	for _, s := range [...]subject{{'c', call}, {'u', user}, {'t', trunk}, {'q', queue}} {
		if s.name != "" {
			h.hand(w, s)
		}
	}
	for _, f := range h.listen {
		f(&w.event)
	}
}

// next is the place of an event that happens at a time.
func (h *Hub) next(at time.Time) place {
	h.follow.Lock()
	defer h.follow.Unlock()
	p := place{at: at.UnixMicro()}
	if !p.after(h.last) { // the same microsecond, or the clock was set back
		p = place{h.last.at, h.last.n + 1}
	}
	h.last = p
	return p
}

// forget lets go of the older half of the events.
func (h *Hub) forget() {
	half := len(h.ring) / 2
	for i := range half {
		h.size -= h.ring[i].weight()
	}
	n := copy(h.ring, h.ring[half:])
	clear(h.ring[n:])
	h.ring = h.ring[:n]
}

// text is an event in the form of the stream (HTML, section 9.2.5).
func (w *written) text() []byte {
	if w.raw == nil {
		w.frame(w.json())
	}
	return w.raw
}

func (w *written) json() []byte {
	raw, err := json.Marshal(&w.event)
	if err != nil {
		return []byte("{}") // values of ours always marshal
	}
	return raw
}

// frame makes the text of the stream of an event's JSON, which has no line breaks.
func (w *written) frame(raw []byte) {
	b := make([]byte, 0, len(raw)+len(w.event.ID)+len(w.event.Type)+24)
	b = append(b, "id: "...)
	b = append(b, w.event.ID...)
	b = append(b, "\nevent: "...)
	b = append(b, w.event.Type...)
	b = append(b, "\ndata: "...)
	b = append(b, raw...)
	w.raw = append(b, "\n\n"...)
}

// A wanted says which events a follower wants; empty fields ask for nothing.
type wanted struct {
	types                    []string
	call, user, trunk, queue string
	system                   bool // what is of no call too
}

func (x *wanted) match(w *written) bool {
	call, user, trunk, queue := w.event.subject()
	if w.event.Call.ID == "" && !x.system {
		return false
	}
	if x.call != "" && x.call != call || x.user != "" && x.user != user || x.trunk != "" && x.trunk != trunk || x.queue != "" && x.queue != queue {
		return false
	}
	for _, t := range x.types {
		if t == w.event.Type {
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

// A joint is where a stream begins: what is to be replayed lies between since and
// oldest, where memory begins (zero: memory has nothing), and not after newest, the
// last event before the stream was joined.
type joint struct {
	since, oldest, newest place
	complete              bool // nothing is missing between since and memory
}

// join begins a stream. since is the place after which events are wanted; what
// memory still has of them comes with it.
func (h *Hub) join(want wanted, since place) (f *follower, kept [][]byte, at joint) {
	h.follow.Lock()
	defer h.follow.Unlock()
	f = &follower{want: want, wake: make(chan struct{}, 1)}
	h.followers[f] = struct{}{}
	if len(h.followers) == crowded && h.crowd != nil {
		h.crowd()
	}
	about := want.subject()
	if h.about[about] == nil {
		h.about[about] = map[*follower]struct{}{}
	}
	h.about[about][f] = struct{}{}
	at = joint{since: since, newest: h.last, complete: since == place{}}
	if len(h.ring) > 0 {
		at.oldest = h.ring[0].place
	}
	if at.complete {
		return f, nil, at
	}
	for i := range h.ring {
		if w := &h.ring[i]; w.after(since) {
			if want.match(w) {
				kept = append(kept, w.text())
			}
		} else {
			at.complete = true // memory reaches back to the place
		}
	}
	return f, kept, at
}

func (h *Hub) leave(f *follower) {
	h.follow.Lock()
	defer h.follow.Unlock()
	delete(h.followers, f)
	at := f.want.subject()
	if delete(h.about[at], f); len(h.about[at]) == 0 {
		delete(h.about, at)
	}
}

// crowded is how many followers are many: what they are written takes long enough for calls to wait for it.
const crowded = 20

// Crowd has f called when there come to be many followers, before Run. It must not block.
func (h *Hub) Crowd(f func()) { h.crowd = f }

// following is how many streams there are.
func (h *Hub) following() int {
	h.follow.Lock()
	defer h.follow.Unlock()
	return len(h.followers)
}
