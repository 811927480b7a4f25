package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// What a CallEvent can say of a call.
const (
	CallStarted     = "call.started"     // its INVITE was accepted for processing; a refused call has this and CallEnded
	CallRinging     = "call.ringing"     // the called party is alerted; again where another party is tried later
	CallAnswered    = "call.answered"    // a party was joined with the caller
	CallTransferred = "call.transferred" // another party was joined in the place of one
	CallHeld        = "call.held"        // the party that talks is on hold
	CallResumed     = "call.resumed"     // it is not any more
	CallUpdated     = "call.updated"     // the stage changed in another way: a menu, a queue, voicemail, routing again
	CallEnded       = "call.ended"       // it is over; Record says why
)

// A CallEvent is one step in the life of a call, for those who watch from outside
// the loop. What has been given is never changed afterwards.
type CallEvent struct {
	Type     string
	At       time.Time
	Sequence uint32 // in the call, from 1, without gaps
	Call     LiveCall
	Record   *outcome.Record // of CallEnded
}

// A telling is what watchers have been told of a call.
type telling struct {
	sequence uint32
	from, to string
	stage    string
	joined   [2]uint32 // the legs that are, or were last
}

// announce says one thing of a call to whoever watches. Watch must not block: it is called in the loop.
func (x *Exchange) announce(c *live, what string, rec *outcome.Record) {
	if x.opt.Watch == nil {
		return
	}
	t := &c.told
	if t.sequence++; t.sequence == 1 {
		from, to := c.call.Parties()
		// Copies, so that whoever keeps the event does not keep the INVITE.
		t.from, t.to = strings.Clone(from), strings.Clone(to)
	}
	x.opt.Watch(CallEvent{Type: what, At: x.wall(), Sequence: t.sequence, Record: rec, Call: LiveCall{
		ID: c.call.ID(), StartedAt: c.events[0].At.UTC(), Stage: c.call.Stage(), Answered: c.call.Answered(),
		From: t.from, To: t.to, User: c.meta.User, Trunk: c.meta.Trunk, Queue: c.meta.Queue,
	}})
}

// announceEnd says that a call is over. The record is copied only if somebody watches.
func (x *Exchange) announceEnd(c *live, rec *outcome.Record) {
	if x.opt.Watch != nil {
		kept := *rec
		x.announce(c, CallEnded, &kept)
	}
}

// announceOf says what an event of the call means to those who watch.
func (x *Exchange) announceOf(c *live, e *call.Event) {
	if x.opt.Watch == nil {
		return
	}
	switch e.Kind {
	case call.EvBridged:
		what, legs := CallTransferred, [2]uint32{e.Of, uint32(e.Leg)}
		switch c.told.joined {
		case [2]uint32{}:
			what = CallAnswered
		case legs:
			what = CallResumed // a transfer failed
		}
		c.told.joined, c.told.stage = legs, "talking"
		x.announce(c, what, nil)
	case call.EvStage:
		before := c.told.stage
		if e.Name == before {
			return
		}
		c.told.stage = e.Name
		switch {
		case e.Name == "routing" && before == "":
		case e.Name == "ringing":
			x.announce(c, CallRinging, nil)
		case e.Name == "hold":
			x.announce(c, CallHeld, nil)
		case e.Name == "talking" && before == "hold":
			x.announce(c, CallResumed, nil)
		default:
			x.announce(c, CallUpdated, nil)
		}
	}
}

// LiveEvidence returns the events so far of a call that is up; ErrNotFound.
func (x *Exchange) LiveEvidence(ctx context.Context, id string) ([]call.Event, error) {
	var out []call.Event
	err := x.do(ctx, func(x *Exchange) {
		for _, c := range x.calls.calls {
			if c != nil && c.call.ID() == id {
				out = slices.Clone(c.events)
				return
			}
		}
	})
	if err == nil && out == nil {
		return nil, ErrNotFound
	}
	return out, err
}

// An Extension is an extension as operators see it.
type Extension struct {
	Name    string `json:"name"`
	Display string `json:"display,omitempty"`
	DND     bool   `json:"dnd" doc:"whoever calls finds it busy"`
	Moved   string `json:"moved,omitempty" doc:"its new number"`
	Calls   int    `json:"calls" doc:"calls that it has up"`

	Forward Forwards `json:"forward" doc:"where its calls go: numbers, or destinations as in a route"`
}

// Forwards are where the calls of an extension go; empty: nowhere else.
type Forwards struct {
	Always      string `json:"always,omitempty" doc:"all calls"`
	Busy        string `json:"busy,omitempty" doc:"calls that find it busy"`
	NoAnswer    string `json:"no_answer,omitempty" doc:"calls that are not answered"`
	Unreachable string `json:"unreachable,omitempty" doc:"calls that reach no phone"`
}

// Users lists the extensions in the order of the configuration.
func (x *Exchange) Users(ctx context.Context) ([]Extension, error) {
	var out []Extension
	err := x.do(ctx, func(x *Exchange) {
		for i := range x.set.Users {
			u := &x.set.Users[i]
			f := &u.Rights.Forward
			out = append(out, Extension{
				Name: u.Name, Display: u.Display, DND: u.Rights.DND, Moved: u.Rights.Moved, Calls: x.inUse["user "+u.Name],
				Forward: Forwards{f.Always, f.Busy, f.NoAnswer, f.Unreachable},
			})
		}
	})
	return out, err
}
