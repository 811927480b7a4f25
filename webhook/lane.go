package webhook

import (
	"container/heap"
	"context"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"onhook/wire"
)

// An entry is a message that an endpoint is to get.
type entry struct {
	seq   int64
	tries int
	next  time.Time
}

// A file is the messages of one key, in order; the first is the next to be sent.
type file struct {
	key     string
	entries []entry
	sending bool
}

// A lane delivers to one endpoint.
type lane struct {
	s      *Sender
	name   string
	ctx    context.Context // of its requests
	cancel context.CancelFunc
	wake   chan struct{}
	ended  chan struct{}

	mu     sync.Mutex
	e      Endpoint
	client *http.Client
	files  map[string]*file
	due    dueFiles
	busy   int
	count  EndpointState // its counts
}

// begin makes the lane of an endpoint, with what the file has for it.
func (s *Sender) begin(e Endpoint) error {
	list, keys, err := s.db.waitingFor(e.Name)
	if err != nil {
		return err
	}
	l := &lane{s: s, name: e.Name, e: e, client: newClient(wire.PublicOnly(e.Private), s.opt.Timeout), files: map[string]*file{}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	for i := range list {
		l.append(keys[i], list[i])
	}
	s.mu.Lock()
	s.lanes[e.Name] = l
	s.order = append(s.order, e.Name)
	s.mu.Unlock()
	s.wg.Go(l.run)
	return nil
}

// end stops a lane and waits until it sends nothing more.
func (l *lane) end() {
	l.cancel()
	<-l.ended
}

func (l *lane) wants(kind string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.e.wants(kind)
}

// room tells whether one more may wait; if not, it counts the message that is dropped.
func (l *lane) room(most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count.Pending < most {
		return true
	}
	l.count.Dropped++
	return false
}

func (l *lane) add(key string, e entry) {
	l.mu.Lock()
	l.append(key, e)
	l.mu.Unlock()
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// append puts a message behind those of its key; the lock is held, or nobody else has the lane.
func (l *lane) append(key string, e entry) {
	f := l.files[key]
	if f == nil {
		f = &file{key: key}
		l.files[key] = f
	}
	l.count.Pending++
	if f.entries = append(f.entries, e); len(f.entries) == 1 && !f.sending {
		heap.Push(&l.due, f)
	}
}

// change takes an endpoint as it is now.
func (l *lane) change(e Endpoint) {
	l.mu.Lock()
	if !slices.Equal(l.e.Private, e.Private) {
		l.client.CloseIdleConnections()
		l.client = newClient(wire.PublicOnly(e.Private), l.s.opt.Timeout)
	}
	l.e = e
	l.mu.Unlock()
	l.signal()
}

func (l *lane) endpoint() Endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.e
}

// run sends what is due until the lane ends.
func (l *lane) run() {
	defer close(l.ended)
	var sending sync.WaitGroup
	defer sending.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := l.s.opt.Now()
		for f := l.take(now); f != nil; f = l.take(now) {
			sending.Go(func() { l.deliver(f) })
		}
		timer.Reset(l.idle(now))
		select {
		case <-l.wake:
		case <-timer.C:
		case <-l.ctx.Done():
			l.mu.Lock()
			l.client.CloseIdleConnections()
			l.mu.Unlock()
			return
		}
	}
}

// take gives the next key whose message is due, if one may be sent now.
func (l *lane) take(now time.Time) *file {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.e.Disabled != "" || l.busy >= l.s.opt.Parallel || len(l.due) == 0 || l.due[0].entries[0].next.After(now) || l.ctx.Err() != nil {
		return nil
	}
	f := heap.Pop(&l.due).(*file)
	f.sending = true
	l.busy++
	return f
}

// idle is how long nothing is to be done, unless somebody signals.
func (l *lane) idle(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.e.Disabled != "" || l.busy >= l.s.opt.Parallel || len(l.due) == 0 {
		return time.Hour
	}
	return max(l.due[0].entries[0].next.Sub(now), time.Millisecond)
}

// deliver sends the first message of a key once.
func (l *lane) deliver(f *file) {
	l.mu.Lock()
	first, e, client := f.entries[0], l.e, l.client
	l.mu.Unlock()
	m, err := l.s.db.message(first.seq)
	r := result{at: l.s.opt.Now()}
	if err != nil {
		r.err = "the message cannot be read: " + bounded(err)
	} else {
		r = post(l.ctx, client, &e, l.s.opt.Agent, &m, l.s.opt.Now)
	}
	if l.ctx.Err() != nil && r.err != "" {
		return // it was not the receiver who ended it: the try does not count
	}
	l.settle(f, first, r)
}

// settle takes what came of a request.
func (l *lane) settle(f *file, first entry, r result) {
	first.tries++
	state := pending
	switch {
	case r.err == "":
		state = delivered
	case first.tries >= len(l.s.opt.Schedule):
		state = failed
	default:
		first.next = l.s.opt.Now().Add(max(jitter(l.s.opt.Schedule[first.tries]), r.wait))
	}
	l.mu.Lock()
	f.sending = false
	l.busy--
	if state == pending {
		f.entries[0] = first
	} else {
		f.entries = f.entries[1:]
		l.count.Pending--
	}
	if len(f.entries) > 0 {
		heap.Push(&l.due, f)
	} else {
		delete(l.files, f.key)
	}
	gone := l.e
	disable := r.status == http.StatusGone && l.e.Disabled == ""
	if disable {
		l.e.Disabled = "it answered 410 Gone"
		gone = l.e
	}
	l.tally(state, r)
	l.mu.Unlock()
	l.s.put(work{do: func(tx *sql.Tx) error { return saveResult(tx, l.name, first.seq, state, first.tries, first.next, r) }})
	if disable {
		l.s.put(work{do: func(tx *sql.Tx) error { return saveEndpoint(tx, &gone) }})
		l.log("webhook disabled: it answered 410 Gone")
	} else if state == failed {
		l.log("webhook: a message was given up after the last try", "why", r.err)
	}
	l.signal()
}

func (l *lane) log(what string, more ...any) {
	if l.s.opt.Log != nil {
		l.s.opt.Log.Warn(what, append([]any{"webhook", l.name}, more...)...)
	}
}

func (l *lane) tally(state int, r result) {
	c := &l.count
	at := r.at.UTC()
	c.Attempts++
	c.LastAt, c.LastStatus, c.LastError = &at, r.status, r.err
	switch state {
	case delivered:
		c.Delivered++
	case failed:
		c.Failed++
	}
}

func (l *lane) status(now time.Time) EndpointState {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.count
	s.Endpoint = l.e
	s.Signatures = len(l.e.valid(now))
	return s
}

// jitter spreads tries, so that those of a moment do not come back in one: up to a fifth later.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + rand.N(d/5+1)
}

// dueFiles is a heap of keys by when their first message is due.
type dueFiles []*file

func (h dueFiles) Len() int { return len(h) }

func (h dueFiles) Less(i, j int) bool {
	a, b := h[i].entries[0], h[j].entries[0]
	if !a.next.Equal(b.next) {
		return a.next.Before(b.next)
	}
	return a.seq < b.seq
}

func (h dueFiles) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is of heap.Interface.
func (h *dueFiles) Push(x any) { *h = append(*h, x.(*file)) }

// Pop is of heap.Interface.
func (h *dueFiles) Pop() any {
	old := *h
	f := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return f
}
