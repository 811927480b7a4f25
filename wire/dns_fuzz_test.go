package wire

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

// FuzzAnswer: whatever a DNS server sends, what is taken of it is of the name that was
// asked about and is believed for a bounded time.
func FuzzAnswer(f *testing.F) {
	for _, lines := range [][]string{
		{"_sip._udp.example.com. 60 IN SRV 1 2 5060 a.example.com."},
		{"example.com. 4294967295 IN A 192.0.2.1", "example.com. 0 IN AAAA ::ffff:192.0.2.1"},
		{"example.com. 1 IN CNAME example.com."},
		{"example.com. 1 IN CNAME b.example.com.", "b.example.com. 1 IN CNAME example.com."},
		{`example.com. 1 IN NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.example.com.`},
	} {
		m := new(dns.Msg)
		m.SetQuestion("example.com.", dns.TypeA)
		for _, l := range lines {
			rr, err := dns.NewRR(l)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(dns.Msg)
		if m.Unpack(b) != nil {
			return
		}
		for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeSRV, dns.TypeNAPTR} {
			a, alias := readAnswer(m, "Example.com", qtype)
			if a.life < shortestTTL || a.life > 24*time.Hour {
				t.Fatalf("it is believed for %v", a.life)
			}
			if n := len(a.srv) + len(a.naptr) + len(a.addrs); n > len(m.Answer) || alias != "" && n > 0 {
				t.Fatalf("%d records and the other name %q, of %d", n, alias, len(m.Answer))
			}
			for _, ip := range a.addrs {
				if ip.Is4() != (qtype == dns.TypeA) || ip.Is4In6() {
					t.Fatalf("%v as an answer of type %d", ip, qtype)
				}
			}
		}
	})
}
