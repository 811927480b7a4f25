package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"onhook/app"
)

func TestQueuesByTheAPI(t *testing.T) {
	floor := app.NewFloor(app.FloorOptions{})
	floor.Configure([]app.QueueOptions{{Name: "support", Agents: []string{"101"}}})
	handler := (&Server{Queues: floor}).Handler()
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	state := func() string {
		var s app.FloorState
		w := ask("GET", "/v1/queues")
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || len(s.Agents) != 1 {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		return s.Agents[0].State
	}
	if got := state(); got != "logged_out" {
		t.Errorf("101 is %s at first", got)
	}
	for _, c := range []struct {
		path string
		code int
		want string // in a problem
		then string
	}{
		{"101/login", 200, "", "free"},
		{"101/pause", 200, "", "paused"},
		{"101/resume?queue=support", 200, "", "free"},
		{"101/logout?queue=sales", 404, "agent_not_found", "free"},
		{"102/login", 404, "agent_not_found", "free"},
		{"101/dance", 422, "want login, logout, pause or resume", "free"},
		{"101/logout?queue=support", 200, "", "logged_out"},
	} {
		w := ask("POST", "/v1/queues/agents/"+c.path)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: got %d %s, want %d with %q", c.path, w.Code, w.Body, c.code, c.want)
		}
		if got := state(); got != c.then {
			t.Errorf("after %s 101 is %s, want %s", c.path, got, c.then)
		}
	}
}
