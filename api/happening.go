package api

import (
	"time"

	"onhook/app"
	"onhook/exchange"
)

// A happening is what the Hub is told: an event of a call, or another one.
type happening struct {
	call  exchange.CallEvent
	other *Event
}

// A QueueEvent is something that has happened in a queue.
type QueueEvent struct {
	Queue    string `json:"queue,omitempty" doc:"left out: all queues of the agent"`
	Call     string `json:"call,omitempty"`
	Caller   string `json:"caller,omitempty"`
	Agent    string `json:"agent,omitempty"`
	Place    int    `json:"place,omitempty" doc:"of the caller, from 1"`
	WaitedMS int64  `json:"waited_ms,omitempty"`
	Reason   string `json:"reason,omitempty" doc:"the Bye Reason of the attempt, or why a caller was refused"`
}

// What is told of extensions.
const (
	UserAdded   = "user.added"
	UserChanged = "user.changed"
	UserRemoved = "user.removed"
)

// A UserEvent is a change of an extension, by its phone or by the API.
type UserEvent struct {
	Name    string   `json:"name" doc:"the extension"`
	Changed []string `json:"changed,omitempty" doc:"of user.changed: dnd, forward.always, .busy, .no_answer, .unreachable, display, voicemail, groups, password"`
	By      string   `json:"by" doc:"phone, or who asked the API"`
}

// UserTold takes an event of an extension: UserAdded, UserChanged or UserRemoved. It never blocks.
func (h *Hub) UserTold(what string, at time.Time, e UserEvent) {
	h.put(happening{other: &Event{Type: what, At: at, User: &e}})
}

// Notify takes an event of a registration, a trunk, calls outside or a blocked source; it is what exchange.Options.Notify wants.
func (h *Hub) Notify(n exchange.Notice) {
	h.put(happening{other: &Event{Type: n.Type, At: n.At, Registration: n.Registration, Trunk: n.Trunk, Outside: n.Outside, Source: n.Source}})
}

// Queued takes an event of a queue, such as queue.caller_entered. It never blocks.
func (h *Hub) Queued(e app.Event) {
	h.put(happening{other: &Event{Type: "queue." + string(e.Kind), At: e.At, Queue: &QueueEvent{
		Queue: e.Queue, Call: e.Call, Caller: e.Caller, Agent: e.Agent, Place: e.Place, WaitedMS: int64(e.Waited / time.Millisecond), Reason: e.Reason,
	}}})
}

// Listen has every event given to f, in order, by the goroutine of Run, before
// which it is called. f must not block, and what it is given must not be changed.
func (h *Hub) Listen(f func(*Event)) { h.listen = append(h.listen, f) }

// subject is what an event is about, as followers choose.
func (e *Event) subject() (call, user, trunk, queue string) {
	switch {
	case e.Record != nil:
		return e.Call.ID, e.Record.User, e.Record.Trunk, e.Record.Queue
	case e.Registration != nil:
		return "", e.Registration.User, "", ""
	case e.User != nil:
		return "", e.User.Name, "", ""
	case e.Trunk != nil:
		return "", "", e.Trunk.Name, ""
	case e.Queue != nil:
		return e.Queue.Call, e.Queue.Agent, "", e.Queue.Queue
	case e.Outside != nil:
		return "", e.Outside.User, "", ""
	}
	return e.Call.ID, e.Call.User, e.Call.Trunk, e.Call.Queue
}

// Subject is what an event is about: events of one subject come in order.
func (e *Event) Subject() string {
	switch {
	case e.Registration != nil:
		return "registration " + e.Registration.AOR
	case e.User != nil:
		return "user " + e.User.Name
	case e.Trunk != nil:
		return "trunk " + e.Trunk.Name
	case e.Queue != nil:
		return "queue " + e.Queue.Queue
	case e.Outside != nil:
		return "outside " + e.Outside.User
	case e.Source != nil:
		return "source " + e.Source.Source
	}
	return e.Call.ID
}

// A subject is what a follower follows: a call, user, trunk or queue. The empty
// one is everything. An event is shown only to those who follow its subjects: to
// look at all followers for each event would delay the calls that they are about.
type subject struct {
	kind byte // c, u, t, q
	name string
}

// subject is the first that is asked for; match looks at the others.
func (x *wanted) subject() subject {
	for _, s := range [...]subject{{'c', x.call}, {'u', x.user}, {'t', x.trunk}, {'q', x.queue}} {
		if s.name != "" {
			return s
		}
	}
	return subject{}
}

// hand gives an event to those who follow a subject of it.
func (h *Hub) hand(w *written, s subject) {
	for f := range h.about[s] {
		if f.want.match(w) {
			f.add(w.text())
		}
	}
}
