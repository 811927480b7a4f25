package api

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"onhook/config"
	"onhook/exchange"
)

// cutShort sends a request whose body is not whole, says that no more comes, and reads the answer.
func (s *site) cutShort(method, path, key, body string, headers ...string) reply {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s\r\n\r\n%s",
		method, path, key, strings.Join(headers, "\r\n"), body)
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(raw)}
}

// TestARequestThatEndsEarlyIsNoFaultOfTheServer: the client goes in the middle of its
// body. It is told so, nothing is done, and nothing worse than what others do is logged.
func TestARequestThatEndsEarlyIsNoFaultOfTheServer(t *testing.T) {
	s, keys := newSite(t)
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	key := keys["all"]
	transfer := "/v1/calls/" + liveID + "/transfer"
	for _, x := range []struct {
		name, method, path, body string
		headers                  []string
	}{
		{"in the middle of JSON", "POST", transfer, `{"to":"10`, []string{"Content-Length: 100"}},
		{"after JSON that is whole", "POST", transfer, `{"to":"102"}`, []string{"Content-Length: 100"}},
		{"before its first byte", "POST", transfer, "", []string{"Content-Length: 100"}},
		{"in a chunk", "POST", transfer, "40\r\n{\"to\":\"102\"}", []string{"Transfer-Encoding: chunked"}},
		{"without the last chunk", "POST", transfer, "c\r\n{\"to\":\"102\"}\r\n", []string{"Transfer-Encoding: chunked"}},
		{"in a chunk that is none", "POST", transfer, "zz\r\n{\"to\":\"102\"}\r\n", []string{"Transfer-Encoding: chunked"}},
		{"with a key of its own", "POST", transfer, `{"to":"102"}`, []string{"Content-Length: 100", "Idempotency-Key: one"}},
		{"in sound", "PUT", "/v1/prompts/cut", "RIFF", []string{"Content-Length: 1000"}},
	} {
		r := s.cutShort(x.method, x.path, key, x.body, x.headers...)
		if p := s.problem(r); r.status != 400 || p.Code != "malformed" {
			t.Errorf("%s: %d %s, want 400 malformed: %s", x.name, r.status, p.Code, r.body)
		}
	}
	if len(s.x.orders) != 0 {
		t.Errorf("done all the same: %q", s.x.orders)
	}
	if r := s.ask("POST", transfer, key, `{"to":"102"}`, "Idempotency-Key: one"); r.status != 200 {
		t.Errorf("the same request, whole: %d %s", r.status, r.body)
	}
	if said := log.String(); strings.Contains(said, "level=ERROR") || strings.Contains(said, "level=WARN") || strings.Contains(said, "status=500") {
		t.Error(said)
	}
	for _, e := range s.audit.kept {
		if e.Status >= 500 {
			t.Errorf("%+v", e)
		}
	}
	if r := s.cutShort("POST", transfer, "nobody", "{", "Content-Length: 100"); r.status != 401 {
		t.Errorf("without a key: %d %s", r.status, r.body)
	}
	if r := s.cutShort("POST", transfer, keys[config.CallsRead], "{", "Content-Length: 100"); r.status != 403 {
		t.Errorf("without the right: %d %s", r.status, r.body)
	}
}

// TestAFaultOfTheServerIsNotRepeated: what failed for the server's own reasons may be tried again with the same key.
func TestAFaultOfTheServerIsNotRepeated(t *testing.T) {
	s, keys := newSite(t)
	path := "/v1/calls/" + liveID + "/hangup"
	for _, x := range []struct {
		err    error
		status int
	}{{errors.New("the disk is on fire"), 500}, {exchange.ErrBusy, 503}, {nil, 200}} {
		s.x.err = x.err
		if r := s.ask("POST", path, keys["all"], "", "Idempotency-Key: one"); r.status != x.status || r.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%v: %+v, want %d, and no repetition", x.err, r, x.status)
		}
	}
	s.x.err = errors.New("the disk is on fire")
	if r := s.ask("POST", path, keys["all"], "", "Idempotency-Key: one"); r.status != 200 || r.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("what was done: %+v, want that it is repeated", r)
	}
}
