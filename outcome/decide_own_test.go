package outcome

import (
	"strings"
	"testing"
	"time"

	"onhook/call"
)

func TestTheProofOfARefusalNamesWhatWasFound(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	why := "policies.outgoing[0] bars extension 102 from calling 0044"
	r := Fold([]call.Event{
		{Seq: 1, At: at, Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPhone, Name: "102"},
		{Seq: 2, At: at, Kind: call.EvIntent, Leg: call.Caller, Cause: "OUTGOING_CALL_BARRED", By: "platform", Text: why},
	}, Meta{ID: "call_x", Source: "live"})
	if !strings.Contains(r.Summary, "server's decision to refuse the call: "+why+" (event 2, leg 1)") {
		t.Errorf("got %q", r.Summary)
	}
	if r.Detail != "" {
		t.Errorf("a sentence is no detail: %q", r.Detail)
	}
}
