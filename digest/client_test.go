package digest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// The examples of RFC 7616 sections 3.9.1 and 3.9.2.
func TestExamplesOfRFC7616(t *testing.T) {
	one := proof{
		method: "GET", uri: "/dir/index.html", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		nc: "00000001", cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop: "auth",
	}
	two := proof{
		method: "GET", uri: "/doe.json", nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
		nc: "00000001", cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", qop: "auth",
	}
	for _, c := range []struct {
		p                 proof
		a                 Algorithm
		user, realm, pass string
		want              string
	}{
		{one, MD5, "Mufasa", "http-auth@example.org", "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec"},
		{one, SHA256, "Mufasa", "http-auth@example.org", "Circle of Life", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		// Section 3.9.2 prints ae66e67d..., which is SHA-512 cut to 256 bits; section 3.2 wants SHA-512/256.
		{two, SHA512256, "Jäsøn Doe", "api@example.org", "Secret, or not?", "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"},
	} {
		c.p.algorithm = c.a
		if got := string(c.p.response(nil, HA1(c.a, c.user, c.realm, c.pass))); got != c.want {
			t.Errorf("%s: %s, want %s", c.a, got, c.want)
		}
	}
}

func challenge(status int, lines ...string) *sip.Message {
	m := &sip.Message{Status: status}
	for _, l := range lines {
		if status == 407 {
			m.Add(sip.HProxyAuthenticate, l)
		} else {
			m.Add(sip.HWWWAuthenticate, l)
		}
	}
	return m
}

func newClient(a Credentials) *Client {
	if a.User == "" {
		a.User, a.Password = user, password
	}
	return NewClient(a, new(counting))
}

func TestClientSatisfiesServer(t *testing.T) {
	for _, o := range []Options{{}, {MD5: true, MD5First: true}, {SHA512256: true}} {
		s, c := newServer(o), newClient(Credentials{Realm: realm})
		m := register()
		c.Authorize(m)
		if m.Has(sip.HAuthorization) {
			t.Fatal("credentials before a challenge")
		}
		var tries Tries
		if err := c.Challenged(challenge(401, s.Challenges(start, false, false)...), &tries); err != nil {
			t.Fatal(err)
		}
		for range 3 { // the nonce is used again, counting
			m = register()
			c.Authorize(m)
			if r := s.Check(start, m, lookup); r.Verdict != OK {
				t.Errorf("%+v: %s (%v): %s", o, r.Verdict, r.Err, m.Get(sip.HAuthorization))
			}
		}
		later := start.Add(time.Hour)
		m = register()
		c.Authorize(m)
		if r := s.Check(later, m, lookup); r.Verdict != Stale {
			t.Errorf("an hour later: %s, want stale", r.Verdict)
		}
		tries = Tries{}
		if err := c.Challenged(challenge(401, s.Challenges(later, true, false)...), &tries); err != nil {
			t.Error(err)
		}
		c.Authorize(m)
		if r := s.Check(later, m, lookup); r.Verdict != OK || m.Count(sip.HAuthorization) != 1 {
			t.Errorf("after stale: %s with %d headers", r.Verdict, m.Count(sip.HAuthorization))
		}
	}
}

// RFC 8760 section 2.4: the topmost challenge that is supported.
func TestClientTakesTheTopmostChallenge(t *testing.T) {
	d := func(params string) string { return `Digest realm="r", nonce="n", ` + params }
	md5, sha := d(`algorithm=MD5, qop="auth"`), d(`algorithm=SHA-256, qop="auth-int,auth"`)
	for _, c := range []struct {
		name  string
		acc   Credentials
		lines []string
		want  string // what the answer holds
		err   error
	}{
		{"SHA-256 before MD5", Credentials{}, []string{sha, md5}, "algorithm=SHA-256,", nil},
		{"MD5 before SHA-256", Credentials{}, []string{md5, sha}, "algorithm=MD5,", nil},
		{"MD5 is off", Credentials{NoMD5: true}, []string{md5, sha}, "algorithm=SHA-256,", nil},
		{"MD5 alone is off", Credentials{NoMD5: true}, []string{md5}, "", ErrNoChallenge},
		{"unknown ones are passed over", Credentials{}, []string{d("algorithm=SHA3"), "Bearer x", "Digest", d(`qop="auth-int"`), sha}, "algorithm=SHA-256,", nil},
		{"no algorithm is MD5", Credentials{}, []string{d(`qop="auth"`)}, "algorithm=MD5,", nil},
		{"session", Credentials{}, []string{d(`algorithm=MD5-sess, qop="auth"`)}, "algorithm=MD5-sess,", nil},
		{"without qop as RFC 2069", Credentials{}, []string{d("algorithm=MD5")}, "algorithm=MD5", nil},
		{"opaque comes back", Credentials{}, []string{d(`qop="auth", opaque="o\"p"`)}, `opaque="o\"p"`, nil},
		{"another realm", Credentials{Realm: "mine"}, []string{sha}, "", ErrRealm},
		{"nothing", Credentials{}, nil, "", ErrNoChallenge},
	} {
		cl := newClient(c.acc)
		var tries Tries
		err := cl.Challenged(challenge(401, c.lines...), &tries)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.err)
			continue
		}
		m := register()
		cl.Authorize(m)
		got := m.Get(sip.HAuthorization)
		if err == nil && !strings.Contains(got, c.want) || err != nil && got != "" {
			t.Errorf("%s: %s, want %q in it", c.name, got, c.want)
		}
		if strings.Contains(c.name, "2069") && (strings.Contains(got, "qop") || strings.Contains(got, "cnonce") || strings.Contains(got, "nc=")) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// AST-2020-002 and its like: who challenges for ever is not answered for ever.
func TestClientGivesUp(t *testing.T) {
	for _, stale := range []string{"", ", stale=true"} {
		c := newClient(Credentials{})
		var tries Tries
		n := 0
		for ; n < 10; n++ {
			if err := c.Challenged(challenge(407, `Digest realm="r", nonce="`+strings.Repeat("n", n+1)+`", qop="auth"`+stale), &tries); err != nil {
				if !errors.Is(err, ErrRefused) {
					t.Errorf("error %v", err)
				}
				break
			}
		}
		if want := map[string]int{"": 1, ", stale=true": MaxTries}[stale]; n != want {
			t.Errorf("answered %d times %q, want %d", n, stale, want)
		}
		// Another request begins anew: its credentials may have met an old nonce.
		if err := c.Challenged(challenge(407, `Digest realm="r", nonce="x", qop="auth"`), new(Tries)); err != nil {
			t.Errorf("next request: %v", err)
		}
	}
}

func TestAnswerOnce(t *testing.T) {
	s := newServer(Options{})
	c := Credentials{User: user, Password: password, Realm: realm}
	m := register()
	id, value, stale, err := c.Answer(challenge(401, s.Challenges(start, true, false)...), m.Method, m.URI, new(counting))
	if err != nil || id != sip.HAuthorization || !stale {
		t.Fatalf("id %v stale %v err %v", id, stale, err)
	}
	m.Add(id, value)
	if r := s.Check(start, m, lookup); r.Verdict != OK {
		t.Errorf("%s (%v)", r.Verdict, r.Err)
	}
	id, _, stale, err = c.Answer(challenge(407, s.Challenges(start, false, false)...), m.Method, m.URI, new(counting))
	if err != nil || id != sip.HProxyAuthorization || stale {
		t.Errorf("407: id %v stale %v err %v", id, stale, err)
	}
	c.Realm = "elsewhere"
	if _, _, _, err = c.Answer(challenge(401, s.Challenges(start, true, false)...), m.Method, m.URI, new(counting)); !errors.Is(err, ErrRealm) {
		t.Errorf("another realm: %v", err)
	}
}

func TestClientAnswersServerAndProxy(t *testing.T) {
	c := newClient(Credentials{})
	var tries Tries
	if err := c.Challenged(challenge(407, `Digest realm="proxy", nonce="p", qop="auth"`), &tries); err != nil {
		t.Fatal(err)
	}
	if err := c.Challenged(challenge(401, `Digest realm="server", nonce="s", qop="auth"`), &tries); err != nil {
		t.Fatal(err)
	}
	m := &sip.Message{Method: sip.INVITE, URI: "sip:bob@example.com"}
	c.Authorize(m)
	if a, p := m.Get(sip.HAuthorization), m.Get(sip.HProxyAuthorization); !strings.Contains(a, `realm="server"`) || !strings.Contains(p, `realm="proxy"`) {
		t.Errorf("Authorization %s\nProxy-Authorization %s", a, p)
	}
	// Two requests that met the same nonce must not use the same count.
	if err := c.Challenged(challenge(407, `Digest realm="proxy", nonce="p", qop="auth"`), new(Tries)); err != nil {
		t.Fatal(err)
	}
	c.Authorize(m)
	if p := m.Get(sip.HProxyAuthorization); !strings.Contains(p, "nc=00000002") {
		t.Errorf("second use of the nonce: %s", p)
	}
}
