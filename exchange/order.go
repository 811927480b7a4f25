package exchange

import (
	"context"
	"fmt"

	"onhook/call"
	"onhook/media"
	"onhook/route"
)

// A Side is one of two parties that talk, as commands name them.
type Side string

// The sides. Empty is what each command takes where nothing is said.
const (
	CallerSide Side = "caller" // who called, or has taken its place
	CalleeSide Side = "callee" // the other party
	BothSides  Side = "both"
)

// sides are them as package call names them; 0: it is none of the three.
func (s Side) sides() int {
	switch s {
	case CallerSide:
		return call.CallerSide
	case CalleeSide:
		return call.CalleeSide
	case BothSides:
		return call.BothSides
	}
	return 0
}

// A StateError says why a call is in no state for a command.
type StateError struct{ Why string }

// Error gives the reason.
func (e *StateError) Error() string { return "exchange: " + e.Why }

// A DestinationError says why a destination leads nowhere: by its Bye Reason.
type DestinationError struct{ Cause, Detail string }

// Error gives both.
func (e *DestinationError) Error() string {
	if e.Detail == "" {
		return "exchange: " + e.Cause
	}
	return "exchange: " + e.Cause + ": " + e.Detail
}

// byID is the call of an id that is up; nil: there is none.
func (x *Exchange) byID(id string) *live {
	for _, c := range x.calls.calls {
		if c != nil && c.call.ID() == id {
			return c
		}
	}
	return nil
}

// withCall has f done in the loop with a call; ErrNotFound: it is not up.
func (x *Exchange) withCall(ctx context.Context, id string, f func(x *Exchange, c *live) error) error {
	result := ErrNotFound
	err := x.do(ctx, func(x *Exchange) {
		if c := x.byID(id); c != nil {
			result = f(x, c)
		}
	})
	if err != nil {
		return err
	}
	return result
}

// obey gives a call a command and tells what it answers.
func (x *Exchange) obey(c *live, in call.Input) error {
	in.Kind = call.InCommand
	x.hindered = ""
	x.step(c, in)
	if x.hindered != "" {
		return &StateError{x.hindered}
	}
	return nil
}

// Transfer connects one party of a call, the caller where nothing is said, with
// somebody else: a number, or a destination as in a route. The other party leaves
// when that one answers, and comes back if it does not. A caller who is with an
// application leaves that. What may be called is what the server itself may. The
// errors are ErrNotFound, *StateError and *DestinationError.
func (x *Exchange) Transfer(ctx context.Context, id string, stays Side, to, by string) error {
	if stays == "" {
		stays = CallerSide
	}
	return x.withCall(ctx, id, func(x *Exchange, c *live) error {
		steps, r := x.reach(c, way{as: route.Caller{}}, to)
		if len(steps) == 0 {
			return &DestinationError{r.cause, r.detail}
		}
		return x.obey(c, call.Input{Name: call.CmdTransfer, N: stays.sides(), Steps: steps, Text: to, By: by})
	})
}

// Redirect sends a call on that rings: to a number, or a destination as in a route.
// What may be called is what the server itself may. The errors are ErrNotFound,
// *StateError and *DestinationError; with them the call rings on.
func (x *Exchange) Redirect(ctx context.Context, id, to, by string) error {
	return x.withCall(ctx, id, func(x *Exchange, c *live) error {
		w := way{as: route.Caller{}}
		user, ok := c.call.Rings()
		if !ok {
			return &StateError{"nobody rings"}
		}
		if user != "" {
			// As if its phone had answered 302 (RFC 3261 section 21.3.3).
			w.by = &call.Diversion{User: user, URI: x.aor(user), When: call.WhenRedirected, Code: 302}
		}
		steps, r := x.reach(c, w, to)
		if len(steps) == 0 {
			return &DestinationError{r.cause, r.detail}
		}
		return x.obey(c, call.Input{Name: call.CmdRedirect, Steps: steps, Text: to, By: by})
	})
}

// reach are the steps of a number or a destination as it is now.
func (x *Exchange) reach(c *live, w way, to string) ([]call.Step, refusal) {
	p := x.set.Routes.To(x.moment(), w.as, to)
	if _, err := route.ParseDestination(to); err == nil {
		if p.Refused() {
			return nil, refused(p.Refusal)
		}
		return x.expand(c, w, p)
	}
	return x.number(c, w, to, p)
}

// Join connects a party of one call with a party of another: an attended transfer
// by command. The two others leave. Where nothing is said the extension leaves
// that takes part in both; if there is none, the caller of the first call and the
// other party of the second stay.
func (x *Exchange) Join(ctx context.Context, id string, stays Side, with string, other Side, by string) error {
	return x.withCall(ctx, id, func(x *Exchange, c *live) error {
		y := x.byID(with)
		switch {
		case y == nil:
			return fmt.Errorf("%w: %s", ErrNotFound, with)
		case y == c:
			return &StateError{"a call cannot be joined with itself"}
		}
		mine, theirs := x.leavers(c, y)
		if stays != "" {
			mine = c.call.Partner(c.call.Side(stays.sides()))
		}
		if other != "" {
			theirs = y.call.Partner(y.call.Side(other.sides()))
		}
		comes := y.call.Partner(theirs)
		if comes == 0 {
			return &StateError{"in " + with + " two parties must be talking"}
		}
		in := call.Input{Name: call.CmdJoin, N: call.CallerSide, Text: with, By: by}
		if mine == c.call.Side(call.CallerSide) {
			in.N = call.CalleeSide
		}
		if err := x.obey(c, in); err != nil {
			return err
		}
		y.journal(call.Event{At: x.now, Kind: call.EvCommand, Name: call.CmdJoin, By: by, Text: id})
		x.giveTo(y, comes, legRef(c, mine), "attended_transfer")
		return nil
	})
}

// leavers are the legs of an extension that takes part in two calls; else those of
// whom the two were about: the other party of the first, the caller of the second.
func (x *Exchange) leavers(c, y *live) (mine, theirs call.LegID) {
	for _, m := range [...]int{call.CalleeSide, call.CallerSide} {
		for _, t := range [...]int{call.CallerSide, call.CalleeSide} {
			a, b := c.call.Side(m), y.call.Side(t)
			if u := c.party(a).User; a != 0 && b != 0 && u != "" && u == y.party(b).User {
				return a, b
			}
		}
	}
	return c.call.Side(call.CalleeSide), y.call.Side(call.CallerSide)
}

// Hold has a party, the caller where nothing is said, wait and hear music, or with
// on false talk again. Phones are not told: their sessions stay as they are. For
// the record the other party holds.
func (x *Exchange) Hold(ctx context.Context, id string, waits Side, on bool, by string) error {
	in := call.Input{Name: call.CmdHold, N: waits.sides(), By: by, Text: string(waits)}
	switch {
	case !on && waits == "":
		in.N = call.BothSides
	case waits == "":
		in.N, in.Text = call.CallerSide, string(CallerSide)
	}
	if !on {
		in.Name = call.CmdResume
	}
	return x.withCall(ctx, id, func(x *Exchange, c *live) error { return x.obey(c, in) })
}

// Play plays to a party, or to both where nothing is said, once. Who does not hear
// it hears nothing meanwhile. what names it in the record.
func (x *Exchange) Play(ctx context.Context, id string, hears Side, what string, src media.Source, by string) error {
	if hears == "" {
		hears = BothSides
	}
	return x.withCall(ctx, id, func(x *Exchange, c *live) error {
		before := c.clip
		c.clip = src
		err := x.obey(c, call.Input{Name: call.CmdPlay, N: hears.sides(), By: by, Text: what})
		if err != nil {
			c.clip = before
		}
		return err
	})
}

// playTo plays what a call asks for to one of its legs.
func (x *Exchange) playTo(c *live, a *call.Action) {
	src := x.sound
	if a.Target == call.Clip {
		src = func(string) media.Source { return c.clip }
	}
	leg := mediaLeg(c, a.Leg, 0)
	if s := src(a.Target); s != nil {
		x.mediaSaid(c, a.Leg, x.opt.Media.Play(leg, s, a.Target != call.Clip))
	} else {
		x.mediaSaid(c, a.Leg, x.opt.Media.Idle(leg))
	}
}
