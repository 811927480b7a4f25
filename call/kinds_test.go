package call

import (
	"strings"
	"testing"

	"onhook/sip"
)

const (
	video = "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
	fax   = "m=image 4004 udptl t38\r\n"
)

func TestKindsOfAnOffer(t *testing.T) {
	for _, c := range []struct {
		body string
		want Kinds
	}{
		{"", 0},
		{offerA, 0},
		{offerA + video, Video},
		{offerA + fax, Fax},
		{offerA + video + fax, Video | Fax},
		{offerA + strings.Replace(video, "4002", "0", 1), 0}, // refused already
	} {
		b := ReadBody(invite(c.body))
		if b.Cause != "" || b.Kinds() != c.want {
			t.Errorf("%q: got %s (%s), want %s", c.body, b.Kinds(), b.Text, c.want)
		}
	}
}

func TestSection14_2_AnOfferOfDeniedMediaIsRefusedAndTheCallGoesOn(t *testing.T) {
	for _, c := range []struct {
		caller, callee Kinds
		offer          string
		refused        bool
	}{
		{Video, 0, offerA + video, true},
		{0, Video, offerA + video, true},
		{Fax, 0, offerA + video, false},
		{0, Fax, strings.Replace(offerA, "m=audio 4000 RTP/AVP 0 8 101\r\n", fax, 1), true},
		{Video | Fax, Video | Fax, offerA, false},
	} {
		target := Target{Peer: PeerPhone, Name: "b", URI: "sip:b@h", Deny: c.callee}
		r := newRig(t, Options{Ring: 1e12}, Start{Steps: []Step{{Targets: []Target{target}}}, Deny: c.caller})
		r.from(2, 200, answerB)
		for _, leg := range []LegID{1, 2} {
			r.log = nil
			r.ask(leg, sip.INVITE, c.offer)
			if c.refused {
				r.want("respond " + itoa(int(leg)) + " 488")
			} else {
				r.want("request " + itoa(int(3-leg)) + " INVITE")
				r.reply(3-leg, sip.INVITE, 488, "")
			}
			r.never("bye")
		}
	}
}

func TestNoneFreeComesBeforeKindUnknown(t *testing.T) {
	secret := strings.Replace(offerA, "RTP/AVP", "UDP/TLS/RTP/SAVPF", 1)
	for noPort, want := range map[bool]string{true: "BEARERCAPABILITY_NOTAVAIL", false: "BEARERCAPABILITY_NOTIMPL"} {
		r := &rig{t: t, now: epoch, bodies: map[string]string{}, noPort: noPort}
		r.c = New(r.now, Options{Relay: true, Linger: 1}, Start{Invite: invite(secret), Dialog: 1, Steps: []Step{phones("sip:b@h")}})
		r.in(Input{Kind: InBegin})
		r.want("event intent 1 "+want+" 0", "refuse 1")
		r.never("invite")
	}
}
