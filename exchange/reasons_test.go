package exchange

import (
	"testing"

	"onhook/call"
	"onhook/outcome"
)

// TestALongCallHasAReaderThatSaysTheSame: a caller waits in a queue, whose agents do
// not answer. What an application and each CANCEL are told does not change with the
// way in which the call is read.
func TestALongCallHasAReaderThatSaysTheSame(t *testing.T) {
	x := &Exchange{}
	c := &live{meta: outcome.Meta{ID: "call_1"}}
	c.journal(call.Event{Kind: call.EvLeg, Leg: call.Caller, Peer: call.PeerPhone})
	c.journal(call.Event{Kind: call.EvStage, Name: "queue"})
	for leg := call.LegID(2); len(c.events) < 3*manyEvents; leg++ {
		c.journal(call.Event{Kind: call.EvLeg, Leg: leg, Peer: call.PeerPhone, Set: uint16(leg)})
		if leg%3 == 0 {
			c.journal(call.Event{Kind: call.EvTransportFailed, Leg: leg, Text: "refused", Name: "INVITE"})
		} else {
			c.journal(call.Event{Kind: call.EvIntent, Leg: leg, Cause: []string{"NO_ANSWER", "PICKED_OFF"}[leg%2], By: "platform"})
		}
		if got, want := x.roundReason(c, leg-1), outcome.RoundReason(c.events, c.meta, leg-1); got != want {
			t.Fatalf("after %d events: %v, want %v", len(c.events), got, want)
		}
		if got, want := x.cancelReason(c, leg), outcome.CancelReason(c.events, c.meta, leg); got != want {
			t.Fatalf("after %d events: %q, want %q", len(c.events), got, want)
		}
		if (c.follower != nil) != (len(c.events) >= manyEvents) {
			t.Fatalf("with %d events it has a reader of its own: %v", len(c.events), c.follower != nil)
		}
	}
}
