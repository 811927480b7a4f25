package sim

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"onhook/exchange"
	"onhook/outcome"
	"onhook/sip"
)

// TestReliableProvisionalResponses plays callers and callees that speak RFC
// 3262 and 3311 before the answer.
func TestReliableProvisionalResponses(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(a *Caller, b *Callee)
		want   string
		holds  func(w *World, a *Caller, b *Callee) string
	}{
		{"section 3: required, and the callee's is not reliable", func(a *Caller, b *Callee) {
			a.Rel, a.Talk, b.Ring, b.Final, b.After = "Require", time.Second, time.Second, 200, 2*time.Second
		}, "Call Ended NORMAL_CLEARING 200 caller", pracked},
		{"section 3: supported, and the callee's is reliable", func(a *Caller, b *Callee) {
			a.Rel, a.Talk, b.Rel, b.Ring, b.Final, b.After = "Supported", time.Second, true, time.Second, 200, 2*time.Second
		}, "Call Ended NORMAL_CLEARING 200 caller", pracked},
		{"section 3: no PRACK for 64*T1, still ringing", func(a *Caller, b *Callee) {
			a.Rel, a.NoPrack, b.Ring = "Require", true, time.Second
		}, "Call Failed RECOVERY_ON_TIMER_EXPIRE 504 network", cancelled},
		{"section 3: no PRACK for 64*T1, and the callee has answered", func(a *Caller, b *Callee) {
			a.Rel, a.NoPrack, b.Rel, b.Ring, b.Final, b.After = "Require", true, true, time.Second, 200, 2*time.Second
		}, "Call Failed RECOVERY_ON_TIMER_EXPIRE 504 network", nil},
		{"no PRACK, and the callee hangs up first", func(a *Caller, b *Callee) {
			a.Rel, a.NoPrack, b.Rel, b.Ring, b.Final, b.After, b.Talk = "Require", true, true, time.Second, 200, 2*time.Second, 5*time.Second
		}, "Call Failed NORMAL_TEMPORARY_FAILURE 503 platform", nil},
		{"RFC 3311 section 5.1: the caller's UPDATE passes before the answer", func(a *Caller, b *Callee) {
			a.Rel, a.Update, a.Talk, b.Rel, b.Ring, b.Final, b.After = "Supported", true, time.Second, true, time.Second, 200, 4*time.Second
		}, "Call Ended NORMAL_CLEARING 200 caller", func(w *World, a *Caller, _ *Callee) string {
			if a.Updated != 200 || count(w, "UPDATE sip:b@") != 1 {
				return "the caller's UPDATE did not reach the callee and come back with 200"
			}
			return ""
		}},
		{"RFC 3311 section 5.1: the callee's UPDATE passes before the answer", func(a *Caller, b *Callee) {
			a.Rel, a.Talk, b.Rel, b.Update, b.Ring, b.Final, b.After = "Supported", time.Second, true, true, time.Second, 200, 4*time.Second
		}, "Call Ended NORMAL_CLEARING 200 caller", func(w *World, _ *Caller, b *Callee) string {
			if b.Updated != 200 || count(w, "UPDATE sip:a@") != 1 {
				return "the callee's UPDATE did not reach the caller and come back with 200"
			}
			return ""
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The UPDATE of the callee waits in our dialog until the caller's PRACK has come (RFC 3311 section 5.1).
			w := NewWorld(1, Faults{Delay: 20 * time.Millisecond}, func(s *exchange.Settings) { s.Call.Ring = time.Minute })
			a, b := w.Caller("x", "1"), w.Callee(1)
			c.script(a, b)
			a.Start(w.Net.Now)
			w.Net.Run(Epoch.Add(5 * time.Minute))
			bad := append(w.Check(), truths(w, a, b)...)
			if len(w.Saved) != 1 {
				t.Fatalf("%d records: %v", len(w.Saved), bad)
			}
			if got := line(w.Saved[0].Record); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			if c.holds != nil {
				if why := c.holds(w, a, b); why != "" {
					bad = append(bad, why)
				}
			}
			if len(bad) > 0 {
				report(t, 1, w, plan{name: c.name}, bad)
			}
		})
	}
}

func line(r outcome.Record) string {
	return strings.Join([]string{r.Status, r.ByeReason, strconv.Itoa(r.LastResponseCode), r.EndedBy}, " ")
}

// count counts the messages that the server sent and that begin so.
func count(w *World, prefix string) int {
	n := 0
	for _, s := range w.Net.Trace {
		if s.From == ServerAddr && strings.HasPrefix(string(s.Data), prefix) {
			n++
		}
	}
	return n
}

// pracked says what is wrong if the caller's PRACK was not answered by 200.
func pracked(w *World, _ *Caller, _ *Callee) string {
	for _, s := range w.Net.Trace {
		if m, err := sip.Parse(s.Data); err == nil && s.From == ServerAddr && m.Status == 200 && strings.HasSuffix(m.Get(sip.HCSeq), "PRACK") {
			return ""
		}
	}
	return "no 200 to a PRACK"
}

func cancelled(w *World, _ *Caller, _ *Callee) string {
	if count(w, "CANCEL ") != 1 {
		return "the callee was not cancelled"
	}
	return ""
}
