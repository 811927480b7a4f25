package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"onhook/media"
)

// A Floor is all queues of a server with their callers and agents. It may be
// used from anywhere; nothing is waited for while its lock is held.
type Floor struct {
	opt FloorOptions

	mu     sync.Mutex
	queues map[string]*Queue
	order  []string // their names, as configured
	agents map[string]*agent
	turn   uint64 // counts offers, for taking turns
	feeds  map[*feed]struct{}

	stirred chan struct{} // capacity 1: a caller came

	keeping sync.Mutex // one Keep at a time, the newest last
}

// FloorOptions are what a Floor is made of.
type FloorOptions struct {
	// Phones tells of extensions how many calls they have up and how many phones
	// are registered, in the order of the names; nil: all are free and there.
	Phones func(ctx context.Context, names []string) ([]PhoneState, error)
	Now    func() time.Time // nil: time.Now
	// Keep is given what agents have said of themselves, when it has changed, for
	// Kept of the next start; nil: it is not kept. It is called one at a time.
	Keep func(map[string]AgentKept)
	Kept map[string]AgentKept // by agent
}

// A PhoneState is how an extension is, beside what queues know of it.
type PhoneState struct {
	Calls  int // that it has up
	Phones int // registered
}

// NewFloor makes a floor without queues.
func NewFloor(o FloorOptions) *Floor {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Floor{opt: o, queues: map[string]*Queue{}, agents: map[string]*agent{}, feeds: map[*feed]struct{}{}, stirred: make(chan struct{}, 1)}
}

// A Strategy says which of the free agents a caller is offered to.
type Strategy string

// The strategies. Among equals the one listed first in the configuration is taken.
const (
	LongestIdle Strategy = "longest_idle" // who has had no call for the longest time
	RoundRobin  Strategy = "round_robin"  // one after the other
	RingAll     Strategy = "ring_all"     // all of them together
	FewestCalls Strategy = "fewest_calls" // who has answered the fewest callers of the queue
)

// QueueOptions are what a queue is. Zero times and numbers mean that there is no bound.
type QueueOptions struct {
	Name      string
	Strategy  Strategy      // empty: LongestIdle
	Agents    []string      // extensions
	LoggedIn  bool          // its agents are logged in from the start
	Ring      time.Duration // how long an agent rings; 0: 15 s
	Retry     time.Duration // how long an agent who did not answer is left alone
	WrapUp    time.Duration // how long an agent is left alone after a call
	Greeting  []string      // prompts, once
	Music     media.Source  // nil: silence
	Every     time.Duration // between announcements
	SayPlace  bool          // the announcement says how many are before the caller
	SayWait   bool          // it says how long the wait may be
	MaxWait   time.Duration
	MaxLength int
	Exits     map[string]string // where the keys that a waiting caller may press lead
	Overflow  string            // where callers go whom no agent takes; empty: their call ends
	Full      []string          // prompts for a caller who finds too many; empty: refused without an answer
	Absent    []string          // prompts for a caller who finds no agent logged in; likewise
	Late      []string          // prompts when the longest wait is over
	Level     time.Duration     // the service level is the share of callers who are answered within this time
}

// Configure makes queues and agents what the options say. Callers who wait stay,
// and agents stay as they are. A queue that is gone takes nobody more, and whoever
// waits in it is sent where it overflows: nobody will ever answer there.
func (f *Floor) Configure(all []QueueOptions) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.queues
	f.queues, f.order = map[string]*Queue{}, nil
	for _, o := range all {
		q := old[o.Name]
		if q == nil {
			q = &Queue{floor: f}
		}
		before := q.opt.Agents
		q.opt = o
		f.queues[o.Name], f.order = q, append(f.order, o.Name)
		for _, name := range o.Agents {
			a := f.agent(name)
			if slices.Contains(before, name) {
				continue
			}
			in, said := f.opt.Kept[name].In[o.Name]
			if said && in || !said && o.LoggedIn {
				a.in[o.Name] = true
			}
		}
	}
	for _, a := range f.agents {
		for name := range a.in {
			if q := f.queues[name]; q == nil || !slices.Contains(q.opt.Agents, a.name) {
				delete(a.in, name)
			}
		}
	}
	for name, q := range old {
		if f.queues[name] == nil {
			q.wake()
		}
	}
	f.match()
}

// removed tells whether a caller waits in a queue that is gone.
func (f *Floor) removed(w *waiter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queues[w.queue.opt.Name] != w.queue
}

// Queue finds a queue; nil: there is none of this name.
func (f *Floor) Queue(name string) *Queue {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queues[name]
}

// watchEvery is how often it is looked whether agents have become free elsewhere.
const watchEvery = 500 * time.Millisecond

// Watch offers callers to agents when their wrap-up is over or a call elsewhere
// has ended, until ctx is done. While nobody waits or talks it rests.
func (f *Floor) Watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		tick.Stop()
		select {
		case <-f.stirred:
			tick.Reset(watchEvery)
		case <-ctx.Done():
			return
		}
		for busy := true; busy; {
			select {
			case <-tick.C:
				busy = f.look(ctx)
			case <-ctx.Done():
				return
			}
		}
	}
}

// look asks how the agents' phones are, if it matters now, and offers callers. It
// tells whether it matters.
func (f *Floor) look(ctx context.Context) (busy bool) {
	f.mu.Lock()
	var names []string
	if busy = f.busy(); busy {
		for name, a := range f.agents {
			if len(a.in) > 0 || a.state == agentTalking {
				names = append(names, name)
			}
		}
	}
	f.mu.Unlock()
	if len(names) == 0 {
		return busy
	}
	states, err := f.phones(ctx, names)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		for i, name := range names {
			f.found(name, states[i])
		}
	}
	f.match()
	return busy
}

// phones asks how extensions are.
func (f *Floor) phones(ctx context.Context, names []string) ([]PhoneState, error) {
	if f.opt.Phones == nil {
		out := make([]PhoneState, len(names))
		for i := range out {
			out[i].Phones = 1
		}
		return out, nil
	}
	s, err := f.opt.Phones(ctx, names)
	if err == nil && len(s) != len(names) {
		return nil, errors.New("app: not as many phones as were asked for")
	}
	return s, err
}

// found notes how an agent's phone is.
func (f *Floor) found(name string, s PhoneState) {
	a := f.agents[name]
	if a == nil {
		return
	}
	a.elsewhere, a.away = 0, s.Phones == 0
	switch {
	case a.state == agentIdle:
		a.elsewhere = s.Calls
	case a.state == agentTalking && s.Calls == 0 && f.opt.Phones != nil:
		// The caller talks on with somebody else, to whom the agent has given the call.
		f.parted(a)
	}
}

// busy tells whether somebody waits or talks.
func (f *Floor) busy() bool {
	for _, q := range f.queues {
		if len(q.waiting) > 0 {
			return true
		}
	}
	for _, a := range f.agents {
		if a.state == agentTalking {
			return true
		}
	}
	return false
}
