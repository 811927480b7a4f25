package sim

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/exchange"
	"onhook/route"
	"onhook/store"
)

// An asking is an INVITE that may be refused for several reasons at once.
type asking struct {
	number, contact, kind, body, hops string
	headers                           []string
	policies                          route.PolicyOptions
	rights                            exchange.Rights // of each extension
	set                               exchange.Settings
	late                              bool // another call came in the same second
	noMedia                           bool
}

func (a *asking) text(call int) string {
	body := a.body
	return fmt.Sprintf("INVITE sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKorder%d;rport\r\nMax-Forwards: %s\r\n"+
		"From: <sip:5550100@example.org>;tag=o%d\r\nTo: <sip:%s@%s>\r\nCall-ID: order%d\r\nCSeq: 1 INVITE\r\n%s%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		a.number, ServerAddr, CallerAddr, call, a.hops, call, a.number, ServerAddr, call, a.contact, strings.Join(a.headers, ""), a.kind, len(body), body)
}

const orderOffer = "v=0\r\no=a 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

// A fault is one row of "own refusals, in this order of checking".
type fault struct {
	name, want string
	dials      bool // it is a matter of what is dialled, and so is any other such row
	person     bool // it is a matter of the extension called
	apply      func(*asking)
}

// faults stand in the order of the rules of outcomes, section 3 rule 1.
func faults() []fault {
	dial := func(number string) func(*asking) { return func(a *asking) { a.number = number } }
	return []fault{
		{name: "overload", want: "SWITCH_CONGESTION", apply: func(a *asking) { a.set.PerSec, a.late = 1, true }},
		{name: "no Contact", want: "MANDATORY_IE_MISSING", apply: func(a *asking) { a.contact = "" }},
		{name: "no description", want: "INVALID_IE_CONTENTS", apply: func(a *asking) { a.body, a.kind = "nonsense\r\n", "application/sdp" }},
		{name: "Require", want: "FACILITY_NOT_IMPLEMENTED", apply: func(a *asking) { a.headers = append(a.headers, "Require: foo\r\n") }},
		{name: "body", want: "SERVICE_NOT_IMPLEMENTED", apply: func(a *asking) { a.kind = "text/plain" }},
		{name: "Max-Forwards", want: "EXCHANGE_ROUTING_ERROR", apply: func(a *asking) { a.hops = "0" }},
		{name: "Replaces", want: "INVALID_CALL_REFERENCE", apply: func(a *asking) {
			a.headers = append(a.headers, "Replaces: nobody@10.0.0.9;to-tag=a;from-tag=b\r\n")
		}},
		{name: "caller may not", want: "OUTGOING_CALL_BARRED", apply: func(a *asking) {
			a.policies.Outgoing = []route.Barring{{Trunks: []string{"sim"}}}
		}},
		{name: "feature", want: "FACILITY_NOT_SUBSCRIBED", apply: func(a *asking) {
			a.policies.Features = []route.Feature{{Numbers: route.Numbers{"*"}}}
		}},
		{name: "number", want: "INVALID_NUMBER_FORMAT", apply: func(a *asking) { a.policies.Patterns = []string{"never"} }},
		{name: "no rule", want: "NO_ROUTE_DESTINATION", dials: true, apply: dial("4444444")},
		{name: "no extension", want: "UNALLOCATED_NUMBER", dials: true, apply: dial("199")},
		{name: "unknown carrier", want: "NO_ROUTE_TRANSIT_NET", dials: true, apply: dial("8001")},
		{name: "transport", want: "CHAN_NOT_IMPLEMENTED", dials: true, apply: dial("8002")},
		{name: "moved", want: "NUMBER_CHANGED", person: true, apply: func(a *asking) { a.rights.Moved = "7" }},
		{name: "called may not", want: "INCOMING_CALL_BARRED", person: true, apply: func(a *asking) { a.policies.Incoming = []route.Barring{{Numbers: route.Numbers{"555*"}}} }},
		{name: "blocked", want: "INCOMING_CALL_BARRED", person: true, apply: func(a *asking) { a.rights.Blocked = route.Numbers{"5550100"} }},
		{name: "closed group", want: "INCOMING_CALL_BARRED", person: true, apply: func(a *asking) {
			a.policies.Closed = []route.ClosedGroup{{Name: "lab", Users: []string{"101", "102"}}}
		}},
		{name: "do not disturb", want: "USER_BUSY", person: true, apply: func(a *asking) { a.rights.DND = true }},
		{name: "no contact", want: "USER_NOT_REGISTERED", dials: true, apply: dial("102")},
		{name: "trunk disabled", want: "REQUESTED_CHAN_UNAVAIL", dials: true, apply: dial("8003")},
		{name: "media forbidden", want: "BEARERCAPABILITY_NOTAUTH", apply: func(a *asking) {
			a.rights.Deny = call.Video
			a.body += "m=video 4002 RTP/AVP 99\r\n"
		}},
		{name: "no port", want: "BEARERCAPABILITY_NOTAVAIL", apply: func(a *asking) { a.noMedia = true }},
		{name: "kind unknown", want: "BEARERCAPABILITY_NOTIMPL", apply: func(a *asking) { a.body = strings.ReplaceAll(a.body, "RTP/AVP", "UDP/TLS/RTP/SAVPF") }},
	}
}

// ask places the call and gives the reason of its record.
func (a *asking) ask(t *testing.T) string {
	t.Helper()
	to := func(text string) []route.Destination {
		d, err := route.ParseDestination(text)
		if err != nil {
			t.Fatal(err)
		}
		return []route.Destination{d}
	}
	routes, err := route.New(route.Options{
		Users: []string{"101", "102"}, Trunks: []string{"sim", "off"}, Local: []string{ServerAddr.Addr().String()},
		Rules: []route.Rule{
			{Match: "8001", To: to("trunk:nowhere"), Transit: true},
			{Match: "8002", To: to("sip:a@10.0.1.1;transport=tls")},
			{Match: "8003", To: to("trunk:off"), Transit: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.policies.Names = []string{}
	policies, err := route.NewPolicies(a.policies)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorld(1, Faults{}, func(s *exchange.Settings) {
		s.Routes, s.Policies, s.PerSec = routes, policies, a.set.PerSec
		s.Users = []exchange.User{{Name: "101", Rights: a.rights}, {Name: "102", Rights: a.rights}}
		s.Trunks = append(s.Trunks, exchange.Trunk{Name: "off", Host: "10.0.5.1", Disabled: true})
	})
	w.NoMedia = a.noMedia
	w.Server.LoadBindings([]store.Binding{{
		BindingKey: store.BindingKey{AOR: "sip:101@example.com", Key: "sip:101@10.0.1.1"}, Contact: "sip:101@10.0.1.1",
		ExpiresAt: w.Net.Now.Add(time.Hour), Flow: "udp " + ServerAddr.String() + " 10.0.1.1:5060",
	}})
	w.Net.Add(CallerAddr, silent{})
	w.Net.Add(netip.MustParseAddrPort("10.0.1.1:5060"), silent{})
	if a.late {
		w.node.Receive(w.Net.Now, CallerAddr, []byte(a.text(0)))
	}
	w.node.Receive(w.Net.Now, CallerAddr, []byte(a.text(1)))
	w.Net.Run(w.Net.Now.Add(10 * time.Minute))
	if len(w.Saved) == 0 {
		t.Fatal("no record")
	}
	for _, s := range w.Saved {
		if a.late && strings.Contains(s.Events[1].Msg, "order0") {
			continue
		}
		return s.Record.ByeReason
	}
	return ""
}

// silent is a party that says nothing.
type silent struct{}

func (silent) Receive(time.Time, netip.AddrPort, []byte) {}
func (silent) Tick(time.Time)                            {}
func (silent) Deadline() time.Time                       { return time.Time{} }

func fresh() *asking {
	return &asking{
		number: "101", hops: "70", kind: "application/sdp", body: orderOffer,
		contact: "Contact: <sip:a@" + CallerAddr.String() + ">\r\n",
	}
}

// TestOwnRefusalsInThisOrderOfChecking has each pair of faults in one INVITE:
// the one that the rules name first is the call's reason.
func TestOwnRefusalsInThisOrderOfChecking(t *testing.T) {
	if got := fresh().ask(t); got != "NO_USER_RESPONSE" {
		t.Fatalf("without a fault: got %s", got)
	}
	all := faults()
	for i, first := range all {
		one := fresh()
		first.apply(one)
		if got := one.ask(t); got != first.want {
			t.Errorf("%s: got %s, want %s", first.name, got, first.want)
		}
		for _, second := range all[i+1:] {
			if first.dials && second.dials || first.person && second.want == "REQUESTED_CHAN_UNAVAIL" {
				continue // one INVITE has one number, of an extension or of a trunk
			}
			a := fresh()
			second.apply(a)
			first.apply(a)
			if got := a.ask(t); got != first.want {
				t.Errorf("%s with %s: got %s, want %s", first.name, second.name, got, first.want)
			}
		}
	}
}
