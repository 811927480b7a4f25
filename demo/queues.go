package demo

import (
	"context"
	"time"

	"onhook/outcome"
	"onhook/phone"
)

// queues are the sections of the queues: one whose agent answers, and one whose agent does not.
const queues = `queues:
  - {name: desk, agents: ["9021"], greeting: [], wrap_up: 1s}
  - {name: empty-desk, agents: ["9022"], greeting: [], max_wait: 1m}
`

// agents are the extensions that take callers of the queues.
var agents = []person{
	{number: "9021", act: hangUpAsCallee("")},
	{number: "9022", act: ring},
}

// openAgents registers the agents' phones.
func (s *stage) openAgents(ctx context.Context) error {
	for _, a := range agents {
		if err := s.openPhone(ctx, phone.Options{User: a.number}, a.act); err != nil {
			return err
		}
	}
	return nil
}

// inQueues are the calls that come to a queue.
func inQueues() []scene {
	return []scene{
		{
			reason: outcome.EndedInCallSystem, story: "the caller waits in a queue, an agent rings, the caller hangs up",
			want: want{by: caller, answered: true}, to: "9008", near: leave,
		},
		{
			reason: outcome.TransferredFromCallSystem, story: "the caller waits in a queue until an agent answers, who hangs up: the queue's segment", segment: true,
			want: want{by: platform, answered: true}, to: "9009",
		},
	}
}

// leave is an act: it waits to be answered, and a moment, and hangs up.
func leave(ctx context.Context, c *phone.Call) error {
	if err := c.WaitAnswered(ctx); err != nil {
		return err
	}
	return hangUpAfter(ctx, c, 500*time.Millisecond)
}

// hangUpAfter hangs up when the other party has not done so in a time.
func hangUpAfter(ctx context.Context, c *phone.Call, d time.Duration) error {
	limit, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if _, err := c.WaitEnded(limit); err == nil {
		return nil
	}
	return c.Hangup(ctx)
}
