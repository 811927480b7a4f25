package exchange

import (
	"net/netip"
	"strings"
	"testing"

	"onhook/digest"
	"onhook/route"
	"onhook/sip"
	"onhook/stack"
)

const numericCarrier = "192.0.2.77:5060"

// withCarriers is a rig with users 100 and 101, a carrier that is an address and one that is a name.
func withCarriers(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		for _, name := range []string{"100", "101"} {
			s.Users = append(s.Users, User{Name: name, Secret: digest.NewSecret(name, "example.com", name+"-horse")})
		}
		s.Trunks = append(
			s.Trunks, Trunk{Name: "carrier", Host: "192.0.2.77"},
			Trunk{Name: "named", Host: "sip.carrier.example", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.99/32"), netip.MustParsePrefix("198.51.100.0/24")}},
		)
		table, err := route.New(route.Options{Users: []string{"100", "101"}, Local: []string{"10.0.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
		s.Routes = table
	})
}

// registers has user 100 register with a Contact, a Path or none, and perhaps by a proxy.
func (r *rig) registers(from, contact, path string, proxy bool) int {
	r.t.Helper()
	text := func(cseq int, auth string) string {
		s := strings.ReplaceAll(request("REGISTER", "100", "r", "", cseq, ""), trunkAddr, from)
		s = strings.Replace(s, "<sip:a@"+from+">", contact, 1)
		if proxy {
			s = strings.Replace(s, "Max-Forwards", "Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKphone\r\nMax-Forwards", 1)
		}
		if path != "" {
			s = strings.Replace(s, "Max-Forwards", "Path: "+path+"\r\nMax-Forwards", 1)
		}
		return strings.Replace(s, "Max-Forwards", auth+"Max-Forwards", 1)
	}
	r.from(from, text(1, ""))
	_, value, _, err := digest.Credentials{User: "100", Password: "100-horse"}.Answer(r.last(from), sip.REGISTER, "sip:100@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		r.t.Fatal(err)
	}
	r.from(from, text(2, "Authorization: "+value+"\r\n"))
	return r.last(from).Status
}

func TestNoPhoneRegistersWhereATrunkIs(t *testing.T) {
	const phone = "203.0.113.9:5060"
	for _, c := range []struct {
		from, contact, path string
		proxy               bool
		want                int
	}{
		{phone, "<sip:100@192.168.1.2>", "", false, 200},
		{phone, "<sip:100@192.168.1.2>", "<sip:203.0.113.9;lr>", true, 200},
		{phone, "<sip:+1900@192.0.2.77>", "<sip:192.0.2.77;lr>", true, 403},
		{phone, "<sip:+1900@192.0.2.77>", "<sip:192.0.2.77;lr>", false, 403},
		{phone, "<sip:+1900@x.example>", "<sip:SIP.carrier.example;lr>", true, 403},
		{phone, "<sip:+1900@192.0.2.77>", "", true, 403},
		{phone, "<sip:+1900@192.0.2.99>", "", true, 403},
		{phone, "<sip:+1900@sip.carrier.example>", "", true, 403},
		{phone, "<sip:+1900@sip.carrier.example>", "", false, 403},
		{phone, "<sip:+1900@192.0.2.77>", "", false, 200}, // it is called where it registered from
		{phone, "<sip:100@198.51.100.7>", "", true, 200},  // a network that calls may come from is no trunk's own address
		{numericCarrier, "<sip:100@192.168.1.2>", "<sip:192.0.2.77;lr>", true, 200},
	} {
		r := withCarriers(t)
		if got := r.registers(c.from, c.contact, c.path, c.proxy); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

// TestANameThatLeadsToATrunkIsNotCalled: a phone may register by a name, and say later what that means.
func TestANameThatLeadsToATrunkIsNotCalled(t *testing.T) {
	for addr, want := range map[string]int{"192.0.2.77:5060": 480, "203.0.113.44:5060": 0} {
		r := withCarriers(t)
		if got := r.registers("203.0.113.9:5060", "<sip:+1900@harmless.example>", "", true); got != 200 {
			t.Fatalf("got %d", got)
		}
		r.from(trunkAddr, request("INVITE", "100", "c", "", 1, sdpText))
		if r.resolved == nil {
			t.Fatal("no name was looked up")
		}
		r.resolved([]stack.Target{{Transport: sip.UDP, Addr: netip.MustParseAddrPort(addr)}}, nil)
		r.turn()
		sent := 0
		for _, s := range r.sent {
			if s.to.String() == addr {
				sent++
			}
		}
		if sent != 0 != (want == 0) {
			t.Errorf("%s got %d messages", addr, sent)
		}
		if want == 0 {
			continue
		}
		if got := r.last(trunkAddr).Status; got != want {
			t.Errorf("%s: the caller got %d, want %d", addr, got, want)
		}
	}
}
