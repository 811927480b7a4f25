package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// refer has a party ask for the other one to be connected elsewhere.
func (r *rig) refer(leg LegID, to ...string) {
	r.t.Helper()
	m := &sip.Message{Method: sip.REFER}
	m.Add(sip.HCSeq, "7 REFER")
	for _, t := range to {
		m.Add(sip.HReferTo, t)
	}
	r.in(Input{Kind: InRequest, Leg: leg, Dialog: dialogOf(leg), Txn: 55, Msg: m})
}

func TestRFC3515Section2_4_2_ExactlyOneReferTo(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	r.routed = []Step{phones("sip:c@h")}
	for _, to := range [][]string{nil, {"<sip:102@example.com>", "<sip:103@example.com>"}, {"<sip:102@example.com>, <sip:103@example.com>"}, {"<sip:102"}} {
		r.refer(2, to...)
		r.want("respond 2 400")
	}
	r.never("route")
	r.refer(2, "<sip:102@example.com>")
	r.want("route sip:102@example.com", "respond 2 202", "invite 3 sip:c@h")
}

// TestATransferThatIsNotAllowedIsForbidden tells who may not call there from who has dialled nobody's number.
func TestATransferThatIsNotAllowedIsForbidden(t *testing.T) {
	for cause, want := range map[string]string{
		"OUTGOING_CALL_BARRED": "respond 2 403", "INCOMING_CALL_BARRED": "respond 2 403", "UNALLOCATED_NUMBER": "respond 2 404", "": "respond 2 404",
	} {
		r := talking(t, Options{Relay: true}, "")
		r.cause = cause
		r.refer(2, "<sip:102@example.com>")
		r.want("route sip:102@example.com", want)
		r.never("invite 3")
		r.never("bye")
		// And the next one is listened to.
		r.routed = []Step{phones("sip:c@h")}
		r.refer(2, "<sip:103@example.com>")
		r.want("respond 2 202", "invite 3 sip:c@h")
	}
}

// TestRFC5589Section6_ABlindTransfer lets the transferor go when the target has answered, with the reason of its leg.
func TestRFC5589Section6_ABlindTransfer(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	r.routed = []Step{phones("sip:c@h")}
	r.refer(2, "<sip:102@example.com>")
	r.want("respond 2 202", "request 2 NOTIFY", "event stage 0 routing 0", "invite 3 sip:c@h")
	r.from(3, 180, "")
	r.want("event stage 0 ringing 0", "request 2 NOTIFY")
	r.never("bye 2")
	r.from(3, 200, answerB)
	r.want("event bridged 3 0", "request 2 NOTIFY", "event ended 2 BLIND_TRANSFER 0", "bye 2", "event stage 0 talking 0", "media bridge 1 3")
	if b := r.bodies["request 2 NOTIFY"]; !strings.HasPrefix(b, "SIP/2.0 200 ") {
		t.Errorf("the transferor was told %q last", b)
	}
	r.never("bye 1")
}

// TestATransferThatFailsJoinsTheTwoAgain has them hear each other as before, and the transferor told why.
func TestATransferThatFailsJoinsTheTwoAgain(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	r.routed = []Step{phones("sip:c@h")}
	r.refer(2, "<sip:102@example.com>")
	r.from(3, 180, "")
	r.log = nil
	r.from(3, 486, "")
	r.want("event ended 3 0", "request 2 NOTIFY", "event bridged 2 0", "media bridge 1 2", "event stage 0 talking 0")
	if b := r.bodies["request 2 NOTIFY"]; b != "SIP/2.0 486 Busy Here\r\n" {
		t.Errorf("the transferor was told %q last", b)
	}
	r.never("bye 2")
	r.never("bye 1")
	// Both talk on: either may hang up, or transfer again.
	r.refer(2, "<sip:102@example.com>")
	r.want("respond 2 202", "invite 4 sip:c@h")
}

// TestATransferThatFailsAfterTheTransferorHasGoneEndsTheCall since nobody is left to join the caller with.
func TestATransferThatFailsAfterTheTransferorHasGoneEndsTheCall(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	r.routed = []Step{phones("sip:c@h")}
	r.refer(2, "<sip:102@example.com>")
	r.ask(2, sip.BYE, "")
	r.want("respond 2 200")
	r.never("bye 1")
	r.from(3, 486, "")
	r.want("bye 1")
	r.never("bye 2")
}

// TestAHoldBeforeATransferIsOverWithIt since who held is not there any more.
func TestAHoldBeforeATransferIsOverWithIt(t *testing.T) {
	r := talking(t, Options{Relay: true}, "")
	r.ask(2, sip.INVITE, answerB+"a=sendonly\r\n")
	r.reply(1, sip.INVITE, 200, offerA+"a=recvonly\r\n")
	r.want("event hold 2 1", "event stage 0 hold 0")
	r.routed = []Step{phones("sip:c@h")}
	r.refer(2, "<sip:102@example.com>")
	r.from(3, 200, answerB)
	r.want("event bridged 3 0", "event stage 0 talking 0")
	r.pass(time.Second)
	r.never("bye 1")
}
