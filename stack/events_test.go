package stack

import (
	"testing"

	"onhook/sip"
)

// RFC 6665 keeps subscriptions in dialogs that begin with no INVITE: only the
// endpoint's user knows them, if it has any.
func TestRFC6665_SubscriptionsAreTheUsers(t *testing.T) {
	for _, c := range []struct {
		method string
		events bool
		user   int // how many reach the user
	}{{"SUBSCRIBE", true, 1}, {"SUBSCRIBE", false, 1}, {"NOTIFY", true, 1}, {"NOTIFY", false, 0}, {"INFO", true, 0}} {
		b := lone(t, func(o *Options) { o.Events = c.events })
		sent := b.inject(b.flowFrom(sip.UDP, peerAddr), request(c.method, "1", "To: <sip:b@192.0.2.9>;tag=known"))
		if got := b.count(ActRequest); got != c.user {
			t.Errorf("%s, events %v: %d requests reached the user, want %d", c.method, c.events, got, c.user)
		}
		if c.user == 0 && (len(sent) != 1 || parsed(t, sent[0]).Status != 481) {
			t.Errorf("%s, events %v: want 481", c.method, c.events)
		}
	}
}

func TestSection12_1_1_TheAnswerToSubscribeHasAContact(t *testing.T) {
	b := lone(t, func(o *Options) { o.Events = true })
	b.inject(b.flowFrom(sip.UDP, peerAddr), request("SUBSCRIBE", "1"))
	b.respond(200)
	if m := parsed(t, b.sent[len(b.sent)-1]); m.Status != 200 || !m.Has(sip.HContact) {
		t.Errorf("got\n%s", m)
	}
}
