package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"onhook/app"
	"onhook/config"
	"onhook/exchange"
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
	{"POST", "/v1/calls/{id}/redirect", config.CallsControl, "/v1/calls/" + liveID + "/redirect", `{"to":"102"}`, 200},
	{"POST", "/v1/calls/{id}/hold", config.CallsControl, "/v1/calls/" + liveID + "/hold", `{}`, 200},
	{"POST", "/v1/calls/{id}/resume", config.CallsControl, "/v1/calls/" + liveID + "/resume", `{}`, 200},
	{"POST", "/v1/calls/{id}/play", config.CallsControl, "/v1/calls/" + liveID + "/play", `{"prompts":["beep"]}`, 200},
	{"GET", "/v1/live", config.CallsRead, "", "", 200},
	{"GET", "/v1/stats", config.CallsRead, "", "", 200},
	{"GET", "/v1/events", config.CallsRead, "/v1/events?call=none", "", 200},
	{"GET", "/v1/reasons", config.CallsRead, "", "", 200},
	{"GET", "/v1/reasons/{query}", config.CallsRead, "/v1/reasons/USER_BUSY", "", 200},
	{"GET", "/v1/users", config.SystemRead, "", "", 200},
	{"GET", "/v1/users/{name}", config.SystemRead, "/v1/users/100", "", 200},
	{"POST", "/v1/users", config.UsersWrite, "", `{"name":"101"}`, 201},
	{"PATCH", "/v1/users/{name}", config.UsersWrite, "/v1/users/100", `{"dnd":true}`, 200},
	{"DELETE", "/v1/users/{name}", config.UsersWrite, "/v1/users/105", "", 204},
	{"POST", "/v1/users/{name}/password", config.UsersWrite, "/v1/users/105/password", "", 200},
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
	{"GET", "/v1/prompts", config.SystemRead, "", "", 200},
	{"GET", "/v1/prompts/{name}", config.SystemRead, "/v1/prompts/none", "", 404},
	{"PUT", "/v1/prompts/{name}", config.ConfigWrite, "/v1/prompts/welcome", "no sound", 422},
	{"DELETE", "/v1/prompts/{name}", config.ConfigWrite, "/v1/prompts/none", "", 404},
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

// A channel is a way into the API, with what may be done by it.
type channel struct {
	name string
	key  string
	may  func(config.Scope) bool
	none int // the answer where it may not: 401 of nobody, 403 of who is known
	url  string
	to   string // what stands for % in a body: names are given once
}

// channels are all ways into a site: by the network with a key of each scope, of all,
// of two and with none that is right; by the control socket; by the console, signed in and not.
func (s *site) channels(keys map[config.Scope]string) (all []channel) {
	serve := func(h http.Handler) string {
		web := httptest.NewServer(h)
		s.t.Cleanup(web.Close)
		s.t.Cleanup(web.CloseClientConnections)
		return web.URL
	}
	anything := func(config.Scope) bool { return true }
	nothing := func(config.Scope) bool { return false }
	network := serve(s.Handler())
	for scope, key := range keys {
		c := channel{name: "a key with " + string(scope), key: key, none: 403, url: network, may: func(s config.Scope) bool { return s == scope }}
		if scope == "all" {
			c.may = anything
		}
		all = append(all, c)
	}
	two, _, err := s.Keys.Add("two", []config.Scope{config.CallsRead, config.SystemRead}, s.clock, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	all = append(all, channel{name: "a key with calls:read and system:read", key: two, none: 403, url: network, may: func(s config.Scope) bool {
		return s == config.CallsRead || s == config.SystemRead
	}})
	old, _, err := s.Keys.Add("old", config.Scopes(), s.clock.Add(-time.Hour), time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, key := range map[string]string{"no key": "", "a wrong key": "onhook_wrong", "a key with a letter more": keys["all"] + "x", "a key that is over": old} {
		all = append(all, channel{name: name, key: key, none: 401, url: network, may: nothing})
	}
	signedIn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Console().ServeHTTP(w, SignedIn(r, "console", func() bool { return true }))
	})
	all = append(all, channel{name: "the control socket", url: serve(s.Owner()), may: anything},
		channel{name: "the console, signed in", url: serve(signedIn), may: anything},
		channel{name: "the console, not signed in", key: keys["all"], none: 401, url: serve(s.Console()), may: nothing})
	for i := range all {
		all[i].to = "made-" + strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return '-'
		}, all[i].name)
	}
	return all
}

// manners are the ways to ask an operation: for an answer, for a stream, for a WebSocket.
var manners = []struct {
	name   string
	header http.Header
	stream int // the status of the stream of events
}{
	{"plainly", nil, 200},
	{"as server-sent events", http.Header{"Accept": {"text/event-stream"}, "Last-Event-Id": {"1-0"}}, 200},
	{"by WebSocket", http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}, 101},
}

// try calls an operation and gives the status; of a stream only the beginning is waited for.
func (s *site) try(c channel, method, path, body string, header http.Header) int {
	s.t.Helper()
	s.limits = limits{}
	req, err := http.NewRequestWithContext(s.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(path, "/greeting") || strings.HasPrefix(path, "/v1/prompts/") {
		req.Header.Set("Content-Type", "audio/wav")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestEveryRouteByEveryChannelNeedsItsScopeAndNoOther asks every operation by every
// channel in every manner: what asks for a stream or a WebSocket may do no more than
// what asks plainly.
func TestEveryRouteByEveryChannelNeedsItsScopeAndNoOther(t *testing.T) {
	s, keys := newSite(t)
	s.keep(testRecord(0))
	all := s.channels(keys)
	for _, r := range routes {
		path := r.call
		if path == "" {
			path = r.path
		}
		for _, how := range manners {
			for _, c := range all {
				want := r.status
				switch {
				case r.scope != "" && !c.may(r.scope):
					want = c.none
				case r.path == "/v1/events":
					want = how.stream
				}
				body := strings.ReplaceAll(r.body, "%", c.to+"-"+strings.Fields(how.name)[len(strings.Fields(how.name))-1])
				if got := s.try(c, r.method, path, body, how.header); got != want {
					t.Errorf("%s %s %s with %s: %d, want %d", r.method, r.path, how.name, c.name, got, want)
				}
			}
		}
	}
}

// everything tells the hub of an event of each family, call.ended last.
func (s *site) everything() {
	s.Hub.Notify(exchange.Notice{Type: exchange.Registered, At: t0, Registration: &exchange.RegistrationChange{User: "100", AOR: "sip:100@example.com"}})
	s.Hub.Notify(exchange.Notice{Type: exchange.TrunkDown, At: t0, Trunk: &exchange.TrunkChange{Name: "carrier", State: "down"}})
	s.Hub.Queued(app.Event{At: t0, Kind: app.CallerEntered, Queue: "support", Call: testID(7)})
	s.Hub.UserTold(UserChanged, t0, UserEvent{Name: "100", Changed: []string{"dnd"}, By: "phone"})
	s.life(0)
}

// newest is where the newest event stands of those that were told.
func (s *site) newest() place {
	s.Hub.Flush()
	s.Hub.follow.Lock()
	defer s.Hub.follow.Unlock()
	return s.Hub.last
}

// families gives the events up to call.ended, the families of consecutive ones once.
func families(next func() Event) (seen string) {
	last := ""
	for {
		e := next()
		if family, _, _ := strings.Cut(e.Type, "."); family != last {
			last = family
			seen = strings.TrimSpace(seen + " " + family)
		}
		if e.Type == exchange.CallEnded {
			return seen
		}
	}
}

// TestEveryChannelShowsTheEventsThatItsScopesAllow: with the same rights the same
// events, live and those that were missed, as server-sent events and by WebSocket.
func TestEveryChannelShowsTheEventsThatItsScopesAllow(t *testing.T) {
	s, keys := newSite(t)
	s.everything() // so that there is an event to go on after
	for _, c := range s.channels(keys) {
		for _, how := range manners[1:] {
			if !c.may(config.CallsRead) {
				if got := s.try(c, "GET", "/v1/events", "", how.header); got != c.none {
					t.Errorf("%s with %s: %d, want %d", how.name, c.name, got, c.none)
				}
				continue
			}
			want := "call"
			if c.may(config.SystemRead) {
				want = "registration trunk queue user call"
			}
			before := s.newest()
			next := s.follow(c, how.stream == 101, "/v1/events")
			s.everything()
			if got := families(next); got != want {
				t.Errorf("%s with %s: live %q, want %q", how.name, c.name, got, want)
			}
			if got := families(s.follow(c, how.stream == 101, "/v1/events?after="+before.String())); got != want {
				t.Errorf("%s with %s: afterwards %q, want %q", how.name, c.name, got, want)
			}
			// What is asked for by name is not shown either where the right is missing.
			next = s.follow(c, how.stream == 101, "/v1/events?type=trunk.down&type=call.ended&after="+before.String())
			if got, want := families(next), strings.TrimPrefix(want, "registration "); got != strings.ReplaceAll(want, "queue user ", "") {
				t.Errorf("%s with %s: by name %q", how.name, c.name, got)
			}
		}
	}
}

// follow gives what reads the events of a stream, which is followed when it returns.
func (s *site) follow(c channel, socket bool, path string) (next func() Event) {
	s.t.Helper()
	s.limits = limits{}
	at := *s
	at.url = c.url
	if !socket {
		return at.listen(path, c.key).next
	}
	w, status := at.socket(path, c.key, nil)
	if status != 101 {
		s.t.Fatalf("%s: %d", path, status)
	}
	return func() Event { return read(s.t, w) }
}
