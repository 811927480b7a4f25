package exchange

import (
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/sip"
)

// strangers are requests of somebody unknown, by what is special in them: each
// may come from an address that is not its sender's.
func strangers(method, from string) map[string]string {
	usual := strings.ReplaceAll(request(method, "1", "x", "", 1, ""), trunkAddr, from)
	with := func(old, text string) string { return strings.Replace(usual, old, text, 1) }
	auth := `Authorization: Digest username="100", realm="example.com", nonce="x", uri="sip:1@10.0.0.1", response="00000000000000000000000000000000", cnonce="a", nc=00000001, qop=auth` + "\r\n"
	return map[string]string{
		"usual":                  usual,
		"as short as may be":     method + " sip:1@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\nf: <sip:a>;tag=a\r\nt: <sip:b>\r\ni: x\r\nCSeq: 1 " + method + "\r\n\r\n",
		"with an offer":          strings.ReplaceAll(request(method, "1", "x", "", 1, sdpText), trunkAddr, from),
		"without To":             spoil(usual, "To", "dropped"),
		"without Max-Forwards":   spoil(usual, "Max-Forwards", "dropped"),
		"CSeq is nonsense":       spoil(usual, "CSeq", "nonsense"),
		"Content-Length is":      spoil(usual, "Content-Length", "nonsense"),
		"no hop is left":         with("Max-Forwards: 70", "Max-Forwards: 0"),
		"an unknown extension":   with("Max-Forwards", "Require: magic, more, and more\r\nMax-Forwards"),
		"an unknown scheme":      with(method+" sip:", method+" mailto:"),
		"another version":        with("SIP/2.0\r\n", "SIP/3.0\r\n"),
		"in a dialog":            with("To: <sip:1@10.0.0.1>", "To: <sip:1@10.0.0.1>;tag=guessed"),
		"credentials, malformed": with("Max-Forwards", "Authorization: Digest ,,,=\r\nMax-Forwards"),
		"credentials, wrong":     with("Max-Forwards", auth+"Max-Forwards"),
		"three Vias":             with("Max-Forwards", "Via: SIP/2.0/UDP a, SIP/2.0/UDP b\r\nMax-Forwards"),
		"a Route":                with("Max-Forwards", "Route: <sip:192.0.2.9;lr>\r\nMax-Forwards"),
	}
}

// TestClass22_NoMoreGoesOutThanComesIn: whoever has not proven who it is gets, for
// each kind of request, one answer at most, with no more beside what came in than
// two challenges take; none again of itself; and nothing goes to anybody else.
func TestClass22_NoMoreGoesOutThanComesIn(t *testing.T) {
	const stranger, bound = "203.0.113.5:5060", 700 // bytes beside what came in
	worst, what := 0.0, ""
	for _, method := range []string{"INVITE", "REGISTER", "SUBSCRIBE", "PUBLISH", "NOTIFY", "OPTIONS", "MESSAGE", "REFER", "INFO", "UPDATE", "PRACK", "BYE", "CANCEL", "ACK", "NEWMETHOD"} {
		for name, text := range strangers(method, stranger) {
			r := withUsers(t)
			const times = 3
			for range times { // repeated, as one that got no answer would be
				r.from(stranger, text)
			}
			r.pass(5 * time.Minute)
			out := 0
			for _, s := range r.sent {
				out += len(s.data)
				if s.to.Addr().String() != "203.0.113.5" {
					t.Errorf("%s, %s: something was sent to %v", method, name, s.to)
				}
			}
			in := times * len(text)
			if out > in+times*bound || len(r.sent) > times {
				t.Errorf("%s, %s: %d bytes in, %d messages and %d bytes out, want at most %d", method, name, in, len(r.sent), out, in+times*bound)
			}
			if f := float64(out) / float64(in); f > worst {
				worst, what = f, method+", "+name
			}
			if len(r.begun)+len(r.records)+len(r.bindings) != 0 {
				t.Errorf("%s, %s: %d calls, %d bindings", method, name, len(r.begun), len(r.bindings))
			}
		}
	}
	t.Logf("at worst %.1f times as many bytes go out as come in: %s", worst, what)
	if worst > 8 {
		t.Errorf("%.1f times as many bytes go out as come in: %s", worst, what)
	}
}

// TestARepeatedInviteIsOneGuess: its answer was lost, and it is not held; but other
// credentials under the same branch are another guess.
func TestARepeatedInviteIsOneGuess(t *testing.T) {
	r := withUsers(t)
	const phone = "203.0.113.9:7000"
	r.from(phone, strings.ReplaceAll(request("INVITE", "100", "r", "", 1, ""), trunkAddr, phone))
	with := func(password string) string {
		_, value, _, err := digest.Credentials{User: "100", Password: password}.Answer(r.last(phone), sip.INVITE, "sip:100@10.0.0.1", r.x.opt.Rand)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(request("INVITE", "100", "r", "", 2, ""), trunkAddr, phone)
		return strings.Replace(text, "Max-Forwards", "Authorization: "+value+"\r\nMax-Forwards", 1)
	}
	same := with("wrong")
	for range 3 * failuresAllowed {
		r.from(phone, same)
	}
	count := func() (n int) {
		for _, f := range r.x.failures {
			n += f.n
		}
		return n
	}
	if n := count(); n != 1 || r.last(phone).Status != 401 {
		t.Errorf("%d failures are counted, the last answer is %d", n, r.last(phone).Status)
	}
	for i := range failuresAllowed - 1 {
		r.from(phone, with("guess"+itoa(i)))
	}
	if n := count(); n != failuresAllowed {
		t.Errorf("%d guesses are counted, want %d", n, failuresAllowed)
	}
	r.idle()
}
