package call

import (
	"testing"
	"time"

	"onhook/sip"
)

// TestACallOfMoreLegsThanHaveANumberGoesOn: agents of a queue who refuse at once are
// called for hours. When the numbers of legs have run out nobody more is called, and
// the caller waits on.
func TestACallOfMoreLegsThanHaveANumberGoesOn(t *testing.T) {
	r := newRig(t, Options{Relay: true}, Start{Steps: []Step{{Targets: []Target{{Peer: PeerPlatform, App: "queue:q"}}}}})
	r.in(Input{Kind: InVerb, Verb: VerbAnswer})
	for len(r.c.legs) < 1<<16-3 {
		r.c.legs = append(r.c.legs, leg{id: r.c.NextLeg(), state: legDone, set: 1})
	}
	for range 3 {
		r.all, r.log = nil, nil
		r.in(Input{Kind: InVerb, Verb: VerbDial, Name: "queue", Steps: []Step{phones("sip:a@h", "sip:b@h", "sip:c@h")}})
		r.never("invite")
		r.never("bye 1")
	}
	// What answers by itself needs no number.
	r.in(Input{Kind: InVerb, Verb: VerbDial, Name: "queue", Steps: []Step{phones("sip:a@h"), {Targets: []Target{{Peer: PeerPlatform, App: "voicemail:100"}}}}})
	r.never("bye 1")
	r.ask(1, sip.BYE, "")
	r.pass(time.Minute)
	if !r.c.Over() {
		t.Error("the call has not ended")
	}
}

// TestTheBestOfASetIsToldNotTheHighest: outcome/README section 6 has an order, and the
// number of the code is not it.
func TestTheBestOfASetIsToldNotTheHighest(t *testing.T) {
	for _, x := range []struct {
		codes [2]int
		want  string
	}{
		{[2]int{486, 503}, "SIP/2.0 486"},
		{[2]int{503, 486}, "SIP/2.0 486"},
		{[2]int{480, 404}, "SIP/2.0 480"},
		{[2]int{404, 500}, "SIP/2.0 404"},
		{[2]int{302, 486}, "SIP/2.0 302"},
		{[2]int{486, 603}, "SIP/2.0 603"},
	} {
		r := talking(t, Options{Relay: true}, "UPDATE")
		r.routed = []Step{phones("sip:c@h", "sip:d@h")}
		r.refer(1, "<sip:102@example.com>")
		r.log = nil
		r.from(3, x.codes[0], "")
		r.from(4, x.codes[1], "")
		got := r.bodies["request 1 NOTIFY"]
		if len(got) < len(x.want) || got[:len(x.want)] != x.want {
			t.Errorf("%v: the transferor is told %q, want %s", x.codes, got, x.want)
		}
	}
}
