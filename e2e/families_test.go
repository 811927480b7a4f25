package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestCallsBetweenFamilies: who has only IPv6 and who has only IPv4 call each other through the
// relay, and hear each other (RFC 6157 section 4.2).
func TestCallsBetweenFamilies(t *testing.T) {
	t.Parallel()
	c, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip("needs IPv6 on loopback")
	}
	c.Close()
	conf := fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "udp://[::1]:0"`)
	conf = strings.Replace(conf, "routes:\n", "  - {name: six, address: \"[::1]:5099\", sources: [\"::1/128\"]}\nroutes:\n  - {match: \"8(\\\\d{5})\", to: \"sip:p@[::1]:$1\"}\n", 1)
	srv := startConfig(t, conf)
	on6 := ""
	eventually(t, 10*time.Second, func() bool {
		for l := range strings.Lines(srv.out.String()) {
			if m := addressLine.FindStringSubmatch(strings.TrimRight(l, "\n")); m != nil && strings.HasPrefix(m[2], "[::1]:") {
				on6 = m[2]
			}
		}
		return on6 != ""
	}, func() string { return "the server does not say where it listens on [::1]: " + srv.out.String() })
	before := srv.resting()
	four, six := loopbackPhone(t, srv, srv.udp, "127.0.0.2"), loopbackPhone(t, srv, on6, "::1")
	called := loopbackPhone(t, srv, srv.udp, "127.0.0.3")
	ctx, cancel := context.WithTimeout(t.Context(), patient(20*time.Second))
	defer cancel()

	a, b := connect(t, ctx, srv, six, called, fmt.Sprintf("7%05d", called.Addr().Port()))
	c1, d := connect(t, ctx, srv, four, six, fmt.Sprintf("8%05d", six.Addr().Port()))
	speaks(t, ctx, a, 400)
	speaks(t, ctx, b, 600)
	speaks(t, ctx, c1, 800)
	speaks(t, ctx, d, 1000)
	hears(t, ctx, srv, a, 600)
	hears(t, ctx, srv, b, 400)
	hears(t, ctx, srv, c1, 1000)
	hears(t, ctx, srv, d, 800)
	if err := b.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if err := d.Hangup(ctx); err != nil {
		t.Error(err)
	}
	for _, r := range srv.records(2) {
		expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "callee", answered: "party", code: 200, final: 200}.check(t, r)
	}
	srv.restsAs(before)
}
