package call

import (
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// forwarding has extension 101 rung, whose calls go to 102 when the attempt has come to one of these.
func forwarding(t *testing.T, when When) *rig {
	t.Helper()
	s := phones("sip:b@h")
	s.User, s.Forward = "101", when
	s.Targets[0].To = "sip:101@example.com"
	r := newRig(t, Options{Ring: 10 * time.Second, Redirects: 5}, Start{Steps: []Step{s}})
	r.forwards = func(_ string, d *Diversion) []Step {
		return []Step{{Targets: []Target{{Peer: PeerPhone, Name: "102", URI: "sip:c@h", To: "sip:102@example.com", Diverted: d}}}}
	}
	return r
}

func TestAnExtensionIsForwardedWhenItIsAsItsUserSaid(t *testing.T) {
	for _, c := range []struct {
		name    string
		happens func(*rig)
		when    When // 0: it is nobody's to forward
		reason  string
	}{
		{"486", func(r *rig) { r.from(2, 486, "") }, WhenBusy, "user-busy"},
		{"another call that it got meanwhile", func(r *rig) { r.in(Input{Kind: InRefused, Leg: 2, Cause: "USER_BUSY", Text: "call_limit"}) }, WhenBusy, "user-busy"},
		{"180, then the ring timer", func(r *rig) { r.from(2, 180, ""); r.pass(11 * time.Second) }, WhenNoAnswer, "no-answer"},
		{"180, then 480", func(r *rig) { r.from(2, 180, ""); r.from(2, 480, "") }, WhenNoAnswer, "no-answer"},
		{"480", func(r *rig) { r.from(2, 480, "") }, WhenUnreachable, "unavailable"},
		{"silence", func(r *rig) { r.pass(11 * time.Second) }, WhenUnreachable, "unavailable"},
		{"transport", func(r *rig) {
			r.in(Input{Kind: InFailed, Leg: 2, Method: sip.INVITE, Txn: 1, Name: "refused"})
		}, WhenUnreachable, "unavailable"},
		{"503", func(r *rig) { r.from(2, 503, "") }, WhenUnreachable, "unavailable"},
		{"603", func(r *rig) { r.from(2, 603, "") }, 0, ""},
		{"600", func(r *rig) { r.from(2, 600, "") }, 0, ""},
		{"403", func(r *rig) { r.from(2, 403, "") }, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, when := range []When{WhenBusy, WhenNoAnswer, WhenUnreachable, WhenAny} {
				r := forwarding(t, when)
				c.happens(r)
				if when&c.when == 0 {
					r.never("forward")
					r.want("refuse 1")
					continue
				}
				r.want("forward 2 101 "+c.reason, "event ended 2 CALL_FORWARD 0", "respond 1 181", "invite 3 sip:c@h")
			}
		})
	}
}

func TestTheForwardOfOneSetIsNotAskedForByTheNext(t *testing.T) {
	r := forwarding(t, WhenAny)
	r.from(2, 486, "")
	r.want("invite 3 sip:c@h")
	r.from(3, 486, "")
	r.want("refuse 1")
	if n := strings.Count(strings.Join(r.all, "\n"), "forward"); n != 1 {
		t.Errorf("asked %d times where 101 goes, want once", n)
	}
}

func TestAForwardThatLeadsNowhereLeavesTheAttemptAsItIs(t *testing.T) {
	r := forwarding(t, WhenBusy)
	r.forwards = func(string, *Diversion) []Step { return nil }
	r.from(2, 486, "")
	r.want("forward 2 101 user-busy", "refuse 1")
	r.never("event ended 2 CALL_FORWARD")
	r.never("respond 1 181")
}

func TestAForwardThatComesBackIsALoop(t *testing.T) {
	r := forwarding(t, WhenNoAnswer)
	r.forwards, r.cause = func(string, *Diversion) []Step { return nil }, "EXCHANGE_ROUTING_ERROR"
	r.from(2, 180, "")
	r.pass(11 * time.Second)
	r.want("event intent 2 NO_ANSWER 0", "event ended 2 CALL_FORWARD 0", "event leg 3 101 0", "event intent 3 EXCHANGE_ROUTING_ERROR 0", "refuse 1")
}

func TestAMailboxLeavesTheLegItsReason(t *testing.T) {
	r := forwarding(t, WhenBusy)
	r.forwards = func(string, *Diversion) []Step { return []Step{{Targets: []Target{{App: "voicemail:101"}}}} }
	r.from(2, 486, "")
	r.never("event ended 2 CALL_FORWARD")
	r.want("event ended 2 0", "respond 1 181")
}

func TestAnExtensionThatIsNotCalledIsALegAllTheSame(t *testing.T) {
	s := phones("sip:c@h")
	s.Forwarded = []Forwarded{{Name: "101", URI: "sip:101@example.com", Cause: "CALL_FORWARD"}}
	r := newRig(t, Options{Ring: time.Minute}, Start{Steps: []Step{s}})
	r.want("event leg 2 101 0", "event ended 2 CALL_FORWARD 0", "respond 1 181", "invite 3 sip:c@h")
	r.from(3, 200, answerB)
	r.want("respond 1 200", "event bridged 3 0")
	r.ask(1, sip.BYE, "")
	r.want("bye 3")
	r.reply(3, sip.BYE, 200, "")
	r.want("finish")
}

// said are the values of a header in a leg's INVITE.
func (r *rig) said(leg LegID, id sip.HeaderID) (all []string) {
	for _, h := range r.headers[leg] {
		if h.ID == id {
			all = append(all, h.Value)
		}
	}
	return all
}

func sameLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
}

// RFC 5806: the latest diversion is on top. RFC 7044 sections 10.2 to 10.4.
func TestHeadersOfAForwardedInvite(t *testing.T) {
	first := &Diversion{User: "101", URI: "sip:101@example.com", When: WhenAlways}
	second := &Diversion{Before: first, User: "102", URI: "sip:102@example.com", When: WhenNoAnswer}
	last := Target{Peer: PeerPhone, Name: "103", URI: "sip:d@h", To: "sip:103@example.com", Diverted: second}
	r := newRig(t, Options{}, Start{Steps: []Step{{Targets: []Target{last}}}})
	sameLines(t, "Diversion", r.said(2, sip.HDiversion),
		"<sip:102@example.com>;reason=no-answer;counter=1", "<sip:101@example.com>;reason=unconditional;counter=1")
	sameLines(t, "History-Info", r.said(2, sip.HHistoryInfo),
		"<sip:101@example.com?Reason=SIP%3Bcause%3D302>;index=1",
		"<sip:102@example.com?Reason=SIP%3Bcause%3D408>;index=1.1;mp=1",
		"<sip:103@example.com>;index=1.2;mp=1.1",
		"<sip:d@h>;index=1.2.1;rc=1.2")
}

// TestATargetNeedNotBeToldWhoSentACallOn: numbers of extensions are not every trunk's matter.
func TestATargetNeedNotBeToldWhoSentACallOn(t *testing.T) {
	d := &Diversion{User: "101", URI: "sip:101@example.com", When: WhenAlways}
	to := Target{Peer: PeerTrunk, Name: "t", URI: "sip:103@h", Diverted: d, Hidden: true}
	r := newRig(t, Options{}, Start{Steps: []Step{{Targets: []Target{to}}}})
	sameLines(t, "Diversion", r.said(2, sip.HDiversion))
	sameLines(t, "History-Info", r.said(2, sip.HHistoryInfo))
}

func TestSection10_3_HistoryInfoOfTheCallerGoesOn(t *testing.T) {
	m := invite(offerA)
	m.Add(sip.HHistoryInfo, "<sip:7@x>;index=1, <sip:101@example.com>;index=1.1")
	m.Add(sip.HDiversion, "<sip:7@x>;reason=unconditional")
	d := &Diversion{User: "101", URI: "sip:101@example.com", When: WhenBusy, Code: 486}
	to := Target{Peer: PeerTrunk, Name: "t", URI: "sip:103@h", Diverted: d}
	r := newRig(t, Options{}, Start{Invite: m, Steps: []Step{{Targets: []Target{to}}}})
	sameLines(t, "History-Info", r.said(2, sip.HHistoryInfo), "<sip:7@x>;index=1, <sip:101@example.com>;index=1.1", "<sip:103@h>;index=1.1.1;mp=1.1")
	sameLines(t, "Diversion", r.said(2, sip.HDiversion), "<sip:101@example.com>;reason=user-busy;counter=1", "<sip:7@x>;reason=unconditional")
	m.Set(sip.HHistoryInfo, "<sip:7@x>;index=1.2")
	r = newRig(t, Options{}, Start{Invite: m, Steps: []Step{{Targets: []Target{to}}}})
	got := r.said(2, sip.HHistoryInfo)
	sameLines(t, "with a gap", got, "<sip:7@x>;index=1.2", "<sip:101@example.com?Reason=SIP%3Bcause%3D486>;index=1.2.0.1", "<sip:103@h>;index=1.2.0.1.1;mp=1.2.0.1")
}

func TestSection10_4_ARedirectHasNoMp(t *testing.T) {
	r := forwarding(t, 0)
	r.routes = map[string][]Step{}
	d := &Diversion{User: "101", URI: "sip:101@example.com", When: WhenRedirected, Code: 302}
	r.routes["sip:c@x"] = []Step{{Targets: []Target{{Peer: PeerPhone, Name: "102", URI: "sip:102@h", Diverted: d}}}}
	r.from(2, 302, "", "Contact", "<sip:c@x>")
	r.want("event ended 2 CALL_FORWARD 0", "invite 3 sip:102@h")
	sameLines(t, "History-Info", r.said(3, sip.HHistoryInfo), "<sip:101@example.com?Reason=SIP%3Bcause%3D302>;index=1", "<sip:102@h>;index=1.1")
}
