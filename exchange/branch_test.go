package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/route"
	"onhook/sip"
)

// branch is what another party behind a trunk's proxy answers to the INVITE.
func (r *rig) branch(tag string, code int, body string) {
	r.t.Helper()
	r.branchMore(tag, code, body)
}

// branchMore is branch with headers besides.
func (r *rig) branchMore(tag string, code int, body string, more ...sip.Header) {
	r.t.Helper()
	for i := len(r.sent) - 1; i >= 0; i-- {
		s := r.sent[i]
		if s.to.String() != lockedAddr || !strings.HasPrefix(s.data, "INVITE ") {
			continue
		}
		req, err := sip.Parse([]byte(s.data))
		if err != nil {
			r.t.Fatal(err)
		}
		m := &sip.Message{Status: code, Phrase: "x", Body: body}
		for _, h := range req.Headers {
			switch h.ID {
			case sip.HVia, sip.HFrom, sip.HCallID, sip.HCSeq:
				m.Add(h.ID, h.Value)
			case sip.HTo:
				m.Add(sip.HTo, h.Value+";tag="+tag)
			}
		}
		m.Add(sip.HContact, "<sip:"+tag+"@"+lockedAddr+">")
		m.Headers = append(m.Headers, more...)
		if body != "" {
			m.Add(sip.HContentType, "application/sdp")
		}
		r.from(lockedAddr, m.String())
		return
	}
	r.t.Fatal("the trunk got no INVITE")
}

// outByTrunk is a rig whose number 9 leads to a trunk with room for one call.
func outByTrunk(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		s.Routes = routesTo(t, toPhone("1"), route.Rule{Match: "9", Transit: true, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}})
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "10.0.0.3", Username: "u", Password: "p", Channels: 1})
	})
}

// TestABranchBehindATrunkHasItsChannel: a carrier forks, and not the first of its
// parties answers. The call goes on to be one of the trunk's: it has its channel until
// it is over, and the trunk's challenges to its requests are answered, without
// which its BYE would not end it.
func TestABranchBehindATrunkHasItsChannel(t *testing.T) {
	r := outByTrunk(t)
	r.from(trunkAddr, request("INVITE", "9", "fork", "", 1, sdpText))
	r.challenged("x", "n", "")
	r.branch("one", 183, sdpText)
	r.branch("two", 180, "")
	if n := r.x.inUse["trunk carrier"]; n != 1 {
		t.Fatalf("%d channels are in use while it rings", n)
	}
	r.branch("two", 200, sdpText)
	tag := r.last(trunkAddr).ToTag()
	r.from(trunkAddr, request("ACK", "9", "fork", tag, 1, ""))
	if n := r.x.inUse["trunk carrier"]; n != 1 {
		t.Errorf("%d channels are in use while two talk, want 1", n)
	}
	r.from(trunkAddr, request("INVITE", "9", "second", "", 1, sdpText))
	if m := r.last(trunkAddr); m.Status != 503 || m.CallID() != "second" {
		t.Errorf("a second call got %d", m.Status)
	}
	r.from(trunkAddr, request("ACK", "9", "second", r.last(trunkAddr).ToTag(), 1, ""))
	r.from(trunkAddr, request("BYE", "9", "fork", tag, 2, ""))
	bye := r.last(lockedAddr)
	if bye.Method != sip.BYE || bye.ToTag() != "two" {
		t.Fatalf("the trunk got\n%s", bye)
	}
	r.challenged("x", "m", "")
	if again := r.last(lockedAddr); again.Method != sip.BYE || !again.Has(sip.HProxyAuthorization) {
		t.Errorf("the trunk's challenge to the BYE is answered by\n%s", again)
	}
	r.says(lockedAddr, 200, "")
	r.pass(time.Minute)
	if n := r.x.inUse["trunk carrier"]; n != 0 {
		t.Errorf("%d channels are in use at the end", n)
	}
	r.idle()
}

// TestAnInviteThatWasCancelledIsNotSentAgain: the caller gives up, and the trunk's
// answer that crosses the CANCEL asks for credentials or for a longer session
// timer. A phone would ring for somebody who has gone.
func TestAnInviteThatWasCancelledIsNotSentAgain(t *testing.T) {
	for name, h := range map[string]sip.Header{
		"407": {ID: sip.HProxyAuthenticate, Value: `Digest realm="x", nonce="n", algorithm=MD5, qop="auth"`},
		"422": {ID: sip.HMinSE, Value: "1800"},
	} {
		for _, first := range []int{0, 100} {
			t.Run(name+" after "+itoa(first), func(t *testing.T) {
				r := outByTrunk(t)
				r.from(trunkAddr, request("INVITE", "9", "gone", "", 1, sdpText))
				if first != 0 {
					r.branch("one", first, "")
				}
				r.from(trunkAddr, strings.Replace(request("CANCEL", "9", "gone", "", 1, ""), "gone1CANCEL", "gone1INVITE", 1))
				if m := r.last(trunkAddr); m.Status != 487 {
					t.Fatalf("the caller got %d", m.Status)
				}
				n := 0
				for _, s := range r.sent {
					if strings.HasPrefix(s.data, "INVITE ") {
						n++
					}
				}
				code := 407
				if name == "422" {
					code = 422
				}
				r.branchMore("one", code, "", h)
				for _, s := range r.sent {
					if strings.HasPrefix(s.data, "INVITE ") {
						n--
					}
				}
				if n != 0 {
					t.Errorf("%d more INVITEs left:\n%s", -n, r.last(lockedAddr))
				}
				r.pass(time.Minute)
				r.one("Cancelled ORIGINATOR_CANCEL 487")
				r.idle()
			})
		}
	}
}
