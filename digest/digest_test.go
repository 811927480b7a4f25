package digest

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newServer(change func(*Options)) *Server {
	o := Options{Realm: "example.com", Key: []byte("0123456789abcdef"), MD5: true, Rand: rand.NewPCG(1, 2)}
	if change != nil {
		change(&o)
	}
	return NewServer(o)
}

func alice(user string) (Secret, bool) {
	if user != "alice" {
		return Secret{}, false
	}
	return NewSecret("alice", "example.com", "wonder"), true
}

func register() *sip.Message {
	return &sip.Message{Method: sip.REGISTER, URI: "sip:example.com"}
}

// challenge is the 401 that a server sends.
func challenge(s *Server, now time.Time) *sip.Message {
	m := &sip.Message{Status: 401}
	for _, c := range s.Challenges(now, false, false) {
		m.Add(sip.HWWWAuthenticate, c)
	}
	return m
}

// answered is a REGISTER with the credentials' answer to a fresh challenge.
func answered(t *testing.T, s *Server, now time.Time, c Credentials) *sip.Message {
	t.Helper()
	m := register()
	id, v, _, err := c.Answer(challenge(s, now), m.Method, m.URI, rand.NewPCG(3, 4))
	if err != nil {
		t.Fatal(err)
	}
	m.Add(id, v)
	return m
}

var wonder = Credentials{User: "alice", Password: "wonder"}

func TestRFC7616Section3_9_1_Examples(t *testing.T) {
	for a, want := range map[Algorithm]string{
		MD5:    "8ca523f5e9506fed4657c9700eebdbec",
		SHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ha1 := HA1(a, "Mufasa", "http-auth@example.org", "Circle of Life")
		got := a.response(ha1, "GET", "/dir/index.html", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
		if got != want {
			t.Errorf("%v: got %s, want %s", a, got, want)
		}
	}
}

func TestRightPasswordIsTaken(t *testing.T) {
	s := newServer(nil)
	if r := s.Check(epoch, answered(t, s, epoch, wonder), alice); r.Verdict != OK || r.User != "alice" {
		t.Fatalf("got %+v", r)
	}
}

func TestRFC8760_StrongestIsOfferedFirstAndTaken(t *testing.T) {
	s := newServer(nil)
	c := s.Challenges(epoch, false, false)
	if len(c) != 2 || !strings.Contains(c[0], "algorithm=SHA-256") || !strings.Contains(c[1], "algorithm=MD5") {
		t.Fatalf("got %q", c)
	}
	if v := answered(t, s, epoch, wonder).Get(sip.HAuthorization); !strings.Contains(v, "algorithm=SHA-256") {
		t.Errorf("the client must take the topmost: %s", v)
	}
	if c := s.Challenges(epoch, false, true); !strings.Contains(c[0], "algorithm=MD5") {
		t.Errorf("md5 first: got %q", c)
	}
	if c := newServer(func(o *Options) { o.MD5 = false }).Challenges(epoch, false, true); len(c) != 1 || !strings.Contains(c[0], "SHA-256") {
		t.Errorf("no MD5: got %q", c)
	}
}

func TestMD5SwitchedOffIsRefused(t *testing.T) {
	on := newServer(nil)
	off := newServer(func(o *Options) { o.MD5 = false })
	m := &sip.Message{Status: 401}
	m.Add(sip.HWWWAuthenticate, on.Challenges(epoch, false, true)[0])
	req := register()
	id, v, _, err := wonder.Answer(m, req.Method, req.URI, rand.NewPCG(3, 4))
	if err != nil {
		t.Fatal(err)
	}
	req.Add(id, v)
	if r := off.Check(epoch, req, alice); r.Verdict != Absent {
		t.Errorf("got %+v, want a new challenge", r)
	}
}

func TestWrongAndUnknownLookTheSame(t *testing.T) {
	s := newServer(nil)
	for _, c := range []Credentials{{User: "alice", Password: "no"}, {User: "mallory", Password: "wonder"}} {
		if r := s.Check(epoch, answered(t, s, epoch, c), alice); r.Verdict != Wrong {
			t.Errorf("%s: got %+v", c.User, r)
		}
	}
}

func TestUserWhoseNameGuessesTheDummyIsRefused(t *testing.T) {
	s := newServer(nil)
	c := Credentials{User: "nobody", Password: "0123456789abcdef"}
	if r := s.Check(epoch, answered(t, s, epoch, c), alice); r.Verdict != Wrong {
		t.Errorf("got %+v", r)
	}
}

func TestNonceGrowsOldAndIsStale(t *testing.T) {
	s := newServer(nil)
	m := answered(t, s, epoch, wonder)
	if r := s.Check(epoch.Add(3*time.Minute), m, alice); r.Verdict != Stale {
		t.Errorf("got %+v, want stale", r)
	}
	wrong := answered(t, s, epoch, Credentials{User: "alice", Password: "x"})
	if r := s.Check(epoch.Add(3*time.Minute), wrong, alice); r.Verdict != Wrong {
		t.Errorf("a wrong password is never stale: got %+v", r)
	}
}

func TestNonceOfAnotherKeyIsStaleForTheRightPassword(t *testing.T) {
	m := answered(t, newServer(func(o *Options) { o.Key = []byte("another key, 16+") }), epoch, wonder)
	if r := newServer(nil).Check(epoch, m, alice); r.Verdict != Stale {
		t.Errorf("got %+v", r)
	}
}

func TestReplayIsRefused(t *testing.T) {
	s := newServer(nil)
	m := answered(t, s, epoch, wonder)
	if r := s.Check(epoch, m, alice); r.Verdict != OK {
		t.Fatalf("got %+v", r)
	}
	if r := s.Check(epoch, m, alice); r.Verdict != Stale {
		t.Errorf("the same count again: got %+v", r)
	}
}

func TestCountMayBeSwappedByUDPButNotRepeated(t *testing.T) {
	s := newServer(nil)
	p, err := parse(s.Challenges(epoch, false, false)[0])
	if err != nil {
		t.Fatal(err)
	}
	ask := func(nc uint32) Verdict {
		m := register()
		m.Add(sip.HAuthorization, wonder.header(SHA256, &p, m.Method, m.URI, "abcd", nc))
		return s.Check(epoch, m, alice).Verdict
	}
	for i, c := range []struct {
		nc   uint32
		want Verdict
	}{{1, OK}, {3, OK}, {2, OK}, {2, Stale}, {3, Stale}, {40, OK}, {8, Stale}, {9, OK}, {9, Stale}, {1 << 20, OK}, {41, Stale}} {
		if got := ask(c.nc); got != c.want {
			t.Errorf("step %d, nc %d: got %v, want %v", i, c.nc, got, c.want)
		}
	}
}

func TestTableOfNoncesIsBounded(t *testing.T) {
	s := newServer(func(o *Options) { o.Nonces = 3 })
	first := answered(t, s, epoch, wonder)
	for range 5 {
		if r := s.Check(epoch, answered(t, s, epoch, wonder), alice); r.Verdict != OK {
			t.Fatalf("got %+v", r)
		}
	}
	if len(s.used) != 3 {
		t.Errorf("got %d nonces, want 3", len(s.used))
	}
	_ = first
}

func TestOtherMethodOrURIIsRefused(t *testing.T) {
	s := newServer(nil)
	m := answered(t, s, epoch, wonder)
	m.Method = sip.INVITE
	if r := s.Check(epoch, m, alice); r.Verdict != Wrong {
		t.Errorf("method: got %+v", r)
	}
	m = answered(t, s, epoch, wonder)
	m.URI = "sip:900@example.com"
	if r := s.Check(epoch, m, alice); r.Verdict != Wrong {
		t.Errorf("uri: got %+v", r)
	}
}

func TestHeaders(t *testing.T) {
	s := newServer(nil)
	good := strings.TrimPrefix(answered(t, s, epoch, wonder).Get(sip.HAuthorization), "Digest ")
	without := func(name string) string {
		var kept []string
		for _, p := range strings.Split(good, ", ") {
			if !strings.HasPrefix(p, name+"=") {
				kept = append(kept, p)
			}
		}
		return "Digest " + strings.Join(kept, ", ")
	}
	for _, c := range []struct {
		name, value string
		want        Verdict
	}{
		{"empty", "", Bad},
		{"scheme only", "Digest", Bad},
		{"other scheme", "Basic eDp5", Bad},
		{"open quote", `Digest realm="example.com`, Bad},
		{"parameter twice", "Digest " + good + `, realm="example.com"`, Bad},
		{"500 parameters", "Digest " + strings.Repeat("x=1, ", 500) + good, Bad},
		{"no qop: RFC 2069", without("qop"), Bad},
		{"no nc", without("nc"), Bad},
		{"no cnonce", without("cnonce"), Bad},
		{"no response", without("response"), Bad},
		{"auth-int", strings.Replace("Digest "+good, "qop=auth", "qop=auth-int", 1), Bad},
		{"nc of zero", strings.Replace("Digest "+good, "nc=00000001", "nc=00000000", 1), Bad},
		{"nc of words", strings.Replace("Digest "+good, "nc=00000001", "nc=zzzzzzzz", 1), Bad},
		{"other realm", `Digest realm="elsewhere", username="alice"`, Absent},
		{"unknown algorithm", strings.Replace("Digest "+good, "SHA-256", "SHA-1", 1), Absent},
		{"sess", strings.Replace("Digest "+good, "SHA-256", "SHA-256-sess", 1), Absent},
		{"upper case", "DIGEST " + good, OK},
	} {
		m := register()
		m.Add(sip.HAuthorization, c.value)
		if r := s.Check(epoch, m, alice); r.Verdict != c.want {
			t.Errorf("%s: got %+v, want %v", c.name, r, c.want)
		}
	}
}

func TestClientAnswersOnlyItsRealm(t *testing.T) {
	c := Credentials{User: "alice", Password: "wonder", Realm: "carrier"}
	if _, _, _, err := c.Answer(challenge(newServer(nil), epoch), sip.INVITE, "sip:x@h", rand.NewPCG(1, 1)); err != ErrNoChallenge {
		t.Errorf("got %v", err)
	}
}

func TestClientKnowsStale(t *testing.T) {
	m := &sip.Message{Status: 407}
	m.Add(sip.HProxyAuthenticate, newServer(nil).Challenges(epoch, true, false)[0])
	id, _, stale, err := wonder.Answer(m, sip.INVITE, "sip:x@h", rand.NewPCG(1, 1))
	if err != nil || !stale || id != sip.HProxyAuthorization {
		t.Errorf("got %v %v %v", id, stale, err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`Digest username="alice", realm="example.com", nonce="x", uri="sip:example.com", response="00", qop=auth, nc=00000001, cnonce="a"`)
	f.Add("Digest")
	f.Add(`Digest a="\`)
	s := newServer(nil)
	f.Fuzz(func(t *testing.T, v string) {
		m := register()
		m.Add(sip.HAuthorization, v)
		if r := s.Check(epoch, m, alice); r.Verdict == OK {
			t.Errorf("a guess was taken: %q", v)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := newServer(nil)
	p, _ := parse(s.Challenges(epoch, false, false)[0])
	secret, _ := alice("alice")
	lookup := func(string) (Secret, bool) { return secret, true }
	m := register()
	m.Add(sip.HAuthorization, "")
	for i := range b.N {
		b.StopTimer()
		m.Set(sip.HAuthorization, wonder.header(SHA256, &p, m.Method, m.URI, "abcd", uint32(i+1)))
		b.StartTimer()
		if s.Check(epoch, m, lookup).Verdict != OK {
			b.Fatal("refused")
		}
	}
}
