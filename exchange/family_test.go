package exchange

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/route"
	"onhook/sip"
	"onhook/stack"
)

// byName has number 9 lead to a trunk that is known by its name alone.
func byName(t *testing.T) func(*Settings) {
	return func(s *Settings) {
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "carrier.example.net", Port: 5060, Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
		s.Routes = routesTo(t, toPhone("1"), route.Rule{Match: "9", Transit: true, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}})
	}
}

// leads answers what was asked for last.
func (r *rig) leads(addrs ...string) {
	r.t.Helper()
	done := r.resolved
	if done == nil {
		r.t.Fatal("no name is asked for")
	}
	r.resolved = nil
	var err error
	if len(addrs) == 0 {
		err = errors.New("no such name")
	}
	var targets []stack.Target
	for _, a := range addrs {
		targets = append(targets, stack.Target{Transport: sip.UDP, Addr: netip.MustParseAddrPort(a)})
	}
	done(targets, err)
	r.turn()
}

// giveUp cancels the call to 9.
func (r *rig) giveUp() {
	r.t.Helper()
	r.from(trunkAddr, strings.ReplaceAll(request("CANCEL", "9", "c", "", 1, ""), "c1CANCEL", "c1INVITE"))
}

// RFC 8866 section 5.7: the address of "c=" is one of the family that it names, and where the peer has
// only the other one it cannot send there.
func TestAnOfferHasTheFamilyOfTheAddressThatItGoesTo(t *testing.T) {
	for _, c := range []struct {
		name          string
		leads         []string
		want, contact string
	}{
		{"IPv6 alone", []string{"[2001:db8::9]:5060"}, "c=IN IP6 2001:db8::1\r\n", "<sip:[2001:db8::1]:5060>"},
		{"IPv4 alone", []string{"192.0.2.9:5060"}, "c=IN IP4 10.0.0.1\r\n", "<sip:10.0.0.1:5060>"},
		{"both", []string{"192.0.2.9:5060", "[2001:db8::9]:5060"}, "c=IN IP4 10.0.0.1\r\n", "<sip:10.0.0.1:5060>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRigAt(t, byName(t), serverAddr6)
			r.from(trunkAddr, request("INVITE", "9", "c", "", 1, sdpText))
			for r.resolved != nil {
				r.leads(c.leads...)
			}
			m := r.last(c.leads[0])
			if m.Method != sip.INVITE || !strings.Contains(m.Body, c.want) {
				t.Errorf("%s got %s with\n%s\nwant %s", c.leads[0], m.Method, m.Body, c.want)
			}
			if got := m.Get(sip.HContact); got != c.contact {
				t.Errorf("its Contact is %s, want %s", got, c.contact)
			}
			r.giveUp()
			r.idle()
			r.one("Cancelled ORIGINATOR_CANCEL 487")
		})
	}
}

// A server with one family asks for nothing before it has to.
func TestWithOneFamilyNoNameIsAskedForTwice(t *testing.T) {
	r := newRig(t, byName(t))
	r.from(trunkAddr, request("INVITE", "9", "c", "", 1, sdpText))
	r.leads("192.0.2.9:5060")
	if m := r.last("192.0.2.9:5060"); m.Method != sip.INVITE {
		t.Errorf("got %s, want INVITE", m.Method)
	}
}

// A server that has IPv6 alone reserves no address of the other family for a trunk that is a name.
func TestAServerWithIPv6AloneOffersIt(t *testing.T) {
	r := newRigAt(t, byName(t), serverAddr6)
	r.x.families = families{v6: true}
	r.from(trunkAddr, request("INVITE", "9", "c", "", 1, sdpText))
	r.leads("[2001:db8::9]:5060")
	if m := r.last("[2001:db8::9]:5060"); !strings.Contains(m.Body, "c=IN IP6 2001:db8::1\r\n") {
		t.Errorf("it was offered\n%s", m.Body)
	}
	r.giveUp()
	r.idle()
}

// A name that leads nowhere fails the attempt as it does where it is asked for once.
func TestANameThatLeadsNowhereIsToldOfByTheInvite(t *testing.T) {
	var got [2]string
	for i, r := range []*rig{newRig(t, byName(t)), newRigAt(t, byName(t), serverAddr6)} {
		r.from(trunkAddr, request("INVITE", "9", "c", "", 1, sdpText))
		for r.resolved != nil {
			r.leads()
		}
		m := r.last(trunkAddr)
		r.from(trunkAddr, request("ACK", "9", "c", m.ToTag(), 1, ""))
		r.idle()
		got[i] = fmt.Sprint(m.Status, " ", r.records[0].ByeReason, " ", r.records[0].Status)
	}
	if got[0] != got[1] {
		t.Errorf("with both families %q, with one %q", got[1], got[0])
	}
}

// Who asks for a name that nobody answers for can give up meanwhile, and what comes of it later is given back.
func TestACallerGivesUpWhileANameIsAskedFor(t *testing.T) {
	for _, late := range []time.Duration{0, 20 * time.Second} {
		r := newRigAt(t, byName(t), serverAddr6)
		r.from(trunkAddr, request("INVITE", "9", "c", "", 1, sdpText))
		if r.resolved == nil {
			t.Fatal("no name is asked for")
		}
		r.giveUp()
		r.pass(late)
		r.leads("[2001:db8::9]:5060")
		for r.resolved != nil {
			r.leads("[2001:db8::9]:5060")
		}
		r.idle()
		r.one("Cancelled ORIGINATOR_CANCEL 487")
		for _, s := range r.sent {
			if s.to.String() == "[2001:db8::9]:5060" {
				t.Errorf("who had given up called on: %s", s.data)
			}
		}
	}
}
