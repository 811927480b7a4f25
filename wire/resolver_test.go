package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"onhook/sip"
)

// A zone is a DNS server on loopback: answers by "name TYPE", counted.
type zone struct {
	mu       sync.Mutex
	records  map[string][]dns.RR // of the Answer section
	silent   bool                // says nothing at all
	gate     chan struct{}       // answers come once it is closed; nil: at once
	servfail bool
	asked    map[string]int
	addr     string
}

// samePort is a port that is free for UDP and for TCP: one that is free for the
// first may be taken for the second.
func samePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", pc.LocalAddr().String())
		if err == nil {
			return pc, ln
		}
		if err := pc.Close(); err != nil || t.Context().Err() != nil {
			t.Fatal(err, t.Context().Err())
		}
	}
}

func newZone(t *testing.T, records ...string) *zone {
	t.Helper()
	z := &zone{records: map[string][]dns.RR{}, asked: map[string]int{}}
	z.add(t, records...)
	pc, ln := samePort(t)
	z.addr = pc.LocalAddr().String()
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: z}, {Listener: ln, Handler: z}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() {
			if err := s.ActivateAndServe(); err != nil {
				t.Errorf("DNS server: %v", err)
			}
		}()
		<-started
		t.Cleanup(func() {
			if err := s.Shutdown(); err != nil {
				t.Error(err)
			}
		})
	}
	return z
}

func (z *zone) add(t *testing.T, records ...string) {
	t.Helper()
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, s := range records {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		key := canonical(rr.Header().Name) + " " + dns.TypeToString[rr.Header().Rrtype]
		z.records[key] = append(z.records[key], rr)
	}
}

func (z *zone) set(f func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	f()
}

func (z *zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	if gate := z.gate; gate != nil {
		z.mu.Unlock()
		<-gate
		z.mu.Lock()
	}
	defer z.mu.Unlock()
	name, qtype := canonical(q.Question[0].Name), dns.TypeToString[q.Question[0].Qtype]
	z.asked[name+" "+qtype]++
	if z.silent {
		return
	}
	m := new(dns.Msg)
	m.SetReply(q)
	if z.servfail {
		m.Rcode = dns.RcodeServerFailure
	}
	m.Answer = z.records[name+" "+qtype]
	if len(m.Answer) == 0 {
		m.Answer = z.records[name+" CNAME"]
	}
	if len(m.Answer) == 0 {
		soa, _ := dns.NewRR("example. 30 IN SOA a. b. 1 2 3 4 30")
		m.Ns = append(m.Ns, soa)
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && len(m.Answer) > 20 {
		m.Answer, m.Truncated = nil, true
	}
	_ = w.WriteMsg(m) // a lost answer fails the test by itself
}

func (z *zone) count(key string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked[key]
}

// heard waits until a question has come a number of times: one whose answer nobody waits for any more may be read late.
func (z *zone) heard(t *testing.T, key string, n int) {
	t.Helper()
	for end := time.Now().Add(patience); z.count(key) < n; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s was asked %d times, want %d", key, z.count(key), n)
		}
	}
}

// resolverOf makes a resolver for a zone, with a hosts file.
func resolverOf(t *testing.T, z *zone, hosts string, change func(*DNS)) *resolver {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte(hosts), 0o600); err != nil {
		t.Fatal(err)
	}
	d := DNS{Servers: []string{z.addr}, Hosts: file, ResolvConf: filepath.Join(t.TempDir(), "none"), Transports: []sip.Transport{sip.UDP, sip.TCP, sip.TLS}, Try: 10 * time.Second, Timeout: 20 * time.Second}
	if change != nil {
		change(&d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return newResolver(ctx, d, []Local{newLocal(sip.UDP, loopback4), newLocal(sip.UDP, loopback6)}, new(sync.WaitGroup))
}

func find(r *resolver, q query) (string, error) {
	type result struct {
		targets []Target
		err     error
	}
	done := make(chan result, 2)
	r.resolve(context.Background(), q, func(t []Target, err error) { done <- result{t, err} })
	got := <-done
	var out []string
	for _, t := range got.targets {
		out = append(out, t.Transport.String()+" "+t.Addr.String())
	}
	return strings.Join(out, ", "), got.err
}

func TestRFC3263(t *testing.T) {
	z := newZone(t,
		// NAPTR as in RFC 3263 section 4.1, in the wrong order, with services that are not for us.
		`naptr.example. 60 IN NAPTR 90 50 "s" "SIP+D2U" "" _sip._udp.naptr.example.`,
		`naptr.example. 60 IN NAPTR 50 70 "s" "SIP+D2T" "" _sip._tcp.naptr.example.`,
		`naptr.example. 60 IN NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.naptr.example.`,
		`naptr.example. 60 IN NAPTR 10 50 "s" "SIP+D2S" "" _sip._sctp.naptr.example.`,
		`naptr.example. 60 IN NAPTR 10 50 "u" "E2U+sip" "!^.*$!sip:x@y!" .`,
		`_sip._udp.naptr.example. 60 IN SRV 1 1 5070 a.example.`,
		`_sip._tcp.naptr.example. 60 IN SRV 2 1 5072 b.example.`,
		`_sip._tcp.naptr.example. 60 IN SRV 1 1 5071 a.example.`,
		`_sips._tcp.naptr.example. 60 IN SRV 1 1 5073 a.example.`,
		`a.example. 60 IN A 192.0.2.1`,
		`a.example. 60 IN AAAA 2001:db8::1`,
		`b.example. 60 IN A 192.0.2.2`,
		`b.example. 60 IN A 192.0.2.3`,
		`srv.example. 60 IN A 192.0.2.9`,
		`_sip._tcp.srv.example. 60 IN SRV 1 1 5074 b.example.`,
		`none.example. 60 IN A 192.0.2.9`,
		`_sip._udp.none.example. 60 IN SRV 0 0 0 .`,
		`dead.example. 60 IN A 192.0.2.9`,
		`_sip._udp.dead.example. 60 IN SRV 1 0 5060 gone.example.`,
		`_sip._udp.dead.example. 60 IN SRV 2 0 5060 a.example.`,
		`alias.example. 60 IN CNAME alias2.example.`,
		`alias2.example. 60 IN CNAME a.example.`,
		`loop1.example. 60 IN CNAME loop2.example.`,
		`loop2.example. 60 IN CNAME loop1.example.`,
	)
	r := resolverOf(t, z, "192.0.2.77 Hosted.example alias # comment\n2001:db8::77 hosted.example\nnonsense line\n", nil)
	for _, c := range []struct {
		rule string
		q    query
		want string
		err  error
	}{
		{"4.1: numeric is UDP", query{host: "192.0.2.5"}, "UDP 192.0.2.5:5060", nil},
		{"4.1: numeric is TLS for sips", query{host: "192.0.2.5", secure: true}, "TLS 192.0.2.5:5061", nil},
		{"numeric with all given", query{host: "[2001:db8::5]", port: 5080, transport: sip.TCP}, "TCP [2001:db8::5]:5080", nil},
		{"mapped addresses are IPv4", query{host: "::ffff:192.0.2.5"}, "UDP 192.0.2.5:5060", nil},
		{"sips is never by UDP", query{host: "192.0.2.5", transport: sip.UDP, secure: true}, "", ErrTransport},
		{"a transport that is not there", query{host: "192.0.2.5", transport: sip.WS}, "", ErrTransport},
		{"4.1: NAPTR by order and preference", query{host: "naptr.example"}, "TLS 192.0.2.1:5073, TLS [2001:db8::1]:5073, " +
			"TCP 192.0.2.1:5071, TCP [2001:db8::1]:5071, TCP 192.0.2.2:5072, TCP 192.0.2.3:5072, UDP 192.0.2.1:5070, UDP [2001:db8::1]:5070", nil},
		{"names in any case, with a final dot", query{host: "B.Example."}, "UDP 192.0.2.2:5060, UDP 192.0.2.3:5060", nil},
		{"4.1: NAPTR for sips takes only what is secure", query{host: "naptr.example", secure: true}, "TLS 192.0.2.1:5073, TLS [2001:db8::1]:5073", nil},
		{"4.1: no NAPTR, SRV of what is supported", query{host: "srv.example"}, "TCP 192.0.2.2:5074, TCP 192.0.2.3:5074", nil},
		{"4.2: a transport given, SRV for it", query{host: "srv.example", transport: sip.TCP}, "TCP 192.0.2.2:5074, TCP 192.0.2.3:5074", nil},
		{"4.2: a transport given, no SRV for it", query{host: "srv.example", transport: sip.UDP}, "UDP 192.0.2.9:5060", nil},
		{"4.2: a port given, no SRV", query{host: "srv.example", port: 5099}, "UDP 192.0.2.9:5099", nil},
		{"no NAPTR, no SRV", query{host: "a.example"}, "UDP 192.0.2.1:5060, UDP [2001:db8::1]:5060", nil},
		{"sips without records", query{host: "a.example", secure: true}, "TLS 192.0.2.1:5061, TLS [2001:db8::1]:5061", nil},
		{"RFC 2782: target of a dot", query{host: "none.example", transport: sip.UDP}, "", ErrNotFound},
		{"RFC 2782: target of a dot, any transport", query{host: "none.example"}, "", ErrNotFound},
		{"one SRV target is gone", query{host: "dead.example"}, "UDP 192.0.2.1:5060, UDP [2001:db8::1]:5060", nil},
		{"aliases", query{host: "alias.example", port: 5060}, "UDP 192.0.2.1:5060, UDP [2001:db8::1]:5060", nil},
		{"alias that goes in circles", query{host: "loop1.example"}, "", ErrNotFound},
		{"nothing there", query{host: "gone.example"}, "", ErrNotFound},
		{"hosts file", query{host: "hosted.example"}, "UDP 192.0.2.77:5060, UDP [2001:db8::77]:5060", nil},
		{"hosts file, second name", query{host: "ALIAS", port: 1, transport: sip.TCP}, "TCP 192.0.2.77:1", nil},
		{"localhost", query{host: "localhost", port: 5070}, "UDP 127.0.0.1:5070, UDP [::1]:5070", nil},
		{"no name", query{host: ""}, "", ErrBadName},
		{"no name at all", query{host: "a b"}, "", ErrBadName},
		{"too long a label", query{host: strings.Repeat("a", 64) + ".example"}, "", ErrBadName},
	} {
		got, err := find(r, c.q)
		if got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %+v\n got %s (%v)\nwant %s (%v)", c.rule, c.q, got, err, c.want, c.err)
		}
	}
	if n := z.count("hosted.example NAPTR") + z.count("localhost A") + z.count("localhost NAPTR"); n != 0 {
		t.Errorf("names of the hosts file were asked for %d times", n)
	}
}

func TestResolveGivesOnlyFamiliesWithASocket(t *testing.T) {
	z := newZone(t, `a.example. 60 IN A 192.0.2.1`, `a.example. 60 IN AAAA 2001:db8::1`)
	r := resolverOf(t, z, "", nil)
	r.v6 = false
	if got, err := find(r, query{host: "a.example", port: 1}); got != "UDP 192.0.2.1:1" || err != nil {
		t.Errorf("got %s (%v)", got, err)
	}
	if n := z.count("a.example AAAA"); n != 0 {
		t.Errorf("AAAA was asked for %d times", n)
	}
}

func TestSearchDomainsForNamesOfOneLabel(t *testing.T) {
	z := newZone(t, `pbx.corp.example. 60 IN A 192.0.2.1`, `pbx.a.b.corp.example. 60 IN A 192.0.2.2`)
	r := resolverOf(t, z, "", func(d *DNS) {
		d.ResolvConf = filepath.Join(t.TempDir(), "resolv.conf")
		if err := os.WriteFile(d.ResolvConf, []byte("search other.example corp.example\nnameserver 192.0.2.53\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if got, err := find(r, query{host: "pbx", port: 5060}); got != "UDP 192.0.2.1:5060" || err != nil {
		t.Errorf("got %s (%v)", got, err)
	}
	if got, err := find(r, query{host: "pbx.a.b", port: 5060}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %s (%v)", got, err)
	}
	r.conf.fixed = nil
	if s := r.conf.servers(); !slices.Equal(s, []string{"192.0.2.53:53"}) {
		t.Errorf("servers %v", s)
	}
}

// A thousand SRV records, which come by TCP, cost a bounded number of questions.
func TestThousandSRVRecords(t *testing.T) {
	z := newZone(t)
	for i := range 1000 {
		z.add(t, fmt.Sprintf("_sip._udp.many.example. 60 IN SRV %d 1 5060 h%d.example.", 1000-i, i), fmt.Sprintf("h%d.example. 60 IN A 10.0.%d.%d", i, i/256, i%256))
	}
	r := resolverOf(t, z, "", nil)
	got, err := find(r, query{host: "many.example", transport: sip.UDP})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "UDP"); n != maxRecords || !strings.HasPrefix(got, "UDP 10.0.3.231:5060, UDP 10.0.3.230:5060, ") {
		t.Errorf("%d targets: %s", n, got)
	}
	z.mu.Lock()
	n := len(z.asked)
	z.mu.Unlock()
	if n > 1+2*maxRecords {
		t.Errorf("%d questions", n)
	}
}

func TestAnswersAreKeptAsLongAsTheySay(t *testing.T) {
	z := newZone(t, `a.example. 60 IN A 192.0.2.1`)
	r := resolverOf(t, z, "", nil)
	r.v6 = false
	for range 5 {
		if got, err := find(r, query{host: "a.example", port: 5060}); got != "UDP 192.0.2.1:5060" {
			t.Fatal(got, err)
		}
		if _, err := find(r, query{host: "gone.example", port: 5060}); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if a, g := z.count("a.example A"), z.count("gone.example A"); a != 1 || g != 1 {
		t.Errorf("asked %d and %d times, want once each", a, g)
	}
	for key, want := range map[cacheKey]time.Duration{{"a.example", dns.TypeA}: 60 * time.Second, {"gone.example", dns.TypeA}: 30 * time.Second} {
		e := r.cache.entries[key]
		if got := e.until.Sub(e.said); got != want {
			t.Errorf("%s is kept for %s, want %s", key.name, got, want)
		}
		e.until = time.Now().Add(-time.Second)
	}
	z.set(func() { z.records["a.example A"][0].(*dns.A).A = net.IPv4(192, 0, 2, 2) })
	if got, _ := find(r, query{host: "a.example", port: 5060}); got != "UDP 192.0.2.2:5060" {
		t.Errorf("after its life: %s", got)
	}
}

// RFC 8767: while no server answers, what they said before is used.
func TestServersDown(t *testing.T) {
	z := newZone(t, `a.example. 60 IN A 192.0.2.1`)
	r := resolverOf(t, z, "", nil)
	r.v6 = false
	q := query{host: "a.example", port: 5060}
	if got, err := find(r, q); got == "" {
		t.Fatal(err)
	}
	for _, servfail := range []bool{true, false} {
		z.set(func() { z.servfail, z.silent = servfail, !servfail })
		if !servfail {
			r.Try = 50 * time.Millisecond // no answer is to come in time
		}
		n := z.count("a.example A") + 2 // each server is asked twice
		e := r.cache.entries[cacheKey{"a.example", dns.TypeA}]
		e.until = time.Now().Add(-time.Hour)
		if got, err := find(r, q); got != "UDP 192.0.2.1:5060" {
			t.Errorf("servfail %v: %s (%v)", servfail, got, err)
		}
		if _, err := find(r, query{host: "b.example", port: 5060}); !errors.Is(err, ErrDNS) {
			t.Errorf("a name never heard of: %v", err)
		}
		z.heard(t, "a.example A", n)
		if got, _ := find(r, q); got == "" || z.count("a.example A") != n {
			t.Error("servers that do not answer are asked again at once")
		}
		delete(r.cache.entries, cacheKey{"b.example", dns.TypeA})
	}
}

// Many who want the same name ask once, and those over the limit are refused at once.
func TestManyAtOnce(t *testing.T) {
	z := newZone(t, `a.example. 60 IN A 192.0.2.1`)
	gate := make(chan struct{})
	z.set(func() { z.gate = gate })
	r := resolverOf(t, z, "", func(d *DNS) { d.Parallel, d.Waiting = 4, 6 })
	r.v6 = false
	var mu sync.Mutex
	errs := map[string]int{}
	var all sync.WaitGroup
	all.Add(20)
	for range 20 {
		r.resolve(context.Background(), query{host: "a.example", port: 5060}, func(_ []Target, err error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				errs["ok"]++
			case errors.Is(err, ErrBusy):
				errs["busy"]++
			default:
				errs[err.Error()]++
			}
			all.Done()
		})
	}
	close(gate)
	all.Wait()
	if errs["ok"] != 10 || errs["busy"] != 10 {
		t.Errorf("got %v, want 10 ok and 10 busy", errs)
	}
	if n := z.count("a.example A"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestCacheIsBounded(t *testing.T) {
	z := newZone(t)
	r := resolverOf(t, z, "", func(d *DNS) { d.Cache = 50 })
	for i := range 300 {
		if _, err := find(r, query{host: fmt.Sprintf("n%d.example", i), port: 1}); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	if n := len(r.cache.entries); n > 50 {
		t.Errorf("%d answers are kept, want at most 50", n)
	}
}

// RFC 2782: the share of first places follows the weights.
func TestSRVWeights(t *testing.T) {
	records := []*dns.SRV{
		{Priority: 2, Weight: 100, Port: 1},
		{Priority: 1, Weight: 0, Port: 2},
		{Priority: 1, Weight: 30, Port: 3},
		{Priority: 1, Weight: 70, Port: 4},
	}
	first := map[uint16]int{}
	const n = 20000
	for range n {
		got := srvOrder(records, 10)
		if len(got) != 4 || got[3].Port != 1 {
			t.Fatalf("order %v: the worse priority must be last", got)
		}
		first[got[0].Port]++
	}
	for port, share := range map[uint16]float64{2: 1.0 / 101, 3: 30.0 / 101, 4: 70.0 / 101} {
		if got := float64(first[port]) / n; got < share-0.03 || got > share+0.03 {
			t.Errorf("port %d is first in %.3f, want about %.3f", port, got, share)
		}
	}
}

func TestWireResolvesByItsSockets(t *testing.T) {
	w := open(t, newInbox(), Limits{}, Listen{sip.UDP, loopback4})
	done := make(chan []Target, 1)
	w.Resolve(context.Background(), "localhost", 0, sip.NoTransport, false, func(t []Target, _ error) { done <- t })
	if got := <-done; len(got) != 1 || got[0].Transport != sip.UDP || got[0].Addr.String() != "127.0.0.1:5060" {
		t.Errorf("got %v", got)
	}
}
