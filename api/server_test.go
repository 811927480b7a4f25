package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"onhook/config"
)

func TestTheDescriptionIsOfTheRoutesThatThereAre(t *testing.T) {
	s, _ := newSite(t)
	var d struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string                `json:"operationId"`
			Security    []map[string][]string `json:"security"`
			Responses   map[string]any        `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	raw := s.ask("GET", "/openapi.json", "", "")
	if err := json.Unmarshal([]byte(raw.body), &d); err != nil || d.OpenAPI != "3.1.0" {
		t.Fatal(d.OpenAPI, err)
	}
	var want, got []string
	for _, r := range routes {
		want = append(want, r.method+" "+r.path+" "+string(r.scope))
	}
	ids := map[string]bool{}
	for path, item := range d.Paths {
		for method, o := range item {
			scope := ""
			if len(o.Security) > 0 {
				scope = o.Security[0]["key"][0]
			}
			got = append(got, strings.ToUpper(method)+" "+path+" "+scope)
			if o.OperationID == "" || ids[o.OperationID] || o.Responses["default"] == nil || len(o.Responses) < 2 {
				t.Errorf("%s %s: %+v", method, path, o)
			}
			ids[o.OperationID] = true
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("described %q\nwant      %q", got, want)
	}
	if d.Components.Schemas["Problem"] == nil || d.Components.Schemas["Record"] == nil || d.Components.Schemas["ErrorModel"] != nil {
		t.Errorf("schemas: %v", d.Components.Schemas)
	}
	if strings.Contains(raw.body, "$schema") || strings.Contains(raw.body, `"additionalProperties":false`) {
		t.Error("the description promises that fields are never added")
	}
	for _, ref := range strings.Split(raw.body, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if d.Components.Schemas[name] == nil {
			t.Errorf("it refers to %s, which it lacks", name)
		}
	}
}

func TestErrorsAreProblemsThatAreExplained(t *testing.T) {
	s, keys := newSite(t)
	for _, x := range []struct {
		method, path, body, code string
		status                   int
	}{
		{"GET", "/nothing", "", "not_found", 404},
		{"GET", "/v1/calls/", "", "not_found", 404},
		{"DELETE", "/v1/calls", "", "method_not_allowed", 405},
		{"GET", "/v1/calls/call_none", "", "call_not_found", 404},
		{"GET", "/v1/calls/call_none/ladder", "", "call_not_found", 404},
		{"POST", "/v1/calls/call_none/hangup", "", "call_not_up", 404},
		{"POST", "/v1/calls/call_none/transfer", `{"to":"102"}`, "call_not_up", 404},
		{"POST", "/v1/calls/" + liveID + "/transfer", `{}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/transfer", `{"to":"1","with":"call_x"}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/transfer", `{"to":"1","party":"both"}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/transfer", `{"to":"1\r\nX: y"}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/transfer", `{"with":"` + liveID + `"}`, "call_state", 409},
		{"POST", "/v1/calls/call_none/redirect", `{"to":"102"}`, "call_not_up", 404},
		{"POST", "/v1/calls/" + liveID + "/redirect", `{}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/redirect", `{"to":"1\r\nX: y"}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/redirect", `{"to":"nowhere"}`, "destination", 422},
		{"POST", "/v1/calls/" + liveID + "/hold", `{"party":"nobody"}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/play", `{"prompts":[]}`, "invalid", 422},
		{"POST", "/v1/calls/" + liveID + "/play", `{"prompts":["none"]}`, "prompt_not_found", 404},
		{"POST", "/v1/calls", `{"from":"100"}`, "invalid", 422},
		{"POST", "/v1/calls", `{"from":"100","to":"nowhere"}`, "destination", 422},
		{"POST", "/v1/calls", `{"from":"100","to":"101","timeout":"soon"}`, "invalid", 422},
		{"GET", "/v1/voicemail/999/messages", "", "mailbox_not_found", 404},
		{"DELETE", "/v1/voicemail/100/messages/..%2Fx", "", "message_not_found", 404},
		{"DELETE", "/v1/registrations?user=999", "", "user_not_found", 404},
		{"GET", "/v1/audit?since=x", "", "invalid", 422},
		{"POST", "/v1/trunks/none/enable", "", "trunk_not_found", 404},
		{"GET", "/v1/calls?status=Bussy", "", "invalid", 422},
		{"GET", "/v1/calls?statuss=Busy", "", "invalid", 422},
		{"GET", "/v1/calls?limit=0", "", "invalid", 422},
		{"GET", "/v1/calls?limit=x", "", "invalid", 422},
		{"GET", "/v1/calls?cursor=x", "", "invalid", 422},
		{"GET", "/v1/calls?since=yesterday", "", "invalid", 422},
		{"GET", "/v1/calls?max_talk=15", "", "invalid", 422},
		{"GET", "/v1/calls?format=xml", "", "invalid", 422},
		{"GET", "/v1/stats?by=colour", "", "invalid", 422},
		{"GET", "/v1/stats?since=24h&interval=1s", "", "invalid", 422},
		{"GET", "/v1/calls/" + testID(1) + "/recording", "", "recording_not_found", 404},
		{"GET", "/v1/calls/..%2Fcontrol/recording", "", "recording_not_found", 404},
		{"POST", "/v1/calls/none/recording/start", "", "call_not_up", 404},
		{"POST", "/v1/calls/" + liveID + "/recording/stop", "", "not_recorded", 409},
		{"POST", "/v1/calls/" + liveID + "/recording/sing", "", "invalid", 422},
		{"POST", "/v1/queues/agents/999/pause", "", "agent_not_found", 404},
		{"POST", "/v1/queues/agents/100/sing", "", "invalid", 422},
		{"DELETE", "/v1/blocks/192.0.2.1", "", "not_blocked", 404},
		{"DELETE", "/v1/blocks/nobody", "", "invalid", 422},
		{"GET", "/v1/reasons/NONE", "", "reason_not_found", 404},
		{"GET", "/problems/none", "", "problem_not_found", 404},
		{"POST", "/v1/keys", `{"name":"a b","scopes":["calls:read"]}`, "invalid", 422},
		{"POST", "/v1/keys", `{"name":"a","scopes":["calls:reed"]}`, "invalid", 422},
		{"POST", "/v1/keys", `{"name":"all","scopes":["calls:read"]}`, "key_exists", 409},
		{"POST", "/v1/keys", `{"name":`, "malformed", 400},
		{"POST", "/v1/keys", strings.Repeat("x", maxBody+1), "too_large", 413},
		{"DELETE", "/v1/keys/none", "", "key_not_found", 404},
	} {
		r := s.ask(x.method, x.path, keys["all"], x.body)
		p := s.problem(r)
		if r.status != x.status || p.Code != x.code {
			t.Errorf("%s %s: %d %s, want %d %s: %s", x.method, x.path, r.status, p.Code, x.status, x.code, r.body)
		}
	}
	if got := s.ask("DELETE", "/v1/calls", keys["all"], "").header.Get("Allow"); !strings.Contains(got, "GET") {
		t.Errorf("Allow: %q", got)
	}
	if got := s.ask("GET", "/v1/live", "", "").header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("WWW-Authenticate: %q", got)
	}
}

func TestEveryProblemHasItsOwnCodeAndSaysWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range kinds {
		if seen[k.Code] || k.Title == "" || k.Why == "" || k.Remedy == "" || k.Status < 400 {
			t.Errorf("%+v", k)
		}
		seen[k.Code] = true
	}
}

func TestARequestTooManyIsToldWhenToComeBack(t *testing.T) {
	s, keys := newSite(t)
	key := keys[config.CallsRead]
	for i := range quota {
		if r := s.ask("GET", "/healthz", key, ""); r.status != 200 {
			t.Fatalf("request %d: %d", i, r.status)
		}
	}
	r := s.ask("GET", "/v1/live", key, "")
	if r.status != 429 || r.header.Get("Retry-After") != "1" || r.header.Get("RateLimit-Policy") != `"requests";q=300;w=10` || !strings.Contains(r.header.Get("RateLimit"), "r=0") {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := s.ask("GET", "/healthz", keys["all"], ""); r.status != 200 {
		t.Errorf("another key: %d", r.status)
	}
	s.clock = s.clock.Add(window)
	if r := s.ask("GET", "/v1/live", key, ""); r.status != 200 || r.header.Get("RateLimit") != `"requests";r=299;t=0` {
		t.Errorf("later: %d %v", r.status, r.header)
	}
}

func TestThoseWhoAreCountedAreBounded(t *testing.T) {
	var l limits
	for i := range maxBudgets + 100 {
		l.take("address "+testID(i), true, t0)
	}
	if len(l.all) > maxBudgets {
		t.Errorf("%d are counted", len(l.all))
	}
}
