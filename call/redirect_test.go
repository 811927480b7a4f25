package call

import (
	"testing"
	"time"

	"onhook/sip"
)

func redirecting(t *testing.T, most int) *rig {
	t.Helper()
	r := newRig(t, Options{Ring: time.Minute, Redirects: most}, Start{Steps: []Step{phones("sip:b@h")}})
	r.routes = map[string][]Step{
		"sip:b@x": {phones("sip:b@h")}, "sip:c@x": {phones("sip:c@h")}, "sip:d@x": {phones("sip:d@h")}, "sip:e@x": {phones("sip:e@h", "sip:b@h")},
	}
	r.log = nil
	return r
}

func TestSection8_1_3_4_ContactsAreTriedInTheOrderOfQ(t *testing.T) {
	r := redirecting(t, 5)
	r.from(2, 302, "", "Contact", "<sip:c@x>;q=0.5, <sip:d@x>;q=0.7", "Contact", "<sip:e@x>")
	r.want("route sip:e@x", "route sip:d@x", "route sip:c@x", "event ended 2 CALL_FORWARD 0", "invite 3 sip:e@h")
	r.never("invite 4")
	r.from(3, 486, "")
	r.want("invite 4 sip:d@h")
	r.from(4, 404, "")
	r.want("invite 5 sip:c@h")
	r.from(5, 480, "")
	r.want("refuse 1")
}

func TestSection8_1_3_4_NoURIIsInTheTargetSetTwice(t *testing.T) {
	r := redirecting(t, 5)
	r.from(2, 302, "", "Contact", "<sip:c@x>, <sip:c@x>;q=0.1, <sip:b@x>, <sip:d@x>")
	r.want("route sip:c@x", "route sip:b@x", "route sip:d@x", "invite 3 sip:c@h")
	// The first of them points at the second, which is to be tried anyway.
	r.from(3, 302, "", "Contact", "<sip:d@x>")
	r.want("route sip:d@x", "event intent 3 EXCHANGE_ROUTING_ERROR 0", "invite 4 sip:d@h")
	r.from(4, 200, answerB)
	r.want("respond 1 200")
}

func TestAContactThatLeadsBackIsALoopForItselfAlone(t *testing.T) {
	r := redirecting(t, 5)
	r.from(2, 302, "", "Contact", "<sip:b@x>, <sip:c@x>;q=0.2")
	r.want("event ended 2 CALL_FORWARD 0", "invite 3 sip:c@h")
	r.never("event intent")
	r = redirecting(t, 5)
	r.from(2, 302, "", "Contact", "<sip:b@x>")
	r.want("event intent 2 EXCHANGE_ROUTING_ERROR 0", "event ended 2 0", "refuse 1")
}

func TestRedirectsAreFollowedUpToTheLimit(t *testing.T) {
	r := redirecting(t, 2)
	r.from(2, 302, "", "Contact", "<sip:c@x>, <sip:nobody@x>, <sip:d@x>, <sip:e@x>")
	r.want("route sip:c@x", "route sip:nobody@x", "route sip:d@x", "invite 3 sip:c@h")
	r.from(3, 302, "", "Contact", "<sip:e@x>")
	r.want("event ended 3 0", "invite 4 sip:d@h")
	r.never("route sip:e@x")
}

func TestAThousandContactsAreNotAllLookedAt(t *testing.T) {
	m := &sip.Message{Status: 302}
	for i := range 1000 {
		m.Add(sip.HContact, "<sip:"+itoa(i)+"@x>")
	}
	if n := len(contactsByQ(m)); n != maxContacts {
		t.Errorf("%d contacts are looked at, want %d", n, maxContacts)
	}
}
