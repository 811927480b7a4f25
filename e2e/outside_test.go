package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

// TestCallsOutsideAreBounded: numbers of other countries, the stop of all calls
// that leave by trunks, over a restart, and what the commands show.
func TestCallsOutsideAreBounded(t *testing.T) {
	t.Parallel()
	b := callee(t, uas().answer(486, "Busy Here").recvRequest("ACK"), "-m", "3")
	conf := strings.Replace(baseConfig, "%s", `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`, 1)
	conf = strings.Replace(conf, "routes:\n", "  - {name: carrier, address: \"127.0.0.3:"+itoa(b.port)+"\"}\nroutes:\n  - {match: \"[+]?0?\\\\d{5,}|112\", to: \"trunk:carrier\"}\n", 1)
	hook := receiveHooks(t, "")
	srv := startConfig(t, conf+"users: [{name: \"100\", password: secret-horse-100}]\noutside: {home: \"+49\"}\n"+
		fmt.Sprintf("webhooks: [{name: alarm, url: %q, secret: %s, private: [127.0.0.0/8], events: [\"outside.*\"]}]\n", hook.web.URL, hook.secret))
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(binary, append(args, "--data", filepath.Join(srv.data, "store"))...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	p := ext(t, srv, "100", sip.UDP)
	for i, c := range []struct {
		number, detail string
		code           int
	}{{"0035312345", "outside_abroad", 403}, {"+979123456", "outside_premium", 403}, {"+493012345", "", 486}} {
		if got := dial(t, p, c.number, phone.CallOptions{}); got != c.code {
			t.Errorf("%s: %d, want %d", c.number, got, c.code)
		}
		if r := srv.records(i + 1)[i]; r.Detail != c.detail {
			t.Errorf("%s: detail %q, want %q", c.number, r.Detail, c.detail)
		}
	}
	run("outside", "stop")
	if got := dial(t, p, "+493012345", phone.CallOptions{}); got != 403 {
		t.Errorf("stopped: %d", got)
	}
	if r := srv.records(4)[3]; r.Detail != "outside_stopped" || r.ByeReason != "OUTGOING_CALL_BARRED" {
		t.Errorf("stopped: %s, detail %q", r.ByeReason, r.Detail)
	}
	srv.stop()
	srv.run()
	if said := run("outside"); !strings.Contains(said, "No call leaves") {
		t.Errorf("after a restart: %s", said)
	}
	p = ext(t, srv, "100", sip.UDP)
	if got := dial(t, p, "112", phone.CallOptions{}); got != 486 {
		t.Errorf("an emergency call: %d", got)
	}
	run("outside", "start")
	if got := dial(t, p, "+493012345", phone.CallOptions{}); got != 486 {
		t.Errorf("let go again: %d", got)
	}
	if said := run("outside"); !strings.Contains(said, "100 ") || strings.Contains(said, "No call leaves") {
		t.Errorf("at the end: %s", said)
	}
	want := []string{"outside_abroad 100", "outside_premium 100", "outside.stopped", "outside_stopped 100", "outside.started"}
	var told []string
	eventually(t, 30*time.Second, func() bool {
		told = nil
		hook.mu.Lock()
		defer hook.mu.Unlock()
		for _, e := range hook.bodies {
			if o := e.Data.Outside; o != nil && o.Limit != "" {
				told = append(told, o.Limit+" "+o.User)
				continue
			}
			told = append(told, e.Type)
		}
		slices.Sort(told) // what is about different extensions comes in any order
		return len(told) >= len(want)
	}, func() string { return fmt.Sprintf("the webhook was told %q, want %q", told, want) })
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("the webhook was told %q, want %q", told, want)
	}
}
