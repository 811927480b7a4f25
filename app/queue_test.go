package app

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A dialler is a fake whose Dial takes its time: the whole ring, and nobody answers.
type dialler struct {
	*fake
	rang []time.Duration
}

func (d *dialler) Dial(o DialOptions) (DialResult, error) {
	d.rang = append(d.rang, o.Ring)
	time.Sleep(o.Ring)
	return DialResult{Reason: "NO_ANSWER"}, d.do("dial %s", strings.Join(o.To, " "))
}

// waits has a caller wait in a queue of one agent who never answers, and tells for how long.
func waits(t *testing.T, o QueueOptions) (d *dialler, waited time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Name, o.Agents, o.LoggedIn = "q", []string{"101"}, true
		f := NewFloor(FloorOptions{})
		f.Configure([]QueueOptions{o})
		d = &dialler{fake: newFake()}
		began := time.Now()
		if err := (&Waiting{Queue: f.Queue("q"), Library: NewLibrary("", "")}).Run(d); err != nil {
			t.Error(err)
		}
		waited = time.Since(began)
	})
	return d, waited
}

// TestNobodyRingsLongerThanTheCallerMayWait: the longest wait bounds the ringing, too.
func TestNobodyRingsLongerThanTheCallerMayWait(t *testing.T) {
	d, waited := waits(t, QueueOptions{Ring: 15 * time.Second, MaxWait: 20 * time.Second})
	if len(d.rang) != 2 || d.rang[0] != 15*time.Second || d.rang[1] != 5*time.Second || waited != 20*time.Second {
		t.Errorf("rang %v in %v, want 15 s and 5 s", d.rang, waited)
	}
	if got := d.text(); !strings.HasSuffix(got, "hangup NO_ANSWER queue_timeout") {
		t.Errorf("got %s", got)
	}
	// One second is the least that somebody rings.
	if d, _ := waits(t, QueueOptions{Ring: 15 * time.Second, MaxWait: 100 * time.Millisecond}); len(d.rang) != 1 || d.rang[0] != time.Second {
		t.Errorf("rang %v, want 1 s", d.rang)
	}
}

// TestAWaitThatIsTooLongOverflows to where the queue says, instead of an end.
func TestAWaitThatIsTooLongOverflows(t *testing.T) {
	d, _ := waits(t, QueueOptions{Ring: time.Second, MaxWait: 3 * time.Second, Overflow: "user:9"})
	if got := d.text(); !strings.HasSuffix(got, "transfer user:9") || strings.Contains(got, "hangup") {
		t.Errorf("got %s", got)
	}
}

// TestAQueueThatIsRemovedLetsItsCallersGo: no agent will ever come to it.
func TestAQueueThatIsRemovedLetsItsCallersGo(t *testing.T) {
	for _, c := range []struct{ overflow, want string }{
		{"", "stage queue / node no_agent / hangup SUBSCRIBER_ABSENT queue_no_agent"},
		{"user:9", "stage queue / node no_agent / transfer user:9"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f, s := NewFloor(FloorOptions{}), newFake()
			f.Configure([]QueueOptions{{Name: "q", Agents: []string{"101"}, LoggedIn: true, Overflow: c.overflow}})
			if err := f.Agent("101", Pause, ""); err != nil {
				t.Fatal(err)
			}
			q, done := f.Queue("q"), make(chan error, 1)
			go func() { done <- (&Waiting{Queue: q, Library: NewLibrary("", "")}).Run(s) }()
			synctest.Wait()
			f.Configure(nil)
			select {
			case err := <-done:
				if err != nil || !strings.HasSuffix(s.text(), c.want) || q.stats.refused != 1 {
					t.Errorf("got %s, %v, want %s", s.text(), err, c.want)
				}
			case <-time.After(time.Hour):
				t.Error("it waits still")
				s.cancel()
				<-done
			}
		})
	}
}

// TestAPauseLastsUntilTheAgentSaysSo: nobody is offered meanwhile; Resume ends the time alone as well.
func TestAPauseLastsUntilTheAgentSaysSo(t *testing.T) {
	d := newDesk(t, QueueOptions{Name: "q", Agents: []string{"1"}, LoggedIn: true, Retry: time.Hour})
	say := func(action string) {
		t.Helper()
		if err := d.f.Agent("1", action, ""); err != nil {
			t.Fatal(err)
		}
	}
	say(Pause)
	w := d.comes("q", "x")
	d.rings(w)
	d.pass(time.Minute)
	d.rings(w)
	say(Resume)
	d.rings(w, "1")
	d.f.missed(w, "NO_ANSWER")
	d.pass(time.Minute)
	d.rings(w)
	say(Resume) // it is there again: it need not wait for the end of the hour
	d.rings(w, "1")
	d.f.missed(w, "NO_ANSWER")
	say(Pause)
	say(Logout)
	say(Login) // who logs in takes calls, but is left alone for as long as before
	d.pass(2 * time.Hour)
	d.rings(w, "1")
}
