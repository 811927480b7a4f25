package call

import (
	"testing"
	"time"

	"onhook/sip"
	"onhook/txn"
)

// heldAndReferred is a call whose callee holds the caller and sends it on: the caller
// is offered a session that goes both ways, since who held it will be gone.
func heldAndReferred(t *testing.T) *rig {
	t.Helper()
	r := talking(t, Options{Relay: true}, "")
	r.ask(2, sip.INVITE, answerB+"a=sendonly\r\n")
	r.reply(1, sip.INVITE, 200, offerA+"a=recvonly\r\n")
	r.in(Input{Kind: InAck, Leg: 2, Dialog: 12, Msg: withSDP(sip.ACK, "")})
	r.routed = []Step{phones("sip:c@h")}
	r.log = nil
	r.refer(2, "<sip:102@example.com>")
	return r
}

// pending is a 491 to the re-INVITE that was sent to a leg, and how long to wait then.
func (r *rig) pending(leg LegID, wait time.Duration) {
	r.t.Helper()
	r.in(Input{Kind: InResponse, Leg: leg, Dialog: dialogOf(leg), Txn: txn.ID(100 + leg), Method: sip.INVITE, Msg: &sip.Message{Status: 491}, Wait: wait})
}

// TestSection14_1_OurOwnReInviteIsTriedOnceMoreAfter491: "it SHOULD start a timer with a
// value T [...] When the timer fires, the UAC SHOULD attempt the re-INVITE once more".
// Otherwise who was put on hold hears nothing of whom it was sent on to.
func TestSection14_1_OurOwnReInviteIsTriedOnceMoreAfter491(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	offered := r.c.legs[0].origin.last
	r = heldAndReferred(t)
	r.want("respond 2 202", "request 1 INVITE")
	r.log = nil
	r.pending(1, 1500*time.Millisecond)
	r.pass(1490 * time.Millisecond)
	for _, l := range r.log {
		if l == "request 1 INVITE" {
			t.Fatal("it is sent again before its time")
		}
	}
	r.pass(10 * time.Millisecond)
	r.want("request 1 INVITE")
	if d := r.c.Deadline(); !d.After(r.now) {
		t.Errorf("deadline %v at %v", d, r.now)
	}
	// The target answers while that is under way, and the caller says 491 to it, too.
	r.from(3, 200, answerB)
	r.pending(1, 0)
	r.want("bye 2", "request 1 INVITE")
	r.reply(1, sip.INVITE, 200, offerA)
	r.want("media set 1 192.0.2.1:4000 send=true recv=true")
	if offered == "" || len(r.c.relays) != 0 {
		t.Errorf("%d requests are open", len(r.c.relays))
	}
}

// TestWhoAlwaysSays491IsNotAskedForEver: a broken phone costs a few messages.
func TestWhoAlwaysSays491IsNotAskedForEver(t *testing.T) {
	r := heldAndReferred(t)
	r.from(3, 200, answerB)
	n := 0
	for range 100 {
		for _, l := range r.log {
			if l == "request 1 INVITE" {
				n++
				r.log = nil
				r.pending(1, time.Second)
				break
			}
		}
		r.pass(time.Second)
	}
	if n < 2 || n > 10 {
		t.Errorf("it was asked %d times", n)
	}
	r.never("bye 1")
}

// TestAHoldOfTheNewPartyIsLeftAsItIs: what is owed is forgotten when the new party itself holds.
func TestAHoldOfTheNewPartyIsLeftAsItIs(t *testing.T) {
	r := heldAndReferred(t)
	r.from(3, 200, answerB)
	r.pending(1, 2*time.Second)
	r.ask(3, sip.INVITE, answerB+"a=sendonly\r\n")
	r.reply(1, sip.INVITE, 200, offerA+"a=recvonly\r\n")
	r.in(Input{Kind: InAck, Leg: 3, Dialog: 13, Msg: withSDP(sip.ACK, "")})
	r.log = nil
	r.pass(10 * time.Second)
	for _, l := range r.log {
		if l == "request 1 INVITE" {
			t.Error("a hold is ended that the other party wants")
		}
	}
}
