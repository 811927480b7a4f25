package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// counting is a Rand whose numbers are told apart.
type counting uint64

func (c *counting) Uint64() uint64 { *c++; return uint64(*c) * 0x9e3779b97f4a7c15 }

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	user     = "100"
	password = "correct horse"
	realm    = "example.com"
)

func lookup(name string) (Secret, bool) {
	if name != user {
		return Secret{}, false
	}
	return NewSecret(user, realm, password), true
}

func newServer(o Options) *Server {
	o.Realm, o.Rand = realm, new(counting)
	if o.Key == nil {
		o.Key = []byte("0123456789abcdef0123456789abcdef")
	}
	s := NewServer(o)
	s.nonces.start(start.Add(-time.Hour))
	return s
}

// nonceOf is the nonce of a server's next challenge.
func nonceOf(t *testing.T, s *Server, now time.Time) string {
	t.Helper()
	c, err := ParseChallenge(s.Challenges(now, false, false)[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.Nonce
}

// A claim is an Authorization header to be made, right unless changed.
type claim struct {
	alg                              Algorithm
	user, pass, realm, nonce, method string
	uri, nc, cnonce, qop             string
}

func (c claim) header() string {
	p := proof{algorithm: c.alg, method: c.method, uri: c.uri, nonce: c.nonce, nc: c.nc, cnonce: c.cnonce, qop: c.qop}
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s, cnonce="%s", qop=%s, nc=%s`,
		c.user, c.realm, c.nonce, c.uri, p.response(nil, HA1(c.alg, c.user, c.realm, c.pass)), c.alg, c.cnonce, c.qop, c.nc)
}

func right(nonce string) claim {
	return claim{SHA256, user, password, realm, nonce, "REGISTER", "sip:example.com", "00000001", "abc", "auth"}
}

func register(headers ...string) *sip.Message {
	m := &sip.Message{Method: sip.REGISTER, URI: "sip:example.com"}
	for _, h := range headers {
		m.Add(sip.HAuthorization, h)
	}
	return m
}

func TestChallengesOfferStrongestFirst(t *testing.T) {
	for _, c := range []struct {
		opt   Options
		first bool
		want  string
	}{
		{Options{}, false, "SHA-256"},
		{Options{MD5: true}, false, "SHA-256 MD5"},
		{Options{MD5: true}, true, "MD5 SHA-256"},
		{Options{MD5: true, MD5First: true}, false, "MD5 SHA-256"},
		{Options{MD5First: true}, false, "SHA-256"},
		{Options{MD5: true, SHA512256: true}, false, "SHA-512-256 SHA-256 MD5"},
	} {
		var got []string
		for _, line := range newServer(c.opt).Challenges(start, true, c.first) {
			ch, err := ParseChallenge(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if ch.Realm != realm || !ch.Auth || !ch.Stale || len(ch.Nonce) != nonceText {
				t.Errorf("challenge %q read as %+v", line, ch)
			}
			got = append(got, ch.Algorithm.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v first=%v: offers %s, want %s", c.opt, c.first, s, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	s := newServer(Options{MD5: true})
	other := newServer(Options{Key: []byte("another server's key, another key")})
	serials := counting(1 << 32) // others than those of the first server
	elsewhere := NewServer(Options{Realm: "example.net", Key: []byte("0123456789abcdef0123456789abcdef"), Rand: &serials})
	change := func(f func(*claim)) func(string) string {
		return func(nonce string) string {
			c := right(nonce)
			f(&c)
			return c.header()
		}
	}
	replace := func(old, new string) func(string) string {
		return func(nonce string) string {
			h := right(nonce).header()
			if !strings.Contains(h, old) {
				t.Fatalf("%s holds no %s", h, old)
			}
			return strings.Replace(h, old, new, 1)
		}
	}
	plain := func(h string) func(string) string { return func(string) string { return h } }
	for _, c := range []struct {
		name   string
		header func(nonce string) string
		want   Verdict
	}{
		{"right", change(func(*claim) {}), OK},
		{"right with MD5", change(func(c *claim) { c.alg = MD5 }), OK},
		{"MD5 without algorithm", func(n string) string {
			c := right(n)
			c.alg = MD5
			return strings.Replace(c.header(), " algorithm=MD5,", "", 1)
		}, OK},
		{"response in capitals", func(n string) string {
			h := right(n).header()
			i := strings.Index(h, `response="`) + len(`response="`)
			return h[:i] + strings.ToUpper(h[i:i+64]) + h[i+64:]
		}, OK},
		{"scheme in capitals, wide spaces", func(n string) string {
			return "DIGEST  " + strings.ReplaceAll(right(n).header()[7:], ", ", " ,\t")
		}, OK},
		{"URI with a port and parameters", change(func(c *claim) { c.uri = "sip:EXAMPLE.com:5060;transport=udp" }), OK},
		{"username*", replace(`username="100"`, `username*=UTF-8''%31%30%30`), OK},
		{"no header", nil, Absent},
		{"empty", plain(""), Absent},
		{"Basic", plain("Basic MTAwOmNvcnJlY3QgaG9yc2U="), Absent},
		{"other realm", change(func(c *claim) { c.realm = "example.net" }), Absent},
		{"algorithm not offered", change(func(c *claim) { c.alg = SHA512256 }), Absent},
		{"session algorithm", replace("algorithm=SHA-256", "algorithm=SHA-256-sess"), Absent},
		{"unknown algorithm", replace("algorithm=SHA-256", "algorithm=CRC32"), Absent},
		{"wrong password", change(func(c *claim) { c.pass = "wrong" }), Wrong},
		{"unknown user", change(func(c *claim) { c.user = "101" }), Wrong},
		{"response of other method", change(func(c *claim) { c.method = "INVITE" }), Wrong},
		{"short response", func(n string) string {
			h := right(n).header()
			i := strings.Index(h, `response="`) + len(`response="`)
			return h[:i] + h[i+10:]
		}, Wrong},
		{"response right in its beginning only", func(n string) string {
			h := right(n).header()
			i := strings.Index(h, `response="`) + len(`response="`)
			return h[:i+8] + strings.Repeat("0", 56) + h[i+64:]
		}, Wrong},
		{"unknown user, by the secret that stands for nobody's", func(n string) string {
			c := right(n)
			c.user = "101"
			p := proof{algorithm: c.alg, method: c.method, uri: c.uri, nonce: n, nc: c.nc, cnonce: c.cnonce, qop: c.qop}
			h := c.header()
			i := strings.Index(h, `response="`) + len(`response="`)
			return h[:i] + string(p.response(nil, nobody)) + h[i+64:]
		}, Wrong},
		{"algorithm changed", replace("algorithm=SHA-256", "algorithm=MD5"), Wrong},
		{"nonce not ours", change(func(c *claim) { c.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093" }), Stale},
		{"nonce of another server's key", change(func(c *claim) { c.nonce = nonceOf(t, other, start) }), Stale},
		{"nonce of the same key's other realm", change(func(c *claim) { c.nonce = nonceOf(t, elsewhere, start) }), Stale},
		{"nonce changed", change(func(c *claim) { c.nonce = "A" + c.nonce[1:len(c.nonce)-1] + "A" }), Stale},
		{"Digest alone", plain("Digest"), Absent},
		{"no qop", replace(", qop=auth", ""), Bad},
		{"auth-int", replace("qop=auth", "qop=auth-int"), Bad},
		{"unknown qop", replace("qop=auth", "qop=none"), Bad},
		{"no nc", replace(", nc=00000001", ""), Bad},
		{"no cnonce", replace(`cnonce="abc", `, ""), Bad},
		{"empty cnonce", replace(`cnonce="abc"`, `cnonce=""`), Bad},
		{"nc zero", replace("nc=00000001", "nc=00000000"), Bad},
		{"nc short", replace("nc=00000001", "nc=1"), Bad},
		{"nc of nine digits", replace("nc=00000001", "nc=000000001"), Bad},
		{"nc signed", replace("nc=00000001", "nc=+0000001"), Bad},
		{"no username", replace(`username="100", `, ""), Bad},
		{"no response", replace("response=", "resp="), Bad},
		{"no nonce", replace("nonce=", "once="), Bad},
		{"other user in the URI", change(func(c *claim) { c.uri = "sip:bob@example.com" }), Bad},
		{"other host in the URI", change(func(c *claim) { c.uri = "sip:example.net" }), Bad},
		{"unbalanced quote", replace(`realm="example.com"`, `realm="example.com`), Bad},
		{"parameter twice", replace("nc=00000001", "nc=00000001, nc=00000002"), Bad},
		{"username and username*", replace(`username="100"`, `username="100", username*=UTF-8''100`), Bad},
		{"userhash", replace(`username="100"`, `username="100", userhash=true`), Bad},
		{"500 parameters", func(n string) string { return right(n).header() + strings.Repeat(", a=b", 500) }, Bad},
		{"no comma", replace(`, nonce`, ` nonce`), Bad},
	} {
		m := register()
		if c.header != nil {
			m = register(c.header(nonceOf(t, s, start)))
		}
		r := s.Check(start, m, lookup)
		if r.Verdict != c.want {
			t.Errorf("%s: %s (%v), want %s", c.name, r.Verdict, r.Err, c.want)
		}
		if (r.Verdict == Bad) != (r.Err != nil) && r.Verdict != Absent {
			t.Errorf("%s: %s with error %v", c.name, r.Verdict, r.Err)
		}
		if r.Verdict == OK && r.User != user {
			t.Errorf("%s: user %q", c.name, r.User)
		}
	}
}

func TestCheckTakesTheCredentialsOfItsRealm(t *testing.T) {
	s := newServer(Options{})
	foreign := right("n")
	foreign.realm = "elsewhere"
	m := register("Basic eDp5", foreign.header(), right(nonceOf(t, s, start)).header())
	if r := s.Check(start, m, lookup); r.Verdict != OK {
		t.Errorf("%s (%v), want ok", r.Verdict, r.Err)
	}
}

// RFC 8760: "no MD5" really refuses, also when the user's secret has it.
func TestMD5OffIsRefused(t *testing.T) {
	s := newServer(Options{})
	c := right(nonceOf(t, s, start))
	c.alg = MD5
	if r := s.Check(start, register(c.header()), lookup); r.Verdict != Absent {
		t.Errorf("%s, want no credentials", r.Verdict)
	}
}

func TestUserWithoutAnAlgorithmIsLikeNoUser(t *testing.T) {
	s := newServer(Options{MD5: true})
	onlySHA := func(string) (Secret, bool) { return Secret{SHA256: HA1(SHA256, user, realm, password)}, true }
	c := right(nonceOf(t, s, start))
	if r := s.Check(start, register(c.header()), onlySHA); r.Verdict != OK {
		t.Errorf("SHA-256: %s", r.Verdict)
	}
	c = right(nonceOf(t, s, start))
	c.alg = MD5
	if r := s.Check(start, register(c.header()), onlySHA); r.Verdict != Wrong {
		t.Errorf("MD5: %s", r.Verdict)
	}
}

func TestNonceLifeAndCount(t *testing.T) {
	s := newServer(Options{Life: 100 * time.Second})
	nonce := nonceOf(t, s, start)
	for _, c := range []struct {
		after time.Duration
		nc    string
		want  Verdict
	}{
		{0, "00000001", OK},
		{0, "00000001", Stale}, // a replay
		{0, "00000002", OK},
		{time.Second, "00000020", OK},    // jumps to 32
		{time.Second, "00000003", OK},    // late, not seen, within the window
		{time.Second, "00000003", Stale}, // late and seen
		{time.Second, "00000001", Stale},
		{time.Second, "00000041", OK},    // 65
		{time.Second, "00000021", Stale}, // 33 is 32 behind: outside the window
		{time.Second, "00000022", OK},    // 34 is 31 behind
		{100 * time.Second, "000000ff", OK},
		{100*time.Second + time.Millisecond, "00000100", Stale},
	} {
		claim := right(nonce)
		claim.nc = c.nc
		if r := s.Check(start.Add(c.after), register(claim.header()), lookup); r.Verdict != c.want {
			t.Errorf("after %s nc %s: %s, want %s", c.after, c.nc, r.Verdict, c.want)
		}
	}
	if s.Check(start.Add(200*time.Second), register(right(nonceOf(t, s, start.Add(200*time.Second))).header()), lookup); len(s.nonces.used) != 1 {
		t.Errorf("%d nonces kept, want the new one", len(s.nonces.used))
	}
}

// After a restart nobody knows what a nonce was used for, even with the same key.
func TestRestartMakesNoncesStale(t *testing.T) {
	a := newServer(Options{})
	nonce := nonceOf(t, a, start)
	header := right(nonce).header()
	if r := a.Check(start, register(header), lookup); r.Verdict != OK {
		t.Fatalf("before: %s", r.Verdict)
	}
	b := NewServer(a.opt)
	if r := b.Check(start.Add(time.Second), register(header), lookup); r.Verdict != Stale {
		t.Errorf("after: %s, want stale", r.Verdict)
	}
}

func TestNoncesInUseAreBounded(t *testing.T) {
	s := newServer(Options{Nonces: 100})
	var first string
	for i := range 1000 {
		now := start.Add(time.Duration(i) * time.Millisecond)
		header := right(nonceOf(t, s, now)).header()
		if i == 0 {
			first = header
		}
		if r := s.Check(now, register(header), lookup); r.Verdict != OK {
			t.Fatalf("nonce %d: %s", i, r.Verdict)
		}
	}
	if n := len(s.nonces.used); n > 100 {
		t.Errorf("%d nonces are kept, want at most 100", n)
	}
	if n := cap(s.nonces.order); n > 1000 {
		t.Errorf("room for %d serial numbers is kept", n)
	}
	// What was pushed out must not become usable a second time.
	if r := s.Check(start.Add(time.Second), register(first), lookup); r.Verdict != Stale {
		t.Errorf("a replay of a forgotten nonce: %s, want stale", r.Verdict)
	}
}

// A flood of challenges costs no memory.
func TestChallengesKeepNothing(t *testing.T) {
	s := newServer(Options{})
	for range 1000 {
		s.Challenges(start, false, false)
		c := right(nonceOf(t, s, start))
		c.pass = "guess"
		s.Check(start, register(c.header()), lookup)
	}
	if len(s.nonces.used)+len(s.nonces.order) != 0 {
		t.Errorf("%d nonces are kept", len(s.nonces.used))
	}
}

func FuzzCheck(f *testing.F) {
	s := newServer(Options{MD5: true})
	c, err := ParseChallenge(s.Challenges(start, false, false)[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(right(c.Nonce).header())
	f.Add(`Digest username*=UTF-8''a, realm="example.com`)
	f.Fuzz(func(t *testing.T, h string) {
		if r := s.Check(start, register(h), func(string) (Secret, bool) { return Secret{}, false }); r.Verdict == OK {
			t.Errorf("%q passed for a user who is not there", h)
		}
		if ch, err := ParseChallenge(h); err == nil && ch.Nonce == "" {
			t.Errorf("%q is a challenge without nonce", h)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := newServer(Options{})
	c, err := ParseChallenge(s.Challenges(start, false, false)[0])
	if err != nil {
		b.Fatal(err)
	}
	secret := NewSecret(user, realm, password)
	find := func(string) (Secret, bool) { return secret, true }
	m := register(right(c.Nonce).header())
	s.Check(start, m, find)
	b.ReportAllocs()
	for b.Loop() {
		if r := s.Check(start, m, find); r.Verdict != Stale {
			b.Fatal(r)
		}
	}
}
