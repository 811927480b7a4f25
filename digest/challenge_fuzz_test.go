package digest

import (
	"strings"
	"testing"

	"onhook/sip"
)

// FuzzChallenge: whatever a trunk challenges us with, an answer is either none or one
// that can be read, is for the realm that was asked for, and begins no line of its own.
func FuzzChallenge(f *testing.F) {
	for _, s := range []string{
		`Digest realm="x", nonce="n", algorithm=MD5, qop="auth"`, `Digest realm="x", nonce="n"`, `Digest realm="x", nonce="a\"b", qop="auth-int,auth", algorithm=SHA-256, stale=TRUE, opaque="\\"`,
		`Digest realm="y", nonce="n", algorithm=MD5-sess, qop="auth"`, `Digest`, `Basic realm="x"`, `Digest realm="x`, `Digest ,,,=,`, `Digest realm="x", nonce="", qop=""`,
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, value string, proxy bool) {
		_, _ = ParseChallenge(value)
		m := &sip.Message{Status: 401}
		id := sip.HWWWAuthenticate
		if proxy {
			m.Status, id = 407, sip.HProxyAuthenticate
		}
		m.Add(id, value)
		for _, realm := range []string{"", "x"} {
			c := Credentials{User: "u", Password: "p", Realm: realm}
			_, answer, _, err := c.Answer(m, sip.INVITE, "sip:a@h", new(counting))
			if err != nil {
				continue
			}
			_, params := cutScheme(answer)
			got, err := parseCredentials(params)
			if err != nil || got.username != "u" || realm != "" && got.realm != realm {
				t.Fatalf("%q is answered with %q: %+v, %v", value, answer, got, err)
			}
			if strings.ContainsAny(answer, "\r\n\x00") && !strings.ContainsAny(value, "\r\n\x00") {
				t.Fatalf("%q is answered with %q", value, answer)
			}
		}
	})
}
