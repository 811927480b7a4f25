package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"onhook/capture"
	"onhook/outcome"
)

var apiLines = regexp.MustCompile(`HTTP API: (http://\S+)/docs\n  its first key, shown this once: (\S+)`)

// An apiClient speaks with the API of a server, by the key of its first start.
type apiClient struct {
	t         *testing.T
	base, key string
}

func (s *server) api() *apiClient {
	s.t.Helper()
	c := &apiClient{t: s.t}
	eventually(s.t, 10*time.Second, func() bool {
		m := apiLines.FindStringSubmatch(s.out.String())
		if m != nil {
			c.base, c.key = m[1], m[2]
		}
		return m != nil
	}, func() string { return "the server never said where its API is:\n" + s.out.String() + s.log.String() })
	return c
}

func (c *apiClient) do(method, path string) *http.Response {
	c.t.Helper()
	return c.ask(method, path, "")
}

// ask asks with a body in JSON; empty: none.
func (c *apiClient) ask(method, path, body string) *http.Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// send asks with a body and gives the answer, which must have this status.
func (c *apiClient) send(status int, method, path, body string) string {
	c.t.Helper()
	resp := c.ask(method, path, body)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		c.t.Fatalf("%s %s %s: %d, want %d, %v\n%s", method, path, body, resp.StatusCode, status, err, raw)
	}
	return string(raw)
}

// read gives the body of an answer of this status.
func (c *apiClient) read(status int, method, path string) string {
	c.t.Helper()
	return c.send(status, method, path, "")
}

// post sends a command in JSON and gives the answer, which must have this status.
func (c *apiClient) post(status int, path, body string) string {
	c.t.Helper()
	return c.send(status, "POST", path, body)
}

func (c *apiClient) get(path string, v any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.read(200, "GET", path)), v); err != nil {
		c.t.Fatal(path, err)
	}
}

// follow gives the types of the events of calls as they come.
func (c *apiClient) follow() <-chan string {
	c.t.Helper()
	resp := c.do("GET", "/v1/events")
	c.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 {
		c.t.Fatal(resp.Status)
	}
	events := make(chan string, 100)
	go func() {
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if name, found := strings.CutPrefix(lines.Text(), "event: "); found {
				events <- name
			}
		}
	}()
	return events
}

func (c *apiClient) expect(events <-chan string, want ...string) {
	c.t.Helper()
	for _, w := range want {
		select {
		case got := <-events:
			if got != w {
				c.t.Errorf("event %s, want %s", got, w)
			}
		case <-time.After(patient(10 * time.Second)):
			c.t.Fatalf("%s never came", w)
		}
	}
}

// TestAPIShowsACallFromItsBeginToItsRecord makes a call between two phones, hangs
// it up by the API and reads it in every form.
func TestAPIShowsACallFromItsBeginToItsRecord(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	c := o.api()
	events := c.follow()
	a := o.dial("100", "101")
	b := o.incoming("101")
	c.expect(events, "call.started", "call.ringing")
	o.must(b.Answer(o.ctx))
	o.must(a.WaitAnswered(o.ctx))
	c.expect(events, "call.answered")
	var live struct {
		Calls []struct {
			ID, Stage, User string
			Answered        bool
		}
	}
	c.get("/v1/live", &live)
	if len(live.Calls) != 1 || live.Calls[0].Stage != "talking" || !live.Calls[0].Answered || live.Calls[0].User != "100" {
		t.Fatalf("%+v", live)
	}
	id := live.Calls[0].ID
	if ladder := c.read(200, "GET", "/v1/calls/"+id+"/ladder"); !strings.Contains(ladder, "INVITE") {
		t.Errorf("the ladder of a call that is up:\n%s", ladder)
	}
	c.read(200, "POST", "/v1/calls/"+id+"/hangup")
	o.ended(a)
	o.ended(b)
	c.expect(events, "call.ended")
	r := o.record()
	expected{"Call Ended", "MANAGER_REQUEST", "platform", "party", "", 200, 200}.check(t, r)
	var got outcome.Record
	c.get("/v1/calls/"+id, &got)
	if got.ID != r.ID || got.Summary != r.Summary || got.ByeReason != r.ByeReason {
		t.Errorf("the API says %+v", got)
	}
	file := c.read(200, "GET", "/v1/calls/"+id+"/pcap")
	src, err := capture.NewReader(bytes.NewReader([]byte(file)), capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	messages := 0
	for item, err := src.Next(); err == nil; item, err = src.Next() {
		if item.Kind == capture.SIP {
			messages++
		}
	}
	var list struct{ Messages []struct{ Text string } }
	c.get("/v1/calls/"+id+"/messages", &list)
	if messages < len(list.Messages) || len(list.Messages) < 12 {
		t.Errorf("%d messages in the capture, %d in the list", messages, len(list.Messages))
	}
	if metrics := c.read(200, "GET", "/metrics"); !strings.Contains(metrics, `reason="MANAGER_REQUEST"`) {
		t.Error("the call is not counted")
	}
	eventually(t, 10*time.Second, func() bool {
		var users struct {
			Users []struct{ Registered bool }
		}
		c.get("/v1/users", &users)
		n := 0
		for _, u := range users.Users {
			if u.Registered {
				n++
			}
		}
		return n == 5
	}, func() string { return "the phones do not show as registered" })
}

// TestAPIReplaysAfterAKill follows, kills the server, and reads what was missed from the one after it.
func TestAPIReplaysAfterAKill(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	c := o.api()
	a := o.dial("100", "600")
	o.must(a.WaitAnswered(o.ctx))
	o.must(a.Hangup(o.ctx))
	r := o.record()
	key := c.key
	o.kill()
	o.run()
	var base string
	eventually(t, 10*time.Second, func() bool {
		_, rest, found := strings.Cut(o.out.String(), "HTTP API: ")
		base, _, _ = strings.Cut(rest, "/docs\n")
		return found
	}, func() string { return o.out.String() })
	if strings.Contains(o.out.String(), "first key") {
		t.Error("a second start makes a key again")
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", base+"/v1/events?type=call.ended", nil)
	o.must(err)
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Last-Event-ID", fmt.Sprintf("%d-0", r.StartedAt.UnixMicro()-1))
	resp, err := http.DefaultClient.Do(req)
	o.must(err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
			var e struct{ Record outcome.Record }
			o.must(json.Unmarshal([]byte(data), &e))
			if e.Record.ID != r.ID {
				t.Errorf("%s", data)
			}
			return
		}
	}
	t.Error("the stream ended without the event")
}

// TestKeysOfTheCommandLine makes a key while the server runs and while it does not.
func TestKeysOfTheCommandLine(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	c := s.api()
	keys := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(binary, append([]string{"keys"}, append(args, "--data", filepath.Join(s.data, "store"))...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("keys %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	reader := &apiClient{t: t, base: c.base, key: keys("add", "reader", "--scope", "calls:read")}
	reader.read(200, "GET", "/v1/calls")
	reader.read(403, "POST", "/v1/calls/call_x/hangup")
	keys("remove", "reader")
	reader.read(401, "GET", "/v1/calls")
	s.stop()
	offline := keys("add", "offline", "--scope", "calls:read,metrics:read", "--life", "1h")
	if list := keys("list"); !strings.Contains(list, "offline") || strings.Contains(list, "reader") || strings.Contains(list, offline) {
		t.Errorf("%s", list)
	}
	s.run()
	eventually(t, 10*time.Second, func() bool { return strings.Contains(s.out.String(), "HTTP API: ") }, s.out.String)
	_, rest, _ := strings.Cut(s.out.String(), "HTTP API: ")
	base, _, _ := strings.Cut(rest, "/docs\n")
	(&apiClient{t: t, base: base, key: offline}).read(200, "GET", "/metrics")
}
