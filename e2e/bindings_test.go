package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onhook/phone"
	"onhook/sip"
)

// TestScenario41_PhonesAreReachedAfterTheServerWasKilled: who has registered once is called
// after a kill -9, without having registered again; and one that was not killed but stopped.
func TestScenario41_PhonesAreReachedAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	port := freePort(t, "127.0.0.1")
	srv := startConfig(t, "users:\n  - {name: \"100\", password: secret-of-100}\n  - {name: \"101\", password: secret-of-101}\n"+
		fmt.Sprintf(baseConfig, fmt.Sprintf(`"udp://127.0.0.1:%d", "tcp://127.0.0.1:0"`, port)))
	ctx, cancel := context.WithTimeout(context.Background(), patient(20*time.Second))
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, srv.log)
		}
	}
	var registers atomic.Int32
	phones := map[string]*phone.Phone{}
	for _, name := range []string{"100", "101"} {
		p, err := phone.New(phone.Options{
			User: name, Password: "secret-of-" + name, Domain: "example.com", Server: srv.udp, T1: 100 * time.Millisecond, Expires: time.Hour, NoMedia: true,
			Trace: func(sent bool, _ sip.Flow, text string) {
				if sent && strings.HasPrefix(text, "REGISTER ") {
					registers.Add(1)
				}
			},
		})
		must(err)
		t.Cleanup(func() { _ = p.Close() })
		must(p.Register(ctx))
		phones[name] = p
	}
	// The database has them a second or two after the phones were answered; this is read from there.
	var kept struct{ Registrations []struct{ User string } }
	c := srv.api()
	eventually(t, 20*time.Second, func() bool {
		c.get("/v1/registrations", &kept)
		return len(kept.Registrations) == 2
	}, func() string { return fmt.Sprintf("%+v", kept) })
	before := registers.Load()
	reached := func(from, to string) {
		t.Helper()
		a, err := phones[from].Call(ctx, to)
		must(err)
		b, err := phones[to].WaitIncoming(ctx)
		must(err)
		must(b.Answer(ctx))
		must(a.WaitAnswered(ctx))
		must(a.Hangup(ctx))
		_, err = b.WaitEnded(ctx)
		must(err)
	}
	srv.kill()
	srv.run()
	reached("100", "101")
	srv.stop()
	srv.run()
	reached("101", "100")
	for _, r := range srv.records(2) {
		expected{status: "Call Ended", reason: "NORMAL_CLEARING", by: "caller", answered: "party", code: 200, final: 200}.check(t, r)
	}
	if n := registers.Load(); n != before {
		t.Errorf("the phones registered again, %d times: this shows nothing", n-before)
	}
}
