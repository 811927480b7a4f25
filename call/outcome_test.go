package call_test

import (
	"testing"
	"time"

	"onhook/call"
	"onhook/sip"
)

// TestSection7OfTheOutcomes plays the rows of outcome/README section 7 that a
// plain call can reach, and folds what the call itself has journalled.
func TestSection7OfTheOutcomes(t *testing.T) {
	ring := func(w *world) { w.response(2, 20, 180, "") }
	talk := func(w *world) {
		ring(w)
		w.response(2, 20, 200, answer, "Allow", "INVITE, UPDATE")
		w.request(1, sip.ACK, "")
	}
	reinvite := func(w *world, leg call.LegID, dir string, code int) {
		mine, theirs := offer, answer
		if leg != call.Caller {
			mine, theirs = answer, offer
		}
		w.request(leg, sip.INVITE, mine+dir)
		if code >= 300 {
			theirs = ""
		}
		w.reply(code, theirs)
		w.request(leg, sip.ACK, "")
	}
	one, two, inTurn := []call.Step{step("b")}, []call.Step{step("b", "c")}, []call.Step{step("b"), step("c")}
	for _, x := range []struct {
		name  string
		steps []call.Step
		play  func(w *world)
		want  string
	}{
		{"caller hangs up", one, func(w *world) { talk(w); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"callee hangs up", one, func(w *world) { talk(w); w.request(2, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"CANCEL crosses the callee's 200", one, func(w *world) { ring(w); w.request(1, sip.CANCEL, ""); w.response(2, 20, 200, answer) }, "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
		{"CANCEL after our 200", one, func(w *world) { talk(w); w.request(1, sip.CANCEL, ""); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"CANCEL before any provisional", one, func(w *world) { w.request(1, sip.CANCEL, ""); w.response(2, 20, 487, "") }, "Cancelled 487 ORIGINATOR_CANCEL 487 caller no routing certain"},
		{"487 never comes after our CANCEL", []call.Step{{Targets: one[0].Targets, Ring: 5 * time.Second}}, func(w *world) {
			ring(w)
			w.tick(5 * time.Second)
			w.step(call.Input{Kind: call.InTimeout, Leg: 2, Dialog: 20, Method: sip.INVITE, Name: "cancel"})
		}, "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
		{"several 2xx to one INVITE", one, func(w *world) {
			talk(w)
			w.response(2, 21, 200, answer)
			if !w.byes[21] || w.byes[20] {
				w.fail("the second 2xx must get BYE, and only that: %v", w.byes)
			}
			w.request(1, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"another branch rings, and the INVITE is refused", one, func(w *world) {
			w.response(2, 20, 183, "")
			w.step(call.Input{Kind: call.InForked, Leg: 2, Dialog: 21})
			w.response(3, 21, 180, "")
			w.response(2, 20, 480, "")
		}, "Not_Answered 480 NO_ANSWER 480 callee no ringing certain"},
		{"callee's 200 without an answer", one, func(w *world) { ring(w); w.response(2, 20, 200, "") }, "Call_Failed 488 INCOMPATIBLE_DESTINATION 488 platform no ringing certain"},
		{"answered elsewhere", two, func(w *world) {
			ring(w)
			w.response(3, 30, 180, "")
			w.response(3, 30, 200, answer)
			w.response(2, 20, 487, "")
			w.request(3, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"BYE before ACK from the caller", one, func(w *world) { w.response(2, 20, 200, answer); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"BYE before ACK from the callee", one, func(w *world) { w.response(2, 20, 200, answer); w.request(2, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"no ACK", one, func(w *world) {
			w.response(2, 20, 200, answer)
			w.step(call.Input{Kind: call.InEnded, Leg: 1, Dialog: 1, Name: "no_ack"})
		}, "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain no_ack"},
		{"session timer", one, func(w *world) {
			talk(w)
			w.step(call.Input{Kind: call.InEnded, Leg: 2, Dialog: 20, Name: "session_timer"})
		}, "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain session_timer"},
		{"no RTP", one, func(w *world) { talk(w); w.step(call.Input{Kind: call.InMedia, Leg: 2, Name: "timeout"}) }, "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain media_timeout"},
		{"no RTP while on hold is no end", one, func(w *world) {
			talk(w)
			reinvite(w, 2, "a=sendonly\r\n", 200)
			w.step(call.Input{Kind: call.InMedia, Leg: 2, Name: "timeout"})
			w.request(2, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 callee party hold certain"},
		{"481 to a re-INVITE", one, func(w *world) { talk(w); reinvite(w, 1, "", 481) }, "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking certain in_dialog_481"},
		{"408 to a re-INVITE", one, func(w *world) { talk(w); reinvite(w, 1, "", 408) }, "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain in_dialog_timeout"},
		{"no answer to UPDATE", one, func(w *world) {
			talk(w)
			w.request(1, sip.UPDATE, offer)
			w.step(call.Input{Kind: call.InTimeout, Leg: 2, Dialog: 20, Txn: w.requests[0].Txn, Method: sip.UPDATE, Name: "F"})
		}, "Call_Ended 200 RECOVERY_ON_TIMER_EXPIRE 200 network party talking certain in_dialog_timeout"},
		{"481 to our own refresh", one, func(w *world) {
			talk(w)
			w.step(call.Input{Kind: call.InEnded, Leg: 2, Dialog: 20, Name: "in_dialog_481"})
		}, "Call_Ended 200 INVALID_CALL_REFERENCE 200 network party talking certain in_dialog_481"},
		{"re-INVITE refused with 488", one, func(w *world) { talk(w); reinvite(w, 1, "", 488); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"re-INVITE refused with 403", one, func(w *world) { talk(w); reinvite(w, 2, "", 403); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"re-INVITE refused with 491", one, func(w *world) { talk(w); reinvite(w, 2, "", 491); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"both BYE at once", one, func(w *world) { talk(w); w.request(2, sip.BYE, ""); w.request(1, sip.BYE, "") }, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking likely"},
		{"held by the callee, the caller leaves", one, func(w *world) {
			talk(w)
			reinvite(w, 2, "a=sendonly\r\n", 200)
			w.request(1, sip.BYE, "")
		}, "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
		{"held by the caller", one, func(w *world) {
			talk(w)
			reinvite(w, 1, "a=sendonly\r\n", 200)
			w.request(1, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"both hold, the caller resumes and leaves", one, func(w *world) {
			talk(w)
			reinvite(w, 1, "a=sendonly\r\n", 200)
			reinvite(w, 2, "a=inactive\r\n", 200)
			w.request(1, sip.INVITE, offer)
			w.reply(200, answer+"a=sendonly\r\n")
			w.request(1, sip.BYE, "")
		}, "Abandoned 903 Abandoned_On_Hold 200 caller party hold certain"},
		{"hold refused is no hold", one, func(w *world) {
			talk(w)
			reinvite(w, 2, "a=sendonly\r\n", 488)
			w.request(1, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 caller party talking certain"},
		{"early media, then a failure", one, func(w *world) { w.response(2, 20, 183, answer); w.response(2, 20, 404, "") }, "Call_Failed 404 UNALLOCATED_NUMBER 404 network no ringing certain"},
		{"6xx in a set, the other branch cancelled", two, func(w *world) {
			ring(w)
			w.response(3, 30, 603, "")
			w.response(2, 20, 487, "")
		}, "Declined 603 CALL_REJECTED 603 callee no ringing certain"},
		{"a 200 after a 6xx wins", two, func(w *world) {
			ring(w)
			w.response(3, 30, 603, "")
			w.response(2, 20, 200, answer)
			w.request(1, sip.ACK, "")
			w.request(2, sip.BYE, "")
		}, "Call_Ended 200 NORMAL_CLEARING 200 callee party talking certain"},
		{"a 6xx ends a list", inTurn, func(w *world) {
			w.response(2, 20, 600, "")
			if w.invited[3] {
				w.fail("the next of the list was called")
			}
		}, "Busy 600 USER_BUSY 600 callee no routing certain"},
		{"a late 200 after the ring timer", []call.Step{{Targets: one[0].Targets, Ring: 5 * time.Second}}, func(w *world) {
			ring(w)
			w.tick(5 * time.Second)
			w.response(2, 20, 200, answer)
		}, "Not_Answered 480 NO_ANSWER 480 platform no ringing certain"},
		{"a late 200 while the next rings", []call.Step{{Targets: one[0].Targets, Ring: 5 * time.Second}, step("c")}, func(w *world) {
			ring(w)
			w.tick(5 * time.Second)
			w.response(2, 20, 200, answer)
			w.response(3, 30, 486, "")
		}, "Busy 486 USER_BUSY 486 callee no ringing certain"},
		{"forwarded by 302", one, func(w *world) {
			w.routed = []call.Step{step("c")}
			w.response(2, 20, 302, "", "Contact", "<sip:102@example.com>")
			w.response(3, 30, 180, "")
			w.response(3, 30, 486, "")
		}, "Busy 486 USER_BUSY 486 callee no ringing certain"},
		{"forwarded in a circle", one, func(w *world) {
			w.routed = one
			w.response(2, 20, 302, "", "Contact", "<sip:b@example.com>")
		}, "Call_Failed 483 EXCHANGE_ROUTING_ERROR 483 platform no routing certain redirect_loop"},
		{"302 not followed", one, func(w *world) { w.response(2, 20, 302, "", "Contact", "<sip:b@elsewhere.example>") }, "Call_Failed 302 REDIRECTION_TO_NEW_DESTINATION 410 callee no routing certain"},
		{"hang-up command before answer", one, func(w *world) { ring(w); w.step(call.Input{Kind: call.InCommand, Name: "hangup", By: "ada"}) }, "Cancelled 480 MANAGER_REQUEST 480 platform no ringing certain"},
		{"hang-up command after answer", one, func(w *world) { talk(w); w.step(call.Input{Kind: call.InCommand, Name: "hangup", By: "ada"}) }, "Call_Ended 200 MANAGER_REQUEST 200 platform party talking certain"},
		{"graceful stop, unanswered", one, func(w *world) { ring(w); w.step(call.Input{Kind: call.InCommand, Name: "shutdown"}) }, "Cancelled 901 Terminated_From_Server 480 platform no ringing certain shutdown"},
		{"graceful stop, answered", one, func(w *world) { talk(w); w.step(call.Input{Kind: call.InCommand, Name: "shutdown"}) }, "Call_Ended 901 Terminated_From_Server 200 platform party talking certain shutdown"},
		{"connection refused", one, func(w *world) {
			w.step(call.Input{Kind: call.InFailed, Leg: 2, Dialog: 20, Txn: 7, Method: sip.INVITE, Name: "refused"})
		}, "Unreachable 502 DESTINATION_OUT_OF_ORDER 502 network no routing certain transport"},
		{"timer B", one, func(w *world) {
			w.step(call.Input{Kind: call.InTimeout, Leg: 2, Dialog: 20, Txn: 7, Method: sip.INVITE, Name: "B"})
		}, "Unreachable 408 NO_USER_RESPONSE 408 network no routing certain timer_b"},
		{"BYE in the early dialog", one, func(w *world) { ring(w); w.request(1, sip.BYE, ""); w.response(2, 20, 487, "") }, "Cancelled 487 ORIGINATOR_CANCEL 487 caller no ringing certain"},
	} {
		for _, relay := range []bool{false, true} {
			t.Run(x.name, func(t *testing.T) {
				opt := call.Options{Ring: time.Minute, Linger: 2 * time.Second, Redirects: 3, Relay: relay}
				w := newWorld(opt, true, call.Start{Invite: theInvite(offer), Steps: x.steps})
				x.play(w)
				if got := w.record(t); got != x.want {
					t.Errorf("\n got %s\nwant %s", got, x.want)
				}
			})
		}
	}
}

func TestExpiresOfTheInviteEndsTheCallBy487(t *testing.T) {
	w := newWorld(call.Options{Ring: time.Minute, Linger: 2 * time.Second}, true, call.Start{Invite: theInvite(offer, "Expires", "10"), Steps: []call.Step{step("b"), step("c")}})
	w.response(2, 20, 180, "")
	if got, want := w.record(t), "Not_Answered 480 NO_ANSWER 487 platform no ringing certain expires"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if w.invited[3] {
		t.Error("nobody else may be called after the time is over")
	}
}
