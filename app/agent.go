package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What an agent does for the queues.
const (
	agentIdle    = iota
	agentRinging // it is offered a caller
	agentTalking
)

// An agent is an extension that takes callers of queues.
type agent struct {
	name      string
	in        map[string]bool // the queues that it is logged in at
	paused    bool
	state     uint8
	of        *waiter   // the caller that it rings for or talks with
	since     time.Time // of its last call's end, or of its login
	talks     time.Time // of the answer
	after     time.Time // until then it is left alone: wrap-up, or it did not answer
	turn      uint64    // of the last offer
	elsewhere int       // calls that are none of the queues'
	away      bool      // no phone of it is registered
}

func (f *Floor) agent(name string) *agent {
	a := f.agents[name]
	if a == nil {
		a = &agent{name: name, in: map[string]bool{}, since: f.opt.Now(), paused: f.opt.Kept[name].Paused}
		f.agents[name] = a
	}
	return a
}

// free tells whether an agent can be offered a caller of a queue.
func (a *agent) free(queue string, now time.Time) bool {
	return a.in[queue] && !a.paused && a.state == agentIdle && a.elsewhere == 0 && !a.away && !now.Before(a.after)
}

// Errors of agents' commands.
var (
	ErrNoAgent = errors.New("app: is an agent of no queue")
	ErrNoQueue = errors.New("app: there is no such queue, or the extension is no agent of it")
	ErrAction  = errors.New("app: want login, logout, pause or resume")
)

// Actions of agents.
const (
	Login  = "login"
	Logout = "logout"
	Pause  = "pause"
	Resume = "resume"
)

// AgentActions lists what agents can do.
func AgentActions() []string { return []string{Login, Logout, Pause, Resume} }

// Agent logs an agent in or out at a queue, or, where queue is empty, at all its
// queues; or pauses or resumes it, at all of them. The error is ErrNoAgent,
// ErrNoQueue or ErrAction.
func (f *Floor) Agent(name, action, queue string) error {
	if err := f.act(name, action, queue); err != nil {
		return err
	}
	if f.opt.Keep != nil {
		f.keeping.Lock()
		defer f.keeping.Unlock()
		f.opt.Keep(f.kept())
	}
	return nil
}

// An AgentKept is what an agent has said of itself.
type AgentKept struct {
	In     map[string]bool `json:"in"` // by queue: logged in there
	Paused bool            `json:"paused,omitempty"`
}

// kept is what all agents have said.
func (f *Floor) kept() map[string]AgentKept {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]AgentKept{}
	for name, q := range f.queues {
		for _, n := range q.opt.Agents {
			k, ok := out[n]
			if !ok {
				k = AgentKept{In: map[string]bool{}, Paused: f.agents[n].paused}
				out[n] = k
			}
			k.In[name] = f.agents[n].in[name]
		}
	}
	return out
}

func (f *Floor) act(name, action, queue string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var at []string
	for _, q := range f.order {
		if slices.Contains(f.queues[q].opt.Agents, name) && (queue == "" || queue == q) {
			at = append(at, q)
		}
	}
	switch {
	case len(at) > 0:
	case queue == "":
		return fmt.Errorf("%s %w", name, ErrNoAgent)
	default:
		return fmt.Errorf("%s at %s: %w", name, queue, ErrNoQueue)
	}
	a, now := f.agent(name), f.opt.Now()
	kind, ok := map[string]EventKind{Login: AgentLogin, Logout: AgentLogout, Pause: AgentPause, Resume: AgentResume}[action]
	switch action {
	case Login:
		if len(a.in) == 0 {
			a.since, a.paused = now, false
		}
		for _, q := range at {
			a.in[q] = true
		}
	case Logout:
		for _, q := range at {
			delete(a.in, q)
		}
	case Pause:
		a.paused = true
	case Resume:
		a.paused, a.after = false, time.Time{}
	}
	if !ok {
		return fmt.Errorf("%q: %w", action, ErrAction)
	}
	f.tell(Event{Kind: kind, Queue: queue, Agent: name})
	f.match()
	return nil
}

// An AgentCode is what an agent dials to log in or out, pause or resume.
type AgentCode struct {
	Floor   *Floor
	Library *Library
	Action  string
	Queue   string // empty: all queues of the agent
}

// Run does it for the caller and says so.
func (c *AgentCode) Run(s Session) error {
	err := c.Floor.Agent(s.Info().User, c.Action, c.Queue)
	if err != nil && s.Info().User == "" {
		return s.Hangup("FACILITY_NOT_SUBSCRIBED no_agent")
	}
	if e := s.Answer(); e != nil {
		return refuseWithout(s, e)
	}
	prompt := "agent-" + c.Action
	if err != nil {
		prompt = "not-allowed"
	}
	return served(s, c.Library, nil, strings.TrimSuffix("agent "+c.Action+" "+c.Queue, " "), prompt)
}

// queuesOf are the names of the queues that an agent is logged in at, in order.
func (a *agent) queuesOf() []string { return slices.Sorted(maps.Keys(a.in)) }
