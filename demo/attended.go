package demo

import (
	"context"

	"onhook/outcome"
	"onhook/phone"
)

// The extensions of an attended transfer: who asks for it, and who is asked first.
const (
	agentOf   = "9034"
	consulted = "9035"
)

// consultation is the variant whose call is that of the transferor with the consulted.
const consultation = "consultation"

// attended are the two calls that an attended transfer joins.
func attended() []scene {
	return []scene{
		{
			reason: outcome.AttendedTransfer, story: "the called party holds, asks another extension, and joins the caller with it: its leg", leg: true,
			want: want{by: callee, code: 200, answered: true}, play: joinTwo,
		},
		{
			reason: outcome.AttendedTransfer, variant: consultation, story: "the call in which the other extension was asked",
			want: want{by: caller, answered: true}, play: elsewhere,
		},
	}
}

// joinTwo plays an attended transfer: the agent is a phone with two calls.
func joinTwo(ctx context.Context, s *stage, sc *scene) error {
	agent, err := s.open(phone.Options{User: agentOf, Password: s.password, Server: s.main.UDP.String()})
	if err != nil {
		return err
	}
	if err := agent.Register(ctx); err != nil {
		return err
	}
	c, err := s.callers[""].Call(ctx, agentOf)
	if err != nil {
		return err
	}
	s.note(sc.role(), c)
	in, err := agent.WaitIncoming(ctx)
	if err != nil {
		return err
	}
	if err := in.Answer(ctx); err != nil {
		return err
	}
	if err := c.WaitAnswered(ctx); err != nil {
		return err
	}
	other, err := in.Consult(ctx, consulted)
	if err != nil {
		return err
	}
	s.note(role{sc.reason, consultation}, other)
	if err := other.WaitAnswered(ctx); err != nil {
		return err
	}
	if err := in.Join(ctx, other); err != nil {
		return err
	}
	// The server lets the agent's phone out of both calls.
	for _, done := range []*phone.Call{in, other} {
		if err := wait(ctx, done); err != nil {
			return err
		}
	}
	return c.Hangup(ctx)
}
