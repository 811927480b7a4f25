package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// missed reads so many events after one that a client had last; it waits for those
// that have not happened yet.
func (c *apiClient) missed(last string, n int, filter ...string) (ids, types []string) {
	c.t.Helper()
	query := strings.Join(append([]string{"after=" + last}, filter...), "&")
	req, err := http.NewRequestWithContext(c.t.Context(), "GET", c.base+"/v1/events?"+query, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	for len(ids) < n && lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			var e struct{ ID, Type string }
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				c.t.Fatal(err)
			}
			ids, types = append(ids, e.ID), append(types, e.Type)
		}
	}
	if len(ids) < n {
		c.t.Fatalf("the stream ended after %q: %v", types, lines.Err())
	}
	return ids, types
}

// TestEventsOfNoCallAreReplayedAfterAKill has registrations, a trunk, an agent and an
// extension change, kills the server, and reads what happened from the one after it.
func TestEventsOfNoCallAreReplayedAfterAKill(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "queues: [{name: support, agents: [\"101\"]}]\n")
	o.patient()
	api := o.api()
	api.post(200, "/v1/trunks/sipp/disable", "")
	api.post(200, "/v1/queues/agents/101/login", "")
	api.missed("1-0", 1, "type=queue.agent_login") // it comes on a way of its own
	api.send(200, "PATCH", "/v1/users/102", `{"dnd":true}`)
	api.send(200, "DELETE", "/v1/registrations?user=103", "")
	want := []string{
		"registration.registered", "registration.registered", "registration.registered", "registration.registered", "registration.registered",
		"trunk.down", "queue.agent_login", "user.changed", "registration.removed",
	}
	ids, types := api.missed("1-0", len(want))
	if !slices.Equal(types, want) {
		t.Errorf("before the kill: %q", types)
	}
	o.kill()
	o.run()
	api = o.again(api)
	again, types := api.missed("1-0", len(want))
	if !slices.Equal(types, want) || !slices.Equal(again, ids) {
		t.Errorf("after the kill: %q %q, want %q", types, again, ids)
	}
	// A client goes on in the middle, and with what happens from now on.
	api.send(200, "PATCH", "/v1/users/102", `{"dnd":false}`)
	rest, types := api.missed(ids[6], 3)
	if !slices.Equal(types, []string{"user.changed", "registration.removed", "user.changed"}) || !slices.Equal(rest[:2], ids[7:]) {
		t.Errorf("%q %q", types, rest)
	}
}
