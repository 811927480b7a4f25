package call

import (
	"testing"
	"time"

	"onhook/sip"
)

// withStranger is a call that a party answers of whom only the address is known.
func withStranger(t *testing.T, transfer bool) *rig {
	t.Helper()
	r := newRig(t, Options{Ring: time.Minute, Relay: true}, Start{Steps: []Step{{Targets: []Target{{Peer: PeerURI, Name: "sip:b@h", URI: "sip:b@h", Transfer: transfer}}}}})
	r.from(2, 200, answerB)
	r.in(Input{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}})
	r.log = nil
	return r
}

// TestStrangersTransferWhereTheirRouteLetsThem: else they are told no, blind or attended.
func TestStrangersTransferWhereTheirRouteLetsThem(t *testing.T) {
	for _, to := range []string{"<sip:102@example.com>", "<sip:102@example.com?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"} {
		r := withStranger(t, false)
		r.refer(2, to)
		r.want("respond 2 603")
		r.never("respond 2 202")
	}
	r := withStranger(t, true)
	r.routed = []Step{phones("sip:c@h")}
	r.refer(2, "<sip:102@example.com>")
	r.want("respond 2 202", "invite 3 sip:c@h")
}

// TestWhatARouteLendsIsForTheCallersCall: whoever goes on in another call leaves it behind.
func TestWhatARouteLendsIsForTheCallersCall(t *testing.T) {
	r := withStranger(t, true)
	for _, a := range r.c.Step(nil, r.now, Input{Kind: InGive, Leg: 2}) {
		if a.Kind == ActGiven {
			if a.Passenger == nil || a.Passenger.leg.target.Transfer {
				t.Errorf("%+v", a.Passenger)
			}
			return
		}
	}
	t.Error("the party was not given")
}
