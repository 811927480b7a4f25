package phone

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"onhook/media"
	"onhook/sip"
)

func TestEchoAndLoop(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	ok(t, in.Echo(ctx))
	ok(t, out.Record(ctx, ""))
	if err := out.Record(ctx, ""); !errors.Is(err, ErrState) {
		t.Errorf("a second recording: %v", err)
	}
	ok(t, out.Play(ctx, media.Tone(4800, 8000, 700)))
	ok(t, out.Hangup(ctx))
	heard, err := out.Recording(ctx)
	ok(t, err)
	best := 0.0
	for at := 0; at+800 <= len(heard); at += 800 {
		best = max(best, media.Goertzel(heard[at:at+800], 700))
	}
	if best < 0.9 {
		t.Errorf("at most %g of the echo is at 700 Hz", best)
	}
	if err := out.PlayLoop(ctx, nil); !errors.Is(err, ErrEnded) {
		t.Errorf("playing in a call that is over: %v", err)
	}
}

func TestWithoutMedia(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{NoMedia: true}, Options{NoMedia: true})
	out, _ := connect(t, ctx, a, b)
	if err := out.Digits(ctx, "1"); !errors.Is(err, ErrNoMedia) {
		t.Errorf("digits without media: %v", err)
	}
	ok(t, out.Hangup(ctx))
}

func TestRequestsInACall(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	// The old way of digits.
	m := &sip.Message{Method: sip.INFO, Body: "Signal=7\r\nDuration=100\r\n"}
	m.Add(sip.HContentType, "application/dtmf-relay")
	resp, err := out.Send(ctx, m)
	ok(t, err)
	eq(t, "status", resp.Status, 200)
	eq(t, "digits", in.Info().Digits, "7")
	// A session refresh without an offer changes nothing.
	_, err = out.Send(ctx, &sip.Message{Method: sip.UPDATE})
	ok(t, err)
	// A re-INVITE without an offer: the other side offers, our ACK answers.
	resp, err = out.Send(ctx, &sip.Message{Method: sip.INVITE})
	ok(t, err)
	eq(t, "offer", resp.Body != "", true)
	// An offer that cannot be answered is refused, and the call goes on.
	bad := &sip.Message{Method: sip.INVITE, Body: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 18\r\n"}
	bad.Add(sip.HContentType, "application/sdp")
	var r *Refused
	if _, err = out.Send(ctx, bad); !errors.As(err, &r) || r.Code != 488 {
		t.Errorf("G.729: %v, want 488", err)
	}
	_, err = out.Send(ctx, &sip.Message{Method: sip.SUBSCRIBE})
	if !errors.As(err, &r) || r.Code != 405 {
		t.Errorf("SUBSCRIBE: %v, want 405", err)
	}
	ok(t, in.Hangup(ctx))
	if _, err := out.Send(ctx, &sip.Message{Method: sip.INFO}); !errors.Is(err, ErrState) {
		t.Errorf("after the end: %v", err)
	}
}

func TestOtherCodecIsRefused(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{Codecs: []string{"PCMA"}}, Options{Codecs: []string{"PCMU"}})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	eq(t, "code", ended(t, ctx, out).Code, 488)
	select {
	case <-b.Incoming():
		t.Error("the call was told")
	default:
	}
}

func TestMessageOutsideACall(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	for _, c := range []struct {
		method sip.Method
		code   int
	}{{sip.MESSAGE, 200}, {sip.OPTIONS, 200}, {sip.NOTIFY, 481}, {sip.SUBSCRIBE, 405}} {
		m := &sip.Message{Method: c.method, URI: "sip:bob@" + b.Addr().String()}
		m.Add(sip.HFrom, "<"+a.URI()+">")
		m.Add(sip.HTo, "<sip:bob@x>")
		if c.method == sip.NOTIFY || c.method == sip.SUBSCRIBE {
			m.Add(sip.HEvent, "refer")
			m.Add(sip.HContact, a.contact())
			m.Add(sip.HSubscriptionState, "active")
		}
		done := make(chan int, 1)
		ok(t, a.do(ctx, func() {
			a.ask(m, func(resp *sip.Message, _ error) {
				if resp == nil {
					resp = &sip.Message{}
				}
				done <- resp.Status
			})
		}))
		eq(t, string(c.method), <-done, c.code)
	}
}

func TestSixtyFiveCalls(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{NoMedia: true, T1: 500 * time.Millisecond}, Options{NoMedia: true, T1: 500 * time.Millisecond})
	busy := 0
	var calls []*Call
	for range 65 {
		c, err := a.Call(ctx, "bob")
		ok(t, err)
		calls = append(calls, c)
	}
	for _, c := range calls {
		if c.WaitRinging(ctx) != nil {
			continue
		}
		if i := c.Info(); i.State == Ended && i.Code == 486 {
			busy++
		}
	}
	last := ended(t, ctx, calls[64])
	eq(t, "the 65th call's code", last.Code, 486)
	eq(t, "first calls ring", calls[0].Info().State, Ringing)
	_ = b
}

func TestServerByName(t *testing.T) {
	ctx := testContext(t)
	b, _ := start(t, Options{User: "bob"})
	a, _ := start(t, Options{User: "alice", Listen: netip.MustParseAddrPort("127.0.0.1:0"), Server: "localhost:" + b.Addr().String()[len("127.0.0.1:"):]})
	eq(t, "address", a.URI(), "sip:alice@localhost")
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Reject(ctx, 480, ""))
	eq(t, "code", ended(t, ctx, out).Code, 480)
}
