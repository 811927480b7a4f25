package call

import (
	"testing"

	"onhook/sip"
)

// sent is a call whose caller was sent away by a command, and 101 to an application.
func sent(t *testing.T, app string) *rig {
	t.Helper()
	r := talking(t, Options{Relay: true}, "UPDATE")
	r.in(Input{Kind: InCommand, Name: CmdTransfer, N: CalleeSide, Text: app, By: "extension 100", Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, Name: app, App: app}}}}})
	return r
}

func TestWhoWasCalledIsSentToAnApplication(t *testing.T) {
	r := sent(t, "menu:main")
	r.want("event leg 3 menu:main 0", "event bridged 2 0", "event ended 1 BLIND_TRANSFER 0", "bye 1")
	if !r.c.Sent() || r.c.Side(CallerSide) != 2 || r.c.Partner(2) != 0 {
		t.Errorf("sent %v, the application has leg %d", r.c.Sent(), r.c.Side(CallerSide))
	}
	r.log = nil
	r.in(Input{Kind: InVerb, Verb: VerbHangup})
	r.want("event intent 3 End_In_IVR 0", "bye 2") // the server's own place: the party was called
}

func TestWhoAnswersOneThatWasSentStandsInTheCallersPlace(t *testing.T) {
	r := sent(t, "queue:support")
	r.log = nil
	r.in(Input{Kind: InVerb, Verb: VerbDial, Name: "queue", Steps: []Step{phones("sip:agent@h")}})
	r.from(4, 200, answerB)
	r.want("event bridged 2 0", "event stage 0 talking 0")
	if r.c.Sent() || r.c.Side(CallerSide) != 4 || r.c.Side(CalleeSide) != 2 {
		t.Errorf("the caller's place has leg %d, the other one %d", r.c.Side(CallerSide), r.c.Side(CalleeSide))
	}
	r.log = nil
	r.ask(2, sip.BYE, "")
	r.want("bye 4")
}

func TestOneThatWasSentIsParkedAndTaken(t *testing.T) {
	r := sent(t, "park:701")
	if !r.c.Takes(2) {
		t.Fatal("nobody could take the party")
	}
	other := talking(t, Options{Relay: true}, "UPDATE")
	var given *Passenger
	for _, a := range other.c.Step(nil, other.now, Input{Kind: InGive, Leg: 1}) {
		if a.Kind == ActGiven {
			given = a.Passenger
		}
	}
	r.log = nil
	r.in(Input{Kind: InAdopt, Leg: 2, Passenger: given})
	r.want("event bridged 2 0", "event stage 0 talking 0")
	if r.c.Side(CallerSide) != 4 || r.c.Side(CalleeSide) != 2 {
		t.Errorf("the caller's place has leg %d, the other one %d", r.c.Side(CallerSide), r.c.Side(CalleeSide))
	}
}
