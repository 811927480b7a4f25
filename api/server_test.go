package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"onhook/config"
)

// routes are all operations with the scope that each needs and a way to call it.
var routes = []struct {
	method, path string
	scope        config.Scope
	call, body   string
	status       int // with the right
}{
	{"GET", "/v1/calls", config.CallsRead, "", "", 200},
	{"GET", "/v1/calls/{id}", config.CallsRead, "/v1/calls/" + testID(0), "", 200},
	{"GET", "/v1/calls/{id}/ladder", config.CallsRead, "/v1/calls/" + testID(0) + "/ladder", "", 200},
	{"GET", "/v1/calls/{id}/messages", config.PcapRead, "/v1/calls/" + testID(0) + "/messages", "", 200},
	{"GET", "/v1/calls/{id}/pcap", config.PcapRead, "/v1/calls/" + testID(0) + "/pcap", "", 200},
	{"GET", "/v1/calls/{id}/recording", config.RecordingsRead, "/v1/calls/" + testID(0) + "/recording", "", 200},
	{"POST", "/v1/calls/{id}/recording/{action}", config.CallsControl, "/v1/calls/" + liveID + "/recording/start", "", 200},
	{"POST", "/v1/calls/{id}/hangup", config.CallsControl, "/v1/calls/" + liveID + "/hangup", "", 200},
	{"POST", "/v1/calls", config.CallsControl, "", `{"from":"100","to":"101"}`, 201},
	{"POST", "/v1/calls/{id}/transfer", config.CallsControl, "/v1/calls/" + liveID + "/transfer", `{"to":"102"}`, 200},
	{"POST", "/v1/calls/{id}/hold", config.CallsControl, "/v1/calls/" + liveID + "/hold", `{}`, 200},
	{"POST", "/v1/calls/{id}/resume", config.CallsControl, "/v1/calls/" + liveID + "/resume", `{}`, 200},
	{"POST", "/v1/calls/{id}/play", config.CallsControl, "/v1/calls/" + liveID + "/play", `{"prompts":["beep"]}`, 200},
	{"GET", "/v1/live", config.CallsRead, "", "", 200},
	{"GET", "/v1/stats", config.CallsRead, "", "", 200},
	{"GET", "/v1/events", config.CallsRead, "/v1/events?call=none", "", 200},
	{"GET", "/v1/reasons", config.CallsRead, "", "", 200},
	{"GET", "/v1/reasons/{query}", config.CallsRead, "/v1/reasons/USER_BUSY", "", 200},
	{"GET", "/v1/users", config.SystemRead, "", "", 200},
	{"GET", "/v1/registrations", config.SystemRead, "", "", 200},
	{"DELETE", "/v1/registrations", config.UsersWrite, "/v1/registrations?user=100", "", 200},
	{"GET", "/v1/voicemail", config.VoicemailRead, "", "", 200},
	{"GET", "/v1/voicemail/{box}/messages", config.VoicemailRead, "/v1/voicemail/100/messages", "", 200},
	{"GET", "/v1/voicemail/{box}/messages/{id}", config.VoicemailRead, "/v1/voicemail/100/messages/none", "", 404},
	{"GET", "/v1/voicemail/{box}/messages/{id}/audio", config.VoicemailRead, "/v1/voicemail/100/messages/none/audio", "", 404},
	{"PATCH", "/v1/voicemail/{box}/messages/{id}", config.VoicemailWrite, "/v1/voicemail/100/messages/none", `{"heard":true}`, 404},
	{"DELETE", "/v1/voicemail/{box}/messages/{id}", config.VoicemailWrite, "/v1/voicemail/100/messages/none", "", 404},
	{"GET", "/v1/voicemail/{box}/greeting", config.VoicemailRead, "/v1/voicemail/100/greeting", "", 404},
	{"PUT", "/v1/voicemail/{box}/greeting", config.VoicemailWrite, "/v1/voicemail/100/greeting", "no sound", 422},
	{"DELETE", "/v1/voicemail/{box}/greeting", config.VoicemailWrite, "/v1/voicemail/100/greeting", "", 204},
	{"GET", "/v1/audit", config.AuditRead, "", "", 200},
	{"GET", "/v1/trunks", config.SystemRead, "", "", 200},
	{"POST", "/v1/trunks/{name}/enable", config.ConfigWrite, "/v1/trunks/carrier/enable", "", 200},
	{"POST", "/v1/trunks/{name}/disable", config.ConfigWrite, "/v1/trunks/carrier/disable", "", 200},
	{"GET", "/v1/queues", config.SystemRead, "", "", 200},
	{"POST", "/v1/queues/agents/{name}/{action}", config.CallsControl, "/v1/queues/agents/100/pause", "", 200},
	{"GET", "/v1/blocks", config.SystemRead, "", "", 200},
	{"DELETE", "/v1/blocks/{source}", config.ConfigWrite, "/v1/blocks/198.51.100.7", "", 200},
	{"GET", "/v1/outside", config.SystemRead, "", "", 200},
	{"POST", "/v1/outside/stop", config.ConfigWrite, "", "", 200},
	{"POST", "/v1/outside/start", config.ConfigWrite, "", "", 200},
	{"GET", "/v1/hours", config.SystemRead, "", "", 200},
	{"PUT", "/v1/hours/{name}", config.ConfigWrite, "/v1/hours/office", `{"switch":"closed"}`, 200},
	{"GET", "/v1/load", config.SystemRead, "", "", 200},
	{"GET", "/v1/sources", config.SystemRead, "", "", 200},
	{"GET", "/v1/config", config.SystemRead, "", "", 200},
	{"GET", "/v1/webhooks", config.SystemRead, "", "", 200},
	{"POST", "/v1/webhooks", config.WebhooksWrite, "", `{"name":"%","url":"https://192.0.2.1/"}`, 201},
	{"POST", "/v1/webhooks/{name}/rotate", config.WebhooksWrite, "/v1/webhooks/crm/rotate", "", 200},
	{"POST", "/v1/webhooks/{name}/enable", config.WebhooksWrite, "/v1/webhooks/crm/enable", "", 200},
	{"POST", "/v1/webhooks/{name}/disable", config.WebhooksWrite, "/v1/webhooks/crm/disable", "", 200},
	{"GET", "/v1/webhooks/{name}/deliveries", config.SystemRead, "/v1/webhooks/crm/deliveries", "", 200},
	{"POST", "/v1/webhooks/{name}/deliveries/{id}/replay", config.WebhooksWrite, "/v1/webhooks/crm/deliveries/none/replay", "", 404},
	{"POST", "/v1/webhooks/{name}/replay", config.WebhooksWrite, "/v1/webhooks/crm/replay", "", 200},
	{"DELETE", "/v1/webhooks/{name}", config.WebhooksWrite, "/v1/webhooks/none", "", 404},
	{"GET", "/v1/status", config.SystemRead, "", "", 200},
	{"POST", "/v1/reload", config.ConfigWrite, "", "", 200},
	{"GET", "/v1/keys", config.KeysWrite, "", "", 200},
	{"POST", "/v1/keys", config.KeysWrite, "", `{"name":"%","scopes":["keys:write"]}`, 201},
	{"DELETE", "/v1/keys/{name}", config.KeysWrite, "/v1/keys/none", "", 404},
	{"GET", "/metrics", config.MetricsRead, "", "", 200},
	{"GET", "/healthz", "", "", "", 200},
	{"GET", "/readyz", "", "", "", 200},
	{"GET", "/docs", "", "", "", 200},
	{"GET", "/docs.css", "", "", "", 200},
	{"GET", "/openapi.json", "", "", "", 200},
	{"GET", "/problems", "", "", "", 200},
	{"GET", "/problems/{code}", "", "/problems/no_key", "", 200},
}

// try calls an operation and gives the status; of a stream only the beginning is waited for.
func (s *site) try(h http.Handler, method, path, body, key string) int {
	s.t.Helper()
	web := httptest.NewServer(h)
	defer web.Close()
	defer web.CloseClientConnections()
	req, err := http.NewRequestWithContext(s.t.Context(), method, web.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(path, "/greeting") {
		req.Header.Set("Content-Type", "audio/wav")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestEveryRouteNeedsItsScopeAndNoOther(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	for _, r := range routes {
		path := r.call
		if path == "" {
			path = r.path
		}
		for scope, key := range keys {
			want := 403
			if r.scope == "" || scope == r.scope || scope == "all" {
				want = r.status
			}
			body := strings.ReplaceAll(r.body, "%", "made-"+strings.ReplaceAll(string(scope), ":", "-"))
			if got := s.try(s.Handler(), r.method, path, body, key); got != want {
				t.Errorf("%s %s with %s: %d, want %d", r.method, r.path, scope, got, want)
			}
			s.limits = limits{}
		}
		none := 401
		if r.scope == "" {
			none = r.status
		}
		for _, key := range []string{"", "onhook_wrong", keys["all"] + "x"} {
			if got := s.try(s.Handler(), r.method, path, r.body, key); got != none {
				t.Errorf("%s %s without a right key: %d, want %d", r.method, r.path, got, none)
			}
		}
		body := strings.ReplaceAll(r.body, "%", "made-by-owner")
		if got := s.try(s.Owner(), r.method, path, body, ""); got != r.status {
			t.Errorf("%s %s by the control socket: %d, want %d", r.method, r.path, got, r.status)
		}
		// The console's channel: nobody, until it says who has signed in.
		if got := s.try(s.Console(), r.method, path, r.body, keys["all"]); got != none {
			t.Errorf("%s %s by the console, not signed in: %d, want %d", r.method, r.path, got, none)
		}
		signedIn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.Console().ServeHTTP(w, SignedIn(r, "console", func() bool { return true }))
		})
		body = strings.ReplaceAll(r.body, "%", "made-by-console")
		if got := s.try(signedIn, r.method, path, body, ""); got != r.status {
			t.Errorf("%s %s by the console: %d, want %d", r.method, r.path, got, r.status)
		}
	}
}

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
