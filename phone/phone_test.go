package phone

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"onhook/media"
	"onhook/sip"
)

var trace = flag.Bool("messages", false, "print the messages of tests that fail")

// log keeps a phone's events.
type log struct {
	mu   sync.Mutex
	all  []Event
	text strings.Builder
}

func (l *log) event(e Event) {
	l.mu.Lock()
	l.all = append(l.all, e)
	l.mu.Unlock()
}

func (l *log) trace(who string) func(bool, sip.Flow, string) {
	return func(sent bool, f sip.Flow, text string) {
		way := " <- "
		if sent {
			way = " -> "
		}
		l.mu.Lock()
		l.text.WriteString(who + way + f.Remote.String() + "\n" + text + "\n")
		l.mu.Unlock()
	}
}

func start(t *testing.T, o Options) (*Phone, *log) {
	t.Helper()
	l := &log{}
	o.OnEvent, o.Trace = l.event, l.trace(o.User)
	if !o.Listen.IsValid() {
		o.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	}
	if o.T1 == 0 {
		o.T1 = 50 * time.Millisecond
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		if t.Failed() {
			if *trace {
				t.Log(l.text.String())
			}
		}
	})
	return p, l
}

// pair is two phones of which the first one's server is the second.
func pair(t *testing.T, a, b Options) (*Phone, *Phone) {
	t.Helper()
	b.User = "bob"
	pb, _ := start(t, b)
	a.User, a.Server = "alice", pb.Addr().String()
	pa, _ := start(t, a)
	return pa, pb
}

// ample is how long a starved machine may take for what is to happen.
const ample = 2 * time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	t.Cleanup(cancel)
	return ctx
}

// connect makes a call from one to the other and answers it.
func connect(t *testing.T, ctx context.Context, from, to *Phone) (out, in *Call) {
	t.Helper()
	out, err := from.Call(ctx, "bob")
	ok(t, err)
	in, err = to.WaitIncoming(ctx)
	ok(t, err)
	ok(t, out.WaitRinging(ctx))
	ok(t, in.Answer(ctx))
	ok(t, out.WaitAnswered(ctx))
	return out, in
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eq[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ended(t *testing.T, ctx context.Context, c *Call) Info {
	t.Helper()
	i, err := c.WaitEnded(ctx)
	ok(t, err)
	return i
}

func TestCallAndHangup(t *testing.T) {
	for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
		for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
			t.Run(transport.String()+listen, func(t *testing.T) {
				if c, err := net.Listen("tcp", listen); err != nil && strings.Contains(listen, "::1") {
					t.Skip("needs IPv6 on loopback")
				} else if err == nil {
					_ = c.Close()
				}
				ctx := testContext(t)
				o := Options{Transport: transport, Listen: netip.MustParseAddrPort(listen)}
				a, b := pair(t, o, o)
				out, in := connect(t, ctx, a, b)
				ok(t, out.Hangup(ctx, `Q.850;cause=16;text="bye"`))
				i := ended(t, ctx, in)
				eq(t, "reason", i.Reason, `Q.850;cause=16;text="bye"`)
				eq(t, "by", i.EndedBy, "peer")
				eq(t, "by", out.Info().EndedBy, "us")
				eq(t, "code", out.Info().Code, 200)
			})
		}
	}
}

func TestCalleeHangsUp(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	ok(t, in.Hangup(ctx))
	eq(t, "by", ended(t, ctx, out).EndedBy, "peer")
}

func TestRejectWithReason(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Reject(ctx, 486, "Busy Here", "Q.850;cause=17"))
	var r *Refused
	if err := out.WaitAnswered(ctx); !errors.As(err, &r) {
		t.Fatal("answered", err)
	}
	eq(t, "refused", *r, Refused{What: "INVITE", Code: 486, Phrase: "Busy Here", Reason: "Q.850;cause=17", Wire: true})
}

func TestRedirect(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Redirect(ctx, "sip:carol@example.com"))
	eq(t, "code", ended(t, ctx, out).Code, 302)
}

func TestCancel(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, out.Hangup(ctx, `SIP;cause=200;text="Call completed elsewhere"`))
	eq(t, "code", out.Info().Code, 487)
	i := ended(t, ctx, in)
	eq(t, "reason", i.Reason, `SIP;cause=200;text="Call completed elsewhere"`)
	eq(t, "by", i.EndedBy, "peer")
}

func TestNobodyThere(t *testing.T) {
	ctx := testContext(t)
	gone, _ := start(t, Options{User: "gone"})
	addr := gone.Addr().String()
	gone.Close()
	a, _ := start(t, Options{User: "alice", Server: addr, T1: 20 * time.Millisecond})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	i := ended(t, ctx, out)
	eq(t, "by", i.EndedBy, "network")
	eq(t, "on the wire", i.Wire, false)
}

func TestHoldAndResume(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	ok(t, out.Hold(ctx))
	eq(t, "held", out.Info().Held, true)
	if _, err := in.Wait(ctx, func(i Info) bool { return i.HeldByPeer }); err != nil {
		t.Fatal(err)
	}
	ok(t, out.Resume(ctx))
	if _, err := in.Wait(ctx, func(i Info) bool { return !i.HeldByPeer }); err != nil {
		t.Fatal(err)
	}
	// The other side may do so too.
	ok(t, in.Hold(ctx))
	if _, err := out.Wait(ctx, func(i Info) bool { return i.HeldByPeer }); err != nil {
		t.Fatal(err)
	}
	ok(t, out.Hangup(ctx))
}

func TestSoundDigitsRecording(t *testing.T) {
	for _, codec := range []string{"PCMU", "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			ctx := testContext(t)
			a, b := pair(t, Options{Codecs: []string{codec}}, Options{})
			out, in := connect(t, ctx, a, b)
			eq(t, "codec", in.Info().Codec, codec)
			file := filepath.Join(t.TempDir(), "heard.wav")
			ok(t, in.Record(ctx, file))
			ok(t, out.Play(ctx, media.Tone(4000, 8000, 440)))
			ok(t, out.Digits(ctx, "12#"))
			if i, err := in.Wait(ctx, func(i Info) bool { return i.Digits == "12#" }); err != nil {
				t.Fatalf("digits %q: %v", i.Digits, err)
			}
			ok(t, out.Hangup(ctx))
			heard, err := in.Recording(ctx)
			ok(t, err)
			written, err := ReadWAV(file)
			ok(t, err)
			eq(t, "written samples", len(written), len(heard))
			if len(heard) < 3200 {
				t.Fatalf("heard %d samples", len(heard))
			}
			best := 0.0
			for at := 0; at+800 <= len(heard); at += 800 {
				best = max(best, media.Goertzel(heard[at:at+800], 440))
			}
			if best < 0.9 {
				t.Errorf("at most %g of what was heard is at 440 Hz", best)
			}
		})
	}
}

func TestDelayedOffer(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, err := a.CallWith(ctx, "bob", CallOptions{NoOffer: true})
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Answer(ctx))
	ok(t, out.WaitAnswered(ctx))
	if _, err := in.Wait(ctx, func(i Info) bool { return i.Codec == "PCMU" }); err != nil {
		t.Fatal(err)
	}
	ok(t, in.Hangup(ctx))
}

func TestReliableProgressAndEarlySound(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{Reliable: true}, Options{Reliable: true, NoRinging: true})
	out, err := a.Call(ctx, "bob")
	ok(t, err)
	in, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, in.Progress(ctx, 183, "Session Progress", true))
	if _, err := out.Wait(ctx, func(i Info) bool { return i.Early && i.Code == 183 }); err != nil {
		t.Fatal(err)
	}
	ok(t, in.Answer(ctx))
	ok(t, out.WaitAnswered(ctx))
	ok(t, out.Hangup(ctx))
}

func TestSessionTimerKeepsTheCall(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{SessionExp: 90 * time.Second}, Options{})
	out, _ := connect(t, ctx, a, b)
	ok(t, out.Hangup(ctx))
}

func TestTransfer(t *testing.T) {
	ctx := testContext(t)
	carol, _ := start(t, Options{User: "carol"})
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	ok(t, in.Transfer(ctx, "sip:carol@"+carol.Addr().String()))
	// Alice's server is Bob: she sends the INVITE there, so that Bob's phone has it.
	third, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, third.Answer(ctx))
	code, err := in.WaitTransfer(ctx)
	ok(t, err)
	eq(t, "code", code, 200)
	ok(t, in.Hangup(ctx))
	ended(t, ctx, out)
	ok(t, third.Hangup(ctx))
}

func TestTransferToNobody(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	_, in := connect(t, ctx, a, b)
	ok(t, in.Transfer(ctx, "nobody"))
	third, err := b.WaitIncoming(ctx)
	ok(t, err)
	ok(t, third.Reject(ctx, 404, "Not Found"))
	code, err := in.WaitTransfer(ctx)
	ok(t, err)
	eq(t, "code", code, 404)
}

func TestCloseEndsWhatWaits(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	done := make(chan error, 1)
	go func() { _, err := out.WaitEnded(ctx); done <- err }()
	a.Close()
	ok(t, <-done)
	ended(t, ctx, in)
	if _, err := a.Call(ctx, "bob"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestOptionsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "neither Server nor Listen"},
		{Options{Server: "a:b:c"}, "want host or host:port"},
		{Options{Server: "127.0.0.1", Transport: sip.TLS}, "want UDP or TCP"},
		{Options{Server: "127.0.0.1", Codecs: []string{"opus"}}, "want PCMU or PCMA"},
	} {
		p, err := New(c.o)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

func TestHoldFromBothSidesAtOnce(t *testing.T) {
	ctx := testContext(t)
	a, b := pair(t, Options{}, Options{})
	out, in := connect(t, ctx, a, b)
	done := make(chan error, 1)
	go func() { done <- in.Hold(ctx) }()
	// Glare (491) or not: both succeed in the end.
	ok(t, out.Hold(ctx))
	ok(t, <-done)
	eq(t, "caller holds", out.Info().Held, true)
	eq(t, "callee holds", in.Info().Held, true)
	ok(t, out.Hangup(ctx))
}
