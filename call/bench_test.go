package call

import (
	"net/netip"
	"testing"
	"time"

	"onhook/sip"
)

// BenchmarkBridgedCall is a relayed call of two parties, from its INVITE to ActFinish.
func BenchmarkBridgedCall(b *testing.B) {
	inv, ring, ok := invite(offerA), &sip.Message{Status: 180}, okWith(answerB)
	steps := []Step{phones("sip:b@h")}
	local := []netip.AddrPort{netip.MustParseAddrPort("198.51.100.9:10000")}
	in := []Input{
		{Kind: InBegin},
		{Kind: InMediaReady, Leg: 1, Local: local},
		{Kind: InMediaReady, Leg: 2, Local: local},
		{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: ring},
		{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.INVITE, Msg: ok},
		{Kind: InAck, Leg: 1, Dialog: 1, Msg: &sip.Message{Method: sip.ACK}},
		{Kind: InRequest, Leg: 1, Dialog: 1, Txn: 5, Msg: &sip.Message{Method: sip.BYE}},
		{Kind: InResponse, Leg: 2, Dialog: 12, Method: sip.BYE, Msg: &sip.Message{Status: 200}},
	}
	b.ReportAllocs()
	var out []Action
	for b.Loop() {
		c := New(epoch, Options{Relay: true, Ring: time.Minute, Linger: time.Second}, Start{Invite: inv, Dialog: 1, Steps: steps})
		for i := range in {
			out = c.Step(out[:0], epoch, in[i])
		}
		if !c.Over() {
			b.Fatal("the call has not ended")
		}
	}
}
