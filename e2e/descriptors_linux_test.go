package e2e

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"onhook/phone"
)

// withDescriptors runs a server that may have n file descriptors.
func withDescriptors(t *testing.T, n int) *server {
	t.Helper()
	conf := withAPI(strings.Replace(fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`), "rtp: {timeout: 60s}", "rtp: {timeout: 0s}", 1))
	s := &server{t: t, data: t.TempDir(), text: conf, nofile: n}
	s.conf = filepath.Join(s.data, "onhook.yaml")
	if err := os.WriteFile(s.conf, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

// trunkPhone is a phone at the trunk's address, which needs no account; it is as patient as RFC 3261 has it.
func trunkPhone(t *testing.T, srv *server) *phone.Phone {
	t.Helper()
	p, err := phone.New(phone.Options{User: "a", Domain: "example.com", Server: srv.udp, Listen: netip.MustParseAddrPort("127.0.0.2:0"), NoMedia: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// TestScenario35_NoDescriptorsAreLeft: a server whose limit is reached takes no
// connection and no sound, answers what comes by its sockets, writes its records, and
// goes on when there are some again.
func TestScenario35_NoDescriptorsAreLeft(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	withCallUp(t, srv, func() {
		var was unix.Rlimit
		limit := func(r *unix.Rlimit) {
			t.Helper()
			if err := unix.Prlimit(srv.cmd.Process.Pid, unix.RLIMIT_NOFILE, r, &was); err != nil {
				t.Fatal(err)
			}
		}
		limit(nil)
		before := was
		limit(&unix.Rlimit{Cur: uint64(srv.descriptors()), Max: before.Max})
		c, err := net.Dial("tcp", srv.tcp) // the system takes it for the server
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		local := c.LocalAddr().String()
		fmt.Fprint(c, strings.Replace(strings.ReplaceAll(inviteText(srv, local, "waits", "TCP"), "1 INVITE", "1 OPTIONS"), "INVITE sip", "OPTIONS sip", 1))
		for range 20 {
			srv.options()
		}
		limit(&before)
		if err := c.SetReadDeadline(time.Now().Add(patient(20 * time.Second))); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		if n, err := c.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200") {
			t.Errorf("the connection that waited: %q, %v", buf[:n], err)
		}
	})
}

// TestScenario47_FewDescriptors: a server that may have fewer file descriptors than its
// range of media ports needs says so when it starts. The calls that there are none for are
// refused as if no port was free, each with its record; what is up, the log of calls,
// the database and the API go on, whoever takes the connections.
func TestScenario47_FewDescriptors(t *testing.T) {
	t.Parallel()
	const limit, legs = 256, 48
	srv := withDescriptors(t, limit)
	if log := srv.log.String(); !strings.Contains(log, "rtp.ports has more ports") || !strings.Contains(log, "enough_for_legs=48") || !strings.Contains(log, "LimitNOFILE") {
		t.Errorf("at the start the log says\n%s", log)
	}
	before := srv.resting()
	p := trunkPhone(t, srv)
	ctx, cancel := context.WithTimeout(t.Context(), patient(90*time.Second))
	defer cancel()
	var up []*phone.Call
	for range legs {
		c, err := p.Call(ctx, "600")
		if err == nil {
			err = c.WaitAnswered(ctx)
		}
		if err != nil {
			t.Fatalf("call %d: %v\n%s", len(up)+1, err, srv.log)
		}
		up = append(up, c)
	}
	const refused = 1
	for range refused {
		c, err := p.Call(ctx, "600")
		if err != nil {
			t.Fatal(err)
		}
		if i, err := c.WaitEnded(ctx); err != nil || i.Code != 503 {
			t.Errorf("a call beyond the limit: %d, %v, want 503", i.Code, err)
		}
	}
	for _, r := range srv.records(refused) {
		refusedBy("Call Failed", "BEARERCAPABILITY_NOTAVAIL", r.Detail, 403, 503).check(t, r)
		if why := fmt.Sprintf("%+v", r); !strings.Contains(why, "file descriptors") {
			t.Errorf("the record does not say why: %s", why)
		}
	}
	// Strangers who come by TCP get what there is for them, and nobody else's.
	for range 3 * limit / 4 {
		c, err := net.Dial("tcp", srv.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	srv.options()
	if n := srv.descriptors(); n > limit-32 {
		t.Errorf("%d of %d descriptors are taken", n, limit)
	}
	var live struct{ Calls []struct{ ID string } }
	if srv.api().get("/v1/live", &live); len(live.Calls) != legs {
		t.Errorf("%d calls are up, want %d", len(live.Calls), legs)
	}
	for _, c := range up {
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}
	srv.records(legs + refused)
	c, err := p.Call(ctx, "600")
	if err == nil {
		err = c.WaitAnswered(ctx)
	}
	if err != nil {
		t.Fatalf("a call when the others are over: %v", err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Error(err)
	}
	srv.records(legs + refused + 1)
	logIsSane(t, srv.log.String())
	srv.restsAs(before)
}
