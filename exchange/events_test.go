package exchange

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onhook/sip"
)

// watched gives a rig and the types of the events that it tells.
func watched(t *testing.T) (*rig, *[]CallEvent) {
	t.Helper()
	r := newRig(t, nil)
	var told []CallEvent
	r.x.opt.Watch = func(e CallEvent) { told = append(told, e) }
	return r, &told
}

func typesOf(told []CallEvent) []string {
	var out []string
	for _, e := range told {
		out = append(out, e.Type)
	}
	return out
}

func TestWatchersAreToldTheLifeOfACall(t *testing.T) {
	r, told := watched(t)
	tag := r.talk("c")
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.idle()
	got := typesOf(*told)
	if d := cmp.Diff([]string{CallStarted, CallAnswered, CallEnded}, got); d != "" {
		t.Fatal(d)
	}
	for i, e := range *told {
		if e.Sequence != uint32(i+1) || e.Call.ID != r.records[0].ID || (e.Record != nil) != (e.Type == CallEnded) {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if rec := (*told)[2].Record; rec.ByeReason != r.records[0].ByeReason {
		t.Errorf("told %s, stored %s", rec.ByeReason, r.records[0].ByeReason)
	}
}

func TestARefusedCallIsToldToo(t *testing.T) {
	r, told := watched(t)
	r.from(trunkAddr, request("INVITE", "2", "c", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 404 {
		t.Fatalf("got %d", m.Status)
	}
	r.from(trunkAddr, request(string(sip.ACK), "2", "c", r.last(trunkAddr).ToTag(), 1, ""))
	r.idle()
	if d := cmp.Diff([]string{CallStarted, CallEnded}, typesOf(*told)); d != "" {
		t.Error(d)
	}
}

func TestTheEventsOfACallThatIsUpCanBeRead(t *testing.T) {
	r, told := watched(t)
	r.talk("c")
	id := (*told)[0].Call.ID
	done := make(chan struct{})
	ask := func(id string) (n int, err error) {
		go func() {
			defer func() { done <- struct{}{} }()
			events, e := r.x.LiveEvidence(context.Background(), id)
			n, err = len(events), e
		}()
		for {
			select {
			case <-done:
				return n, err
			case <-r.x.box.wake:
				r.turn()
			}
		}
	}
	if n, err := ask(id); n < 6 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	if _, err := ask("call_none"); err != ErrNotFound {
		t.Errorf("got %v", err)
	}
}
