package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"onhook/media"
	"onhook/phone"
	"onhook/sip"
)

// An office is a server with extensions 100 to 104, each a phone of ours that is registered.
type office struct {
	*server
	ctx    context.Context
	phones map[string]*phone.Phone

	mu    sync.Mutex
	heard map[string][]string // messages that each phone received
}

func newOffice(t *testing.T, more string) *office {
	t.Helper()
	return newOfficeWith(t, "", more)
}

// newOfficeWith is an office with a route of its own.
func newOfficeWith(t *testing.T, route, more string) *office {
	t.Helper()
	return newOfficeOf(t, nil, route, more)
}

// newOfficeOf is an office whose users have more keys: ", dnd: true".
func newOfficeOf(t *testing.T, keys map[string]string, route, more string) *office {
	t.Helper()
	if route != "" {
		more = route + "\n" + more
	}
	var users strings.Builder
	for i := range 5 {
		also := keys[fmt.Sprintf("10%d", i)]
		if also != "" && also[0] != ',' {
			also = ", " + also
		}
		fmt.Fprintf(&users, "  - {name: \"10%d\", password: \"secret-of-10%d\"%s}\n", i, i, also)
	}
	o := &office{server: startConfig(t, "users:\n"+users.String()+fmt.Sprintf(baseConfig, `"udp://127.0.0.1:0", "tcp://127.0.0.1:0"`)+more), phones: map[string]*phone.Phone{}, heard: map[string][]string{}}
	ctx, cancel := context.WithTimeout(context.Background(), patient(40*time.Second))
	o.ctx = ctx
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := exec.Command(binary, "calls", "show", "last", "-m", "--data", filepath.Join(o.data, "store")).CombinedOutput()
			t.Logf("%s\n%s", out, o.log)
		}
	})
	o.connectPhones()
	return o
}

// connectPhones makes the phones and registers them.
func (o *office) connectPhones() {
	o.t.Helper()
	for i := range 5 {
		name := fmt.Sprintf("10%d", i)
		p, err := phone.New(phone.Options{User: name, Password: "secret-of-" + name, Domain: "example.com", Server: o.udp, T1: 100 * time.Millisecond, Codecs: []string{"PCMA"}, Trace: func(sent bool, _ sip.Flow, text string) {
			if !sent {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.heard[name] = append(o.heard[name], text)
			}
		}})
		if err != nil {
			o.t.Fatal(err)
		}
		o.t.Cleanup(func() { _ = p.Close() })
		if err := p.Register(o.ctx); err != nil {
			o.t.Fatal(err)
		}
		o.phones[name] = p
	}
}

// replaces is the Replaces value of the last call that a phone made and that was
// answered, or of the last one that came in.
func (o *office) replaces(at string, incoming bool) (value string) {
	o.t.Helper()
	eventually(o.t, 5*time.Second, func() bool {
		value = o.named(at, incoming)
		return value != ""
	}, func() string { return "no such call at " + at })
	return value
}

// named is replaces, once; empty: there is no such call yet.
func (o *office) named(at string, incoming bool) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.heard[at]) - 1; i >= 0; i-- {
		m, err := sip.Parse([]byte(o.heard[at][i]))
		if err != nil {
			continue
		}
		cseq, err := m.CSeq()
		if err != nil || cseq.Method != sip.INVITE && cseq.Method != sip.ACK {
			continue
		}
		switch {
		case !incoming && m.Status == 200:
			return m.CallID() + ";to-tag=" + m.ToTag() + ";from-tag=" + m.FromTag()
		case incoming && m.Method == sip.ACK:
			return m.CallID() + ";to-tag=" + m.FromTag() + ";from-tag=" + m.ToTag()
		}
	}
	return ""
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// dial calls a number from an extension.
func (o *office) dial(from, number string) *phone.Call {
	o.t.Helper()
	c, err := o.phones[from].Call(o.ctx, number)
	o.must(err)
	return c
}

// incoming is the call that rings at an extension.
func (o *office) incoming(at string) *phone.Call {
	o.t.Helper()
	c, err := o.phones[at].WaitIncoming(o.ctx)
	o.must(err)
	return c
}

// connect has two extensions talk.
func (o *office) connect(from, to string) (a, b *phone.Call) {
	o.t.Helper()
	a = o.dial(from, to)
	b = o.incoming(to)
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	return a, b
}

// hears waits until a call has heard mostly a tone of this frequency for a while.
func (o *office) hears(c *phone.Call, hertz float64) {
	o.t.Helper()
	share := 0.0
	eventually(o.t, 10*time.Second, func() bool {
		pcm, err := c.Listen(o.ctx, 200*time.Millisecond)
		o.must(err)
		share = media.Goertzel(pcm, hertz)
		return share > 0.5
	}, func() string { return fmt.Sprintf("%s: share of %.0f Hz is %.2f", c, hertz, share) })
}

// ended waits for the end of a call.
func (o *office) ended(c *phone.Call) phone.Info {
	o.t.Helper()
	i, err := c.WaitEnded(o.ctx)
	o.must(err)
	return i
}
