package app

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// A waiter is a caller in a queue.
type waiter struct {
	queue    *Queue
	call     string // id
	caller   string // number
	user     string // the extension that it is, if it is one
	joined   time.Time
	at       atomic.Int32 // its place, from 1; 0: it does not wait any more
	agents   []*agent     // who ring or talk with it
	ready    bool         // it has heard the greeting
	offered  bool         // agents are to be called, and its goroutine does not know yet
	attempts int
	tried    map[string]int // how often agents did not answer it
	wake     chan struct{}  // capacity 1: there is an offer, or its queue is gone
}

// match offers callers to agents: first come, first served, of all queues; the lock is held.
func (f *Floor) match() {
	now := f.opt.Now()
	idle, passed := map[*Queue]bool{}, map[*waiter]bool{}
	for {
		w := f.next(idle, passed)
		if w == nil {
			return
		}
		agents := w.queue.choose(w, now)
		switch {
		case len(agents) > 0:
		case slices.Contains(w.queue.opt.Agents, w.user):
			passed[w] = true // it does not keep others from the agent that it is itself
			continue
		default:
			idle[w.queue] = true
			continue
		}
		w.agents, w.offered = agents, true
		w.attempts++
		f.turn++
		for _, a := range agents {
			a.state, a.of, a.turn = agentRinging, w, f.turn
			f.tell(Event{Kind: CallerOffered, Queue: w.queue.opt.Name, Call: w.call, Caller: w.caller, Agent: a.name, Waited: now.Sub(w.joined)})
		}
		w.ring()
	}
}

// ring wakes a caller's goroutine.
func (w *waiter) ring() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next is the caller who has waited longest of those whose queues have free agents.
func (f *Floor) next(without map[*Queue]bool, passed map[*waiter]bool) (first *waiter) {
	for _, name := range f.order {
		q := f.queues[name]
		if without[q] {
			continue
		}
		for _, w := range q.waiting {
			if w.ready && w.agents == nil && !passed[w] {
				if first == nil || w.joined.Before(first.joined) {
					first = w
				}
				break
			}
		}
	}
	return first
}

// choose picks the agents that a caller is offered to; none: nobody is free.
func (q *Queue) choose(w *waiter, now time.Time) []*agent {
	var free []*agent
	for _, name := range q.opt.Agents {
		if a := q.floor.agents[name]; a != nil && a.free(q.opt.Name, now) && a.name != w.user {
			free = append(free, a)
		}
	}
	if len(free) < 2 || q.opt.Strategy == RingAll {
		return free
	}
	slices.SortStableFunc(free, func(a, b *agent) int {
		// Who did not answer this caller before is asked last.
		if n := cmp.Compare(w.tried[a.name], w.tried[b.name]); n != 0 {
			return n
		}
		switch q.opt.Strategy {
		case RoundRobin:
			return cmp.Compare(a.turn, b.turn)
		case FewestCalls:
			if n := cmp.Compare(q.answeredBy[a.name], q.answeredBy[b.name]); n != 0 {
				return n
			}
		}
		return a.since.Compare(b.since)
	})
	return free[:1]
}

// take gives a caller's goroutine the offer that was made; nil: none.
func (f *Floor) take(w *waiter) (names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !w.offered {
		return nil
	}
	w.offered = false
	select {
	case <-w.wake:
	default:
	}
	for _, a := range w.agents {
		names = append(names, a.name)
	}
	return names
}

// answered notes which agent has the caller.
func (f *Floor) answered(w *waiter, by string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, q := f.opt.Now(), w.queue
	var rest []*agent
	for _, a := range w.agents {
		if a.name == by {
			rest = append(rest, a)
			continue
		}
		a.state, a.of = agentIdle, nil // answered elsewhere: it has missed nothing
	}
	w.agents = rest
	waited := now.Sub(w.joined)
	q.leave(w)
	q.stats.took(waited, q.opt.Level)
	if q.answeredBy == nil {
		q.answeredBy = map[string]int{}
	}
	q.answeredBy[by]++
	for _, a := range rest {
		a.state, a.talks = agentTalking, now
	}
	f.tell(Event{Kind: CallerAnswered, Queue: q.opt.Name, Call: w.call, Caller: w.caller, Agent: by, Waited: waited})
	f.match()
}

// missed notes that none of those offered has taken the caller, and why.
func (f *Floor) missed(w *waiter, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.opt.Now()
	for _, a := range w.agents {
		a.state, a.of, a.since = agentIdle, nil, now
		switch reason {
		case "USER_NOT_REGISTERED":
			a.away = true
		case "USER_BUSY":
			a.elsewhere = max(a.elsewhere, 1)
			fallthrough
		default:
			a.after = now.Add(w.queue.opt.Retry)
		}
		if w.tried == nil {
			w.tried = map[string]int{}
		}
		w.tried[a.name]++
		f.tell(Event{Kind: CallerMissed, Queue: w.queue.opt.Name, Call: w.call, Caller: w.caller, Agent: a.name, Reason: reason})
	}
	w.agents, w.offered = nil, false
	f.match()
}

// parted notes that an agent has no caller any more; the lock is held.
func (f *Floor) parted(a *agent) {
	now, q := f.opt.Now(), a.of.queue
	a.of.agents = nil
	q.stats.talked(now.Sub(a.talks) + q.opt.WrapUp)
	a.state, a.of, a.since, a.after = agentIdle, nil, now, now.Add(q.opt.WrapUp)
	f.tell(Event{Kind: AgentWrapUp, Queue: q.opt.Name, Agent: a.name})
}

// gone notes that a caller is in the queue no longer; how is the kind of the event, if it is one.
func (f *Floor) gone(w *waiter, how EventKind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	place := w.queue.placeOf(w)
	for _, a := range w.agents {
		switch {
		case a.of != w:
		case a.state == agentTalking:
			f.parted(a)
		default:
			a.state, a.of = agentIdle, nil
		}
	}
	w.agents, w.offered = nil, false
	if place > 0 {
		w.queue.leave(w)
		w.queue.stats.lost(how)
		f.tell(Event{Kind: how, Queue: w.queue.opt.Name, Call: w.call, Caller: w.caller, Place: place, Waited: f.opt.Now().Sub(w.joined)})
	}
	f.match()
}
