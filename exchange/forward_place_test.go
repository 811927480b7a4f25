package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/route"
	"onhook/sip"
	"onhook/store"
)

// forwarding has an extension u0 with these rights, whose phone is at 10.0.9.9 if it
// is registered; number 1 leads to phoneAddr.
func forwarding(t *testing.T, registered bool, rights Rights) *rig {
	t.Helper()
	r := newRig(t, func(s *Settings) {
		s.Users = []User{{Name: "u0", Rights: rights}}
		var err error
		s.Routes, err = route.New(route.Options{Rules: []route.Rule{toPhone("1")}, Users: []string{"u0"}, Local: []string{"10.0.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
	})
	if registered {
		r.x.LoadBindings([]store.Binding{{
			BindingKey: store.BindingKey{AOR: "sip:u0@example.com", Key: "k"}, Contact: "sip:u0@10.0.9.9:5060",
			ExpiresAt: r.now.Add(time.Hour), Flow: "udp " + serverAddr.String() + " 10.0.9.9:5060",
		}})
	}
	r.from(trunkAddr, request("INVITE", "u0", "c", "", 1, sdpText))
	return r
}

// rings has a phone ring for the INVITE that it got.
func (r *rig) rings(addr string) {
	r.t.Helper()
	m := &sip.Message{Status: 180, Phrase: "Ringing"}
	for _, h := range r.last(addr).Headers {
		switch h.ID {
		case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
			m.Add(h.ID, h.Value)
		case sip.HTo:
			m.Add(sip.HTo, h.Value+";tag=rings")
		}
	}
	m.Add(sip.HContact, "<sip:"+addr+">")
	r.from(addr, m.String())
}

// called tells whether an INVITE went to an address.
func (r *rig) called(addr string) bool {
	for _, s := range r.sent {
		if s.to.String() == addr && strings.HasPrefix(s.data, "INVITE ") {
			return true
		}
	}
	return false
}

func TestAnExtensionThatCannotBeCalledIsForwardedByItsOwnCondition(t *testing.T) {
	for _, c := range []struct {
		name    string
		rights  Rights
		there   bool // its phone is registered
		goes    bool
		because string // else
	}{
		{"not registered", Rights{Forward: Forward{Unreachable: "1"}}, false, true, ""},
		{"not registered, forwarded when busy", Rights{Forward: Forward{Busy: "1", NoAnswer: "1"}}, false, false, "Unreachable USER_NOT_REGISTERED 480"},
		{"do not disturb", Rights{DND: true, Forward: Forward{Busy: "1"}}, true, true, ""},
		{"do not disturb, forwarded when away", Rights{DND: true, Forward: Forward{Unreachable: "1", NoAnswer: "1"}}, true, false, "Busy USER_BUSY 486"},
		{"always", Rights{Forward: Forward{Always: "1"}}, true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := forwarding(t, c.there, c.rights)
			if got := r.called(phoneAddr); got != c.goes || r.called("10.0.9.9:5060") {
				t.Fatalf("forwarded: %v, its own phone was called: %v", got, r.called("10.0.9.9:5060"))
			}
			if !c.goes {
				r.from(trunkAddr, request("ACK", "u0", "c", r.last(trunkAddr).ToTag(), 1, ""))
				r.idle()
				r.one(c.because)
			}
		})
	}
}

// TestHowLongAnExtensionRingsBeforeItIsForwarded has the time of the forward count for that alone.
func TestHowLongAnExtensionRingsBeforeItIsForwarded(t *testing.T) {
	for _, c := range []struct {
		f     Forward
		after time.Duration // its phone rings no more
		goes  bool
	}{
		{Forward{NoAnswer: "1", Ring: 5 * time.Second}, 5 * time.Second, true},
		{Forward{Busy: "1", Ring: 5 * time.Second}, 20 * time.Second, false},
		{Forward{NoAnswer: "1", Ring: time.Minute}, time.Minute, true},
		{Forward{NoAnswer: "1"}, 20 * time.Second, true}, // as long as any call
	} {
		r := forwarding(t, true, Rights{Forward: c.f})
		r.rings("10.0.9.9:5060")
		r.pass(c.after - time.Second)
		if r.x.calls.used != 1 || r.called(phoneAddr) {
			t.Errorf("%+v: it rings no more after %v", c.f, c.after-time.Second)
		}
		r.pass(2 * time.Second)
		if got := r.called(phoneAddr); got != c.goes {
			t.Errorf("%+v: after %v forwarded: %v", c.f, c.after, got)
		}
	}
}
