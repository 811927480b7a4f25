package sim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/sip"
)

func registering() exchange.Trunk {
	return exchange.Trunk{
		Username: "acme", Password: "secret",
		Register: exchange.Registration{Wanted: true, Domain: "carrier.example", Contact: "5550100", Expires: 10 * time.Minute},
	}
}

// TestSection10_2_Registration: the registrar challenges, grants less than was asked for, and is asked again in time.
func TestSection10_2_Registration(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = func(m *sip.Message) (int, string, string) {
		if !m.Has(sip.HAuthorization) {
			return 401, "Unauthorized", "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n"
		}
		return 200, "OK", "Contact: <sip:other@192.0.2.9>;expires=9999\r\nContact: " + m.Get(sip.HContact) + ";expires=100\r\n"
	}
	w.Net.Run(w.Net.Now.Add(time.Second))
	got := c[0].Of(sip.REGISTER)
	if len(got) != 2 {
		t.Fatalf("%d REGISTERs, want the first and the one with credentials", len(got))
	}
	for i, m := range got {
		to, _ := m.To()
		from, _ := m.From()
		contact, _ := m.Contact()
		if m.URI != "sip:10.0.5.1" || to.URIText != "sip:acme@carrier.example" || from.URIText != to.URIText ||
			contact.URIText != "sip:5550100@"+ServerAddr.String() || m.Get(sip.HExpires) != "600" {
			t.Errorf("REGISTER %d:\n%s", i, m)
		}
	}
	first, _ := got[0].CSeq()
	second, _ := got[1].CSeq()
	if second.Seq != first.Seq+1 || got[0].CallID() != got[1].CallID() {
		t.Error("the same Call-ID and a CSeq higher by one are wanted (RFC 3261 section 10.2)")
	}
	if s := w.trunks()[1]; s.State != "up" || s.Registration.State != "registered" || s.Registration.Until.Sub(w.Net.Now) > 100*time.Second {
		t.Errorf("got %+v %+v", s, s.Registration)
	}
	// 100 s were granted: by then it has been refreshed, the nonce kept.
	w.Net.Run(w.Net.Now.Add(95 * time.Second))
	got = c[0].Of(sip.REGISTER)
	if len(got) != 3 || !got[2].Has(sip.HAuthorization) || !strings.Contains(got[2].Get(sip.HAuthorization), "nc=00000002") {
		t.Fatalf("%d REGISTERs, want one refresh that uses the nonce again", len(got))
	}
	if d := c[0].At[2].Sub(c[0].At[1]); d < 70*time.Second || d > 80*time.Second {
		t.Errorf("refreshed after %s, want 70 to 80 %% of 100 s", d)
	}
}

func TestSection10_2_8_IntervalTooBrief(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = func(m *sip.Message) (int, string, string) {
		if m.Get(sip.HExpires) == "600" {
			return 423, "Interval Too Brief", "Min-Expires: 1800\r\n"
		}
		return 200, "OK", "Contact: " + m.Get(sip.HContact) + ";expires=" + m.Get(sip.HExpires) + "\r\n"
	}
	w.Net.Run(w.Net.Now.Add(time.Second))
	got := c[0].Of(sip.REGISTER)
	if len(got) != 2 || got[1].Get(sip.HExpires) != "1800" || w.trunks()[1].Registration.State != "registered" {
		t.Fatalf("got %d REGISTERs, %+v", len(got), w.trunks()[1].Registration)
	}
	// One that asks for ever more is not followed for ever.
	w, c = trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = func(m *sip.Message) (int, string, string) {
		n, _ := m.Expires()
		return 423, "Interval Too Brief", fmt.Sprintf("Min-Expires: %d\r\n", n+1)
	}
	w.Net.Run(w.Net.Now.Add(10 * time.Second))
	if n := len(c[0].Of(sip.REGISTER)); n != 2 {
		t.Errorf("%d REGISTERs within 10 s, want 2", n)
	}
}

// TestRFC5626Section4_5RegistrationBacksOff: each failure in a row doubles the bound of the wait, of
// which between a half and all passes; a call meanwhile gets GATEWAY_DOWN.
func TestRFC5626Section4_5RegistrationBacksOff(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = always(403, "Forbidden", "")
	w.Net.Run(w.Net.Now.Add(10 * time.Minute))
	if len(c[0].At) < 4 {
		t.Fatalf("%d REGISTERs in 10 minutes", len(c[0].At))
	}
	for i := 1; i < len(c[0].At); i++ {
		most := 30 * time.Second << (i - 1)
		if d := c[0].At[i].Sub(c[0].At[i-1]); d < most/2 || d > most+time.Second {
			t.Errorf("try %d came after %s, want %s to %s", i, d, most/2, most)
		}
	}
	if got := w.dial("9555", "", time.Minute); got != "GATEWAY_DOWN" {
		t.Errorf("got %s, want GATEWAY_DOWN", got)
	}
	s := w.trunks()[1]
	if s.State != "down" || s.Reason != "not registered: 403 Forbidden" || s.Registration.State != "failed" || s.Registration.Failures < 4 {
		t.Errorf("got %+v %+v", s, s.Registration)
	}
	// Retry-After of a registrar counts where it is longer.
	w, c = trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = always(503, "Service Unavailable", "Retry-After: 300\r\n")
	w.Net.Run(w.Net.Now.Add(299 * time.Second))
	if n := len(c[0].Seen); n != 1 {
		t.Errorf("%d REGISTERs before Retry-After was over", n)
	}
	w.Net.Run(w.Net.Now.Add(10 * time.Second))
	if n := len(c[0].Seen); n != 2 {
		t.Errorf("%d REGISTERs after it, want 2", n)
	}
}

func TestRefusedCredentialsAreNotTriedForEver(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = always(401, "Unauthorized", "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", algorithm=MD5\r\n")
	w.Net.Run(w.Net.Now.Add(10 * time.Second))
	if n := len(c[0].Seen); n != 2 {
		t.Errorf("%d REGISTERs, want one and one with credentials", n)
	}
	if s := w.trunks()[1].Registration; s.State != "failed" || !strings.Contains(s.Reason, "refused") {
		t.Errorf("got %+v", s)
	}
}

// TestTheRegistrationEndsWithTheServer: a drain takes the binding back.
func TestTheRegistrationEndsWithTheServer(t *testing.T) {
	w, c := trunkWorld(t, "trunk:t1", nil, registering())
	c[0].Answer = func(m *sip.Message) (int, string, string) {
		return 200, "OK", "Contact: " + m.Get(sip.HContact) + ";expires=" + m.Get(sip.HExpires) + "\r\n"
	}
	w.Net.Run(w.Net.Now.Add(time.Second))
	done := make(chan struct{})
	go func() { defer close(done); _ = w.Server.Drain(context.Background()) }()
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			w.Server.Turn(w.Net.Now)
			w.Net.Run(w.Net.Now.Add(time.Millisecond))
		}
	}
	got := c[0].Of(sip.REGISTER)
	if len(got) != 2 || got[1].Get(sip.HExpires) != "0" {
		t.Errorf("%d REGISTERs, want the last with Expires: 0", len(got))
	}
}
