package exchange

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"onhook/app"
	"onhook/call"
	"onhook/outcome"
	"onhook/route"
)

// An appFunc is an application of a test.
type appFunc func(s app.Session) error

func (f appFunc) Run(s app.Session) error { return f(s) }

// withApp is a rig where number 2 leads to an application.
func withApp(t *testing.T, name string, f appFunc) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		table, err := route.New(route.Options{
			Rules: []route.Rule{{Match: "2", To: []route.Destination{{Kind: route.ToApp, Text: name}}}},
			Apps:  []string{name}, Local: []string{"10.0.0.1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes = table
		s.App = func(got string) app.App {
			if got != name {
				return nil
			}
			return f
		}
	})
}

// recorded turns the loop until a record is there.
func (r *rig) recorded() outcome.Record {
	r.t.Helper()
	limit := time.After(patience)
	for len(r.records) == 0 {
		select {
		case <-r.x.box.wake: // the application asks for something
			r.turn()
		case <-limit:
			r.t.Fatal("no record")
		}
		if r.x.calls.used > 0 {
			r.pass(time.Millisecond)
		}
	}
	return r.records[0]
}

func TestApplicationsThatSendTheCallerRoundAreEnded(t *testing.T) {
	r := withApp(t, "queue:a", func(s app.Session) error { return s.Transfer("queue:a") })
	r.from(trunkAddr, request("INVITE", "2", "round", "", 1, sdpText))
	if rec := r.recorded(); rec.ByeReason != "EXCHANGE_ROUTING_ERROR" || rec.Queue != "a" {
		t.Errorf("%s, queue %q", rec.ByeReason, rec.Queue)
	}
}

func TestApplicationGivesTheDetailOfTheEnd(t *testing.T) {
	r := withApp(t, "queue:a", func(s app.Session) error { return s.Hangup("SUBSCRIBER_ABSENT queue_no_agent") })
	r.from(trunkAddr, request("INVITE", "2", "detail", "", 1, sdpText))
	if rec := r.recorded(); rec.ByeReason != "SUBSCRIBER_ABSENT" || rec.Detail != "queue_no_agent" {
		t.Errorf("%s, detail %q", rec.ByeReason, rec.Detail)
	}
}

// TestAnApplicationsEndIsHeardByABusyLoop: as many commands wait as may, and the application's return is none of those.
func TestAnApplicationsEndIsHeardByABusyLoop(t *testing.T) {
	may := make(chan struct{})
	r := withApp(t, "queue:a", func(app.Session) error {
		<-may
		return nil
	})
	r.from(trunkAddr, request("INVITE", "2", "busy", "", 1, sdpText))
	s := r.x.calls.calls[0].session
	for range maxCommands {
		if err := r.x.box.command(newCommand(func(*Exchange) {})); err != nil {
			t.Fatal(err)
		}
	}
	close(may)
	<-s.ctx.Done() // its goroutine has come to its end
	if rec := r.recorded(); rec.ByeReason != "End_In_IVR" {
		t.Errorf("%s", rec.ByeReason)
	}
}

func TestTransferToADestinationThatCannotBeCalledHasItsOutcome(t *testing.T) {
	r := withApp(t, "queue:a", func(s app.Session) error {
		err := s.Transfer("user:nobody")
		if err != nil && !errors.Is(err, app.ErrHungUp) {
			t.Errorf("Transfer: %v", err)
		}
		return err
	})
	r.from(trunkAddr, request("INVITE", "2", "nobody", "", 1, sdpText))
	if rec := r.recorded(); rec.ByeReason != "UNALLOCATED_NUMBER" {
		t.Errorf("%s", rec.ByeReason)
	}
}

func TestACallHoldsOnlyWhoTakesPartInIt(t *testing.T) {
	x := &Exchange{inUse: map[string]int{}}
	c := &live{}
	leg := func(id call.LegID, name string) {
		c.events = append(c.events, call.Event{Kind: call.EvLeg, Leg: id, Peer: call.PeerPhone, Name: name})
	}
	check := func(what string, want map[string]int) {
		t.Helper()
		if !maps.Equal(x.inUse, want) {
			t.Errorf("%s: in use %v, want %v", what, x.inUse, want)
		}
	}
	for i, name := range []string{"100", "101", "102"} {
		x.hold(c, "user "+name)
		leg(call.LegID(i+1), name)
	}
	x.hold(c, "trunk carrier")
	x.freeOthers(c, 3, 1)
	check("102 answered", map[string]int{"user 100": 1, "user 102": 1, "trunk carrier": 1})
	leg(4, "103") // of another call
	x.freeOthers(c, 4, 1)
	check("103 came in the place of 102", map[string]int{"user 100": 1, "user 103": 1, "trunk carrier": 1})
	from := len(c.holds)
	x.hold(c, "user 104")
	x.hold(c, "user 104")
	x.unhold(c, from)
	check("104 rang in vain", map[string]int{"user 100": 1, "user 103": 1, "trunk carrier": 1})
	x.unhold(c, 0)
	if !slices.Equal(c.holds, []string{"trunk carrier"}) {
		t.Errorf("held %v", c.holds)
	}
}

// A flash of the hook, which telephone-events know as well (RFC 4733 section 3.2), is no choice in a menu.
func TestAFlashOfTheHookIsNoKey(t *testing.T) {
	s := &session{keyed: make(chan struct{}, 1)}
	s.press("!")
	if s.pressed() || len(s.keyed) != 0 {
		t.Error("a flash was taken for a key")
	}
	s.press("1!2")
	for _, want := range "12" {
		if got, ok := s.take(); !ok || got != byte(want) {
			t.Errorf("took %q, %v, want %q", got, ok, want)
		}
	}
	if s.pressed() {
		t.Error("more keys than were pressed")
	}
}
