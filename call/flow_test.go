package call_test

import (
	"testing"
	"time"

	"onhook/call"
	"onhook/outcome"
	"onhook/sip"
)

// flows is a step that rings one phone, by the first of these unless that fails.
func flows(uris ...string) call.Step {
	s := step(uris...)
	s.Targets[0].Flows = s.Targets[1:]
	s.Targets = s.Targets[:1]
	return s
}

// gone is the end of the connection that a leg's INVITE went by.
func (w *world) gone(leg call.LegID) {
	w.step(call.Input{Kind: call.InFailed, Leg: leg, Dialog: legDialog(leg), Txn: 7, Method: sip.INVITE, Name: "closed"})
}

// TestSection7_OneFlowAfterTheOther: RFC 5626 section 7. A phone is called by one
// flow at a time, the next is tried when that one failed, and what the phone says
// itself counts. A failed flow is a leg of the record, and not how the call ended.
func TestSection7_OneFlowAfterTheOther(t *testing.T) {
	one, both := []call.Step{flows("b", "c")}, []call.Step{flows("b", "c")}
	both[0].Targets = append(both[0].Targets, step("d").Targets...)
	onward := []call.Step{flows("b", "c")}
	onward[0].User, onward[0].Forward = "101", call.WhenUnreachable
	answers := func(w *world, leg call.LegID) {
		w.response(leg, legDialog(leg), 200, answer)
		w.request(1, sip.ACK, "")
		w.request(1, sip.BYE, "")
	}
	for _, x := range []struct {
		name  string
		steps []call.Step
		play  func(w *world)
		legs  int // that were called
		want  string
	}{
		{"430", one, func(w *world) { w.response(2, 20, 430, ""); answers(w, 3) }, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"the connection is gone", one, func(w *world) { w.gone(2); answers(w, 3) }, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"gone while it rings", one, func(w *world) { w.response(2, 20, 180, ""); w.gone(2); answers(w, 3) }, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"timer B", one, func(w *world) {
			w.step(call.Input{Kind: call.InTimeout, Leg: 2, Dialog: 20, Txn: 7, Method: sip.INVITE, Name: "B"})
			answers(w, 3)
		}, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"no response in 5 s", one, func(w *world) { w.tick(5 * time.Second); answers(w, 3) }, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"both fail", one, func(w *world) { w.response(2, 20, 430, ""); w.gone(3) }, 2, "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
		{"the next says 500", one, func(w *world) { w.response(2, 20, 430, ""); w.response(3, 30, 500, "") }, 2, "Call_Failed 500 NORMAL_TEMPORARY_FAILURE 500 network no routing certain"},
		{"the next is busy", one, func(w *world) { w.gone(2); w.response(3, 30, 486, "") }, 2, "Busy 486 USER_BUSY 486 callee no routing certain"},
		{"the next rings on", one, func(w *world) { w.gone(2); w.response(3, 30, 180, ""); w.tick(time.Minute); w.response(3, 30, 487, "") }, 2, "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
		{"the caller leaves meanwhile", one, func(w *world) { w.gone(2); w.request(1, sip.CANCEL, ""); w.response(3, 30, 487, "") }, 2, "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain"},
		{"the caller has left", one, func(w *world) { w.request(1, sip.CANCEL, ""); w.gone(2) }, 1, "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain"},
		{"486", one, func(w *world) { w.response(2, 20, 486, "") }, 1, "Busy 486 USER_BUSY 486 callee no routing certain"},
		{"503", one, func(w *world) { w.response(2, 20, 503, "") }, 1, "Call_Failed 503 NORMAL_TEMPORARY_FAILURE 500 network no routing certain"},
		{"603", one, func(w *world) { w.response(2, 20, 603, "") }, 1, "Declined 603 CALL_REJECTED 603 callee no routing certain"},
		{"408 before it rang", one, func(w *world) { w.response(2, 20, 408, ""); answers(w, 3) }, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"408 after it rang", one, func(w *world) { w.response(2, 20, 180, ""); w.response(2, 20, 408, "") }, 1, "Not_Answered 408 NO_ANSWER 408 callee no ringing certain"},
		{"100, and then silence", one, func(w *world) {
			w.response(2, 20, 100, "")
			w.tick(time.Minute)
			w.response(2, 20, 487, "")
		}, 1, "Unreachable 408 NO_USER_RESPONSE 408 platform no routing certain"},
		{"a late answer by the flow given up", one, func(w *world) {
			w.tick(5 * time.Second)
			w.response(3, 30, 180, "")
			w.response(2, 20, 200, answer)
			if !w.byes[20] {
				w.fail("the late 200 must get a BYE")
			}
			answers(w, 3)
		}, 2, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"another phone rings beside", both, func(w *world) {
			w.response(3, 30, 180, "")
			w.response(2, 20, 430, "")
			w.response(4, 40, 486, "")
			answers(w, 3)
		}, 3, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"another phone answers meanwhile", both, func(w *world) {
			w.gone(2)
			answers(w, 3)
			w.response(4, 40, 487, "")
		}, 3, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"another phone has declined for all", both, func(w *world) { w.response(3, 30, 603, ""); w.gone(2) }, 2, "Declined 603 CALL_REJECTED 603 callee no routing certain"},
		{"a refusal by the second is no reason to forward", onward, func(w *world) {
			w.routed = []call.Step{step("e")}
			w.gone(2)
			w.response(3, 30, 403, "")
		}, 2, "Declined 403 CALL_REJECTED 403 callee no routing certain"},
		{"neither can be reached: forwarded", onward, func(w *world) {
			w.routed = []call.Step{step("e")}
			w.gone(2)
			w.gone(3)
			answers(w, 4)
		}, 3, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
	} {
		for _, relay := range []bool{false, true} {
			t.Run(x.name, func(t *testing.T) {
				opt := call.Options{Ring: 30 * time.Second, Linger: 2 * time.Second, Relay: relay}
				w := newWorld(opt, true, call.Start{Invite: theInvite(offer), Steps: x.steps})
				if w.invited[3] != (len(x.steps[0].Targets) > 1) {
					t.Fatal("a phone is called by two flows at once")
				}
				x.play(w)
				if got := w.record(t); got != x.want {
					t.Errorf("\n got %s\nwant %s", got, x.want)
				}
				if len(w.invited) != x.legs {
					t.Errorf("%d INVITEs left, want %d", len(w.invited), x.legs)
				}
				if rec := outcome.Fold(w.events, w.meta); len(rec.Legs) != x.legs+1 {
					t.Errorf("the record has %d legs, want the caller's and %d", len(rec.Legs), x.legs)
				}
			})
		}
	}
}

// TestAFailedFlowsLegSaysWhy: what each flow came to stands in the record.
func TestAFailedFlowsLegSaysWhy(t *testing.T) {
	w := newWorld(call.Options{Ring: 30 * time.Second, Linger: 2 * time.Second}, true, call.Start{Invite: theInvite(offer), Steps: []call.Step{flows("b", "c", "d", "e")}})
	w.response(2, 20, 430, "")
	w.gone(3)
	w.tick(5 * time.Second)
	w.response(5, 50, 200, answer)
	w.request(1, sip.ACK, "")
	w.request(1, sip.BYE, "")
	w.record(t)
	rec := outcome.Fold(w.events, w.meta)
	want := [...]string{"NORMAL_CLEARING", "DESTINATION_OUT_OF_ORDER", "DESTINATION_OUT_OF_ORDER", "NO_USER_RESPONSE", "NORMAL_CLEARING"}
	if len(rec.Legs) != len(want) {
		t.Fatalf("%d legs", len(rec.Legs))
	}
	for i, l := range rec.Legs {
		if l.Reason != want[i] {
			t.Errorf("leg %d: %s, want %s", l.ID, l.Reason, want[i])
		}
	}
}
