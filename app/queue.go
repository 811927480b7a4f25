package app

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// A Queue has its callers wait for agents: first come, first served. It lives as
// long as its Floor, whose lock guards it.
type Queue struct {
	floor      *Floor
	opt        QueueOptions
	waiting    []*waiter // by their coming; those whom agents ring for, too
	stats      queueStats
	answeredBy map[string]int
}

func (q *Queue) strategy() Strategy {
	if q.opt.Strategy == "" {
		return LongestIdle
	}
	return q.opt.Strategy
}

// wake has all who wait look how things are.
func (q *Queue) wake() {
	for _, w := range q.waiting {
		w.ring()
	}
}

// placeOf is a caller's place, from 1; 0: it does not wait here.
func (q *Queue) placeOf(w *waiter) int { return slices.Index(q.waiting, w) + 1 }

func (q *Queue) leave(w *waiter) {
	if i := slices.Index(q.waiting, w); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
		w.at.Store(0)
		for j, after := range q.waiting[i:] {
			after.at.Store(int32(i + j + 1))
		}
	}
}

// enter takes a caller in; w is nil where it may not wait, for the reason that
// why names as the record's rules spell it.
func (q *Queue) enter(i Info) (w *waiter, why string) {
	f := q.floor
	f.mu.Lock()
	defer f.mu.Unlock()
	q.stats.offered++
	any := false
	for _, name := range q.opt.Agents {
		a := f.agents[name]
		any = any || a != nil && a.in[q.opt.Name]
	}
	switch {
	case f.queues[q.opt.Name] != q || !any:
		why = "no_agent"
	case q.opt.MaxLength > 0 && len(q.waiting) >= q.opt.MaxLength:
		why = "full"
	}
	if why != "" {
		q.stats.lost(CallerRefused)
		f.tell(Event{Kind: CallerRefused, Queue: q.opt.Name, Call: i.ID, Caller: i.Caller, Reason: why})
		return nil, why
	}
	w = &waiter{queue: q, call: i.ID, caller: i.Caller, user: i.User, joined: f.opt.Now(), wake: make(chan struct{}, 1)}
	q.waiting = append(q.waiting, w)
	w.at.Store(int32(len(q.waiting)))
	select {
	case f.stirred <- struct{}{}:
	default:
	}
	f.tell(Event{Kind: CallerEntered, Queue: q.opt.Name, Call: i.ID, Caller: i.Caller, Place: len(q.waiting)})
	return w, ""
}

// ready lets a caller who has heard the greeting be offered to agents.
func (f *Floor) ready(w *waiter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.ready = true
	f.match()
}

// A Waiting is the application that has a caller wait in a queue.
type Waiting struct {
	Queue   *Queue
	Library *Library
	Hours   func(at time.Time) bool // whether it is open; nil: always
	Closed  string                  // where callers go outside the hours; empty: they are told and hung up
}

// Run has the caller wait until an agent answers, and for the end of their call.
func (a *Waiting) Run(s Session) error {
	if done, err := a.closed(s); done {
		return err
	}
	q := a.Queue
	q.floor.mu.Lock()
	v := visit{Waiting: a, s: s, opt: q.opt}
	q.floor.mu.Unlock()
	w, why := q.enter(s.Info())
	if why != "" {
		return v.refuse(why)
	}
	v.w = w
	defer q.floor.gone(w, CallerAbandoned) // whatever happens, its agents are free then
	return v.run()
}

// A visit is one caller's time in a queue.
type visit struct {
	*Waiting
	s   Session
	opt QueueOptions // as they were when the caller came
	w   *waiter
}

// refuse sends a caller away who may not wait.
func (v *visit) refuse(why string) error {
	cause, prompts := "SUBSCRIBER_ABSENT", v.opt.Absent
	if why == "full" {
		cause, prompts = "NORMAL_CIRCUIT_CONGESTION", v.opt.Full
	}
	if err := v.s.Stage("queue"); err != nil {
		return err
	}
	// Who is sent on is answered where it comes to.
	if len(prompts) > 0 && (v.opt.Overflow == "" || v.s.Info().Answered) {
		if err := v.s.Answer(); err != nil {
			return refuseWithout(v.s, err)
		}
		if err := v.play(PlayOptions{}, prompts); err != nil {
			return err
		}
	}
	return v.giveUp(why, cause+" queue_"+why)
}

// giveUp sends the caller to where the queue overflows, or ends its call.
func (v *visit) giveUp(why, cause string) error {
	if err := v.s.Node(why); err != nil {
		return err
	}
	if v.opt.Overflow != "" {
		return v.s.Transfer(v.opt.Overflow)
	}
	return v.s.Hangup(cause)
}

// run is the caller's time from the answer on.
func (v *visit) run() error {
	s := v.s
	if err := s.Stage("queue"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	if p, ok := s.(Placer); ok {
		p.At(&v.w.at)
	}
	if err := s.Node("place " + strconv.Itoa(int(v.w.at.Load()))); err != nil {
		return err
	}
	if err := v.play(PlayOptions{Barge: len(v.opt.Exits) > 0}, v.opt.Greeting); err != nil {
		return err
	}
	return v.wait()
}

// maxAttempts bounds how often agents ring for one caller: each time is a leg of the call.
const maxAttempts = 500

// left is how long the caller may still wait.
func (v *visit) left() time.Duration {
	f := v.w.queue.floor
	f.mu.Lock()
	attempts := v.w.attempts
	f.mu.Unlock()
	switch {
	case attempts > maxAttempts:
		return 0
	case v.opt.MaxWait > 0:
		return v.opt.MaxWait - f.opt.Now().Sub(v.w.joined)
	}
	return never
}

// never is a time that nobody waits for.
const never = 1000 * time.Hour

// wait has the caller hear music and announcements until an agent answers.
func (v *visit) wait() error {
	f := v.w.queue.floor
	last := time.NewTimer(max(v.left(), 0))
	defer last.Stop()
	say := time.NewTimer(never)
	defer say.Stop()
	if v.opt.Every > 0 {
		say.Reset(v.opt.Every)
	}
	f.ready(v.w)
	if err := v.s.Music(v.opt.Music); err != nil {
		return err
	}
	keyed := v.keyed()
	for {
		if to, err := v.exit(); to != "" || err != nil {
			return err
		}
		if f.removed(v.w) {
			f.gone(v.w, CallerRefused)
			return v.refuse("no_agent")
		}
		if v.left() <= 0 {
			return v.over()
		}
		if agents := f.take(v.w); agents != nil {
			if err := v.offer(agents); err != nil {
				return err
			}
			continue
		}
		select {
		case <-v.w.wake:
		case <-last.C:
		case <-keyed:
		case <-say.C:
			if err := v.announce(); err != nil {
				return err
			}
			say.Reset(v.opt.Every)
		case <-v.s.Context().Done():
			return ErrHungUp
		}
	}
}

// offer has agents ring for the caller. It returns nil when none of them has
// answered, and ErrHungUp when the caller has left, talked to or not.
func (v *visit) offer(agents []string) error {
	f := v.w.queue.floor
	to := make([]string, len(agents))
	for i, a := range agents {
		to[i] = "user:" + a
	}
	ring := v.opt.Ring
	if ring <= 0 {
		ring = 15 * time.Second
	}
	ring = max(time.Second, min(ring, v.left()))
	r, err := v.s.Dial(DialOptions{
		To: to, Ring: ring, Stage: "queue", Still: true, Idle: true,
		Answered: func(by string) { f.answered(v.w, by) }, Keys: v.keys(),
	})
	if err == nil && r.Stopped {
		return nil // the agents have missed nothing: they are free when the caller has left
	}
	if errors.Is(err, ErrBusy) {
		r.Reason, err = "SWITCH_CONGESTION", nil // the server's, for a moment
	}
	if err == nil {
		f.missed(v.w, r.Reason)
	}
	return err
}

// over ends a wait that was too long.
func (v *visit) over() error {
	v.w.queue.floor.gone(v.w, CallerTimeout)
	if err := v.play(PlayOptions{}, v.opt.Late); err != nil {
		return err
	}
	return v.giveUp("timeout", "NO_ANSWER queue_timeout")
}

// announce tells the caller its place and how long it may wait, unless an agent is free meanwhile.
func (v *visit) announce() error {
	f, q := v.w.queue.floor, v.w.queue
	f.mu.Lock()
	minutes := q.minutes(v.w)
	f.mu.Unlock()
	place := int(v.w.at.Load())
	var prompts []string
	if v.opt.SayPlace && place > 0 {
		prompts = append(prompts, "queue-position", "number:"+strconv.Itoa(place), "queue-in-line")
	}
	if v.opt.SayWait && minutes > 0 {
		unit := "minutes"
		if minutes == 1 {
			unit = "minute"
		}
		prompts = append(prompts, "queue-wait", "number:"+strconv.Itoa(minutes), unit)
	}
	if len(prompts) == 0 {
		return nil
	}
	if err := v.play(PlayOptions{Until: v.w.wake, Barge: len(v.opt.Exits) > 0}, prompts); err != nil {
		return err
	}
	return v.s.Music(v.opt.Music)
}

// minutes is how long a caller may have to wait, by how long calls have taken
// and how many agents are logged in; 0: it is not known.
func (q *Queue) minutes(w *waiter) int {
	agents := 0
	for _, name := range q.opt.Agents {
		if a := q.floor.agents[name]; a != nil && a.in[q.opt.Name] && !a.paused {
			agents++
		}
	}
	if agents == 0 || q.stats.handled == 0 {
		return 0
	}
	d := q.stats.handled * time.Duration(q.placeOf(w)) / time.Duration(agents)
	return int((d + time.Minute - 1) / time.Minute)
}

func (v *visit) play(o PlayOptions, names []string) error {
	return playPrompts(v.s, v.Library, nil, o, names)
}
