package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"onhook/app"
	"onhook/outcome"
)

// hookSecret signs what the application is posted.
const hookSecret = "whsec_Y2hvb3NlIHlvdXIgb3duOiAzMiByYW5kb20gYnl0ZXM="

// An application is one elsewhere that calls are given to by HTTP.
type application struct {
	*httptest.Server
	mu   sync.Mutex
	seen []app.HookRequest
}

// newApplication answers each request with what say returns, as it is.
func newApplication(t *testing.T, say func(w http.ResponseWriter, q app.HookRequest)) *application {
	t.Helper()
	a := &application{}
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verifier.Verify(body, r.Header)
		}
		var q app.HookRequest
		if err == nil {
			err = json.Unmarshal(body, &q)
		}
		if err != nil {
			t.Errorf("the application was posted %s: %v", body, err)
			return
		}
		a.mu.Lock()
		a.seen = append(a.seen, q)
		a.mu.Unlock()
		say(w, q)
	}))
	t.Cleanup(a.Close)
	return a
}

// hookOffice is an office whose number 700 leads to an application, which may be on this host.
func hookOffice(t *testing.T, a *application, more string) *office {
	t.Helper()
	return newOfficeOf(t, map[string]string{"103": "voicemail: true"}, `  - {match: "700", to: "hook:orders"}`, fmt.Sprintf(
		"hooks: [{name: orders, url: %q, secret: %q, timeout: 1s, private: [127.0.0.0/8]%s}]\nvoicemail: {min: 500ms, greeting: []}\n", a.URL, hookSecret, more))
}

func TestHookApplicationHasACall(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(w http.ResponseWriter, q app.HookRequest) {
		switch {
		case q.Sequence == 1:
			fmt.Fprint(w, `[{"play":["welcome"]},{"collect":{"max":4,"until":"#"}}]`)
		case q.Result != nil && q.Result.Verb == "collect":
			fmt.Fprintf(w, `[{"say":%q},{"dial":{"to":["user:101"],"ring_ms":10000}}]`, q.Result.Digits)
		case q.Result != nil && q.Result.Verb == "dial":
			fmt.Fprint(w, `[{"transfer":"user:102"}]`)
		}
	})
	o := hookOffice(t, a, "")
	c := o.reaches("100", "700")
	o.loud(c) // the prompt
	o.must(c.Digits(o.ctx, "42#"))
	o.busy("101")
	b := o.answers("102")
	o.speak(c, b)
	o.hangsUp(b, c)
	r := o.record()
	expected{"Call Ended", "NORMAL_CLEARING", "callee", "party", "", 200, 200}.check(t, r)
	if !slices.ContainsFunc(r.Segments, func(s outcome.Segment) bool { return s.Reason == "Transferred_From_IVR" }) || len(r.Notes) > 0 {
		t.Errorf("segments %+v, notes %q", r.Segments, r.Notes)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seen) != 3 || a.seen[0].Call.ID != r.ID || a.seen[0].Call.From != "100" || a.seen[0].Call.Dialled != "700" || a.seen[0].Call.Answered ||
		a.seen[1].Result.Digits != "42" || a.seen[2].Result.Reason != "USER_BUSY" || a.seen[2].Result.Code != 486 {
		t.Errorf("the application was asked %+v", a.seen)
	}
}

func TestHookApplicationTakesAMessage(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(w http.ResponseWriter, q app.HookRequest) {
		if q.Sequence == 1 {
			fmt.Fprint(w, `[{"record":{"mailbox":"103","keys":"#"}}]`)
		} else {
			fmt.Fprint(w, `[{"hangup":""}]`)
		}
	})
	o := hookOffice(t, a, "")
	c := o.dial("100", "700")
	o.leave(c, 1500*time.Millisecond)
	_ = c.Digits(o.ctx, "#") // the call may be over before the key is let go
	o.ended(c)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seen) != 2 || a.seen[1].Result.Message == "" || a.seen[1].Result.Length < 500 {
		t.Errorf("the application was asked %+v", a.seen)
	}
	if r := o.record(); r.LastResponseCode != 905 {
		t.Errorf("got %s %d, want Caller_Left_Voicemail", r.ByeReason, r.LastResponseCode)
	}
}

func TestHookApplicationCallerLeaves(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(w http.ResponseWriter, q app.HookRequest) {
		fmt.Fprint(w, `[{"collect":{"max":4,"first_ms":20000}}]`)
	})
	o := hookOffice(t, a, "")
	c := o.reaches("100", "700")
	o.must(c.Hangup(o.ctx))
	expected{"Abandoned", "Abandoned_IVR_Menu", "caller", "platform", "", 902, 200}.check(t, o.record())
}

// TestHookApplicationThatFails: with a fallback the caller goes there, without one the call ends, and the record says why.
func TestHookApplicationThatFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, why string
		say       func(w http.ResponseWriter, q app.HookRequest)
	}{
		{"hangs", "no answer in time", func(http.ResponseWriter, app.HookRequest) { time.Sleep(3 * time.Second) }},
		{"500", "HTTP 500", func(w http.ResponseWriter, _ app.HookRequest) { w.WriteHeader(500) }},
		{"rubbish", "no list of verbs", func(w http.ResponseWriter, _ app.HookRequest) { fmt.Fprint(w, "<html>\x00") }},
		{"redirects", "HTTP 302", func(w http.ResponseWriter, _ app.HookRequest) { w.Header().Set("Location", "/"); w.WriteHeader(302) }},
		{"half", "not reached", func(w http.ResponseWriter, _ app.HookRequest) {
			w.Header().Set("Content-Length", "900")
			fmt.Fprint(w, "[")
		}},
		{"prompt", "verb 2", func(w http.ResponseWriter, _ app.HookRequest) {
			fmt.Fprint(w, `[{"answer":{}},{"play":["nothing-of-the-kind"]}]`)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newApplication(t, tt.say)
			o := hookOffice(t, a, `, fallback: "user:101"`)
			c := o.dial("100", "700")
			b := o.incoming("101")
			o.talks(c, b)
			if n := o.record().Notes; !slices.Contains(n, "web hook orders failed: "+tt.why) {
				t.Errorf("notes %q, want one that the hook failed: %s", n, tt.why)
			}
			if strings.Contains(o.log.String(), hookSecret) || !strings.Contains(o.log.String(), "web hook") {
				t.Errorf("the log must tell of it, without the secret:\n%s", o.log)
			}
		})
	}
}

func TestHookApplicationThatFailsWithoutFallback(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(w http.ResponseWriter, _ app.HookRequest) { w.WriteHeader(503) })
	o := hookOffice(t, a, "")
	o.ended(o.dial("100", "700"))
	r := o.record()
	expected{"Call Failed", "NORMAL_TEMPORARY_FAILURE", "platform", "no", "hook_failed", 503, 503}.check(t, r)
	if !slices.Contains(r.Notes, "web hook orders failed: HTTP 503") {
		t.Errorf("notes %q", r.Notes)
	}
}

// TestHookApplicationOfAPrivateNetwork: what is not allowed is not connected to.
func TestHookApplicationOfAPrivateNetwork(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(http.ResponseWriter, app.HookRequest) {})
	o := newOfficeWith(t, `  - {match: "700", to: "hook:orders"}`, fmt.Sprintf("hooks: [{name: orders, url: %q}]\n", a.URL))
	o.ended(o.dial("100", "700"))
	r := o.record()
	expected{"Call Failed", "NORMAL_TEMPORARY_FAILURE", "platform", "no", "hook_failed", 503, 503}.check(t, r)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seen) > 0 || !strings.Contains(o.log.String(), "private network") {
		t.Errorf("the application was asked %d times; log:\n%s", len(a.seen), o.log)
	}
}

func TestMenuLeadsToAHook(t *testing.T) {
	t.Parallel()
	a := newApplication(t, func(w http.ResponseWriter, q app.HookRequest) {
		fmt.Fprint(w, `[{"leaf":"done"},{"say":"1"},{"hangup":""}]`)
	})
	o := newOfficeWith(t, `  - {match: "700", to: "menu:main"}`, fmt.Sprintf(`hooks: [{name: orders, url: %q, secret: %q, private: [127.0.0.0/8]}]
menus: [{name: main, ask: [welcome], keys: [{key: "1", to: "hook:orders"}]}]
`, a.URL, hookSecret))
	c := o.reaches("100", "700")
	o.must(c.Digits(o.ctx, "1"))
	o.ended(c)
	expected{"Call Ended", "End_In_IVR", "platform", "platform", "", 906, 200}.check(t, o.record())
}
