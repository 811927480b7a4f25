package exchange

import (
	"strings"
	"time"

	"onhook/call"
	"onhook/route"
)

// A Forward is where the calls of an extension go: destinations as in a rule, or
// numbers, which are called with the extension's own rights. Empty: nowhere else.
type Forward struct {
	Always      string
	Busy        string
	NoAnswer    string
	Unreachable string
	Ring        time.Duration // how long it rings until that is no answer; 0: as long as any
}

// conditions are what the attempts of an extension may come to for its calls to go on.
func (f *Forward) conditions() (w call.When) {
	if f.Busy != "" {
		w |= call.WhenBusy
	}
	if f.NoAnswer != "" {
		w |= call.WhenNoAnswer
	}
	if f.Unreachable != "" {
		w |= call.WhenUnreachable
	}
	return w
}

// to is where calls go under a condition.
func (f *Forward) to(w call.When) string {
	switch w {
	case call.WhenAlways:
		return f.Always
	case call.WhenBusy, call.WhenDND:
		return f.Busy
	case call.WhenNoAnswer:
		return f.NoAnswer
	case call.WhenUnreachable:
		return f.Unreachable
	}
	return ""
}

// A way is how a call has come to a plan.
type way struct {
	as      route.Caller    // whose rights count
	by      *call.Diversion // who sent it on; nil: nobody
	dialled bool            // the caller dialled it: codes are for that
	alone   bool            // whom it reaches is called and nobody else: an application dials
}

// maxForwards bounds how often a call is sent on: a chain of numbers that each
// lead to the next one ends.
const maxForwards = 10

// codePrefix is how the applications of codes are named.
const codePrefix = "code:"

// isCode tells whether a plan is that of a code.
func isCode(p route.Plan) bool { return strings.HasPrefix(appOf(p), codePrefix) }

// appOf is the application that a plan begins with; empty: it begins with none.
func appOf(p route.Plan) string {
	if len(p.Steps) == 0 || p.Steps[0].Targets[0].Kind != route.ToApp {
		return ""
	}
	return p.Steps[0].Targets[0].Name
}

// extension expands a step that calls one extension: its phones, or where its
// calls go instead.
func (x *Exchange) extension(c *live, w way, rs *route.Step) ([]call.Step, refusal) {
	t := rs.Targets[0]
	if w.by.Has(t.Name) || w.by.Hops() > maxForwards {
		return nil, refusal{cause: string(route.ExchangeRoutingError), detail: "forward_loop"}
	}
	var f Forward
	if u := x.users[t.Name]; u != nil {
		f = u.Rights.Forward
	}
	if f.Always != "" {
		if r := x.mayReach(c, w, t); r.cause != "" && r.cause != "USER_BUSY" {
			return nil, r
		}
		return x.instead(c, w, t.Name, call.WhenAlways, "")
	}
	s := call.Step{Ring: rs.Ring, User: t.Name, Forward: f.conditions()}
	if f.NoAnswer != "" && f.Ring > 0 && (s.Ring == 0 || f.Ring < s.Ring) {
		s.Ring = f.Ring
	}
	var r refusal
	if s.Targets, r = x.target(c, w, nil, t); r.cause == "" {
		return []call.Step{s}, r
	}
	var when call.When
	switch {
	case r.cause == "USER_BUSY" && r.detail == "dnd":
		when = call.WhenDND
	case r.cause == "USER_BUSY":
		when = call.WhenBusy
	case r.cause == "USER_NOT_REGISTERED":
		when = call.WhenUnreachable
	}
	if f.to(when) == "" {
		return nil, r
	}
	steps, why := x.instead(c, w, t.Name, when, r.cause)
	if len(steps) == 0 && why.cause != string(route.ExchangeRoutingError) {
		return nil, r // it leads nowhere: what the extension itself came to stays
	}
	return steps, why
}

// instead are the steps that stand for an extension which is not called; cause is
// why it could not be, or empty.
func (x *Exchange) instead(c *live, w way, user string, when call.When, cause string) ([]call.Step, refusal) {
	d := &call.Diversion{Before: w.by, User: user, URI: x.aor(user), When: when}
	steps, r := x.sentOn(c, d)
	if len(steps) == 0 {
		return nil, r
	}
	if cause == "" || !steps[0].Mailbox() {
		cause = "CALL_FORWARD"
	}
	steps[0].Forwarded = append([]call.Forwarded{{Name: user, URI: d.URI, Cause: cause}}, steps[0].Forwarded...)
	return steps, refusal{}
}

// sentOn are the steps of where an extension's calls go, called with its rights.
func (x *Exchange) sentOn(c *live, d *call.Diversion) ([]call.Step, refusal) {
	to := x.users[d.User].Rights.Forward.to(d.When)
	return x.reach(c, way{as: route.Caller{User: d.User}, by: d}, to)
}

// forward tells a call where the calls of an extension go that it could not reach.
func (x *Exchange) forward(c *live, a *call.Action) {
	in := call.Input{Kind: call.InForward, Leg: a.Leg, Name: a.Target}
	if u := x.users[a.Target]; u != nil && u.Rights.Forward.to(a.Diverted.When) != "" {
		var r refusal
		in.Steps, r = x.sentOn(c, a.Diverted)
		in.Cause, in.Name = r.cause, u.Rights.Forward.to(a.Diverted.When)
	}
	x.step(c, in)
}
