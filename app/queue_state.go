package app

import (
	"context"
	"maps"
	"slices"
	"time"
)

// A FloorState is how queues and agents are at a moment: what a wallboard shows.
type FloorState struct {
	Queues []QueueState `json:"queues"`
	Agents []AgentState `json:"agents"`
}

// A QueueState is how a queue is. Counts are since the start of the server.
type QueueState struct {
	Name      string        `json:"name"`
	Strategy  Strategy      `json:"strategy"`
	Waiting   []CallerState `json:"waiting"`
	Talking   int           `json:"talking"`
	LoggedIn  int           `json:"logged_in"` // agents
	Free      int           `json:"free"`      // of those
	Offered   int           `json:"offered"`   // callers who came
	Answered  int           `json:"answered"`
	Abandoned int           `json:"abandoned"`
	Timeout   int           `json:"timeout"`
	Refused   int           `json:"refused"`
	Left      int           `json:"left"`          // by a key that leads elsewhere
	Level     float64       `json:"service_level"` // share of those who left that was answered in time; 1 if nobody came
	MeanWait  int64         `json:"mean_wait_ms"`  // of those answered
	Longest   int64         `json:"longest_wait_ms"`
}

// A CallerState is a caller who waits.
type CallerState struct {
	Call     string `json:"call"`
	Caller   string `json:"caller"`
	Place    int    `json:"place"`
	WaitedMS int64  `json:"waited_ms"`
	Attempts int    `json:"attempts"`
	Ringing  string `json:"ringing,omitempty"` // an agent
}

// An AgentState is how an agent is.
type AgentState struct {
	Name   string   `json:"name"`
	State  string   `json:"state"` // logged_out, paused, ringing, talking, wrap_up, on_call, unregistered, free
	Queues []string `json:"queues"`
	Call   string   `json:"call,omitempty"`
	Since  int64    `json:"idle_ms"` // since its last call, or its login
}

// queueStats count what became of callers.
type queueStats struct {
	offered, answered, abandoned, timeout, refused, left, inTime int
	waited                                                       time.Duration // of those answered, together
	handled                                                      time.Duration // mean of talk and wrap-up, newer ones count more
}

func (s *queueStats) took(waited, level time.Duration) {
	s.answered++
	s.waited += waited
	if level == 0 || waited <= level {
		s.inTime++
	}
}

func (s *queueStats) lost(how EventKind) {
	switch how {
	case CallerAbandoned:
		s.abandoned++
	case CallerTimeout:
		s.timeout++
	case CallerRefused:
		s.refused++
	case CallerLeft:
		s.left++
	}
}

func (s *queueStats) talked(d time.Duration) {
	if s.handled == 0 {
		s.handled = d
		return
	}
	s.handled += (d - s.handled) / 8
}

// State tells how queues and agents are.
func (f *Floor) State(ctx context.Context) (FloorState, error) {
	f.mu.Lock()
	names := slices.Sorted(maps.Keys(f.agents))
	f.mu.Unlock()
	states, err := f.phones(ctx, names)
	if err != nil {
		return FloorState{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, n := range names {
		f.found(n, states[i])
	}
	out := FloorState{Queues: []QueueState{}, Agents: []AgentState{}}
	now := f.opt.Now()
	for _, name := range f.order {
		out.Queues = append(out.Queues, f.queues[name].state(now))
	}
	for _, n := range names {
		a := f.agents[n]
		if !f.member(n) && a.state == agentIdle {
			continue
		}
		s := AgentState{Name: n, State: a.word(now), Queues: a.queuesOf(), Since: now.Sub(a.since).Milliseconds()}
		if s.Queues == nil {
			s.Queues = []string{}
		}
		if a.of != nil {
			s.Call = a.of.call
		}
		out.Agents = append(out.Agents, s)
	}
	return out, nil
}

// member tells whether an extension is an agent of any queue.
func (f *Floor) member(name string) bool {
	for _, q := range f.queues {
		if slices.Contains(q.opt.Agents, name) {
			return true
		}
	}
	return false
}

// word names the state of an agent.
func (a *agent) word(now time.Time) string {
	switch {
	case a.state == agentTalking:
		return "talking"
	case a.state == agentRinging:
		return "ringing"
	case len(a.in) == 0:
		return "logged_out"
	case a.paused:
		return "paused"
	case a.away:
		return "unregistered"
	case a.elsewhere > 0:
		return "on_call"
	case now.Before(a.after):
		return "wrap_up"
	}
	return "free"
}

func (q *Queue) state(now time.Time) QueueState {
	n := &q.stats
	s := QueueState{
		Name: q.opt.Name, Strategy: q.strategy(), Waiting: []CallerState{}, Offered: n.offered, Answered: n.answered,
		Abandoned: n.abandoned, Timeout: n.timeout, Refused: n.refused, Left: n.left, Level: 1,
	}
	if left := n.answered + n.abandoned + n.timeout + n.refused; left > 0 {
		s.Level = float64(n.inTime) / float64(left)
	}
	if n.answered > 0 {
		s.MeanWait = (n.waited / time.Duration(n.answered)).Milliseconds()
	}
	for i, w := range q.waiting {
		c := CallerState{Call: w.call, Caller: w.caller, Place: i + 1, WaitedMS: now.Sub(w.joined).Milliseconds(), Attempts: w.attempts}
		if len(w.agents) > 0 {
			c.Ringing = w.agents[0].name
		}
		s.Longest = max(s.Longest, c.WaitedMS)
		s.Waiting = append(s.Waiting, c)
	}
	for _, name := range q.opt.Agents {
		a := q.floor.agents[name]
		switch {
		case a == nil:
			continue
		case a.state == agentTalking && a.of.queue == q:
			s.Talking++
		}
		if a.in[q.opt.Name] {
			s.LoggedIn++
		}
		if a.free(q.opt.Name, now) {
			s.Free++
		}
	}
	return s
}
