package demo

import (
	"context"
	"net/netip"
	"strconv"

	"onhook/outcome"
	"onhook/phone"
	"onhook/sip"
)

func itoa(n int) string { return strconv.Itoa(n) }

// up places a call and waits until it is answered.
func up(ctx context.Context, from *phone.Phone, to string) (*phone.Call, error) {
	c, err := from.Call(ctx, to)
	if err != nil {
		return nil, err
	}
	return c, c.WaitAnswered(ctx)
}

// fullTrunk takes the only channel of a trunk and calls once more.
func fullTrunk(ctx context.Context, s *stage, sc *scene) error {
	to := "73" + s.number(talk)[1:]
	first, err := up(ctx, s.callers[""], to)
	if err != nil {
		return err
	}
	err = s.dial(ctx, s.callers[""], sc.role(), to, phone.CallOptions{}, nil)
	if e := first.Hangup(ctx); err == nil {
		err = e
	}
	return err
}

// secondCall calls an extension that has as many calls as it may.
func secondCall(ctx context.Context, s *stage, sc *scene) error {
	first, err := up(ctx, s.callers[""], limited)
	if err != nil {
		return err
	}
	err = s.dial(ctx, s.callers[""], sc.role(), limited, phone.CallOptions{}, nil)
	if e := first.Hangup(ctx); err == nil {
		err = e
	}
	return err
}

// silentCall takes all RTP ports of a server by a call that nobody speaks in,
// finds that there is none for another, and waits until the first is ended.
func silentCall(ctx context.Context, s *stage, sc *scene) error {
	from, to := s.callers["narrow"], s.number(talk)
	first, err := up(ctx, from, to)
	if err != nil {
		return err
	}
	s.note(sc.role(), first)
	if err := s.dial(ctx, from, role{reason: outcome.BearerNotAvail}, to, phone.CallOptions{}, nil); err != nil {
		return err
	}
	return wait(ctx, first)
}

// trunkDown calls by a trunk that the server has found to be down.
func trunkDown(ctx context.Context, s *stage, sc *scene) error {
	if err := s.sick.waitDown(ctx); err != nil {
		return err
	}
	return s.dial(ctx, s.callers[""], sc.role(), "721", phone.CallOptions{}, nil)
}

// phoneGone registers a phone by TCP, ends it, and calls it.
func phoneGone(ctx context.Context, s *stage, sc *scene) error {
	p, err := phone.New(phone.Options{
		User: "9010", Password: s.password, Server: s.main.TCP.String(), Domain: domain, Transport: sip.TCP,
		Listen: netip.AddrPortFrom(s.own, 0), T1: T1, NoMedia: true, // nobody else comes to listen there
	})
	if err != nil {
		return err
	}
	err = p.Register(ctx)
	if e := p.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return s.dial(ctx, s.callers[""], sc.role(), "9010", phone.CallOptions{}, nil)
}

// commanded has the operator hang up a call that rings, or is answered.
func commanded(ctx context.Context, s *stage, sc *scene) error {
	far, reached := ring, (*phone.Call).WaitRinging
	if sc.want.answered {
		far, reached = talk, (*phone.Call).WaitAnswered
	}
	to := s.number(far)
	return s.dial(ctx, s.callers[""], sc.role(), to, phone.CallOptions{}, func(ctx context.Context, c *phone.Call) error {
		if err := reached(c, ctx); err != nil {
			return err
		}
		return s.main.Hangup(ctx, to)
	})
}

// stopped fills the small server with one call, finds that there is no room
// for another, and stops the server while the first is up.
func stopped(ctx context.Context, s *stage, sc *scene) error {
	from, to := s.callers["small"], s.number(talk)
	first, err := up(ctx, from, to)
	if err != nil {
		return err
	}
	s.note(sc.role(), first)
	if err := s.dial(ctx, from, role{reason: outcome.SwitchCongestion}, to, phone.CallOptions{}, nil); err != nil {
		return err
	}
	if err := s.small.Stop(); err != nil {
		return err
	}
	return wait(ctx, first)
}
