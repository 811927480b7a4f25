package demo

import (
	"context"

	"onhook/outcome"
	"onhook/phone"
)

// A scene is a call that ends for one reason: who dials what, what the far end
// does, and what comes of it.
type scene struct {
	reason  outcome.Reason
	variant string // tells further scenes of a reason from its first
	story   string // what happens, for the reader of the list
	want    want
	leg     bool // the reason is that of a leg, not of the call; want.code is the leg's
	segment bool // the reason is that of a segment, not of the call

	to     string            // dialled; "": a number of the carrier's that far plays
	far    act               // the carrier's end
	call   phone.CallOptions // the caller's INVITE
	caller string            // which caller; "": the ordinary one
	near   act               // the caller's end, once the INVITE has gone; nil: it waits
	// play is the whole scene, where it is more than that.
	play func(context.Context, *stage, *scene) error
}

// A role names the scene that a call is placed for.
type role struct {
	reason  outcome.Reason
	variant string
}

func (sc *scene) role() role { return role{sc.reason, sc.variant} }

// An act is what one side does with its call.
type act func(context.Context, *phone.Call) error

// perform plays a scene to its end and notes the call.
func (s *stage) perform(ctx context.Context, sc *scene) error {
	if sc.play != nil {
		return sc.play(ctx, s, sc)
	}
	to := sc.to
	if to == "" {
		to = s.number(sc.far)
	}
	from := s.callers[sc.caller]
	return s.dial(ctx, from, sc.role(), to, sc.call, sc.near)
}

// dial makes a call, plays the caller's end and waits for the call to be over.
func (s *stage) dial(ctx context.Context, from *phone.Phone, r role, to string, o phone.CallOptions, near act) error {
	c, err := from.CallWith(ctx, to, o)
	if err != nil {
		return err
	}
	s.note(r, c)
	if near != nil {
		if err := near(ctx, c); err != nil {
			return err
		}
	}
	_, err = c.WaitEnded(ctx)
	return err
}

// note remembers which call a scene's reason is to be looked for in.
func (s *stage) note(r role, c *phone.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r] = c
}
