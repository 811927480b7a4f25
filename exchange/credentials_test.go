package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/sip"
)

// TestClass28_CredentialsOfSomethingElseProveNothing: by every method, those of another
// user, of another method or address, of another server's nonce, those of before with a
// nonce that is too old, and those that a phone has used already.
func TestClass28_CredentialsOfSomethingElseProveNothing(t *testing.T) {
	const (
		phone    = "203.0.113.9:5060"
		stranger = "203.0.113.5:5060"
		uri      = "sip:1@10.0.0.1"
	)
	for _, method := range []sip.Method{"INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE"} {
		for name, x := range map[string]struct {
			user, password string
			method         sip.Method // that the response is for
			uri            string
			wait           time.Duration
			used           bool // by the phone, which has sent the same
			stale          bool // the answer says that only the nonce is too old
		}{
			"another user's password":    {user: "101", password: "100-horse", method: method, uri: uri},
			"nobody's":                   {user: "102", password: "100-horse", method: method, uri: uri},
			"for another method":         {user: "100", password: "100-horse", method: sip.OPTIONS, uri: uri},
			"for another address":        {user: "100", password: "100-horse", method: method, uri: "sip:1@10.0.0.9"},
			"with a nonce that is old":   {user: "100", password: "100-horse", method: method, uri: uri, wait: time.Hour, stale: true},
			"that the phone has used":    {user: "100", password: "100-horse", method: method, uri: uri, used: true},
			"that a REGISTER was proven": {user: "100", password: "100-horse", method: sip.REGISTER, uri: uri, used: true},
		} {
			if name == "that a REGISTER was proven" && method == sip.REGISTER {
				continue // the same as the one before
			}
			t.Run(string(method)+" "+name, func(t *testing.T) {
				r := withUsers(t)
				send := func(from string, method sip.Method, callID, auth string, cseq int) *sip.Message {
					t.Helper()
					text := strings.ReplaceAll(request(string(method), "1", callID, "", cseq, ""), trunkAddr, from)
					r.from(from, strings.Replace(text, "Max-Forwards", auth+"Max-Forwards", 1))
					return r.last(from)
				}
				challenge := send(phone, sip.REGISTER, "first", "", 1)
				_, value, _, err := digest.Credentials{User: x.user, Password: x.password}.Answer(challenge, x.method, x.uri, r.x.opt.Rand)
				if err != nil {
					t.Fatal(err)
				}
				auth := "Authorization: " + value + "\r\n"
				r.pass(x.wait)
				if x.used {
					send(phone, x.method, "used", auth, 2)
				}
				calls, bindings := len(r.begun), len(r.bindings)
				m := send(stranger, method, "again", auth, 3)
				switch m.Status {
				case 400, 401, 403:
				default:
					t.Errorf("answered %d", m.Status)
				}
				stale := false
				for v := range m.Lines(sip.HWWWAuthenticate) {
					c, err := digest.ParseChallenge(v)
					stale = stale || err == nil && c.Stale
				}
				if x.stale && (m.Status != 401 || !stale) {
					t.Errorf("an old nonce is answered %d, stale %v: the phone's user would be asked for the password", m.Status, stale)
				}
				if !x.stale && !x.used && stale {
					t.Error("wrong credentials are told that they are right but old")
				}
				if len(r.begun) != calls || len(r.bindings) != bindings {
					t.Errorf("%d calls began, %d bindings were made", len(r.begun)-calls, len(r.bindings)-bindings)
				}
			})
		}
	}
}
