package api

import (
	"strings"
	"testing"

	"onhook/webhook"
)

func TestWebhooksAreMadeChangedAndRemoved(t *testing.T) {
	s, keys := newSite(t)
	key := keys["all"]
	made := decode[NewWebhook](t, s.ask("POST", "/v1/webhooks", key, `{"name":"it","url":"https://192.0.2.1/x","events":["call.*"],"private":["10.0.0.0/8"]}`))
	if webhook.CheckSecret(made.Secret) != nil || made.Source != webhook.FromAPI || made.Events[0] != "call.*" {
		t.Errorf("%+v", made)
	}
	if p := s.problem(s.ask("POST", "/v1/webhooks", key, `{"name":"it","url":"https://192.0.2.1/x"}`)); p.Code != "webhook_exists" {
		t.Errorf("%+v", p)
	}
	bad := s.problem(s.ask("POST", "/v1/webhooks", key, `{"name":"a b","url":"ftp://x","events":["x"],"private":["y"]}`))
	if bad.Code != "invalid" || len(bad.Errors) != 4 {
		t.Errorf("%+v", bad)
	}
	fresh := decode[NewSecret](t, s.ask("POST", "/v1/webhooks/it/rotate?keep=1h", key, ""))
	if fresh.Secret == made.Secret || webhook.CheckSecret(fresh.Secret) != nil {
		t.Errorf("%+v", fresh)
	}
	s.ask("POST", "/v1/webhooks/it/disable", key, "")
	list := s.ask("GET", "/v1/webhooks", key, "")
	if strings.Contains(list.body, fresh.Secret) || strings.Contains(list.body, made.Secret) {
		t.Error("the list shows secrets")
	}
	got := decode[WebhookList](t, list).Webhooks
	if len(got) != 2 || got[1].Name != "it" || got[1].Disabled != "by key all" || got[1].Signatures != 2 {
		t.Errorf("%+v", got)
	}
	if r := s.ask("DELETE", "/v1/webhooks/it", key, ""); r.status != 204 {
		t.Errorf("%+v", r)
	}
	for _, path := range []string{"/v1/webhooks/it/rotate", "/v1/webhooks/it/enable", "/v1/webhooks/it/replay"} {
		if p := s.problem(s.ask("POST", path, key, "")); p.Code != "webhook_not_found" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if p := s.problem(s.ask("POST", "/v1/webhooks/crm/deliveries/x/replay", key, "")); p.Code != "delivery_not_found" {
		t.Errorf("%+v", p)
	}
}
