package e2e

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

func TestCallLimitOfAUser(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	a := registered(t, srv, "108", sip.UDP)
	ctx, cancel := context.WithTimeout(t.Context(), patient(30*time.Second))
	defer cancel()
	first, err := a.Call(ctx, "600")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.WaitAnswered(ctx); err != nil {
		t.Fatal(err)
	}
	if got := dial(t, ext(t, srv, "100", sip.UDP), "108", phone.CallOptions{}); got != 486 {
		t.Errorf("got %d, want 486", got)
	}
	refusedBy("Busy", "USER_BUSY", "call_limit", 486, 486).check(t, srv.records(1)[0])
	if got := dial(t, a, "600", phone.CallOptions{}); got != 403 {
		t.Errorf("got %d, want 403", got)
	}
	refusedBy("Call Failed", "OUTGOING_CALL_BARRED", "call_limit", 403, 403).check(t, srv.records(2)[1])
	if err := first.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	srv.records(3)
	if got := dial(t, a, "600", phone.CallOptions{}); got != 200 {
		t.Errorf("after the first has ended: got %d", got)
	}
}

func TestOverload(t *testing.T) {
	t.Parallel()
	want := refusedBy("Unreachable", "SWITCH_CONGESTION", "overload", 503, 503)
	for _, c := range []struct{ name, more string }{
		{"calls", "limits: {calls: 1}"},
		{"memory", "limits: {memory: 1MiB}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := startPolicies(t, c.more)
			if c.name == "calls" {
				b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
				up := caller(t, srv, uac().recv(180, 100).pause(20*time.Second), b.number())
				eventually(t, 10*time.Second, func() bool { return srv.liveCall(false) != "" }, up.messages)
			}
			a := caller(t, srv, uac().recv(503, 100).ackFailed(), "600")
			a.wait()
			if !strings.Contains(a.messages(), "Retry-After:") {
				t.Errorf("the 503 must say when to try again:\n%s", a.messages())
			}
			want.check(t, srv.record())
		})
	}
	t.Run("per second", func(t *testing.T) {
		t.Parallel()
		srv := startPolicies(t, "users: [{name: \"100\", password: secret-horse-100}]\nlimits: {per_second: 1}")
		p := ext(t, srv, "100", sip.UDP)
		ctx, cancel := context.WithTimeout(t.Context(), patient(30*time.Second))
		defer cancel()
		var placed []*phone.Call // at once: some begin in the same second, however slow the machine is
		for range 20 {
			c, err := p.Call(ctx, "4444444")
			if err != nil {
				t.Fatal(err)
			}
			placed = append(placed, c)
		}
		refused := 0
		for _, c := range placed {
			i, err := c.WaitEnded(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if i.Code == 503 {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%d calls at once, none refused", len(placed))
		}
		for _, r := range srv.records(len(placed)) {
			if r.SIPFinal == 503 {
				want.check(t, r)
				refused--
			}
		}
		if refused != 0 {
			t.Errorf("got %d 503 more than records say", refused)
		}
	})
}

func TestNoPortForMediaIsFree(t *testing.T) {
	t.Parallel()
	port := freePort(t, "127.0.0.1")
	// Enough for one call, and it is up.
	srv := startPolicies(t, "", "rtp: {timeout: 60s}", "rtp: {ports: "+itoa(port)+"-"+itoa(port+3)+"}")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	up := caller(t, srv, uac().recv(180, 100).pause(20*time.Second), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(false) != "" }, up.messages)
	caller(t, srv, uac().recv(503, 100).ackFailed(), "600").wait()
	refusedBy("Call Failed", "BEARERCAPABILITY_NOTAVAIL", "", 403, 503).check(t, srv.record())
}

func TestFullTrunkTakesNoMoreCalls(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, "", "sources: [127.0.0.2/32]", "sources: [127.0.0.2/32], channels: 1")
	b := callee(t, uas().answer(180, "Ringing").recvRequest("CANCEL").plain(200, "OK"))
	up := caller(t, srv, uac().recv(180, 100).pause(20*time.Second), b.number())
	eventually(t, 10*time.Second, func() bool { return srv.liveCall(false) != "" }, up.messages)
	caller(t, srv, uac().recv(503, 100).ackFailed(), "600").wait()
	refusedBy("Unreachable", "NORMAL_CIRCUIT_CONGESTION", "", 503, 503).check(t, srv.record())
}

func TestWrongCredentialsTooOften(t *testing.T) {
	t.Parallel()
	srv := startPolicies(t, policyConfig)
	p, err := phone.New(phone.Options{
		User: "100", Password: "wrong-horse", Domain: "example.com", Server: srv.udp,
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), T1: 100 * time.Millisecond, NoMedia: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for n := 1; dial(t, p, "600", phone.CallOptions{}) != 403; n++ {
		if n == 20 {
			t.Fatal("20 calls with wrong credentials were challenged")
		}
	}
	refusedBy("Call Failed", "OUTGOING_CALL_BARRED", "", 403, 403).check(t, srv.record())
	if got := dial(t, ext(t, srv, "100", sip.UDP), "600", phone.CallOptions{}); got != 200 {
		t.Errorf("with the right ones: got %d", got)
	}
}
