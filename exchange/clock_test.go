package exchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/outcome"
	"onhook/store"
)

// TestScenario33_TheClockIsSetWhileCallsAreUp: to and fro by an hour; timers and
// durations do not notice, the record says so, and folding it again gives the same.
func TestScenario33_TheClockIsSetWhileCallsAreUp(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 2 * time.Second, -26 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			r := newRig(t, nil)
			ahead := time.Duration(0)
			r.x.opt.Wall = func(now time.Time) time.Time { return now.Add(ahead) }
			r.turn()
			before := r.now
			tag := r.talk("c")
			r.pass(20 * time.Second)
			ahead = jump
			r.pass(10 * time.Second)
			r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
			r.answer(200, "")
			r.pass(10 * time.Second)
			r.one("Call Ended NORMAL_CLEARING 200")
			rec := r.records[0]
			if rec.DurationMS != 30_000 || rec.TalkMS != 30_000 || !rec.StartedAt.Equal(before) || !rec.EndedAt.Equal(before.Add(30*time.Second)) {
				t.Errorf("%d ms, talk %d ms, from %v to %v", rec.DurationMS, rec.TalkMS, rec.StartedAt, rec.EndedAt)
			}
			if notes := strings.Join(rec.Notes, "; "); !strings.Contains(notes, "clock was set") || !strings.Contains(notes, jump.String()) {
				t.Errorf("notes: %q", notes)
			}
			for _, p := range outcome.Check(rec) {
				t.Error(p)
			}
			// A call that begins now has the new time.
			now := r.now.Add(jump)
			tag = r.talk("d")
			r.from(trunkAddr, request("BYE", "1", "d", tag, 2, ""))
			r.answer(200, "")
			r.idle()
			if d := r.records[1].StartedAt; !d.Equal(now) || len(r.records[1].Notes) != 0 {
				t.Errorf("the next call began %v, want %v; notes %q", d, now, r.records[1].Notes)
			}
		})
	}
}

func TestABindingKeepsItsLifeWhenTheClockIsSet(t *testing.T) {
	r := withUsers(t)
	ahead := time.Duration(0)
	r.x.opt.Wall = func(now time.Time) time.Time { return now.Add(ahead) }
	r.turn()
	ahead = time.Hour
	r.turn()
	if got := r.asUser("203.0.113.9:5060", "REGISTER", "p", "100", "100-horse"); got != 200 {
		t.Fatalf("got %d", got)
	}
	for _, b := range r.bindings {
		if d := b.ExpiresAt.Sub(r.now.Add(ahead)); d <= 0 || d > 2*time.Hour {
			t.Errorf("kept for %v by the system's clock", d)
		}
	}
	// What was kept is loaded by the system's clock, too.
	r.x.LoadBindings([]store.Binding{{BindingKey: store.BindingKey{AOR: "sip:101@example.com", Key: "k"}, Contact: "<sip:101@203.0.113.8>", ExpiresAt: r.now.Add(ahead + time.Minute)}})
	n := 0
	for b := range r.x.reg.Lookup(r.now, "sip:101@example.com") {
		n++
		if d := b.Expires.Sub(r.now); d != time.Minute {
			t.Errorf("it expires in %v", d)
		}
	}
	if n != 1 {
		t.Errorf("%d bindings", n)
	}
}

func TestSteady(t *testing.T) {
	var s steady
	t0 := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var got []string
	for _, step := range []struct{ after, wall time.Duration }{{0, 0}, {time.Second, time.Second}, {2 * time.Second, 2*time.Second + 900*time.Millisecond}, {3 * time.Second, 3*time.Second + 1100*time.Millisecond}, {4 * time.Second, 0}} {
		at, set := s.at(t0.Add(step.after), t0.Add(step.wall))
		got = append(got, fmt.Sprint(at.Sub(t0), " ", set))
	}
	want := "0s 0s, 1s 0s, 2s 0s, 3s 1.1s, 4s -5.1s"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
