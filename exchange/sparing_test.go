package exchange

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// forged is a request with credentials that are none, from a stranger.
func forged(method, from, user, callID, nc string) string {
	text := strings.ReplaceAll(request(method, "1", callID, "", 1, ""), trunkAddr, from)
	auth := `Authorization: Digest username="` + user + `", realm="example.com", nonce="x", uri="sip:1@10.0.0.1", response="00000000000000000000000000000000", cnonce="a", nc=` + nc + ", qop=auth, algorithm=SHA-256\r\n"
	return strings.Replace(text, "Max-Forwards", auth+"Max-Forwards", 1)
}

// TestStrangersHoldNothing: OPTIONS, and credentials that are none or malformed, of sources that may be forged.
func TestStrangersHoldNothing(t *testing.T) {
	r := withUsers(t)
	for i := range 100 {
		from := fmt.Sprintf("203.0.113.%d:5060", i)
		r.from(from, strings.ReplaceAll(request("OPTIONS", "1", fmt.Sprint("o", i), "", 1, ""), trunkAddr, from))
		if m := r.last(from); m.Status != 200 || m.ToTag() == "" {
			t.Fatalf("OPTIONS got\n%s", m)
		}
		for nc, want := range map[string]int{"00000001": 401, "many": 400} {
			for _, method := range []string{"REGISTER", "SUBSCRIBE", "MESSAGE", "INVITE"} {
				r.from(from, forged(method, from, "100", fmt.Sprint(method, nc, i), nc))
				if m := r.last(from); m.Status != want {
					t.Fatalf("%s got %d, want %d", method, m.Status, want)
				}
			}
		}
	}
	if s := r.x.ep.State(); s.Servers != 0 || s.Dialogs != 0 {
		t.Errorf("%d transactions and %d dialogs are held", s.Servers, s.Dialogs)
	}
}

func TestARepeatedOptionsGetsTheSameTag(t *testing.T) {
	r := newRig(t, nil)
	text := request("OPTIONS", "1", "o", "", 1, "")
	r.from(trunkAddr, text)
	first := r.last(trunkAddr).ToTag()
	r.from(trunkAddr, text)
	// RFC 3261 section 8.2.7: "in a manner that will generate the same tag for the same request consistently".
	if again := r.last(trunkAddr).ToTag(); first == "" || again != first {
		t.Errorf("tag %q, then %q", first, again)
	}
}

func TestTheNameOfAStrangerKeepsNoMessage(t *testing.T) {
	r := withUsers(t)
	const stranger = "203.0.113.9:7000"
	r.from(stranger, forged("REGISTER", stranger, strings.Repeat("u", 7000), "o", "00000001"))
	if len(r.x.failures) != 1 {
		t.Fatalf("%d failures are counted", len(r.x.failures))
	}
	for k := range r.x.failures {
		if len(k.user) > maxFailureName {
			t.Errorf("a name of %d bytes is kept", len(k.user))
		}
	}
}

func TestStrangersFillNoLog(t *testing.T) {
	r := withUsers(t)
	var log bytes.Buffer
	r.x.log = slog.New(slog.NewTextHandler(&log, nil))
	flood := func(n int) {
		for i := range n {
			from := fmt.Sprintf("198.51.%d.%d:5060", i/250, i%250)
			nc := "00000001"
			if i%2 == 0 {
				nc = strings.Repeat("n", 5000)
			}
			r.from(from, forged("REGISTER", from, strings.Repeat("u", 2000), fmt.Sprint("o", i), nc))
		}
	}
	flood(1000)
	if n := strings.Count(log.String(), "\n"); n != spareLines {
		t.Errorf("%d lines, want %d", n, spareLines)
	}
	log.Reset()
	r.pass(2 * spareEvery)
	flood(1)
	if want := fmt.Sprint("more_like_it=", 1000-spareLines); !strings.Contains(log.String(), want) || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("got %q, want %s", log.String(), want)
	}
}
