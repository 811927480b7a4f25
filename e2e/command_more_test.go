package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"onhook/phone"
)

// menuOf is a menu that plays 600 Hz and waits, at 650.
func menuOf(t *testing.T) (route, more string) {
	t.Helper()
	return `  - {match: "650", to: "menu:main"}`, fmt.Sprintf("prompts: {folder: %s}\nmenus:\n  - {name: main, greeting: [notice], ask: [notice], wait: 20s, keys: [{key: \"1\", to: \"user:102\"}]}\n", promptFolder(t, "notice", 600))
}

// TestTransferOutOfAMenuByTheAPI takes a caller out of a menu that is open: what follows is the target's outcome.
func TestTransferOutOfAMenuByTheAPI(t *testing.T) {
	t.Parallel()
	route, more := menuOf(t)
	o := newOfficeWith(t, route, more)
	api := o.api()
	a := o.dial("100", "650")
	o.hears(a, 600)
	api.post(200, "/v1/calls/"+api.upCall("100", "650")+"/transfer", `{"to":"101"}`)
	b := o.answers("101")
	o.tone(b, 700)
	o.hears(a, 700)
	o.hangsUp(b, a)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if len(r.Segments) < 2 || !slices.ContainsFunc(commands(r), func(c string) bool { return c == "transfer 101" }) {
		t.Errorf("segments %+v, commands %q", r.Segments, commands(r))
	}
}

// TestTransferToAMenuByTheAPI sends the caller to a menu: the other party leaves.
func TestTransferToAMenuByTheAPI(t *testing.T) {
	t.Parallel()
	route, more := menuOf(t)
	o := newOfficeWith(t, route, more)
	api := o.api()
	a, b := o.connect("100", "101")
	id := api.upCall("100", "101")
	api.post(200, "/v1/calls/"+id+"/transfer", `{"to":"650"}`)
	o.ended(b)
	o.hears(a, 600)
	o.must(a.Hangup(o.ctx))
	expected{"Abandoned", "Abandoned_IVR_Menu", "caller", "party", "", 902, 200}.check(t, o.record())
}

// TestCallMadeByTheAPIRingsAllPhonesOfTheFirst: whichever answers takes the caller's place.
func TestCallMadeByTheAPIRingsAllPhonesOfTheFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	api := o.api()
	second, err := phone.New(phone.Options{User: "100", Password: "secret-of-100", Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}})
	o.must(err)
	t.Cleanup(func() { _ = second.Close() })
	o.must(second.Register(o.ctx))
	api.origin(`{"from":"100","to":"101","caller_id":"5551","auto_answer":true}`)
	lost := o.incoming("100")
	won, err := second.WaitIncoming(o.ctx)
	o.must(err)
	o.must(won.Answer(o.ctx))
	o.ended(lost)
	b := o.answers("101")
	o.tone(b, 700)
	o.hears(won, 700)
	o.hangsUp(won, b)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "caller", "party", "", 200, 200}.check(t, r)
	reasons := legReasons(r)
	slices.Sort(reasons)
	if !slices.Equal(reasons, []string{"NORMAL_CLEARING", "NORMAL_CLEARING", "PICKED_OFF"}) {
		t.Errorf("legs ended with %v", legReasons(r))
	}
}
