package console

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/webhook"
)

// A fakeWebhooks has one endpoint, whose every text is strange, and notes what it is told.
type fakeWebhooks struct{ told []string }

func (w *fakeWebhooks) List() []webhook.EndpointState {
	at := t0
	return []webhook.EndpointState{{
		Endpoint: webhook.Endpoint{Name: "crm", URL: "https://example.com/" + strange, Events: []string{strange}, Source: "api"},
		Pending:  3, Delivered: 5, Failed: 1, LastAt: &at, LastStatus: 500, LastError: strange,
	}}
}

func (w *fakeWebhooks) note(what string) error {
	w.told = append(w.told, what)
	return nil
}

func (w *fakeWebhooks) Add(e webhook.Endpoint) (webhook.Endpoint, error) {
	e.Secrets = []webhook.Secret{{Text: "whsec_made"}}
	return e, w.note("add " + e.Name + " " + e.URL + " " + strings.Join(e.Events, ","))
}

func (w *fakeWebhooks) Remove(name string) error { return w.note("remove " + name) }

func (w *fakeWebhooks) Rotate(name string, _ time.Duration) (string, error) {
	return "whsec_rotated", w.note("rotate " + name)
}

func (w *fakeWebhooks) Enable(name string, on bool, _ string) error {
	if on {
		return w.note("enable " + name)
	}
	return w.note("disable " + name)
}

func (w *fakeWebhooks) Deliveries(name, state, _ string, _ int) ([]webhook.Delivery, string, error) {
	return []webhook.Delivery{
		{ID: "msg_1", Type: strange, Key: strange, At: t0, State: webhook.Failed, Attempts: []webhook.Attempt{{At: t0, Error: strange, TookMS: 7}, {At: t0, Status: 503}}},
		{ID: "msg_2", Type: "call.ended", At: t0, State: webhook.Pending, NextAt: &t0},
	}, "next", w.note("deliveries " + name + " " + state)
}

func (w *fakeWebhooks) Replay(name, id string) error { return w.note("replay " + name + " " + id) }

func (w *fakeWebhooks) ReplayFailed(name string, _ time.Time) (int, error) {
	return 2, w.note("replay all " + name)
}

func (w *fakeWebhooks) Lost() uint64 { return 0 }

func TestWebhooksAreToldWhatThePagesSay(t *testing.T) {
	x := newSite(t)
	x.signIn()
	w := &fakeWebhooks{}
	x.s.opt.API.Webhooks = w
	r := x.send("/webhooks", url.Values{"name": {"shop"}, "url": {"https://example.com/in"}, "events": {"call.ended, trunk.*"}})
	if r.status != 200 || !strings.Contains(r.body, "whsec_made") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := x.send("/webhooks/crm/rotate", url.Values{}); r.status != 200 || !strings.Contains(r.body, "whsec_rotated") {
		t.Errorf("rotate: %d", r.status)
	}
	for _, path := range []string{"/webhooks/crm/disable", "/webhooks/crm/enable", "/webhooks/crm/replay", "/webhooks/crm/deliveries/msg_1/replay", "/webhooks/crm/remove"} {
		if r := x.send(path, url.Values{}); r.status != 303 {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	want := []string{"add shop https://example.com/in call.ended,trunk.*", "rotate crm", "disable crm", "enable crm", "replay all crm", "replay crm msg_1", "remove crm"}
	if !slices.Equal(w.told, want) {
		t.Errorf("told %q", w.told)
	}
	if r := x.send("/webhooks/crm/explode", url.Values{}); r.status != 404 {
		t.Errorf("an unknown command: %d", r.status)
	}
	if r := x.send("/webhooks", url.Values{"name": {"shop"}, "url": {"gopher://x"}}); r.status != 422 {
		t.Errorf("a bad address: %d", r.status)
	}
	if body := x.send("/webhooks/crm?state=failed", nil).body; !strings.Contains(body, "503") || !strings.Contains(body, "cursor=next") {
		t.Error("the last answer, or the way on, is not shown")
	}
}
