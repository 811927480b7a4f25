package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"onhook/app"
	"onhook/outcome"
)

// runQueueSeed has callers come to a queue whose agents log in and out, rest,
// ring, refuse, answer and vanish.
func runQueueSeed(seed uint64, without ...string) (w *World, p plan, bad []string) {
	r := rand.New(rand.NewPCG(seed, 7))
	p.faults = faultsOf(r).without(without)
	d := newDesk(seed, p.faults, r)
	ctx, stop := context.WithCancel(context.Background())
	go d.floor.Watch(ctx)
	d.calls(1 + r.IntN(6))
	d.days()
	d.dials(d.codes)
	p.name = d.name + fmt.Sprintf(", %d callers", len(d.callers))
	d.Net.Run(Epoch.Add(2 * time.Minute))
	d.Net.Faults = Faults{Delay: p.faults.Delay}
	d.Net.Run(Epoch.Add(7 * time.Minute))
	for _, c := range d.callers {
		if c.toTag != "" && !c.ended {
			c.hangUp(d.Net.Now)
		}
	}
	d.Net.Run(Epoch.Add(9 * time.Minute))
	bad = append(d.o.bad, d.codeTruths()...)
	bad = append(bad, d.obeyed(d.state())...)
	bad = append(bad, d.stuck()...)
	d.Net.Run(Epoch.Add(12 * time.Minute))
	stop()
	bad = append(bad, d.Check()...)
	for i := range d.Saved {
		bad = append(bad, recordTruths(&d.Saved[i])...)
		if !ofCode(&d.Saved[i]) {
			bad = append(bad, d.queueTruths(&d.Saved[i].Record)...)
		}
	}
	bad = append(bad, d.callerTruths()...)
	for i, a := range append(slices.Clone(d.agents), d.spare) {
		if len(a.Up) > 0 {
			bad = append(bad, fmt.Sprintf("phone %d still believes in a call that is over", i))
		}
	}
	return d.World, p, append(bad, d.b.over()...)
}

// stuck holds that all is free when all calls are over: every agent who comes
// back gets the next caller.
func (d *desk) stuck() (bad []string) {
	s := d.state()
	for _, a := range s.Agents {
		switch a.State {
		case "ringing", "talking", "on_call", "wrap_up":
			bad = append(bad, fmt.Sprintf("no call is up, but agent %s is %s", a.Name, a.State))
		}
	}
	q := s.Queues[0]
	if len(q.Waiting) > 0 || q.Offered != q.Answered+q.Abandoned+q.Timeout+q.Refused+q.Left {
		bad = append(bad, fmt.Sprintf("no call is up, but the queue says %+v", q))
	}
	// One agent alone takes the next caller; the queue is another one after a reload.
	o := d.opt
	o.MaxWait, o.MaxLength = 0, 0
	d.b.catchUp()
	d.floor.Configure([]app.QueueOptions{o})
	i := d.r.IntN(len(d.names))
	for k, n := range d.names {
		do := app.Logout
		if k == i {
			do = app.Login
		}
		for _, do := range []string{app.Resume, do} {
			if err := d.floor.Agent(n, do, ""); err != nil {
				panic(err)
			}
		}
	}
	a := d.agents[i]
	a.Begun = nil
	a.Silent, a.Next, a.Ring, a.Final, a.After, a.Talk = false, nil, 100*time.Millisecond, 200, 500*time.Millisecond, 5*time.Second
	c := NewCaller(d.Net, CallerAddr, "last@caller")
	c.Server, c.Number = ServerAddr, "8"
	d.callers = append(d.callers, c)
	c.Start(d.Net.Now)
	before := len(d.Saved)
	d.Net.Run(d.Net.Now.Add(time.Minute))
	if len(d.Saved) != before+1 || d.Saved[before].Record.Answered != "party" {
		bad = append(bad, fmt.Sprintf("agent %s is free, but the last caller did not reach it: %s", d.names[i], d.states(d.state())))
	}
	return bad
}

// callerTruths holds that each caller whose INVITE came has one record.
func (d *desk) callerTruths() (bad []string) {
	for _, c := range d.callers {
		n := 0
		for i := range d.Saved {
			if rec := &d.Saved[i].Record; rec.Legs[0].SIPCallID == c.CallID {
				n++
				if len(c.Finals) > 0 && rec.SIPFinal != c.Finals[0] {
					bad = append(bad, fmt.Sprintf("%s saw %d, the record says %d", c.CallID, c.Finals[0], rec.SIPFinal))
				}
			}
		}
		if want := d.o.legs[c.CallID]; want != nil && !want.came.IsZero() && n != 1 {
			bad = append(bad, fmt.Sprintf("%s has %d records", c.CallID, n))
		}
	}
	return bad
}

// queueTruths holds a record of a queue's caller against what passed on the wire.
func (d *desk) queueTruths(r *outcome.Record) (bad []string) {
	say := func(format string, args ...any) {
		bad = append(bad, r.Legs[0].SIPCallID+": "+fmt.Sprintf(format, args...)+fmt.Sprintf(" (%s, %s, answered %s, stage %s)", r.Status, r.ByeReason, r.Answered, r.Stage))
	}
	caller := d.o.leg(r.Legs[0].SIPCallID)
	var talked *watched
	agent, given := false, false
	for _, l := range r.Legs[1:] {
		k := d.o.leg(l.SIPCallID)
		given = given || k.gives
		if !k.joined.IsZero() && (talked == nil || k.joined.Before(talked.joined)) {
			talked, agent = k, l.Peer == "phone"
		}
	}
	gone := !caller.bye.IsZero() && (talked == nil || caller.bye.Before(talked.joined))
	if talked != nil && gone && !talked.joined.IsZero() && talked.joined.Equal(caller.bye) {
		return nil // whichever came first in that instant
	}
	handed := 0
	for _, s := range r.Segments {
		if s.Reason == "Transferred_From_Call_System" {
			handed++
		}
	}
	left := outcome.EndedInCallSystem.String()
	switch {
	case talked != nil && !gone:
		// outcome/README section 3 rule 3: who leaves while it waits for a transfer's target has been left on hold.
		waited := given && r.Status == "Abandoned" && r.ByeReason == outcome.AbandonedOnHold.String() && !caller.bye.IsZero()
		if r.Answered != "party" || r.Status != "Call Ended" && !waited {
			say("a phone answered at %v", talked.joined.Sub(Epoch))
		}
		if want := map[bool]int{true: 1}[agent]; handed != want {
			say("%d segments end with 909, want %d", handed, want)
		}
	case r.Answered == "party" || handed > 0:
		say("nobody answered before the caller left, %d segments end with 909", handed)
	// RFC 3261 section 15: a BYE of ours waits for the ACK, and what it is for was decided before.
	case gone && caller.byes == 0 && caller.acked && r.Stage == "queue" && r.ByeReason != left:
		say("the caller left the queue")
	case r.ByeReason == left && (!gone || r.EndedBy != "caller" || r.Status != "Call Ended" && r.Status != "Abandoned"):
		say("the caller did not leave by itself")
	}
	if r.Detail == "queue_timeout" && (d.opt.MaxWait == 0 || r.Status != "Not Answered" || r.SIPFinal != 200 || r.LastResponseCode != 480 || r.EndedBy != "platform") {
		say("after a queue's time is over want Not Answered 480, 200 on the wire, by platform")
	}
	if d.opt.Overflow != "" && r.Detail == "queue_timeout" {
		say("the queue overflows: it ends no call")
	}
	if r.ByeReason != "ORIGINATOR_CANCEL" && r.Queue != "q" {
		say("no queue named")
	}
	switch r.ByeReason {
	case left, "NORMAL_CLEARING", "NO_ANSWER", "SUBSCRIBER_ABSENT", "NORMAL_CIRCUIT_CONGESTION", "ORIGINATOR_CANCEL", "RECOVERY_ON_TIMER_EXPIRE":
	case outcome.AbandonedOnHold.String(): // on its way from the queue to elsewhere
		if r.Stage != "routing" && r.Stage != "ringing" || !gone && !given {
			say("the caller was not on its way")
		}
	default:
		say("what has that to do with a queue?")
	}
	return bad
}

// TestQueueSeeds: callers in a queue and its agents, under faults of the network.
func TestQueueSeeds(t *testing.T) {
	forSeeds(t, 100, inBubble(t, runQueueSeed))
	reasons := map[string]int{}
	for seed := range uint64(20) {
		w, _, _ := inBubble(t, runQueueSeed)(seed + 1)
		for _, s := range w.Saved {
			reasons[s.Record.ByeReason]++
		}
	}
	t.Logf("of 20 seeds: %v", reasons)
	if len(reasons) < 4 {
		t.Errorf("the seeds come to %v only: they show little", reasons)
	}
}

// TestSameSeedSameRunWithApplications: goroutines and their timers leave a seed what it is.
func TestSameSeedSameRunWithApplications(t *testing.T) {
	trace := func() string {
		w, _, _ := inBubble(t, runQueueSeed)(7)
		return w.story()
	}
	if first, second := trace(), trace(); first != second {
		t.Error("two runs of one seed differ")
	}
}
