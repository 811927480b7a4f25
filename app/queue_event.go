package app

import "time"

// An EventKind is what has happened in a queue.
type EventKind string

// The events of queues.
const (
	CallerEntered   EventKind = "caller_entered"
	CallerOffered   EventKind = "caller_offered" // to an agent
	CallerMissed    EventKind = "caller_missed"  // the agent did not take it
	CallerAnswered  EventKind = "caller_answered"
	CallerAbandoned EventKind = "caller_abandoned" // hung up
	CallerTimeout   EventKind = "caller_timeout"   // the longest wait is over
	CallerLeft      EventKind = "caller_left"      // pressed a key that leads elsewhere
	CallerRefused   EventKind = "caller_refused"   // too many, or no agent
	AgentLogin      EventKind = "agent_login"
	AgentLogout     EventKind = "agent_logout"
	AgentPause      EventKind = "agent_pause"
	AgentResume     EventKind = "agent_resume"
	AgentWrapUp     EventKind = "agent_wrap_up" // its call is over
)

// An Event is something that has happened in a queue.
type Event struct {
	At     time.Time     `json:"at"`
	Kind   EventKind     `json:"kind"`
	Queue  string        `json:"queue,omitempty"` // empty: of all queues of the agent
	Call   string        `json:"call,omitempty"`
	Caller string        `json:"caller,omitempty"`
	Agent  string        `json:"agent,omitempty"`
	Place  int           `json:"place,omitempty"`  // from 1
	Waited time.Duration `json:"waited,omitempty"` // nanoseconds
	Reason string        `json:"reason,omitempty"` // the Bye Reason of the attempt, or why a caller was refused
}

// A feed is one who is told of events.
type feed struct{ c chan Event }

// Subscribe tells of what happens from now on, in order, until stop is called,
// which closes the channel. room is how many events may wait: one who is slower
// loses the newest.
func (f *Floor) Subscribe(room int) (events <-chan Event, stop func()) {
	s := &feed{c: make(chan Event, max(room, 1))}
	f.mu.Lock()
	f.feeds[s] = struct{}{}
	f.mu.Unlock()
	return s.c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if _, there := f.feeds[s]; there {
			delete(f.feeds, s)
			close(s.c)
		}
	}
}

// tell tells an event; the lock is held.
func (f *Floor) tell(e Event) {
	e.At = f.opt.Now()
	for s := range f.feeds {
		select {
		case s.c <- e:
		default:
		}
	}
}
