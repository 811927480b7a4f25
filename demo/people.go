package demo

import (
	"context"
	"fmt"
	"time"

	"onhook/phone"
	"onhook/sip"
)

// A person is an extension that gives one status to whoever dials it.
type person struct {
	number, status, does string
	act                  act  // nil: no phone is registered
	carrier              bool // the carrier plays it
	queue                bool // it is a queue
}

// people are the extensions 9001 to 9008.
var people = []person{
	{number: "9001", status: "Call Ended", does: "answers and plays back what you say; hang up, or it does after 30 s", act: echo},
	{number: "9002", status: "Declined", does: "rings, then refuses", act: after(answerAfter, 603)},
	{number: "9003", status: "Busy", does: "is busy", act: refuse(486)},
	{number: "9004", status: "Not Answered", does: "rings for 5 s and nobody answers", act: ring},
	{number: "9005", status: "Cancelled", does: "rings for 30 s: hang up before that, while it rings", act: ring},
	{number: "9006", status: "Unreachable", does: "is an extension whose phone is not registered"},
	{number: "9007", status: "Call Failed", does: "is a number that the carrier does not know", act: refuse(404), carrier: true},
	{number: "9008", status: "Abandoned", does: "is a queue whose agent does not answer: hang up while you wait", queue: true},
}

// openPeople registers the phones of the extensions and lets them answer for ever.
func (s *stage) openPeople(ctx context.Context) error {
	for i, e := range people {
		o := phone.Options{User: e.number}
		if i == 0 {
			o.Ports = [2]uint16{40000, 44999} // this one has sound
		}
		switch {
		case e.carrier:
			s.assign(e.number, e.act)
		case e.act != nil:
			if err := s.openPhone(ctx, o, e.act); err != nil {
				return err
			}
		}
	}
	if err := s.openHelpers(ctx); err != nil {
		return err
	}
	if err := s.openAgents(ctx); err != nil {
		return err
	}
	return s.openPhone(ctx, phone.Options{User: limited}, talk)
}

// openPhone registers a phone that answers every call with an act.
func (s *stage) openPhone(ctx context.Context, o phone.Options, f act) error {
	o.Password, o.Server, o.NoRinging = s.password, s.main.UDP.String(), true
	p, err := s.open(o)
	if err != nil {
		return err
	}
	if err := p.Register(ctx); err != nil {
		return fmt.Errorf("demo: extension %s: %w", o.User, err)
	}
	go play(ctx, p, f)
	return nil
}

// play answers every call to a phone with an act.
func play(ctx context.Context, p *phone.Phone, f act) {
	for {
		c, err := p.WaitIncoming(ctx)
		if err != nil {
			return
		}
		go func() { _ = f(ctx, c) }() // a call that ended early is judged by its record
	}
}

// answerAfter is how long a phone rings before it refuses.
const answerAfter = 500 * time.Millisecond

// echoFor is how long extension 9001 talks.
const echoFor = 30 * time.Second

// echo is an act: it answers and sends back what is heard.
func echo(ctx context.Context, c *phone.Call) error {
	if err := c.Progress(ctx, 180, "Ringing", false); err != nil {
		return err
	}
	if err := c.Answer(ctx); err != nil {
		return err
	}
	if err := c.Echo(ctx); err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, echoFor)
	defer cancel()
	if _, err := c.WaitEnded(limit); err == nil || ctx.Err() != nil {
		return err
	}
	return c.Hangup(ctx)
}

// after is an act: it rings for a time, then refuses.
func after(d time.Duration, code int) act {
	return func(ctx context.Context, c *phone.Call) error {
		if err := c.Progress(ctx, 180, "Ringing", false); err != nil {
			return err
		}
		limit, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		if _, err := c.WaitEnded(limit); err == nil {
			return nil // the caller gave up first
		}
		return c.Respond(ctx, &sip.Message{Status: code})
	}
}
