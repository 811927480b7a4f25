package exchange

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
	"onhook/store"
)

// one checks that there is one record, and what it says.
func (r *rig) one(want string) {
	r.t.Helper()
	if len(r.records) != 1 {
		r.t.Fatalf("%d records, want one; log:\n%s", len(r.records), strings.Join(r.log, "\n"))
	}
	x := r.records[0]
	if got := fmt.Sprintf("%s %s %d", x.Status, x.ByeReason, x.SIPFinal); got != want {
		r.t.Errorf("got %s, want %s", got, want)
	}
}

func TestACallIsStoredOnceAtItsBeginAndOnceAtItsEnd(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("c")
	if len(r.begun) != 1 || len(r.records) != 0 || r.x.count.Calls != 1 {
		t.Fatalf("%d begun, %d records, %d calls", len(r.begun), len(r.records), r.x.count.Calls)
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.idle()
	r.one("Call Ended NORMAL_CLEARING 200")
	if r.x.count.Records != 1 || r.x.count.RecordErrors != 0 {
		t.Errorf("%+v", r.x.count)
	}
}

func TestABusyStoreGetsTheRecordAgainAndOnce(t *testing.T) {
	r := newRig(t, nil)
	r.finish = store.ErrBusy
	r.from(trunkAddr, request("INVITE", "2", "c", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 404 {
		t.Fatalf("got %d", m.Status)
	}
	r.from(trunkAddr, request("ACK", "2", "c", r.last(trunkAddr).ToTag(), 1, ""))
	r.pass(10 * time.Second)
	if s := r.x.Idle(); s != "1 records not saved" {
		t.Errorf("left over: %q", s)
	}
	r.finish = nil
	r.idle()
	r.one("Call Failed NO_ROUTE_DESTINATION 404")
}

func TestARecordThatCannotBeStoredIsCounted(t *testing.T) {
	r := newRig(t, nil)
	r.finish = errors.New("broken")
	r.from(trunkAddr, request("INVITE", "2", "c", "", 1, sdpText))
	r.idle()
	if len(r.records) != 0 || r.x.count.RecordErrors != 1 || r.x.count.Records != 0 {
		t.Errorf("%+v", r.x.count)
	}
}

func TestARecordThatIsNotDurableYetIsWaitedFor(t *testing.T) {
	r := newRig(t, nil)
	r.slow = true
	r.from(trunkAddr, request("INVITE", "2", "c", "", 1, sdpText))
	r.pass(time.Minute)
	if s := r.x.Idle(); s != "1 records not saved" {
		t.Errorf("left over: %q", s)
	}
	r.done[0](nil)
	r.idle()
	r.one("Call Failed NO_ROUTE_DESTINATION 404")
}

func TestNoCallBeginsThatTheDiskHasNoRoomFor(t *testing.T) {
	r := newRig(t, nil)
	r.begin = store.ErrFull
	r.from(trunkAddr, request("INVITE", "1", "c", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 {
		t.Errorf("got %d", m.Status)
	}
	r.idle()
	r.one("Call Failed NORMAL_TEMPORARY_FAILURE 503")
	for _, s := range r.sent {
		if s.to.String() == phoneAddr {
			t.Errorf("the phone got %q", s.data)
		}
	}
	// on_disk_full: continue.
	r = newRig(t, func(s *Settings) { s.Continue = true })
	r.begin = store.ErrFull
	tag := r.talk("c")
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.idle()
	r.one("Call Ended NORMAL_CLEARING 200")
}

func TestADiskThatIsBehindRefusesOneCallAsOverload(t *testing.T) {
	r := newRig(t, nil)
	r.begin = store.ErrBusy
	r.from(trunkAddr, request("INVITE", "1", "c", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 || m.Get(sip.HRetryAfter) == "" {
		t.Errorf("got %d, Retry-After %q", m.Status, m.Get(sip.HRetryAfter))
	}
	r.from(trunkAddr, request("ACK", "1", "c", r.last(trunkAddr).ToTag(), 1, ""))
	r.begin = nil
	tag := r.talk("d") // the next one finds room
	r.from(trunkAddr, request("BYE", "1", "d", tag, 2, ""))
	r.answer(200, "")
	r.idle()
	if len(r.records) != 2 || r.records[0].ByeReason != "SWITCH_CONGESTION" || r.records[0].Detail != "overload" {
		t.Errorf("%+v", r.records)
	}
}

func TestNoPortIsFree(t *testing.T) {
	r := newRig(t, nil)
	r.media.err = errors.New("no port is free")
	r.from(trunkAddr, request("INVITE", "1", "c", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 {
		t.Errorf("got %d", m.Status)
	}
	r.idle()
	r.one("Call Failed BEARERCAPABILITY_NOTAVAIL 503")
}

func TestACallThatWasUpWhenTheServerEndedIsClosed(t *testing.T) {
	r := newRig(t, nil)
	at := r.now.Add(-time.Minute)
	invite := request("INVITE", "1", "c", "", 1, sdpText)
	r.x.Recover(store.OpenCall{
		Start: store.Start{ID: "call_x", StartedAt: at, Direction: "inbound", Trunk: "sim", Events: []call.Event{
			{Seq: 1, At: at, Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerTrunk, Name: "sim"},
			{Seq: 2, At: at, Kind: call.EvReceived, Leg: call.Caller, Flow: "udp 10.0.0.2:5060>10.0.0.1:5060", Msg: invite},
		}},
		Alive: at.Add(10 * time.Second),
	})
	if s := r.x.Idle(); s != "1 records not saved" {
		t.Errorf("before the first turn: %q", s)
	}
	r.idle()
	r.one("Cancelled Terminated_From_Server 0")
	if x := r.records[0]; x.ID != "call_x" || x.Detail != "recovered" || !x.EndedAt.Equal(at.Add(10*time.Second)) || x.Trunk != "sim" {
		t.Errorf("got %+v", x)
	}
}

func TestAReloadTouchesNoCallThatIsUp(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("c")
	s := settings(t)
	s.Routes = routesTo(t, route.Rule{Match: "3", To: []route.Destination{{Kind: route.ToEcho}}})
	s.Call.Relay = false
	r.x.box.answer(answer{do: func(x *Exchange) { x.configure(s) }})
	r.from(trunkAddr, request("INVITE", "1", "d", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 404 {
		t.Errorf("a new call to a number that is no more gets %d", m.Status)
	}
	r.from(trunkAddr, request("INVITE", "1", "c", tag, 2, sdpText+"a=sendonly\r\n"))
	r.answer(200, sdpText+"a=recvonly\r\n")
	if m := r.last(trunkAddr); m.Status != 200 || !strings.Contains(m.Body, "c=IN IP4 10.0.0.1\r\n") {
		t.Errorf("the call that is up was answered %d\n%s", m.Status, m.Body)
	}
	r.from(trunkAddr, request("ACK", "1", "c", tag, 2, ""))
	r.from(trunkAddr, request("BYE", "1", "c", tag, 3, ""))
	r.answer(200, "")
	r.idle()
	if len(r.records) != 2 {
		t.Errorf("%d records", len(r.records))
	}
}

func TestADrainingServerRefusesNewCallsOnly(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("c")
	r.x.box.answer(answer{do: func(x *Exchange) { x.draining = true }})
	r.from(trunkAddr, request("INVITE", "1", "d", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 || m.Get(sip.HRetryAfter) == "" {
		t.Errorf("a new call gets %d", m.Status)
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.idle()
	if len(r.records) != 2 {
		t.Errorf("%d records", len(r.records))
	}
}

func TestTheLimitOfCallsIsGivenBackAtTheirEnd(t *testing.T) {
	r := newRig(t, func(s *Settings) { s.Calls = 1 })
	tag := r.talk("c")
	r.from(trunkAddr, request("INVITE", "1", "d", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 {
		t.Errorf("one too many gets %d", m.Status)
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.pass(time.Minute)
	tag = r.talk("e")
	r.from(trunkAddr, request("BYE", "1", "e", tag, 2, ""))
	r.answer(200, "")
	r.idle()
}

func TestTheStoreHearsTheHeartOfCallsThatAreUp(t *testing.T) {
	r := newRig(t, nil)
	r.pass(10 * time.Second)
	if r.beats != 0 {
		t.Errorf("%d heartbeats without a call", r.beats)
	}
	tag := r.talk("c")
	r.pass(10 * time.Second)
	if r.beats != 5 {
		t.Errorf("%d heartbeats in 10 s, want 5", r.beats)
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 2, ""))
	r.answer(200, "")
	r.idle()
}
