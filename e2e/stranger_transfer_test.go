package e2e

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"onhook/phone"
)

// TestStrangersDoNotTransferWithTheCallersRights: who answers at the address of a
// route is nobody's account. It cannot send the caller on unless the route lends it the
// caller's rights.
func TestStrangersDoNotTransferWithTheCallersRights(t *testing.T) {
	t.Parallel()
	o := newOfficeWith(t, `  - {match: "8(\\d{5})", to: "sip:bot@127.0.0.3:$1", transfer: caller}`, "")
	bot, err := phone.New(phone.Options{
		User: "bot", Domain: "example.com", Server: o.udp, Listen: netip.MustParseAddrPort("127.0.0.3:0"), T1: 100 * time.Millisecond, Codecs: []string{"PCMA"},
	})
	o.must(err)
	t.Cleanup(func() { _ = bot.Close() })
	answer := func(prefix string) (caller, stranger *phone.Call) {
		t.Helper()
		caller = o.dial("100", fmt.Sprintf("%s%05d", prefix, bot.Addr().Port()))
		stranger, err := bot.WaitIncoming(o.ctx)
		o.must(err)
		o.must(stranger.Answer(o.ctx))
		o.must(caller.WaitAnswered(o.ctx))
		return caller, stranger
	}
	a, b := answer("7")
	var refused *phone.Refused
	if err := b.Transfer(o.ctx, "102"); !errors.As(err, &refused) || refused.Code != 603 {
		t.Errorf("the transfer by a stranger: %v, want 603", err)
	}
	o.tone(b, 700)
	o.hears(a, 700) // they talk on
	o.must(a.Hangup(o.ctx))
	o.ended(b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	if len(r.Legs) != 2 || r.User != "100" {
		t.Errorf("legs %v of %q, want the two of extension 100's call", legReasons(r), r.User)
	}
	a, b = answer("8")
	o.must(b.Transfer(o.ctx, "102"))
	c := o.incoming("102")
	o.must(c.Answer(o.ctx))
	o.tone(c, 900)
	o.hears(a, 900)
	o.ended(b)
	o.must(a.Hangup(o.ctx))
	o.ended(c)
	r = o.records(2)[1]
	if got := legReasons(r); len(got) != 3 || got[1] != "BLIND_TRANSFER" || r.User != "100" {
		t.Errorf("legs ended with %v of %q", got, r.User)
	}
}
