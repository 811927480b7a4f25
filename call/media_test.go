package call

import (
	"strings"
	"testing"
	"time"
)

// slowMedia is a call whose media path answers when the test says so.
func slowMedia(t *testing.T, wait time.Duration) *rig {
	t.Helper()
	r := &rig{t: t, now: epoch, bodies: map[string]string{}, slow: true}
	r.c = New(r.now, Options{Relay: true, Linger: time.Second, Media: wait}, Start{Invite: invite(offerA), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
	r.in(Input{Kind: InBegin})
	r.want("media open 1")
	return r
}

func TestNoLocalAddressInTimeIsRefused(t *testing.T) {
	for wait, first := range map[time.Duration]time.Duration{0: 4999 * time.Millisecond, time.Second: 999 * time.Millisecond} {
		r := slowMedia(t, wait)
		r.pass(first)
		r.never("refuse")
		r.pass(time.Millisecond)
		r.want("event intent 1 BEARERCAPABILITY_NOTAVAIL 0", "refuse 1")
		// What comes after all is given back, and by the end at the latest.
		r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10000")})
		r.want("media close 1")
		r.pass(time.Minute)
		r.want("finish")
	}
}

func TestNoLocalAddressForTheCalleeInTime(t *testing.T) {
	r := slowMedia(t, time.Second)
	r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10000")})
	r.want("media open 2")
	r.pass(time.Second)
	r.want("event ended 2 BEARERCAPABILITY_NOTAVAIL 0", "event intent 1 BEARERCAPABILITY_NOTAVAIL 0", "refuse 1", "media close 1")
	r.pass(time.Minute)
	r.want("media close 2", "finish")
	r.never("invite")
}

func TestALocalAddressInTimeIsWaitedForNoLonger(t *testing.T) {
	r := slowMedia(t, time.Second)
	r.in(Input{Kind: InMediaReady, Leg: 1, Local: addrs("198.51.100.9:10000")})
	r.in(Input{Kind: InMediaReady, Leg: 2, Local: addrs("198.51.100.9:10002")})
	r.want("invite 2 sip:b@h")
	r.pass(time.Minute)
	for _, l := range r.all {
		if strings.Contains(l, "BEARERCAPABILITY") {
			t.Error(l)
		}
	}
}
