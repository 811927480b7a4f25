package exchange

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/sip"
)

// TestALegThatGoesOnInAnotherCallIsStillCounted: an extension with two calls outside joins the two and leaves. Both
// channels of the carrier are in use, and both calls are on the extension's account, until the two have ended.
func TestALegThatGoesOnInAnotherCallIsStillCounted(t *testing.T) {
	const phone, carrier = "203.0.113.9:5060", "192.0.2.77:5060"
	r := withAccount(t, Outside{Calls: 2})
	ack := func(number, callID string) {
		text := request("ACK", number, callID, r.last(phone).ToTag(), 2, "")
		r.from(phone, strings.ReplaceAll(text, trunkAddr, phone))
	}
	for i, number := range []string{"030123", "030124"} {
		r.dials(number, fmt.Sprint("c", i))
		r.says(carrier, 200, sdpText)
		ack(number, fmt.Sprint("c", i))
	}
	count := func(when string, want int) {
		t.Helper()
		for _, key := range []string{"trunk carrier", "outside 100"} {
			if got := r.x.inUse[key]; got != want {
				t.Errorf("%s: %d of %q are in use, want %d", when, got, key, want)
			}
		}
	}
	count("two calls", 2)
	var ids []string
	for _, c := range r.x.calls.calls {
		ids = append(ids, c.call.ID())
	}
	if err := r.command(func(ctx context.Context) error { return r.x.Join(ctx, ids[0], "", ids[1], "", "op") }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := r.last(phone)
		if m.Method != sip.BYE {
			t.Fatalf("the phone got\n%s\nwant BYE", m)
		}
		r.says(phone, 200, "")
	}
	r.pass(5 * time.Second)
	count("the extension has left", 2)
	if got := r.dials("030125", "c3"); got != 403 {
		t.Errorf("one more call outside gets %d, want 403", got)
	}
	if err := r.command(func(ctx context.Context) error { return r.x.Hangup(ctx, ids[0], "op") }); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Minute)
	count("all is over", 0)
	r.idle()
}

// TestACallerByATrunkThatGoesOnInAnotherCallIsStillCounted: the two callers of two calls are joined.
func TestACallerByATrunkThatGoesOnInAnotherCallIsStillCounted(t *testing.T) {
	r := newRig(t, nil)
	r.talk("a")
	r.talk("b")
	ids := []string{r.x.calls.calls[0].call.ID(), r.x.calls.calls[1].call.ID()}
	if err := r.command(func(ctx context.Context) error { return r.x.Join(ctx, ids[0], CallerSide, ids[1], CallerSide, "op") }); err != nil {
		t.Fatal(err)
	}
	r.says(phoneAddr, 200, "") // the second phone's BYE; the first one's is not answered
	r.pass(40 * time.Second)
	if got := r.x.inUse["trunk sim"]; got != 2 || r.x.calls.used != 1 {
		t.Errorf("%d channels are in use in %d calls, want 2 in 1", got, r.x.calls.used)
	}
	if err := r.command(func(ctx context.Context) error { return r.x.Hangup(ctx, ids[0], "op") }); err != nil {
		t.Fatal(err)
	}
	r.idle()
}
