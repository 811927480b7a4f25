package call

import (
	"net/netip"
	"strconv"
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

// BenchmarkAttempt is one more attempt of a caller in a queue who has had so many,
// by all that the call itself does: it rings, and the time to ring runs out.
func BenchmarkAttempt(b *testing.B) {
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			now := epoch
			step := phones("sip:agent@h")
			c := New(now, Options{Relay: true, Ring: time.Minute, Linger: time.Second}, Start{Invite: invite(offerA), Dialog: 1, Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, App: "queue:q"}}}}})
			local := []netip.AddrPort{netip.MustParseAddrPort("198.51.100.9:10000")}
			var out []Action
			do := func(in Input) { out = c.Step(out[:0], now, in) }
			do(Input{Kind: InBegin})
			do(Input{Kind: InMediaReady, Leg: 1, Local: local})
			do(Input{Kind: InVerb, Verb: VerbAnswer})
			attempt := func() {
				do(Input{Kind: InVerb, Verb: VerbDial, Name: "queue", Steps: []Step{step}})
				leg := LegID(len(c.legs))
				do(Input{Kind: InMediaReady, Leg: leg, Local: local})
				do(Input{Kind: InResponse, Leg: leg, Dialog: dialogOf(leg), Method: sip.INVITE, Msg: &sip.Message{Status: 180}})
				now = now.Add(time.Minute)
				do(Input{Kind: InTick})
				do(Input{Kind: InResponse, Leg: leg, Dialog: dialogOf(leg), Method: sip.INVITE, Msg: &sip.Message{Status: 487}})
				c.Deadline()
				if c.legs[leg-1].state != legDone {
					b.Fatal("the attempt has not ended")
				}
			}
			for range n - 1 {
				attempt()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				attempt()
			}
		})
	}
}
