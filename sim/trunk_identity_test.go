package sim

import (
	"net/netip"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/route"
	"onhook/sip"
)

func rules(t *testing.T, r ...route.Rewrite) route.Rewrites {
	t.Helper()
	out, err := route.NewRewrites(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCallerIDAndNumbers: what a trunk is told, of the caller and of the called.
func TestCallerIDAndNumbers(t *testing.T) {
	const real = "<sip:5550100@example.com>"
	for name, c := range map[string]struct {
		id                         exchange.CallerID
		numbers                    exchange.NumberRules
		headers                    string
		uri, from, asserted, privy string
	}{
		"plain":      {uri: "sip:555@10.0.5.1", from: real},
		"number out": {numbers: exchange.NumberRules{Out: rules(t, route.Rewrite{Match: "5(5+)", Number: "+49$1"})}, uri: "sip:+4955@10.0.5.1", from: real},
		"fixed": {
			id: exchange.CallerID{Number: "+4930", Name: "Acme Inc", Domain: "acme.example"}, uri: "sip:555@10.0.5.1",
			from: `"Acme Inc" <sip:+4930@acme.example>`,
		},
		"rules": {numbers: exchange.NumberRules{CallerOut: rules(t, route.Rewrite{Strip: 3, Prefix: "+1"})}, uri: "sip:555@10.0.5.1", from: "<sip:+10100@example.com>"},
		"came in rewritten": {
			numbers: exchange.NumberRules{CallerOut: rules(t, route.Rewrite{Match: "0(.*)", Number: "+44$1"})}, headers: "Subject: x\r\n",
			uri: "sip:555@10.0.5.1", from: real,
		},
		"asserted":  {id: exchange.CallerID{Trusted: true}, uri: "sip:555@10.0.5.1", from: real, asserted: real},
		"anonymous": {id: exchange.CallerID{Anonymous: true}, uri: "sip:555@10.0.5.1", from: `Anonymous <sip:anonymous@anonymous.invalid>`, privy: "id"},
		"anonymous, asserted": {
			id: exchange.CallerID{Anonymous: true, Trusted: true}, uri: "sip:555@10.0.5.1",
			from: `Anonymous <sip:anonymous@anonymous.invalid>`, asserted: real, privy: "id",
		},
		"the caller asks for it": {
			headers: "Privacy: header;id\r\n", uri: "sip:555@10.0.5.1", from: `Anonymous <sip:anonymous@anonymous.invalid>`, privy: "header;id",
		},
		"the caller's own assertion is not passed on": {
			headers: "P-Asserted-Identity: <sip:110@police.example>\r\n", uri: "sip:555@10.0.5.1", from: real,
		},
	} {
		w, carriers := trunkWorld(t, "trunk:t1", nil, exchange.Trunk{CallerID: c.id, Numbers: c.numbers})
		carriers[0].Answer = always(486, "Busy Here", "")
		w.dial("9555", c.headers, 3*time.Second)
		if len(carriers[0].Seen) != 1 {
			t.Errorf("%s: %d INVITEs", name, len(carriers[0].Seen))
			continue
		}
		m := carriers[0].Seen[0]
		a, err := m.From()
		a.Params = ""
		want, werr := sip.ParseNameAddr(c.from)
		if err != nil || werr != nil || a != want {
			t.Errorf("%s: From: %s, want %s", name, a, want)
		}
		if m.URI != c.uri || m.Get(sip.HPAssertedIdentity) != c.asserted || m.Get(sip.HPrivacy) != c.privy || m.Count(sip.HPrivacy) > 1 {
			t.Errorf("%s: %s, P-Asserted-Identity %q, Privacy %q", name, m.URI, m.Get(sip.HPAssertedIdentity), m.Get(sip.HPrivacy))
		}
	}
}

// TestNumbersOfCallsThatComeIn: the number called and the caller's, as the callee sees them.
func TestNumbersOfCallsThatComeIn(t *testing.T) {
	for name, c := range map[string]struct {
		trunk   exchange.Trunk
		headers string
		from    string
	}{
		"rewritten": {exchange.Trunk{Numbers: exchange.NumberRules{In: rules(t, route.Rewrite{Strip: 3}), CallerIn: rules(t, route.Rewrite{Prefix: "00"})}}, "", "sip:005550100@example.org"},
		"asserted": {
			exchange.Trunk{Numbers: exchange.NumberRules{In: rules(t, route.Rewrite{Strip: 3})}, CallerID: exchange.CallerID{Trusted: true}},
			"P-Asserted-Identity: <sip:4711@carrier.example>, <tel:4711>\r\n", "sip:4711@example.org",
		},
		"asserted by whom nobody trusts": {
			exchange.Trunk{Numbers: exchange.NumberRules{In: rules(t, route.Rewrite{Strip: 3})}},
			"P-Asserted-Identity: <sip:4711@carrier.example>\r\n", "sip:5550100@example.org",
		},
	} {
		w, carriers := trunkWorld(t, "trunk:t1", nil, c.trunk)
		phone := &Carrier{net: w.Net, addr: netip.MustParseAddrPort("10.0.1.1:5060"), last: map[string][]byte{}, Answer: always(486, "Busy Here", "")}
		w.Net.Add(phone.addr, phone)
		q := fresh()
		q.number, q.headers = "7771", []string{c.headers}
		w.node.Receive(w.Net.Now, carriers[0].addr, []byte(q.text(1)))
		w.Net.Run(w.Net.Now.Add(5 * time.Second))
		if len(phone.Seen) != 1 {
			t.Errorf("%s: %d INVITEs: %s", name, len(phone.Seen), w.Saved[0].Record.ByeReason)
			continue
		}
		if from, _ := phone.Seen[0].From(); from.URIText != c.from {
			t.Errorf("%s: From: %s, want %s", name, from.URIText, c.from)
		}
	}
}
