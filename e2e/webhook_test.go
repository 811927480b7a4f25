package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"onhook/webhook"
)

// A hookReceiver takes what the server tells and verifies each signature.
type hookReceiver struct {
	t      *testing.T
	secret string
	web    *httptest.Server
	mu     sync.Mutex
	ids    []string
	types  map[string][]string // by call, in the order in which they came
	bodies []hookEvent
}

type hookEvent struct {
	Type string
	Data struct {
		Sequence uint32
		Call     struct{ ID string }
		Record   *struct {
			Status    string
			ByeReason string `json:"bye_reason"`
		}
		Registration *struct{ User string }
		Outside      *struct{ User, Limit string }
	}
}

// receiveHooks listens at an address; empty: any of 127.0.0.1.
func receiveHooks(t *testing.T, at string) *hookReceiver {
	t.Helper()
	r := &hookReceiver{t: t, secret: webhook.NewSecret(), types: map[string][]string{}}
	r.web = httptest.NewUnstartedServer(r)
	if at != "" {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		r.web.Listener.Close()
		r.web.Listener = l
	}
	r.web.Start()
	t.Cleanup(r.web.Close)
	return r
}

func (r *hookReceiver) ServeHTTP(_ http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	secret := r.secret
	r.mu.Unlock()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err == nil {
		err = hook.Verify(body, q.Header)
	}
	var e hookEvent
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		r.t.Errorf("%v: %s", err, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, q.Header.Get("webhook-id"))
	r.bodies = append(r.bodies, e)
	if id := e.Data.Call.ID; id != "" {
		r.types[id] = append(r.types[id], fmt.Sprintf("%d %s", e.Data.Sequence, e.Type))
	}
}

// heard counts what came.
func (r *hookReceiver) heard() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ids)
}

// ended counts the calls whose end came.
func (r *hookReceiver) ended() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.bodies {
		if e.Type == "call.ended" {
			n++
		}
	}
	return n
}

// TestWebhooksTellAGoodReceiverEverythingOnceBesideBadOnes makes real calls while a
// receiver that never answers, one that is not there and one that redirects to a
// private network are told too.
func TestWebhooksTellAGoodReceiverEverythingOnceBesideBadOnes(t *testing.T) {
	t.Parallel()
	good := receiveHooks(t, "")
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		<-q.Context().Done()
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(silent.CloseClientConnections)
	liar := httptest.NewServer(http.RedirectHandler("http://10.255.255.1/", http.StatusTemporaryRedirect))
	t.Cleanup(liar.Close)
	o := newOffice(t, fmt.Sprintf(`
webhooks:
  - {name: good, url: %q, secret: %s, private: [127.0.0.0/8]}
  - {name: silent, url: %q, secret: %s, private: [127.0.0.0/8]}
  - {name: liar, url: %q, secret: %s, private: [127.0.0.0/8]}
  - {name: dead, url: "http://127.0.0.1:1", secret: %s, private: [127.0.0.0/8]}
  - {name: private, url: %q, secret: %s}
`, good.web.URL, good.secret, silent.URL, webhook.NewSecret(), liar.URL, webhook.NewSecret(), webhook.NewSecret(), good.web.URL, webhook.NewSecret()))
	const calls = 3
	for range calls {
		a := o.dial("100", "101")
		b := o.answers("101")
		o.must(a.WaitAnswered(o.ctx))
		o.hangsUp(a, a)
		o.ended(b)
	}
	eventually(t, 20*time.Second, func() bool { return good.ended() == calls }, func() string { return "the good one was not told all" })
	// What the receiver has heard of, the server knows only when it has its answer.
	c := o.api()
	var log struct{ Deliveries []webhook.Delivery }
	eventually(t, 20*time.Second, func() bool {
		c.get("/v1/webhooks/good/deliveries?state=delivered", &log)
		return len(log.Deliveries) == good.heard()
	}, func() string { return fmt.Sprintf("%d of %d deliveries in the log", len(log.Deliveries), good.heard()) })
	if log.Deliveries[0].Attempts[0].Status != 200 {
		t.Errorf("%+v", log.Deliveries[0])
	}
	good.mu.Lock()
	defer good.mu.Unlock()
	if len(good.types) != calls {
		t.Errorf("%d calls were told", len(good.types))
	}
	for id, got := range good.types {
		if want := []string{"1 call.started", "2 call.ringing", "3 call.answered", "4 call.ended"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
	ids := slices.Sorted(slices.Values(good.ids))
	if len(slices.Compact(ids)) != len(good.ids) {
		t.Errorf("something was told twice: %q", good.ids)
	}
	registered := 0
	for _, e := range good.bodies {
		if e.Type == "registration.registered" && e.Data.Registration != nil {
			registered++
		}
		if r := e.Data.Record; e.Type == "call.ended" && (r == nil || r.Status != "Call Ended") {
			t.Errorf("%+v", r)
		}
	}
	if registered < 5 {
		t.Errorf("%d devices were told", registered)
	}
	var list struct{ Webhooks []webhook.EndpointState }
	eventually(t, 20*time.Second, func() bool {
		c.get("/v1/webhooks", &list)
		said := map[string]string{}
		for _, w := range list.Webhooks {
			said[w.Name] = w.LastError
			if w.Name != "good" && w.Delivered != 0 {
				t.Errorf("%+v", w)
			}
		}
		return strings.Contains(said["liar"], "private") && strings.Contains(said["private"], "private") && strings.Contains(said["dead"], "refused")
	}, func() string { return fmt.Sprintf("%+v", list) })
	metrics := c.read(200, "GET", "/metrics")
	for _, want := range []string{
		fmt.Sprintf(`onhook_webhook_messages_total{result="delivered",webhook="good"} %d`, len(good.ids)),
		`onhook_registration_changes_total{change="registered"} 5`, `onhook_registrations 5`, `onhook_calls_up 0`,
		`onhook_transactions_total{role="server"}`, `onhook_wire_messages_total{direction="out"}`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// TestWebhooksGoOnAfterTheServerIsKilled ends a call that nobody can be told of,
// kills the server, and starts it again when the receiver is there.
func TestWebhooksGoOnAfterTheServerIsKilled(t *testing.T) {
	t.Parallel()
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t, "127.0.0.1")) // nobody else takes it before the receiver is there
	secret := webhook.NewSecret()
	o := newOffice(t, fmt.Sprintf("\nwebhooks:\n  - {name: it, url: \"http://%s\", secret: %s, events: [\"call.*\"], private: [127.0.0.0/8]}\n", at, secret))
	a := o.dial("100", "101")
	b := o.answers("101")
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(a, a)
	o.ended(b)
	c := o.api()
	var list struct{ Webhooks []webhook.EndpointState }
	eventually(t, 10*time.Second, func() bool {
		c.get("/v1/webhooks", &list)
		return len(list.Webhooks) == 1 && list.Webhooks[0].Pending == 4 && list.Webhooks[0].Attempts > 0
	}, func() string { return fmt.Sprintf("%+v", list) })
	if err := o.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = o.cmd.Wait()
	r := receiveHooks(t, at)
	r.mu.Lock()
	r.secret = secret
	r.mu.Unlock()
	o.run()
	eventually(t, 30*time.Second, func() bool { return r.ended() == 1 }, func() string { return "nobody was told:\n" + o.log.String() })
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, got := range r.types {
		if want := []string{"1 call.started", "2 call.ringing", "3 call.answered", "4 call.ended"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
	if len(r.types) != 1 {
		t.Errorf("%d calls were told", len(r.types))
	}
}
