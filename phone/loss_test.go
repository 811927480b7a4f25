package phone

import (
	"strings"
	"testing"
	"time"
)

// drop loses every message that begins so and says so.
func drop(way bool, start, part string) func(bool, string) bool {
	return func(sent bool, text string) bool {
		return sent != way || !strings.HasPrefix(text, start) || !strings.Contains(text, part)
	}
}

func TestTheAckNeverComes(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{Pass: drop(true, "ACK ", ""), T1: 20 * time.Millisecond}, Options{T1: 20 * time.Millisecond})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Answer(ctx))
	// After 64*T1 the callee gives up, and says so by BYE (RFC 3261 section 13.3.1.4).
	i := ended(t, ctx, in)
	eq(t, "why", i.Phrase, "no_ack")
	eq(t, "by", i.EndedBy, "network")
	eq(t, "caller hears BYE", ended(t, ctx, out).EndedBy, "peer")
}

func TestNoReplyAtAll(t *testing.T) {
	ctx := testContext(t)
	a, _ := pair(t, Options{T1: 10 * time.Millisecond}, Options{Pass: func(bool, string) bool { return false }})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	i := ended(t, ctx, out)
	eq(t, "code", i.Code, 408)
	eq(t, "on the wire", i.Wire, false)
}

func TestLostMessagesAreRepeated(t *testing.T) {
	ctx := testContext(t)
	n := 0
	lossy := func(bool, string) bool { n++; return n%3 != 0 }
	a, b := pair(t, Options{T1: 30 * time.Millisecond, Pass: lossy}, Options{T1: 30 * time.Millisecond})
	out, in := connect(t, ctx, a, b)
	ok(t, out.Hold(ctx))
	ok(t, out.Resume(ctx))
	ok(t, out.Hangup(ctx))
	ended(t, ctx, in)
}

func TestNoPrack(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{Reliable: true, Pass: drop(true, "PRACK ", ""), T1: 20 * time.Millisecond},
		Options{Reliable: true, T1: 20 * time.Millisecond})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	eq(t, "why", ended(t, ctx, in).Phrase, "no_prack")
	eq(t, "code", ended(t, ctx, out).Code, 504)
}
