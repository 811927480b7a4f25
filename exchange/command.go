package exchange

import (
	"context"
	"time"

	"onhook/call"
)

// A LiveCall is a call that is up, as operators see it.
type LiveCall struct {
	ID        string    `json:"id"`
	StartedAt time.Time `json:"started_at"`
	Stage     string    `json:"stage"`
	Answered  bool      `json:"answered"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	User      string    `json:"user,omitempty"`
	Trunk     string    `json:"trunk,omitempty"`
	Queue     string    `json:"queue,omitempty"`
	Recording string    `json:"recording,omitempty"` // of Live: recording or paused; empty: it is not recorded
}

// do has f done in the loop and waits for it. With an error f was not done and
// will not be: what it would have written is the caller's alone.
func (x *Exchange) do(ctx context.Context, f func(*Exchange)) error {
	c := newCommand(f)
	if err := x.box.command(c); err != nil {
		return err
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-c.done // the loop is at it
	}
}

// Live lists the calls that are up, oldest first.
func (x *Exchange) Live(ctx context.Context) ([]LiveCall, error) {
	var out []LiveCall
	err := x.do(ctx, func(x *Exchange) {
		for _, c := range x.calls.calls {
			if c != nil {
				out = append(out, c.summary())
			}
		}
	})
	return out, err
}

func (c *live) summary() LiveCall {
	s := LiveCall{ID: c.call.ID(), Stage: c.call.Stage(), Answered: c.call.Answered(), User: c.meta.User, Trunk: c.meta.Trunk, Queue: c.meta.Queue}
	s.StartedAt = c.events[0].At.UTC()
	s.From, s.To = c.call.Parties()
	if c.taping.tape != nil {
		s.Recording = "paused"
		if c.taping.on {
			s.Recording = "recording"
		}
	}
	return s
}

// Hangup ends a call; by says who asked for it. ErrNotFound: no such call is up.
func (x *Exchange) Hangup(ctx context.Context, id, by string) error {
	return x.withCall(ctx, id, func(x *Exchange, c *live) error {
		return x.obey(c, call.Input{Name: "hangup", By: by})
	})
}

// Configure changes the settings; calls that are up keep theirs.
func (x *Exchange) Configure(ctx context.Context, s Settings) error {
	return x.do(ctx, func(x *Exchange) { x.configure(s) })
}

// Totals returns the counters.
func (x *Exchange) Totals(ctx context.Context) (Counters, error) {
	var n Counters
	err := x.do(ctx, func(x *Exchange) {
		n = x.count
		n.Dropped = x.box.droppedPackets()
		n.Clients, n.Servers = x.ep.Made()
		n.Up, n.Dialogs, n.Devices = x.calls.used, x.ep.State().Dialogs, x.reg.State()
	})
	return n, err
}

// promptly is how long the loop has for a command of Drain, and how long the
// records of the calls that it ended may take.
const promptly = 5 * time.Second

// Drain refuses new calls, waits until those that are up have ended or ctx is
// done, then ends the rest and waits a few seconds for their records.
func (x *Exchange) Drain(ctx context.Context) error {
	idle := make(chan struct{})
	quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), promptly)
	defer cancel()
	if err := x.do(quick, func(x *Exchange) {
		x.draining = true
		for _, l := range x.lines {
			x.unregister(l)
		}
		x.idle = append(x.idle, idle)
	}); err != nil {
		return err
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	// The time of the first command may have passed long ago.
	quick, cancel = context.WithTimeout(context.WithoutCancel(ctx), promptly)
	defer cancel()
	if err := x.do(quick, func(x *Exchange) {
		for _, c := range x.calls.calls {
			if c != nil {
				x.step(c, call.Input{Kind: call.InCommand, Name: "shutdown", By: "platform"})
			}
		}
	}); err != nil {
		return err
	}
	select {
	case <-idle:
		return nil
	case <-quick.Done():
		return quick.Err()
	}
}

// Stop ends Run. Calls that are up are not ended: Drain does that.
func (x *Exchange) Stop() { x.stopOnce.Do(func() { close(x.stopped) }) }

// Idle names what is left in the server's hands, or "" if nothing is: for
// tests, after everything should be over. It must not be called while Run runs.
func (x *Exchange) Idle() string {
	switch {
	case x.calls.used > 0:
		return itoa(x.calls.used) + " calls"
	case x.unsaved > 0:
		return itoa(x.unsaved) + " records not saved"
	case len(x.inUse) > 0:
		return itoa(len(x.inUse)) + " limits in use"
	}
	if n := x.ep.State(); n.Clients+n.Servers+n.Dialogs > 0 {
		return itoa(n.Clients+n.Servers) + " transactions, " + itoa(n.Dialogs) + " dialogs"
	}
	return ""
}
