package exchange

import (
	"context"
	"testing"

	"onhook/sip"
)

// challenged is a 407 of the carrier to the last request that it got.
func (r *rig) challenged(realm, nonce, more string) {
	r.t.Helper()
	r.says(lockedAddr, 407, "", sip.Header{ID: sip.HProxyAuthenticate, Value: `Digest realm="` + realm + `", nonce="` + nonce + `", algorithm=MD5, qop="auth"` + more})
}

// TestSection22_1_ATrunksChallengeInACallIsAnswered: a BYE that is not would leave the carrier's call up, and who pays for it.
func TestSection22_1_ATrunksChallengeInACallIsAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		realms   []string // of the challenges to the BYE
		more     string   // of the second one
		answered int      // of the challenges
	}{
		"once":                    {realms: []string{"x"}, answered: 1},
		"the nonce was too old":   {realms: []string{"x", "x"}, more: ", stale=true", answered: 2},
		"the password is refused": {realms: []string{"x", "x"}, answered: 1},
		"another realm":           {realms: []string{"y"}},
		"again and again":         {realms: []string{"x", "x", "x"}, more: ", stale=true", answered: 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newOrderRig(t)
			id := r.make("1", "9")
			r.says(phoneAddr, 200, sdpText)
			r.challenged("x", "n", "")
			r.says(lockedAddr, 200, sdpText)
			if err := r.command(func(ctx context.Context) error { return r.x.Hangup(ctx, id, "test") }); err != nil {
				t.Fatal(err)
			}
			r.says(phoneAddr, 200, "")
			bye := r.last(lockedAddr)
			if bye.Method != sip.BYE || bye.Has(sip.HProxyAuthorization) {
				t.Fatalf("%s", bye)
			}
			answered := 0
			for i, realm := range c.realms {
				more := ""
				if i > 0 {
					more = c.more
				}
				before, _ := bye.CSeq()
				r.challenged(realm, "m", more)
				again := r.last(lockedAddr)
				if after, _ := again.CSeq(); after.Seq == before.Seq {
					break
				} else if after.Seq != before.Seq+1 || again.Method != sip.BYE || again.CallID() != bye.CallID() || again.Count(sip.HVia) != 1 || again.Count(sip.HProxyAuthorization) != 1 {
					t.Fatalf("it is sent again as\n%s", again)
				}
				bye = again
				answered++
			}
			if answered != c.answered {
				t.Errorf("%d challenges are answered, want %d", answered, c.answered)
			}
			r.says(lockedAddr, 200, "")
			r.idle()
			r.one("Call Ended MANAGER_REQUEST 200")
		})
	}
}

// TestClass29_NoChallengeOfAPhoneOrCallerInACallIsAnswered: who is called, or calls, could have a response to guess the password from.
func TestClass29_NoChallengeOfAPhoneOrCallerInACallIsAnswered(t *testing.T) {
	r := newRig(t, func(s *Settings) {
		s.Trunks[0].Username, s.Trunks[0].Password, s.Trunks[0].Realm = "u", "p", "x"
	})
	r.talk("c")
	if err := r.command(func(ctx context.Context) error { return r.x.Hangup(ctx, r.x.calls.calls[0].call.ID(), "test") }); err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{trunkAddr, phoneAddr} {
		n := len(r.sent)
		r.says(addr, 407, "", sip.Header{ID: sip.HProxyAuthenticate, Value: `Digest realm="x", nonce="n", algorithm=MD5, qop="auth"`})
		if len(r.sent) != n {
			t.Errorf("%s got\n%s", addr, r.last(addr))
		}
	}
	r.idle()
}
