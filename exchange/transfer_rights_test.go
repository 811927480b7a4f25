package exchange

import (
	"strings"
	"testing"

	"onhook/call"
	"onhook/digest"
	"onhook/route"
	"onhook/sip"
)

const (
	askerAddr = "203.0.113.9:5060" // the phone of user 100
	payerAddr = "192.0.2.77:5060"
)

// withRights is a rig where 7 and 8 lead to an address that is nobody's, 8 with the
// right to transfer as the caller, 101 to a phone, and 0... to a carrier.
func withRights(t *testing.T, barred ...string) *rig {
	t.Helper()
	strangers := toPhone("7")
	lent := toPhone("8")
	lent.Transfer = true
	table, err := route.New(route.Options{
		Rules:  []route.Rule{strangers, lent, {Match: `0\d+`, To: []route.Destination{{Kind: route.ToTrunk, Text: "carrier"}}}},
		Trunks: []string{"carrier"}, Users: []string{"100", "101"}, Local: []string{"10.0.0.1", "example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var o route.PolicyOptions
	if len(barred) > 0 {
		o.Outgoing = []route.Barring{{Numbers: route.Numbers{"0*"}, Users: barred}}
	}
	policies, err := route.NewPolicies(o)
	if err != nil {
		t.Fatal(err)
	}
	return newRig(t, func(s *Settings) {
		for _, name := range []string{"100", "101"} {
			s.Users = append(s.Users, User{Name: name, Secret: digest.NewSecret(name, "example.com", name+"-horse")})
		}
		s.Trunks = append(s.Trunks, Trunk{Name: "carrier", Host: "192.0.2.77", Port: 5060})
		s.Routes, s.Policies, s.Outside = table, policies, Outside{Premium: route.Numbers{"0900*"}}
		s.Call.Redirects = 5
	})
}

// refers asks for a transfer in the call that an address was called by and that is
// up; it returns the answer's code.
func (r *rig) refers(addr, to string, cseq int) (code int) {
	r.t.Helper()
	var ack *sip.Message
	for _, s := range r.sent {
		if m, err := sip.Parse([]byte(s.data)); err == nil && s.to.String() == addr && m.Method == sip.ACK {
			ack = m
		}
	}
	if ack == nil {
		r.t.Fatalf("no call is up at %s: %q", addr, r.log)
	}
	m := &sip.Message{Method: sip.REFER, URI: "sip:10.0.0.1"}
	m.Add(sip.HVia, "SIP/2.0/UDP "+addr+";branch=z9hG4bKrefer"+itoa(cseq))
	m.Add(sip.HMaxForwards, "70")
	m.Add(sip.HFrom, ack.Get(sip.HTo))
	m.Add(sip.HTo, ack.Get(sip.HFrom))
	m.Add(sip.HCallID, ack.CallID())
	m.Add(sip.HCSeq, itoa(cseq)+" REFER")
	m.Add(sip.HContact, "<sip:"+addr+">")
	m.Add(sip.HReferTo, "<"+to+">")
	n := len(r.sent)
	r.from(addr, m.String())
	for _, s := range r.sent[n:] {
		if m, err := sip.Parse([]byte(s.data)); err == nil && s.to.String() == addr && m.Status >= 200 {
			return m.Status
		}
	}
	r.t.Fatalf("the REFER is not answered: %q", r.log)
	return 0
}

// invites counts the INVITEs that an address got.
func (r *rig) invites(addr string) (n int) {
	for _, s := range r.sent {
		if s.to.String() == addr && strings.HasPrefix(s.data, "INVITE ") {
			n++
		}
	}
	return n
}

// over hangs up all that is up and expects one record of each call, and nothing left.
func (r *rig) over(records int) {
	r.t.Helper()
	for _, c := range r.x.calls.calls {
		if c != nil {
			r.x.step(c, call.Input{Kind: call.InCommand, Name: "hangup", By: "test"})
		}
	}
	r.idle()
	if len(r.records) != records {
		r.t.Errorf("%d records, want %d", len(r.records), records)
	}
}

// TestClass34_ATransferHasTheRightsOfWhoAsksForIt: those of the extension or trunk
// that sent the REFER, and nobody spends another one's: neither the caller's, nor
// those of the party that is sent away.
func TestClass34_ATransferHasTheRightsOfWhoAsksForIt(t *testing.T) {
	type asked struct {
		to      string
		want    int
		invited string // who is called then; empty: nobody
		account string // whose call outside it is; empty: it is none
	}
	const outside = "sip:030123@example.com"
	for name, x := range map[string]struct {
		dialled, asks string // what user 100 calls, and where the REFER comes from
		barred        []string
		gone          string // an extension that is deleted before
		asked
	}{
		"a stranger, outside":                       {"7", phoneAddr, nil, "", asked{outside, 603, "", ""}},
		"a stranger, to an extension":               {"7", phoneAddr, nil, "", asked{"sip:101@example.com", 603, "", ""}},
		"a stranger, attended":                      {"7", phoneAddr, nil, "", asked{"sip:101@example.com?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc", 603, "", ""}},
		"a stranger to whom the route lends":        {"8", phoneAddr, nil, "", asked{outside, 202, payerAddr, "100"}},
		"and who asks for more than the caller may": {"8", phoneAddr, nil, "", asked{"sip:0900123@example.com", 403, "", ""}},
		"and whose caller may not call outside":     {"8", phoneAddr, []string{"100"}, "", asked{outside, 403, "", ""}},
		"and whose caller was deleted":              {"8", phoneAddr, nil, "100", asked{outside, 403, "", ""}},
		"an extension that was called":              {"101", phoneAddr, nil, "", asked{outside, 202, payerAddr, "101"}},
		"which the caller's rights do not hinder":   {"101", phoneAddr, []string{"100"}, "", asked{outside, 202, payerAddr, "101"}},
		"nor help":                                 {"101", phoneAddr, []string{"101"}, "", asked{outside, 403, "", ""}},
		"one that was deleted meanwhile":           {"101", phoneAddr, nil, "101", asked{outside, 403, "", ""}},
		"a trunk that was called, to an extension": {"030123", payerAddr, nil, "", asked{"sip:101@example.com", 202, phoneAddr, ""}},
		"and outside, where no route has transit":  {"030123", payerAddr, nil, "", asked{"sip:030999@example.com", 403, "", ""}},
		"and to another domain":                    {"030123", payerAddr, nil, "", asked{"sip:101@elsewhere.example", 404, "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r := withRights(t, x.barred...)
			if got := r.asUser(phoneAddr, "REGISTER", "reg", "101", "101-horse"); got != 200 {
				t.Fatalf("the phone's REGISTER got %d", got)
			}
			if got := r.dials(x.dialled, "call"); got != 0 && got != 100 {
				t.Fatalf("the call got %d", got)
			}
			r.says(x.asks, 200, sdpText)
			if got := r.last(askerAddr).Status; got != 200 {
				t.Fatalf("the caller got %d", got)
			}
			delete(r.x.users, x.gone)
			before := map[string]int{payerAddr: r.invites(payerAddr), phoneAddr: r.invites(phoneAddr)}
			if got := r.refers(x.asks, x.to, 1); got != x.want {
				t.Errorf("the REFER got %d, want %d", got, x.want)
			}
			for addr, n := range before {
				if got := r.invites(addr) - n; got != map[bool]int{true: 1}[addr == x.invited] {
					t.Errorf("%d new calls to %s", got, addr)
				}
			}
			for _, user := range []string{"100", "101"} {
				if got := r.x.inUse[outsideKey(user)]; x.dialled[0] != '0' && got != map[bool]int{true: 1}[user == x.account] {
					t.Errorf("%d calls outside are %s's", got, user)
				}
			}
			r.over(1)
		})
	}
}

// Who answers 3xx at the address of a route is nobody here: it sends the call to
// extensions, and by no trunk, unless the route lends it the caller's rights.
func TestClass34_ARedirectByAStrangerLeavesByNoTrunk(t *testing.T) {
	const outside = "sip:030123@example.com"
	for name, x := range map[string]struct {
		dialled, at, to string
		invited         string // who is called then; empty: nobody
		account         string
	}{
		"a stranger, outside":                 {"7", phoneAddr, outside, "", ""},
		"a stranger, to an extension":         {"7", phoneAddr, "sip:101@example.com", phoneAddr, ""},
		"a stranger to whom the route lends":  {"8", phoneAddr, outside, payerAddr, "100"},
		"an extension, by its own rights":     {"101", phoneAddr, outside, payerAddr, "101"},
		"a trunk, by those of who pays it":    {"030123", payerAddr, "sip:030999@example.com", payerAddr, "100"},
		"a stranger, beyond the caller's own": {"8", phoneAddr, "sip:0900123@example.com", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := withRights(t)
			if got := r.asUser(phoneAddr, "REGISTER", "reg", "101", "101-horse"); got != 200 {
				t.Fatalf("the phone's REGISTER got %d", got)
			}
			if got := r.dials(x.dialled, "call"); got != 0 && got != 100 {
				t.Fatalf("the call got %d", got)
			}
			before := map[string]int{payerAddr: r.invites(payerAddr), phoneAddr: r.invites(phoneAddr)}
			r.says(x.at, 302, "", sip.Header{ID: sip.HContact, Value: "<" + x.to + ">"})
			for addr, n := range before {
				if got := r.invites(addr) - n; got != map[bool]int{true: 1}[addr == x.invited] {
					t.Errorf("%d new calls to %s", got, addr)
				}
			}
			for _, user := range []string{"100", "101"} {
				if got := r.x.inUse[outsideKey(user)]; got != map[bool]int{true: 1}[user == x.account] {
					t.Errorf("%d calls outside are %s's", got, user)
				}
			}
			if x.invited == "" {
				r.over(1)
			}
		})
	}
}
