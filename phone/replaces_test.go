package phone

import (
	"strings"
	"testing"

	"onhook/sip"
)

// trio is three phones; the first one has a call up with each of the others.
func trio(t *testing.T) (withBob, withCarol, bobs, carols *Call, carol *Phone) {
	t.Helper()
	ctx := testContext(t)
	alice, bob := pair(t, Options{}, Options{})
	carol, _ = start(t, Options{User: "carol"})
	withBob, bobs = connect(t, ctx, alice, bob)
	alice.resolver.server = carol.Addr() // further calls go there
	withCarol, err := withBob.Consult(ctx, "carol")
	ok(t, err)
	carols, err = carol.WaitIncoming(ctx)
	ok(t, err)
	ok(t, carols.Answer(ctx))
	ok(t, withCarol.WaitAnswered(ctx))
	return withBob, withCarol, bobs, carols, carol
}

func TestJoinHasTheOthersTalk(t *testing.T) {
	ctx := testContext(t)
	withBob, withCarol, bobs, carols, carol := trio(t)
	ok(t, withBob.Join(ctx, withCarol))
	code, err := withBob.WaitTransfer(ctx)
	ok(t, err)
	eq(t, "the target's answer", code, 200)
	fromBob, err := carol.WaitIncoming(ctx)
	ok(t, err)
	eq(t, "who calls carol", fromBob.Info().Peer, "sip:bob@127.0.0.1")
	ok(t, fromBob.WaitAnswered(ctx)) // by itself
	eq(t, "who ended what it replaces", ended(t, ctx, carols).EndedBy, "us")
	eq(t, "who ended the consultation", ended(t, ctx, withCarol).EndedBy, "peer")
	ok(t, withBob.Hangup(ctx))
	ended(t, ctx, bobs)
}

func TestJoinWantsTwoCallsThatAreUp(t *testing.T) {
	ctx := testContext(t)
	withBob, withCarol, bobs, _, _ := trio(t)
	if err := withBob.Join(ctx, withBob); err == nil {
		t.Error("a call cannot be joined with itself")
	}
	if err := withBob.Join(ctx, bobs); err == nil {
		t.Error("the other call must be the same phone's")
	}
	ok(t, withCarol.Hangup(ctx))
	if err := withBob.Join(ctx, withCarol); err != ErrState {
		t.Errorf("the consultation is over: got %v", err)
	}
}

func TestReplacesThatCannotBe(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	ringing, err := a.Call(ctx, "bob")
	ok(t, err)
	at, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, ringing.WaitRinging(ctx))
	name := func(c *Call, early bool) string {
		var r sip.Replaces
		ok(t, c.do(ctx, func() error { r, _ = c.p.ep.Replaces(c.dialog); return nil }))
		r.EarlyOnly = early
		return r.String()
	}
	refused := func(value string, want int) {
		t.Helper()
		c, err := a.CallWith(ctx, "bob", CallOptions{Headers: []sip.Header{{ID: sip.HReplaces, Value: value}}})
		ok(t, err)
		eq(t, value, ended(t, ctx, c).Code, want)
	}
	refused("nonsense", 400)
	refused("x@y;to-tag=1;from-tag=2", 481)
	refused(name(ringing, false), 481) // bob did not begin it
	ok(t, at.Answer(ctx))
	ok(t, ringing.WaitAnswered(ctx))
	refused(name(ringing, true), 486)
	eq(t, "the call that was not replaced", ringing.Info().State, Answered)
}

func TestScriptJoinsTwoCalls(t *testing.T) {
	p, _ := start(t, Options{User: "alice"})
	for _, text := range []string{"join", "join 1"} {
		if err := p.RunScript(testContext(t), strings.NewReader(text)); err == nil {
			t.Errorf("%q: want an error, there is no call", text)
		}
	}
	// Both are with bob, who then calls himself in alice's place.
	a, b := both(t, "call bob\nwait answered\ncall bob\nwait answered\nuse 1\njoin 2\nwait transferred\nexpect transfer 200\nuse 2\nwait ended\nuse 1\nhangup\n",
		"wait incoming\nanswer\nwait incoming\nanswer\nwait ended\nexpect by us\n")
	ok(t, a)
	ok(t, b)
}
