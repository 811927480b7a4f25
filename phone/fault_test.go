package phone

import (
	"errors"
	"strings"
	"testing"

	"onhook/sip"
)

func TestAnyResponse(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{NoMedia: true}, Options{NoMedia: true})
	out, err := a.Call(ctx, "4711")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	eq(t, "number dialled", in.Info().Dialled, "4711")
	eq(t, "Call-ID", in.Info().CallID, out.Info().CallID)
	if err := in.Respond(ctx, &sip.Message{Status: 100}); !errors.Is(err, ErrState) {
		t.Errorf("100 is the endpoint's to send: got %v", err)
	}
	ok(t, in.Respond(ctx, &sip.Message{Status: 182, Phrase: "Queued"}))
	m := &sip.Message{Status: 488, Phrase: "No"}
	m.Add(sip.HReason, `Q.850;cause=65`)
	m.Add(sip.HWarning, `304 example.com "no video"`)
	ok(t, in.Respond(ctx, m))
	i, err := out.WaitEnded(ctx)
	ok(t, err)
	eq(t, "code", i.Code, 488)
	eq(t, "reason", i.Reason, "Q.850;cause=65")
}

func TestFaultsOnTheWire(t *testing.T) {
	ctx := testContext(t)
	a, _ := pair(t, Options{NoMedia: true, Rewrite: func(text string) string {
		return strings.Replace(text, "\r\nContact:", "\r\nX-Contact:", 1)
	}}, Options{NoMedia: true})
	out, err := a.CallWith(ctx, "bob", CallOptions{})
	ok(t, err)
	i, err := out.WaitEnded(ctx)
	ok(t, err)
	eq(t, "code for an INVITE without Contact", i.Code, 400)

	good, _ := pair(t, Options{NoMedia: true}, Options{NoMedia: true})
	out, err = good.CallWith(ctx, "bob", CallOptions{Body: "v=0\r\nthis is no session description\r\n"})
	ok(t, err)
	i, err = out.WaitEnded(ctx)
	ok(t, err)
	eq(t, "code for an offer that nobody can read", i.Code, 488)
}
