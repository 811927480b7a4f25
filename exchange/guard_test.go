package exchange

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/digest"
	"onhook/sip"
)

// withUsers is a rig with the users 100 and 101, whose password is theirs and "-horse".
func withUsers(t *testing.T) *rig {
	t.Helper()
	return newRig(t, func(s *Settings) {
		for _, name := range []string{"100", "101"} {
			s.Users = append(s.Users, User{Name: name, Secret: digest.NewSecret(name, "example.com", name+"-horse")})
		}
	})
}

// asUser sends a request and sends it again with credentials, as a phone does;
// it returns the final answer's code, or 0 if there was none.
func (r *rig) asUser(addr, method, callID, user, password string) int {
	r.t.Helper()
	text := func(cseq int, auth string) string {
		s := strings.ReplaceAll(request(method, user, callID, "", cseq, ""), trunkAddr, addr)
		s = strings.Replace(s, "From: <sip:a@10.0.0.2>", "From: <sip:"+user+"@example.com>", 1)
		return strings.Replace(s, "Max-Forwards", auth+"Max-Forwards", 1)
	}
	n := len(r.sent)
	r.from(addr, text(1, ""))
	if len(r.sent) == n {
		return 0
	}
	m := r.last(addr)
	if m.Status != 401 {
		return m.Status
	}
	_, value, _, err := digest.Credentials{User: user, Password: password}.Answer(m, sip.Method(method), "sip:"+user+"@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		r.t.Fatal(err)
	}
	n = len(r.sent)
	r.from(addr, text(2, "Authorization: "+value+"\r\n"))
	if len(r.sent) == n {
		return 0
	}
	return r.last(addr).Status
}

func TestGuessingPasswordsEndsInSilence(t *testing.T) {
	r := withUsers(t)
	const phone, attacker, neighbour = "203.0.113.9:5060", "198.51.100.7:4444", "198.51.100.7:5060"
	if got := r.asUser(phone, "REGISTER", "p", "100", "100-horse"); got != 200 {
		t.Fatalf("the phone: %d", got)
	}
	if got := r.asUser(neighbour, "REGISTER", "n", "101", "101-horse"); got != 200 {
		t.Fatalf("the phone behind the attacker's address: %d", got)
	}
	guesses := 0
	for i := range 100 {
		// Users differ, so that it is not one user's count that ends it.
		got := r.asUser(attacker, "REGISTER", fmt.Sprint("g", i), fmt.Sprint(100+i%7), "guess")
		if got == 0 {
			break
		}
		guesses++
	}
	if guesses > 20 {
		t.Errorf("%d guesses were answered", guesses)
	}
	// The right password does not help any more, nor does any method that begins something.
	for _, method := range []string{"REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE"} {
		if got := r.asUser(attacker, method, "late"+method, "100", "100-horse"); got != 0 {
			t.Errorf("%s is answered %d", method, got)
		}
	}
	if got := r.asUser("198.51.100.7:4445", "REGISTER", "other port", "100", "100-horse"); got != 0 {
		t.Errorf("from another port: %d", got)
	}
	for addr, user := range map[string]string{phone: "100", neighbour: "101"} {
		if got := r.asUser(addr, "REGISTER", "again"+user, user, user+"-horse"); got != 200 {
			t.Errorf("the true phone at %s: %d", addr, got)
		}
	}
	if len(r.begun) != 0 {
		t.Errorf("%d calls began", len(r.begun))
	}
	r.pass(16 * time.Minute)
	if got := r.asUser(attacker, "REGISTER", "after", "100", "guess"); got != 401 {
		t.Errorf("after the time: %d", got)
	}
}

func TestAKnownPhoneThatGuessesAtOthersIsNoBetterThanAStranger(t *testing.T) {
	r := withUsers(t)
	const phone = "203.0.113.9:5060"
	if got := r.asUser(phone, "REGISTER", "p", "100", "100-horse"); got != 200 {
		t.Fatalf("the phone: %d", got)
	}
	guesses := 0
	for i := range 100 {
		if r.asUser(phone, "REGISTER", fmt.Sprint("g", i), "101", fmt.Sprint("guess", i)) == 0 {
			break
		}
		guesses++
	}
	if guesses > 20 {
		t.Errorf("%d guesses were answered", guesses)
	}
}

func TestBlocksGrowAndAreBounded(t *testing.T) {
	g := newGuard()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	from := netip.MustParseAddrPort("198.51.100.7:4444")
	var got []time.Duration
	for len(got) < 6 {
		if d := g.wrong(now, "100", from); d > 0 {
			got = append(got, d)
			if !g.blocked(now, from) || g.blocked(now.Add(d), from) {
				t.Error("the block does not last as long as it says")
			}
			now = now.Add(d)
		}
	}
	want := []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("blocked for %v, want %v", got, want)
	}
	for i := range 3 * suspectsKept {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		g.wrong(now, "100", netip.AddrPortFrom(a, 5060))
	}
	for i := range knownKept + 10 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		g.proven(now, "100", netip.AddrPortFrom(a, 5060))
	}
	if len(g.sources) > suspectsKept || len(g.known) > knownKept {
		t.Errorf("%d sources and %d flows are kept", len(g.sources), len(g.known))
	}
}

func TestAttackersInOneIPv6NetworkAreOneSource(t *testing.T) {
	g := newGuard()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range guessesAllowed + 1 {
		g.wrong(now, "100", netip.MustParseAddrPort(fmt.Sprintf("[2001:db8::%x]:5060", i+1)))
	}
	if !g.blocked(now, netip.MustParseAddrPort("[2001:db8::ffff]:5060")) || g.blocked(now, netip.MustParseAddrPort("[2001:db8:0:1::1]:5060")) {
		t.Error("a /64 is one source, another is not")
	}
	g = newGuard()
	for range guessesAllowed + 1 {
		g.wrong(now, "100", netip.MustParseAddrPort("[::ffff:198.51.100.7]:5060"))
	}
	if !g.blocked(now, netip.MustParseAddrPort("198.51.100.7:5061")) {
		t.Error("an IPv4 address written as IPv6 is the same source")
	}
}

// TestClass27_NoMethodGoesWithoutCredentials: every method, from a stranger, with
// no credentials and with those of another realm.
func TestClass27_NoMethodGoesWithoutCredentials(t *testing.T) {
	const stranger = "203.0.113.5:5060"
	elsewhere := `Authorization: Digest username="100", realm="example.net", nonce="x", uri="sip:1@10.0.0.1", response="00000000000000000000000000000000", cnonce="a", nc=00000001, qop=auth` + "\r\n"
	for _, method := range []string{"INVITE", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "NOTIFY", "INFO", "UPDATE", "PRACK", "BYE", "NEWMETHOD"} {
		for _, auth := range []string{"", elsewhere} {
			for _, tag := range []string{"", "guessed"} {
				r := withUsers(t)
				text := strings.ReplaceAll(request(method, "1", "x", tag, 1, ""), trunkAddr, stranger)
				r.from(stranger, strings.Replace(text, "Max-Forwards", auth+"Max-Forwards", 1))
				switch m := r.last(stranger); m.Status {
				case 401, 403, 405, 407, 481, 501:
				default:
					t.Errorf("%s, tag %q, %q: %d", method, tag, auth, m.Status)
				}
				if len(r.begun) != 0 || len(r.bindings) != 0 {
					t.Errorf("%s: %d calls, %d bindings", method, len(r.begun), len(r.bindings))
				}
				for _, s := range r.sent {
					if s.to.String() != stranger {
						t.Errorf("%s: something was sent to %v", method, s.to)
					}
				}
			}
		}
	}
}

// TestClass31_NoUserCanBeToldFromAnother: who exists, who does not, and a wrong
// password get the same answer, but for what is random in it.
func TestClass31_NoUserCanBeToldFromAnother(t *testing.T) {
	for _, method := range []string{"REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE"} {
		var want string
		for _, user := range []string{"100", "101", "102", "nobody"} {
			r := withUsers(t)
			const from = "203.0.113.5:5060"
			if got := r.asUser(from, method, "x", user, "wrong"); got != 401 {
				t.Errorf("%s as %s: %d", method, user, got)
			}
			shape := ""
			for _, h := range r.last(from).Headers {
				v := h.Value
				if h.ID == sip.HWWWAuthenticate {
					_, rest, _ := strings.Cut(v, `nonce="`)
					v = strings.Replace(v, rest[:strings.Index(rest, `"`)], "", 1)
				}
				if h.ID == sip.HTo {
					v, _, _ = strings.Cut(v, ";")
				}
				shape += fmt.Sprintln(h.ID, strings.ReplaceAll(v, user, "USER"))
			}
			if want == "" {
				want = shape
			}
			if shape != want {
				t.Errorf("%s: the answer to %s differs:\n%s\nwant\n%s", method, user, shape, want)
			}
		}
	}
}

// TestClass32_NobodyRegistersForAnother: RFC 3261 section 10.3 step 4.
func TestClass32_NobodyRegistersForAnother(t *testing.T) {
	r := withUsers(t)
	const phone = "203.0.113.9:5060"
	text := func(cseq int, auth string) string {
		s := strings.ReplaceAll(request("REGISTER", "101", "x", "", cseq, ""), trunkAddr, phone)
		return strings.Replace(s, "Max-Forwards", auth+"Max-Forwards", 1)
	}
	r.from(phone, text(1, ""))
	_, value, _, err := digest.Credentials{User: "100", Password: "100-horse"}.Answer(r.last(phone), sip.REGISTER, "sip:101@10.0.0.1", r.x.opt.Rand)
	if err != nil {
		t.Fatal(err)
	}
	r.from(phone, text(2, "Authorization: "+value+"\r\n"))
	if m := r.last(phone); m.Status != 403 || len(r.bindings) != 0 {
		t.Errorf("user 100 registers for 101: %d, %d bindings", m.Status, len(r.bindings))
	}
}

// TestClass33_RequestsBesideACallDoNotTouchIt: a stranger who knows the Call-ID
// but not both tags, from its own address and by each method.
func TestClass33_RequestsBesideACallDoNotTouchIt(t *testing.T) {
	r := withUsers(t)
	tag := r.talk("c")
	const stranger = "203.0.113.5:5060"
	for _, method := range []string{"BYE", "CANCEL", "INVITE", "UPDATE", "REFER", "NOTIFY", "INFO", "PRACK", "ACK"} {
		for name, change := range map[string]func(string) string{
			"no To tag":      func(s string) string { return strings.Replace(s, ";tag="+tag, "", 1) },
			"other To tag":   func(s string) string { return strings.Replace(s, ";tag="+tag, ";tag=x", 1) },
			"other From tag": func(s string) string { return strings.Replace(s, ";tag=a\r\n", ";tag=x\r\n", 1) },
			"no From tag":    func(s string) string { return strings.Replace(s, ";tag=a\r\n", "\r\n", 1) },
		} {
			sent := len(r.sent)
			text := change(strings.ReplaceAll(request(method, "1", "c", tag, 5, ""), "Via: SIP/2.0/UDP "+trunkAddr, "Via: SIP/2.0/UDP "+stranger))
			r.from(stranger, text)
			if len(r.records) != 0 {
				t.Fatalf("%s, %s: the call has ended", method, name)
			}
			for _, s := range r.sent[sent:] {
				if s.to.String() != stranger {
					t.Errorf("%s, %s: something went to %v: %.40q", method, name, s.to, s.data)
				}
			}
			r.pass(40 * time.Second)
		}
	}
	r.from(trunkAddr, request("BYE", "1", "c", tag, 90, ""))
	r.answer(200, "")
	r.idle()
	r.one("Call Ended NORMAL_CLEARING 200")
}

// TestScenario23_ThePhonesPortChangesInTheCall: its NAT has taken another port.
// The tags say whose request it is; the answer goes where it came from.
func TestScenario23_ThePhonesPortChangesInTheCall(t *testing.T) {
	r := newRig(t, nil)
	tag := r.talk("c")
	const moved = "10.0.0.2:33333"
	r.from(moved, strings.Replace(request("BYE", "1", "c", tag, 2, ""), ";branch", ";rport;branch", 1))
	if m := r.last(moved); m.Status != 200 {
		t.Errorf("BYE from the new port: %d", m.Status)
	}
	r.answer(200, "")
	r.idle()
	r.one("Call Ended NORMAL_CLEARING 200")
}
