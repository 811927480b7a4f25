package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"onhook/bench/voice"
	"onhook/phone"
)

// A line is the callers of the queue: each place in it is taken anew by another when an agent takes who has it.
type line struct {
	desk    *desk
	parties []*voice.Party
	failed  atomic.Int64
	stop    context.CancelFunc
	gone    sync.WaitGroup
}

// queue has n callers enter, and returns when all wait.
func (d *desk) queue(ctx context.Context, n int) (*line, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &line{desk: d, stop: stop}
	in := make(chan error, n)
	next := time.NewTicker(pace)
	defer next.Stop()
	for range n {
		<-next.C
		p, err := d.party(callersHost, 0, false)
		if err != nil {
			l.end()
			return nil, err
		}
		d.hall.Add(p)
		l.parties = append(l.parties, p)
		l.gone.Go(func() { l.place(ctx, p, in) })
	}
	limit := time.NewTimer(setUp)
	defer limit.Stop()
	for i := range n {
		var err error
		select {
		case err = <-in:
		case <-limit.C:
			err = fmt.Errorf("%d of %d callers are in the queue after %s", i, n, setUp)
		}
		if err != nil {
			l.end()
			return nil, err
		}
	}
	return l, nil
}

// place has callers wait one after the other, hearing with the same ears.
func (l *line) place(ctx context.Context, p *voice.Party, in chan<- error) {
	for first := true; ctx.Err() == nil; first = false {
		c, err := l.desk.caller.CallWith(ctx, "500", phone.CallOptions{Body: p.Offer()})
		if err == nil {
			err = c.WaitAnswered(ctx)
		}
		if first {
			in <- err
		}
		if err != nil {
			if ctx.Err() == nil {
				l.failed.Add(1)
			}
			return
		}
		if _, err := c.WaitEnded(ctx); err != nil { // nobody waits any more
			end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			_ = c.Hangup(end) // the other side may have been first
			cancel()
		}
		p.Fresh()
	}
}

func (l *line) end() {
	l.stop()
	l.gone.Wait()
	l.desk.hall.Remove(l.parties...)
}

// agents register and take calls until ctx is done; answered counts.
func agents(ctx context.Context, server string, n int, talk time.Duration, answered *atomic.Int64) error {
	for i := range n {
		p, err := phone.New(phone.Options{User: agentName(i), Password: "secret-of-" + agentName(i), Domain: "bench.example", Server: server, NoMedia: true})
		if err != nil {
			return err
		}
		if err := p.Register(ctx); err != nil {
			return err
		}
		go func() {
			defer p.Close()
			for {
				c, err := p.WaitIncoming(ctx)
				if err != nil {
					return
				}
				if err := c.Answer(ctx); err != nil {
					continue // the caller has left
				}
				answered.Add(1)
				select {
				case <-time.After(talk):
				case <-ctx.Done():
					return
				}
				_ = c.Hangup(ctx) // the caller may have been first
			}
		}()
	}
	return nil
}

func agentName(i int) string { return fmt.Sprint("agent", i) }
