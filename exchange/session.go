package exchange

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/media"
	"onhook/outcome"
	"onhook/route"
)

// A session is a call as an application has it (app.Session). The application's
// goroutine calls its methods; what they do to the call is done in the loop.
type session struct {
	x      *Exchange
	ref    uint64 // of the leg
	sounds media.LegID
	as     route.Caller // whose rights it has
	info   app.Info
	ctx    context.Context
	cancel context.CancelFunc

	result chan call.Action // the answer to the verb under way
	sound  chan media.Event // of playing, recording, digits sent
	held   int              // how many of the call's holds are older than the Dial under way
	first  call.LegID       // the first one that the Dial under way has called
	keyed  chan struct{}    // a key was pressed

	place atomic.Pointer[atomic.Int32]
	keeps bool      // in the loop: it has recorded, and may have something to store when the call is over
	until time.Time // when the wait for what it stores ends

	mu   sync.Mutex
	keys []byte
}

// maxKeys bounds the keys that nobody has collected.
const maxKeys = 128

// maxApps bounds how many applications have a caller one after the other: a queue
// may overflow to a menu that leads to the queue.
const maxApps = 100

// startApp runs an application on a leg.
func (x *Exchange) startApp(c *live, a *call.Action) {
	var run app.App
	if x.set.App != nil {
		run = x.set.App(a.Target)
	}
	ctx, cancel := context.WithCancel(x.ctx)
	s := &session{
		x: x, ref: legRef(c, a.Leg), sounds: mediaLeg(c, a.Leg, 0), as: c.guest(), info: x.appInfo(c, a), ctx: ctx, cancel: cancel,
		result: make(chan call.Action, 1), sound: make(chan media.Event, 4), keyed: make(chan struct{}, 1),
	}
	x.endSession(c)
	x.tapeDeaf(c)
	c.session = s
	if queue, ok := strings.CutPrefix(a.Target, "queue:"); ok {
		c.meta.Queue = queue
	}
	if c.apps++; c.apps > maxApps {
		x.step(c, call.Input{Kind: call.InVerb, Verb: call.VerbHangup, Cause: "EXCHANGE_ROUTING_ERROR", Text: "applications send the caller round"})
		return
	}
	if run == nil {
		x.step(c, call.Input{Kind: call.InVerb, Verb: call.VerbHangup, Cause: "NO_ROUTE_DESTINATION", Text: "there is no " + a.Target})
		return
	}
	go s.run(run)
}

func (x *Exchange) appInfo(c *live, a *call.Action) app.Info {
	i := app.Info{ID: c.call.ID(), User: c.meta.User, Trunk: c.meta.Trunk, Dialled: c.call.Number(), App: a.Target, By: a.Reason, Answered: c.call.Answered()}
	if c.call.Sent() {
		x.guestInfo(c, &i)
	} else if !c.id.withheld {
		i.Caller, i.Name = c.id.number, c.id.name
	}
	if r := x.roundReason(c, 0); r != outcome.Unspecified {
		i.Reason = r.String()
	}
	return i
}

// run has the call until the application returns.
func (s *session) run(a app.App) {
	defer s.cancel()
	err := s.guarded(a)
	in := call.Input{Kind: call.InVerb, Verb: call.VerbLeave}
	if err != nil && !errors.Is(err, app.ErrHungUp) {
		in.Cause, in.Text = "NORMAL_TEMPORARY_FAILURE", "application failed"
		s.x.log.Error("application", "call", s.info.ID, "app", s.info.App, "err", err)
	}
	// No command, which a busy loop refuses: nobody else would ever end the call.
	s.x.box.answer(answer{do: func(x *Exchange) {
		if c := s.live(); c != nil {
			x.step(c, in)
		}
		x.letGo(s)
	}})
}

// guarded keeps a fault of one application from being everybody's.
func (s *session) guarded(a app.App) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return a.Run(s)
}

// live is the session's call, in the loop; nil: the session is over.
func (s *session) live() *live {
	c, _ := s.x.calls.get(s.ref)
	if c == nil || c.session != s {
		return nil
	}
	return c
}

// in has f done in the loop with the call.
func (s *session) in(f func(x *Exchange, c *live) error) error {
	err := app.ErrHungUp
	switch e := s.x.do(s.ctx, func(x *Exchange) {
		if c := s.live(); c != nil {
			err = f(x, c)
		}
	}); {
	case s.ctx.Err() != nil, errors.Is(e, ErrStopped):
		return app.ErrHungUp
	case errors.Is(e, ErrBusy):
		return app.ErrBusy
	case e != nil:
		return e
	}
	return err
}

// verb asks the call for something and waits until it is done.
func (s *session) verb(in call.Input, before func(x *Exchange, c *live) error) (call.Action, error) {
	select {
	case <-s.result:
	default:
	}
	in.Kind = call.InVerb
	if err := s.in(func(x *Exchange, c *live) error {
		if before != nil {
			if err := before(x, c); err != nil {
				return err
			}
		}
		x.step(c, in)
		return nil
	}); err != nil {
		return call.Action{}, err
	}
	select {
	case a := <-s.result:
		if a.Reason == "over" {
			return a, app.ErrHungUp
		}
		return a, nil
	case <-s.ctx.Done():
		return call.Action{}, app.ErrHungUp
	}
}

// done gives the session the answer to its verb.
func (c *live) done(a *call.Action) {
	if c.session == nil {
		return
	}
	select {
	case c.session.result <- *a:
	default:
	}
}

func (s *session) Info() app.Info           { return s.info }
func (s *session) Context() context.Context { return s.ctx }

func (s *session) Answer() error {
	a, err := s.verb(call.Input{Verb: call.VerbAnswer}, nil)
	if err == nil && a.Reason != "" {
		err = app.ErrNoMedia
	}
	return err
}

func (s *session) Stage(name string) error {
	_, err := s.verb(call.Input{Verb: call.VerbStage, Name: name}, nil)
	return err
}

func (s *session) Node(name string) error {
	_, err := s.verb(call.Input{Verb: call.VerbNode, Name: name}, nil)
	return err
}

func (s *session) Leaf(name string) error {
	_, err := s.verb(call.Input{Verb: call.VerbLeaf, Name: name}, nil)
	return err
}

// Stored is heard even when the call has ended, as long as its record is open:
// outcome/README section 7 asks what was stored when the caller hung up.
func (s *session) Stored(mailbox, message string, length time.Duration) error {
	err := app.ErrHungUp
	if e := s.x.do(context.WithoutCancel(s.ctx), func(x *Exchange) {
		c, _ := x.calls.get(s.ref)
		if c == nil || c.session != s && c.late != s {
			return
		}
		c.journal(call.Event{At: x.now, Kind: call.EvStored, Name: mailbox, Text: message, N: int(length / time.Millisecond)})
		err = nil
	}); e != nil {
		return app.ErrHungUp
	}
	return err
}

func (s *session) Hangup(cause string) error {
	cause, detail, _ := strings.Cut(cause, " ")
	_, err := s.verb(call.Input{Verb: call.VerbHangup, Cause: cause, Text: detail}, nil)
	return err
}

func (s *session) Transfer(destination string) error {
	in := call.Input{Verb: call.VerbTransfer}
	_, err := s.verbTo(in, app.DialOptions{To: []string{destination}})
	if n := (*nowhere)(nil); errors.As(err, &n) {
		// It is the destination's outcome that it cannot be called.
		_, err = s.verb(call.Input{Verb: call.VerbHangup, Cause: n.cause, Text: n.detail}, nil)
	}
	return err
}

// Dial calls a destination and waits until it parts or fails.
func (s *session) Dial(o app.DialOptions) (app.DialResult, error) {
	a, err := s.verbTo(call.Input{Verb: call.VerbDial, Name: o.Stage}, o)
	if err != nil {
		return app.DialResult{Reason: causeOfDial(err)}, hungUpOnly(err)
	}
	if a.Reason != "" {
		r := app.DialResult{Code: a.N, Stopped: s.waits(o.Keys)}
		return r, s.in(func(x *Exchange, c *live) error {
			if !o.Still {
				x.mediaSaid(c, call.LegID(s.ref&(1<<legBits-1)), x.opt.Media.Idle(s.leg()))
			}
			x.unhold(c, s.held)
			r.Reason = x.roundReason(c, s.first).String()
			return nil
		})
	}
	began := time.Now()
	if o.Answered != nil {
		o.Answered(a.Target)
	}
	<-s.ctx.Done()
	return app.DialResult{Answered: true, By: a.Target, Talked: time.Since(began)}, app.ErrHungUp
}

// A nowhere is a destination that leads nowhere: a Bye Reason.
type nowhere struct{ refusal }

func (n *nowhere) Error() string { return strings.TrimSpace(n.cause + " " + n.detail) }

// causeOfDial is the Bye Reason of a destination that leads nowhere; empty: it is another error.
func causeOfDial(err error) string {
	if n := (*nowhere)(nil); errors.As(err, &n) {
		return n.cause
	}
	return ""
}

// hungUpOnly leaves out a destination that leads nowhere, which is a result and no error.
func hungUpOnly(err error) error {
	if causeOfDial(err) != "" {
		return nil
	}
	return err
}

// verbTo is a verb with destinations, which are looked up as the caller's.
func (s *session) verbTo(in call.Input, o app.DialOptions) (call.Action, error) {
	select {
	case <-s.result:
	default:
	}
	in.Kind = call.InVerb
	if err := s.in(func(x *Exchange, c *live) error {
		s.held, s.first, c.idleOnly = len(c.holds), c.call.NextLeg(), o.Idle
		steps, err := x.destinations(c, way{as: s.as, alone: in.Verb == call.VerbDial}, o.To)
		c.idleOnly = false
		if err != nil {
			return err
		}
		for i := range steps {
			if o.Ring > 0 {
				steps[i].Ring = o.Ring
			}
		}
		in.Steps = steps
		if in.Verb == call.VerbDial && c.call.Answered() && !o.Still {
			src := o.Music
			if src == nil {
				src = x.sound("ringback")
			}
			if src != nil {
				x.mediaSaid(c, call.Caller, x.opt.Media.Play(s.leg(), src, true))
			}
		}
		x.step(c, in)
		return nil
	}); err != nil {
		return call.Action{}, err
	}
	return s.dialled(o.Keys)
}

// destinations are the steps of destinations called together: the first step of each in one set.
func (x *Exchange) destinations(c *live, w way, to []string) ([]call.Step, error) {
	var all []call.Step
	why := refusal{cause: "NO_ROUTE_DESTINATION"}
	for _, d := range to {
		p := x.set.Routes.To(x.moment(), w.as, d)
		if p.Refused() {
			why = refused(p.Refusal)
			continue
		}
		steps, r := x.expand(c, w, p)
		if len(steps) == 0 {
			why = r
			continue
		}
		for i, st := range steps {
			if i < len(all) && len(to) > 1 {
				all[i].Targets = append(all[i].Targets, st.Targets...)
			} else {
				all = append(all, st)
			}
		}
	}
	if len(all) == 0 {
		return nil, &nowhere{why}
	}
	return all, nil
}

// leg is the session's leg in the media path.
func (s *session) leg() media.LegID { return s.sounds }

// sound is a sound of the server itself.
func (x *Exchange) sound(name string) media.Source {
	if x.opt.Sound == nil {
		return nil
	}
	return x.opt.Sound(name)
}
