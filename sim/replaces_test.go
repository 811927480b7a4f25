package sim

import (
	"testing"
	"time"

	"onhook/exchange"
	"onhook/sip"
)

// TestRFC3891Section3ADialogIsFoundByCallIDAndBothTags has an INVITE that names a dialog of the server: it is
// found by Call-ID and both tags, and only by all three.
func TestRFC3891Section3ADialogIsFoundByCallIDAndBothTags(t *testing.T) {
	w := NewWorld(1, Faults{}, func(s *exchange.Settings) {})
	a, b := w.Caller("replaced", "1"), w.Callee(1)
	b.Ring, b.Final, b.After = 10*time.Millisecond, 200, 20*time.Millisecond
	a.Talk = time.Hour
	a.Start(w.Net.Now)
	w.Net.Run(w.Net.Now.Add(5 * time.Second))
	if a.toTag == "" {
		t.Fatal("the first call is not up")
	}
	for i, c := range []struct {
		value string
		code  int
	}{
		{"replaced;to-tag=" + a.toTag + ";from-tag=another", 481},
		{"another;to-tag=" + a.toTag + ";from-tag=fromreplaced", 481},
		{"replaced;to-tag=x" + a.toTag + ";from-tag=fromreplaced", 481},
		{"replaced;to-tag=" + a.toTag, 400},
		{"replaced;to-tag=" + a.toTag + ";from-tag=fromreplaced;early-only", 486},
		{"replaced;to-tag=" + a.toTag + ";from-tag=fromreplaced", 200},
	} {
		q := fresh()
		q.number, q.headers = "1", []string{"Replaces: " + c.value + "\r\n"}
		sent := len(w.Net.Trace)
		w.node.Receive(w.Net.Now, CallerAddr, []byte(q.text(10+i)))
		w.Net.Run(w.Net.Now.Add(time.Second))
		got := 0
		for _, s := range w.Net.Trace[sent:] {
			if m, err := sip.Parse(s.Data); err == nil && s.From == ServerAddr && m.Status >= 200 {
				got = m.Status
				break
			}
		}
		if got != c.code {
			t.Errorf("Replaces: %s: got %d, want %d", c.value, got, c.code)
		}
	}
}
