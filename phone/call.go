package phone

import (
	"context"
	"strconv"
	"sync"

	"onhook/dialog"
	"onhook/sip"
	"onhook/stack"
	"onhook/txn"
)

// A Call is one call of a Phone, in or out. Its methods may be called from any goroutine.
type Call struct {
	p   *Phone
	ref uint64

	// The loop's own:
	dialog dialog.ID
	txn    txn.ID       // the peer's INVITE, as long as it waits for our final response
	invite *sip.Message // ours, without what the endpoint puts in; for a challenge
	tries  int
	target string // where the peer is reached: its Contact
	sess   session
	leg    bool // the media leg is open
	busy   bool // something is played or echoed, so no silence is sent
	offers bool // we made the offer in our 2xx: the ACK holds the answer
	verbs  []*verb
	notify func(Info) // of a call made by REFER
	rec    *recording
	played []chan error
	dialed []chan error // Digits that wait
	heard  []chan error // Listen

	mu      sync.Mutex
	info    Info
	changed chan struct{}
}

// A verb is a request in the call's dialog that waits for its final response.
type verb struct {
	method sip.Method
	msg    *sip.Message
	txn    txn.ID
	tries  int
	again  bool                      // it was sent once more after a 491
	done   func(*sip.Message, error) // in the loop
}

func (p *Phone) newCall(incoming bool, peer string) *Call {
	c := &Call{p: p, ref: p.ref(), changed: make(chan struct{})}
	c.info = Info{Incoming: incoming, Peer: peer, Started: p.now}
	c.sess = session{id: p.rand.Uint64() >> 12, dir: dirBoth, codecs: p.opt.Codecs, tones: p.opt.Tones}
	p.calls[c.ref] = c
	return c
}

// ID is the call's number on this phone, from 1.
func (c *Call) ID() uint64 { return c.ref }

// Info is what is known of the call now.
func (c *Call) Info() Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// update changes what is known and wakes who waits for it; in the loop.
func (c *Call) update(f func(*Info)) {
	c.mu.Lock()
	f(&c.info)
	i := c.info
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	if c.notify != nil {
		c.notify(i)
	}
}

// Wait waits until the condition holds of what is known of the call, and
// returns that. A call that ends without it gives ErrEnded.
func (c *Call) Wait(ctx context.Context, holds func(Info) bool) (Info, error) {
	for {
		c.mu.Lock()
		i, changed := c.info, c.changed
		c.mu.Unlock()
		if holds(i) {
			return i, nil
		}
		if i.State == Ended {
			return i, ErrEnded
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return i, ctx.Err()
		}
	}
}

// WaitRinging waits until the other party is alerted, or more.
func (c *Call) WaitRinging(ctx context.Context) error {
	i, err := c.Wait(ctx, func(i Info) bool { return i.State >= Ringing })
	return i.refused(err)
}

// WaitAnswered waits until the call is answered; a *Refused says how it was not.
func (c *Call) WaitAnswered(ctx context.Context) error {
	i, err := c.Wait(ctx, func(i Info) bool { return i.State >= Answered })
	return i.refused(err)
}

// WaitEnded waits until the call is over and returns how.
func (c *Call) WaitEnded(ctx context.Context) (Info, error) {
	return c.Wait(ctx, func(i Info) bool { return i.State == Ended })
}

// refused turns the end of a call that was never answered into an error.
func (i Info) refused(err error) error {
	if i.State == Ended && i.AnsweredAt.IsZero() {
		return &Refused{What: "INVITE", Code: i.Code, Phrase: i.Phrase, Reason: i.Reason, Wire: i.Wire}
	}
	return err
}

// do runs f in the loop; f's error is returned.
func (c *Call) do(ctx context.Context, f func() error) error {
	var err error
	if e := c.p.do(ctx, func() { err = f() }); e != nil {
		return e
	}
	return err
}

// ask sends a request in the call's dialog; done is called in the loop.
func (c *Call) ask(m *sip.Message, done func(*sip.Message, error)) {
	c.verbs = append(c.verbs, &verb{method: m.Method, msg: m, done: done})
	c.p.feed(stack.Input{Kind: stack.InRequest, Dialog: c.dialog, Ref: c.ref, Msg: m.Clone()})
}

// await does ask from another goroutine and waits for the answer.
func (c *Call) await(ctx context.Context, make func() (*sip.Message, error), done func(*sip.Message, error) error) error {
	result := make1()
	err := c.do(ctx, func() error {
		if c.info.State != Answered {
			return ErrState
		}
		m, err := make()
		if err != nil {
			return err
		}
		c.ask(m, func(resp *sip.Message, err error) { result <- done(resp, err) })
		return nil
	})
	if err != nil {
		return err
	}
	return c.p.result(ctx, result)
}

func make1() chan error { return make(chan error, 1) }

// result waits for what the loop says.
func (p *Phone) result(ctx context.Context, ch <-chan error) error {
	select {
	case err := <-ch:
		return err
	case <-p.gone:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish ends the call, once: sound stops, who waits is told.
func (c *Call) finish(end Info) {
	if c.info.State == Ended {
		return
	}
	c.txn = 0
	c.closeAudio()
	for _, v := range c.verbs {
		if v.method != sip.BYE {
			v.done(nil, ErrEnded)
		}
	}
	c.update(func(i *Info) {
		i.State, i.EndedAt, i.EndedBy = Ended, c.p.now, end.EndedBy
		i.Reason, i.Wire = end.Reason, end.Wire
		if end.Code != 0 {
			i.Code = end.Code
		}
		if end.Phrase != "" {
			i.Phrase = end.Phrase
		}
	})
	i := c.info
	c.p.event(Event{Kind: EvEnded, Call: c.ref, Peer: i.Peer, Code: i.Code, Text: i.Phrase, Reason: i.Reason, By: i.EndedBy})
}

// String names the call for people.
func (c *Call) String() string {
	i := c.Info()
	way := " to "
	if i.Incoming {
		way = " from "
	}
	return "call " + strconv.FormatUint(c.ref, 10) + way + i.Peer
}
