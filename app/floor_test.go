package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A desk is a floor in a time of its own, whose phones are as a test says.
type desk struct {
	t      *testing.T
	f      *Floor
	now    time.Time
	phones map[string]PhoneState // missing: free and there
	n      int
}

func newDesk(t *testing.T, queues ...QueueOptions) *desk {
	d := &desk{t: t, now: time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC), phones: map[string]PhoneState{}}
	d.f = NewFloor(FloorOptions{
		Now: func() time.Time { return d.now },
		Phones: func(_ context.Context, names []string) ([]PhoneState, error) {
			out := make([]PhoneState, len(names))
			for i, n := range names {
				out[i] = PhoneState{Phones: 1}
				if s, said := d.phones[n]; said {
					out[i] = s
				}
			}
			return out, nil
		},
	})
	d.f.Configure(queues)
	return d
}

// pass lets time go on and has the floor look.
func (d *desk) pass(by time.Duration) {
	d.now = d.now.Add(by)
	d.f.look(context.Background())
}

// comes has a caller enter a queue and hear its greeting.
func (d *desk) comes(queue, caller string) *waiter {
	d.t.Helper()
	d.n++
	w, why := d.f.Queue(queue).enter(Info{ID: fmt.Sprint("call_", d.n), Caller: caller})
	if why != "" {
		d.t.Fatalf("%s was refused: %s", caller, why)
	}
	d.f.ready(w)
	d.now = d.now.Add(time.Millisecond)
	return w
}

// rings checks which agents a caller is offered to now.
func (d *desk) rings(w *waiter, want ...string) {
	d.t.Helper()
	got := d.f.take(w)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		d.t.Errorf("%s was offered to %v, want %v", w.caller, got, want)
	}
}

// calls has an agent answer a caller, who is offered to it alone, and part.
func (d *desk) calls(w *waiter, agent string, talk time.Duration) {
	d.t.Helper()
	d.rings(w, agent)
	d.f.answered(w, agent)
	d.now = d.now.Add(talk)
	d.f.gone(w, CallerAbandoned)
}

func TestCallersAreServedAsTheyCome(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "a", Agents: []string{"1"}, LoggedIn: true}, QueueOptions{Name: "b", Agents: []string{"1"}, LoggedIn: true})
	first, second, third := d.comes("a", "x"), d.comes("b", "y"), d.comes("a", "z")
	d.rings(first, "1")
	d.rings(second)
	d.f.answered(first, "1")
	d.rings(second)
	d.rings(third)
	d.f.gone(first, CallerAbandoned)
	d.rings(third)
	d.rings(second, "1") // of another queue, but it came before
	d.f.gone(second, CallerAbandoned)
	d.rings(third, "1")
}

func TestWhoHearsTheGreetingIsNotOfferedYet(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "a", Agents: []string{"1"}, LoggedIn: true, Retry: time.Second})
	greeted, _ := d.f.Queue("a").enter(Info{ID: "call_g", Caller: "x"})
	second := d.comes("a", "y")
	d.rings(greeted)
	d.rings(second, "1")
	d.f.missed(second, "NO_ANSWER")
	d.f.ready(greeted)
	d.pass(time.Second)
	d.rings(greeted, "1") // it came first
}

func TestStrategies(t *testing.T) {
	tests := []struct {
		strategy Strategy
		want     []string // who takes one caller after the other
	}{
		{LongestIdle, []string{"1", "2", "3", "1", "2"}},
		{"", []string{"1", "2", "3", "1", "2"}},
		{RoundRobin, []string{"1", "2", "3", "1", "2"}},
		{FewestCalls, []string{"1", "2", "3", "1", "2"}},
	}
	for _, test := range tests {
		t.Run(string(test.strategy), func(t *testing.T) {
			d := newDesk(t, QueueOptions{Name: "q", Strategy: test.strategy, Agents: []string{"1", "2", "3"}, LoggedIn: true})
			for i, agent := range test.want {
				d.calls(d.comes("q", fmt.Sprint(i)), agent, time.Minute)
			}
		})
	}
}

func TestLongestIdleCountsFromTheEndOfTheLastCall(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1", "2"}, LoggedIn: true})
	long, short := d.comes("q", "a"), d.comes("q", "b")
	d.rings(long, "1")
	d.rings(short, "2")
	d.f.answered(long, "1")
	d.f.answered(short, "2")
	d.now = d.now.Add(time.Minute)
	d.f.gone(short, CallerAbandoned)
	d.now = d.now.Add(time.Minute)
	d.f.gone(long, CallerAbandoned)
	d.rings(d.comes("q", "c"), "2")
}

func TestFewestCallsPrefersWhoHasHadFewer(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Strategy: FewestCalls, Agents: []string{"1", "2"}, LoggedIn: true})
	d.calls(d.comes("q", "a"), "1", time.Minute)
	d.calls(d.comes("q", "b"), "2", time.Minute)
	if err := d.f.Agent("2", Pause, ""); err != nil {
		t.Fatal(err)
	}
	d.calls(d.comes("q", "c"), "1", time.Second)
	if err := d.f.Agent("2", Resume, ""); err != nil {
		t.Fatal(err)
	}
	d.calls(d.comes("q", "d"), "2", time.Minute)
}

func TestRingAllRingsWhoIsFreeAndTheOthersMissNothing(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Strategy: RingAll, Agents: []string{"1", "2", "3"}, LoggedIn: true, WrapUp: time.Minute, Retry: time.Second})
	d.phones["3"] = PhoneState{Phones: 1, Calls: 1}
	first := d.comes("q", "a")
	d.rings(first, "1", "2", "3") // that 3 is on a call shows when it is dialled, or at the next look
	d.f.answered(first, "2")
	second := d.comes("q", "b")
	d.rings(second, "1", "3")
	d.f.missed(second, "NO_ANSWER")
	d.pass(time.Second)
	d.rings(second, "1")
}

func TestWrapUpAndTimeAlone(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true, WrapUp: 10 * time.Second, Retry: 5 * time.Second})
	first := d.comes("q", "a")
	second := d.comes("q", "b")
	d.calls(first, "1", time.Minute)
	d.pass(9 * time.Second)
	d.rings(second)
	d.pass(2 * time.Second)
	d.rings(second, "1")
	d.f.missed(second, "NO_ANSWER")
	d.pass(4 * time.Second)
	d.rings(second)
	d.pass(2 * time.Second)
	d.rings(second, "1")
}

func TestWhoDidNotAnswerIsAskedLast(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Strategy: FewestCalls, Agents: []string{"1", "2"}, LoggedIn: true})
	w := d.comes("q", "a")
	d.rings(w, "1")
	d.f.missed(w, "CALL_REJECTED")
	d.rings(w, "2")
	d.f.missed(w, "NO_ANSWER")
	d.rings(w, "1")
}

func TestAgentOnACallElsewhereOrWithoutAPhoneIsLeftAlone(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1", "2"}, LoggedIn: true})
	w := d.comes("q", "a")
	d.rings(w, "1")
	d.phones["1"], d.phones["2"] = PhoneState{Phones: 1, Calls: 1}, PhoneState{}
	d.f.missed(w, "USER_BUSY")
	d.rings(w, "2")
	d.f.missed(w, "USER_NOT_REGISTERED")
	d.pass(time.Minute)
	d.rings(w)
	delete(d.phones, "1")
	d.pass(time.Second)
	d.rings(w, "1")
}

func TestAgentWhoGaveTheCallAwayIsFree(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true})
	w := d.comes("q", "a")
	d.rings(w, "1")
	d.phones["1"] = PhoneState{Phones: 1, Calls: 1}
	d.f.answered(w, "1")
	d.pass(time.Second)
	next := d.comes("q", "b")
	d.rings(next)
	d.phones["1"] = PhoneState{Phones: 1} // transferred: the caller talks on without it
	d.pass(time.Second)
	d.rings(next, "1")
	d.f.gone(w, CallerAbandoned) // the end of the call that was given away changes nothing
	d.f.answered(next, "1")
	s, err := d.f.State(context.Background())
	if err != nil || s.Queues[0].Answered != 2 || s.Queues[0].Abandoned != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFullQueue(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true, MaxLength: 2})
	first := d.comes("q", "a")
	d.comes("q", "b")
	if _, why := d.f.Queue("q").enter(Info{Caller: "c"}); why != "full" {
		t.Errorf("a full queue says %q", why)
	}
	d.rings(first, "1")
	d.f.answered(first, "1") // waits no more
	d.comes("q", "c")
}

func TestFiguresAndEvents(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true, Level: 10 * time.Second, WrapUp: time.Second})
	events, stop := d.f.Subscribe(100)
	first, second, third := d.comes("q", "a"), d.comes("q", "b"), d.comes("q", "c")
	d.calls(first, "1", 30*time.Second)
	d.f.gone(third, CallerTimeout)
	d.pass(2 * time.Second)
	d.calls(second, "1", 30*time.Second)
	s, err := d.f.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	q := s.Queues[0]
	if q.Offered != 3 || q.Answered != 2 || q.Timeout != 1 || q.Abandoned != 0 {
		t.Errorf("counts: %+v", q)
	}
	if want := 1.0 / 3; q.Level != want {
		t.Errorf("service level %v, want %v: one of three in time", q.Level, want)
	}
	if q.MeanWait < 16000 || q.MeanWait > 16100 {
		t.Errorf("mean wait %d ms, want 16 s: 32 s and next to nothing", q.MeanWait)
	}
	stop()
	var got []string
	for e := range events {
		line := fmt.Sprintf("%s %s %s", e.Kind, e.Caller, e.Agent)
		if e.Place > 0 {
			line += fmt.Sprint(" ", e.Place)
		}
		got = append(got, line)
	}
	want := []string{
		"caller_entered a  1", "caller_offered a 1", "caller_entered b  2", "caller_entered c  3",
		"caller_answered a 1", "agent_wrap_up  1", "caller_timeout c  2", "caller_offered b 1", "caller_answered b 1", "agent_wrap_up  1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestASlowListenerHoldsUpNobody(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true})
	events, stop := d.f.Subscribe(1)
	d.comes("q", "a")
	d.comes("q", "b")
	stop()
	stop()
	if e := <-events; e.Kind != CallerEntered {
		t.Errorf("the first event is %+v", e)
	}
	if e, more := <-events; more {
		t.Errorf("%+v came, for which there was no room", e)
	}
}

func TestPlacesMoveUp(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true})
	var all []*waiter
	for i := range 5 {
		all = append(all, d.comes("q", fmt.Sprint(i)))
	}
	d.f.gone(all[1], CallerAbandoned)
	d.f.take(all[0])
	d.f.answered(all[0], "1")
	var got []int32
	for _, w := range all {
		got = append(got, w.at.Load())
	}
	if want := []int32{0, 0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("places %v, want %v", got, want)
	}
}

func TestNewConfigurationKeepsCallersAndAgents(t *testing.T) {
	o := QueueOptions{Name: "q", Agents: []string{"1", "2"}, LoggedIn: true}
	gone := QueueOptions{Name: "gone", Agents: []string{"1"}, LoggedIn: true}
	d := newDesk(t, o, gone)
	if err := d.f.Agent("2", Logout, ""); err != nil {
		t.Fatal(err)
	}
	first, second := d.comes("q", "a"), d.comes("q", "b")
	d.rings(first, "1")
	old := d.f.Queue("gone")
	o.Agents = []string{"1", "2", "3"}
	d.f.Configure([]QueueOptions{o})
	d.rings(second, "3") // who is new is logged in; who logged out stays so
	if _, why := old.enter(Info{}); why != "no_agent" {
		t.Errorf("a queue that is gone says %q", why)
	}
	d.f.answered(first, "1")
	d.f.gone(first, CallerAbandoned)
}

// A number that a caller shows says nothing of who it is: one from outside who shows an agent's is offered to that agent, and an agent who
// calls the queue from another phone does not keep those behind it from being served.
func TestWhoCallsIsNotToldByTheNumber(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true})
	foreign := d.comes("q", "1")
	d.rings(foreign, "1")
	d.f.gone(foreign, CallerAbandoned)
	agent, why := d.f.Queue("q").enter(Info{ID: "call_a", Caller: "4930123", User: "1"})
	if why != "" {
		t.Fatal(why)
	}
	d.f.ready(agent)
	behind := d.comes("q", "2")
	d.rings(agent)
	d.rings(behind, "1")
}

func TestWaitingTimeInMinutes(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1", "2"}, LoggedIn: true})
	q := d.f.Queue("q")
	if w := d.comes("q", "a"); q.minutes(w) != 0 {
		t.Error("a time is told that nobody can know yet")
	} else {
		d.calls(w, "1", 3*time.Minute)
	}
	d.comes("q", "b")
	d.comes("q", "c")
	last := d.comes("q", "d")
	if got := q.minutes(last); got != 5 { // third in line, two agents, 3 minutes each: 4.5
		t.Errorf("told %d minutes, want 5", got)
	}
}

// TestTheFloorLooksAgainAfterAQuietTime has Watch find an agent free who was on a call
// elsewhere, for the first caller and, after an hour without any, for the next one.
func TestTheFloorLooksAgainAfterAQuietTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onCall := atomic.Bool{}
		f := NewFloor(FloorOptions{Phones: func(_ context.Context, names []string) ([]PhoneState, error) {
			s := PhoneState{Phones: 1}
			if onCall.Load() {
				s.Calls = 1
			}
			return slices.Repeat([]PhoneState{s}, len(names)), nil
		}})
		f.Configure([]QueueOptions{{Name: "q", Agents: []string{"1"}, LoggedIn: true}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go f.Watch(ctx)
		for range 2 {
			time.Sleep(time.Hour)
			onCall.Store(true)
			w, _ := f.Queue("q").enter(Info{ID: "call_1", Caller: "x"})
			time.Sleep(time.Second) // the greeting
			f.ready(w)
			if got := f.take(w); got != nil {
				t.Fatalf("%v is on a call elsewhere, and is offered a caller", got)
			}
			time.Sleep(time.Minute)
			onCall.Store(false)
			time.Sleep(watchEvery + time.Millisecond)
			if got := f.take(w); len(got) != 1 {
				t.Fatal("the agent is free, and is offered nobody")
			}
			f.answered(w, "1")
			f.gone(w, CallerAbandoned)
		}
	})
}
