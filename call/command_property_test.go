package call_test

import (
	"testing"
	"time"

	"onhook/call"
	"onhook/dialog"
	"onhook/outcome"

	"pgregory.net/rapid"
)

// told gives a command, with anything in it. There is no join without the leg of another
// call that comes with it in the same step, and no other call here.
func (w *randomWorld) told() {
	w.step(call.Input{
		Kind: call.InCommand, By: "x", N: rapid.IntRange(1, 3).Draw(w.t, "side"), Steps: rapid.SampledFrom(someSteps).Draw(w.t, "to"),
		Name: rapid.SampledFrom([]string{call.CmdTransfer, call.CmdTransfer, call.CmdHold, call.CmdResume, call.CmdPlay, call.CmdRedirect, "hangup"}).Draw(w.t, "command"),
	})
}

// TestAnyCommandsEndInOneFinish: two parties talk, or a call is made for them, and
// operators and parties do whatever they like; what TestAnyInputsEndInOneFinish
// holds for calls without commands is true of these too.
func TestAnyCommandsEndInOneFinish(t *testing.T) {
	talked := 0
	property := func(t *rapid.T) {
		s := call.Start{Invite: theInvite(offer), Steps: []call.Step{step("b")}}
		made := rapid.Bool().Draw(t, "made")
		if made {
			s.Invite, s.Steps = theInvite(""), rapid.SampledFrom([][]call.Step{{step("b")}, {step("b", "c")}, {step("b"), step("c")}}).Draw(t, "first")
			s.Origin = &call.Origin{To: "x", From: "<sip:x@h>", Application: rapid.Bool().Draw(t, "application")}
		}
		opt := call.Options{Ring: 20 * time.Second, Linger: 2 * time.Second, MaxCall: time.Hour, Redirects: 1, Relay: rapid.Bool().Draw(t, "relay")}
		w := &randomWorld{world: newWorld(opt, true, s), t: t, first: call.Caller, roots: map[call.LegID]dialog.ID{}, over: map[call.LegID]bool{}, up: map[call.LegID]bool{}}
		if made {
			w.first++ // the server itself is the caller
		}
		w.routed = rapid.SampledFrom(someSteps).Draw(t, "routed")
		for range rapid.IntRange(0, 20).Draw(t, "inputs") {
			switch leg := w.leg(); rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				w.told()
			case 2:
				if leg != call.Caller && w.invited[leg] && !w.over[leg] && !w.up[leg] && !w.c.Over() {
					w.up[leg], w.roots[leg], w.bound[legDialog(leg)] = true, legDialog(leg), leg
					w.response(leg, legDialog(leg), 200, answer)
				}
			case 3:
				w.step(call.Input{Kind: call.InMedia, Leg: leg, Name: "played"})
			default:
				w.input()
			}
			if w.c.Stage() == "talking" || w.c.Stage() == "hold" {
				talked++
			}
		}
		for range 500 {
			for len(w.asked) > 0 && w.finished == 0 {
				w.mediaReady(nil)
			}
			w.tick(10 * time.Second)
		}
		if w.finished != 1 || !w.c.Over() {
			w.fail("ActFinish came %d times", w.finished)
		}
		if made && w.finals[0] != 0 {
			w.fail("an INVITE that there is not got a final response")
		}
		rec := outcome.Fold(w.events, w.meta)
		w.bad = append(w.bad, outcome.Check(rec)...)
		if rec.ByeReason == "UNSPECIFIED" {
			w.fail("nothing explains the end")
		}
		if len(w.bad) > 0 {
			t.Fatalf("%q", w.bad)
		}
	}
	for range 10 { // a hundred each
		rapid.Check(t, property)
	}
	if talked < 500 {
		t.Errorf("parties talked after %d of the inputs", talked)
	}
}
