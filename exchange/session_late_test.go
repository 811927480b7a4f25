package exchange

import (
	"runtime"
	"testing"
	"time"

	"onhook/app"
	"onhook/route"
)

// An act is an application that is a function.
type act func(app.Session) error

func (a act) Run(s app.Session) error { return a(s) }

// newAppRig is a rig whose number 5 leads to an application.
func newAppRig(t *testing.T, a act) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		table, err := route.New(route.Options{
			Rules: []route.Rule{{Match: "5", To: []route.Destination{{Kind: route.ToApp, Text: "voicemail:5"}}}},
			Apps:  []string{"voicemail:5"}, Local: []string{"10.0.0.1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes = table
		s.App = func(string) app.App { return a }
	})
}

// until turns the loop until an application has come to a place.
func (r *rig) until(place <-chan struct{}) {
	r.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		select {
		case <-place:
			return
		default:
			r.turn()
		}
	}
	r.t.Fatal("the application never came so far")
}

// nothing is a sink.
type nothing struct{}

func (nothing) Write([]int16) bool { return true }

// record is an application that records, and once its caller has gone stores what it has, when it may.
func record(recording, gone chan<- struct{}, may <-chan struct{}, stored chan<- error) act {
	return func(s app.Session) error {
		if err := s.Stage("voicemail"); err != nil {
			return err
		}
		if err := s.Answer(); err != nil {
			return err
		}
		go func() {
			<-s.Context().Done()
			close(gone)
		}()
		close(recording)
		_, err := s.Record(app.RecordOptions{}, nothing{})
		<-may
		stored <- s.Stored("5", "m1", 3*time.Second)
		return err
	}
}

// hangUp calls the application and hangs up while it records.
func (r *rig) hangUp(recording, gone <-chan struct{}) {
	r.t.Helper()
	r.from(trunkAddr, request("INVITE", "5", "c", "", 1, sdpText))
	r.until(recording)
	tag := r.last(trunkAddr).ToTag()
	r.from(trunkAddr, request("ACK", "5", "c", tag, 1, ""))
	for r.x.calls.used == 1 && !r.recording() {
		r.turn()
		runtime.Gosched()
	}
	r.from(trunkAddr, request("BYE", "5", "c", tag, 2, ""))
	r.until(gone)
}

// recording tells whether the call's application has begun to record.
func (r *rig) recording() bool {
	for _, c := range r.x.calls.calls {
		if c != nil && c.session != nil && c.session.keeps {
			return true
		}
	}
	return false
}

func TestTheRecordWaitsForWhatIsBeingStored(t *testing.T) {
	recording, gone, may, stored := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	r := newAppRig(t, record(recording, gone, may, stored))
	r.hangUp(recording, gone)
	r.pass(storeLimit - 2*heartbeatEvery)
	if len(r.records) != 0 {
		t.Fatalf("the record did not wait: %+v", r.records[0])
	}
	close(may)
	for len(stored) == 0 || r.x.calls.used > 0 {
		r.turn()
		runtime.Gosched()
	}
	if err := <-stored; err != nil {
		t.Errorf("Stored: %v", err)
	}
	r.idle()
	r.one("Call Ended Caller_Left_Voicemail 200")
}

func TestTheRecordWaitsNotForEver(t *testing.T) {
	recording, gone, may, stored := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	r := newAppRig(t, record(recording, gone, may, stored))
	r.hangUp(recording, gone)
	r.pass(storeLimit + heartbeatEvery)
	r.one("Abandoned Abandoned_Voicemail 200")
	close(may)
	for len(stored) == 0 {
		r.turn()
		runtime.Gosched()
	}
	if err := <-stored; err == nil {
		t.Error("something was stored in a record that is closed")
	}
	r.idle()
}

// TestALeafIsAPlaceOfAMenu: who talked in a conference and is left alone is in a menu, and at its leaf, with that one verb.
func TestALeafIsAPlaceOfAMenu(t *testing.T) {
	reached := make(chan struct{})
	r := newAppRig(t, func(s app.Session) error {
		for _, err := range []error{s.Answer(), s.(app.Conferee).Talking(nil), s.Leaf("a")} {
			if err != nil {
				return err
			}
		}
		close(reached)
		<-s.Context().Done()
		return app.ErrHungUp
	})
	r.from(trunkAddr, request("INVITE", "5", "c", "", 1, sdpText))
	r.until(reached)
	tag := r.last(trunkAddr).ToTag()
	r.from(trunkAddr, request("ACK", "5", "c", tag, 1, ""))
	r.from(trunkAddr, request("BYE", "5", "c", tag, 2, ""))
	if rec := r.recorded(); rec.ByeReason != "End_In_IVR" || rec.Stage != "menu" || rec.Answered != "party" {
		t.Errorf("%s, stage %q, answered %q, want End_In_IVR, menu, party", rec.ByeReason, rec.Stage, rec.Answered)
	}
}
