package call

import (
	"testing"
	"time"
)

// redirectTo is an operator's word.
func redirectTo(steps ...Step) Input {
	return Input{Kind: InCommand, Name: CmdRedirect, By: "key a", Text: "102", Steps: steps}
}

func TestARedirectByCommandEndsWhatRingsAsAForward(t *testing.T) {
	r := newRig(t, Options{Ring: 10 * time.Second}, Start{Steps: []Step{phones("sip:b@h", "sip:c@h"), phones("sip:never@h")}})
	r.from(2, 180, "")
	r.in(redirectTo(phones("sip:d@h")))
	r.want("event command 0 redirect 0", "event intent 2 CALL_FORWARD 0", "cancel 2", "event intent 3 CALL_FORWARD 0", "cancel 3", "event stage 0 routing 0", "respond 1 181", "invite 4 sip:d@h")
	r.from(2, 487, "")
	r.from(3, 487, "")
	r.from(4, 180, "")
	r.want("event stage 0 ringing 0")
	r.pass(10 * time.Second) // the new one's own time
	r.want("event intent 4 NO_ANSWER 0", "cancel 4", "refuse 1")
	r.never("invite 5")
}

func TestAnAnswerThatCrossesTheCancelOfARedirectIsEndedByBye(t *testing.T) {
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.from(2, 180, "")
	r.in(redirectTo(phones("sip:d@h")))
	r.from(2, 200, answerB)
	r.want("cancel 2", "invite 3 sip:d@h", "bye 2")
	r.never("respond 1 200")
	r.from(3, 200, answerB)
	r.want("respond 1 200", "event bridged 3 0")
}

func TestARedirectIsForCallsThatRing(t *testing.T) {
	for name, begin := range map[string]func() *rig{
		"answered": func() *rig {
			r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
			r.from(2, 200, answerB)
			return r
		},
		"refused": func() *rig {
			r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
			r.from(2, 486, "")
			return r
		},
		"withdrawn": func() *rig {
			r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
			r.in(Input{Kind: InCancelled, Leg: Caller})
			return r
		},
		"echo": func() *rig {
			return newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{{Targets: []Target{{Echo: true}}}}})
		},
	} {
		r := begin()
		legs := len(r.c.legs)
		r.in(redirectTo(phones("sip:d@h")))
		if len(r.c.legs) != legs {
			t.Errorf("%s: somebody else is called", name)
		}
	}
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{phones("sip:b@h")}})
	r.in(redirectTo())
	r.never("cancel")
}
