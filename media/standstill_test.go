package media

import (
	"testing"
	"time"
)

// Who stood still for longer than the timeout heard nothing, which is not the peer's silence: only the time counts in which it was listened.
func TestAStandstillIsNoSilence(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Timeout, o.OneWayAfter = 30*time.Second, 20*time.Second })
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.Echo(1)
	r.settled()
	r.later(10 * time.Second)
	r.jump(time.Hour)
	r.hasNo(OneWay)
	r.hasNo(RTPTimeout)
	r.later(5 * time.Second)
	r.hasNo(OneWay)
	r.later(6 * time.Second)
	if ev := r.event(OneWay, 1); ev.Finding != NeverCame {
		t.Errorf("got %v, want %v", ev.Finding, NeverCame)
	}
	r.hasNo(RTPTimeout)
	a.say(0, []byte{1})
	a.hear()
	for range 3 {
		r.later(8 * time.Second)
		r.jump(time.Minute)
	}
	r.hasNo(RTPTimeout)
	r.later(8 * time.Second)
	r.event(RTPTimeout, 1)
}

// On a machine that is late at each look the silence is found all the same.
func TestSilenceIsFoundByWhoIsAlwaysLate(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Timeout, o.OneWayAfter = 3*time.Second, -1 })
	r.party(1, 1, "127.0.0.1", PCMU)
	r.settled()
	for range 10 {
		r.jump(1500 * time.Millisecond)
	}
	r.event(RTPTimeout, 1)
}

// What was wrong before a standstill is called the same after it.
func TestAFindingOutlastsAStandstill(t *testing.T) {
	r := newRig(t, func(o *Options) { o.OneWayAfter = 20 * time.Second })
	a := r.party(1, 1, "127.0.0.1", PCMU)
	for range 3 {
		a.say(111, []byte{1})
	}
	r.seen(1, 3, came)
	r.later(10 * time.Second)
	r.jump(time.Hour)
	r.later(11 * time.Second)
	if ev := r.event(OneWay, 1); ev.Finding != WrongPayload {
		t.Errorf("got %v, want %v", ev.Finding, WrongPayload)
	}
}

// A peer that could not be heard keeps its place: nobody takes it who is quicker when the standstill is over.
func TestAStandstillGivesNobodyThePeersPlace(t *testing.T) {
	r := newRig(t, nil)
	a := r.party(1, 1, "127.0.0.1", PCMU)
	r.e.Echo(1)
	r.settled()
	for range 2 * enough {
		a.say(0, []byte{1})
		a.hear()
	}
	r.event(Latched, 1)
	r.jump(time.Minute)
	stranger := listen(t, "127.0.0.1")
	for range 2 * enough {
		stranger.WriteToUDPAddrPort(a.packet(0, []byte{2}), a.leg)
	}
	a.say(0, []byte{3})
	if got := a.hear(); got.body[0] != 3 {
		t.Errorf("heard %v, want what the peer said itself", got.body)
	}
	hearsNothing(t, stranger, "the stranger")
	r.hasNo(Latched)
}
