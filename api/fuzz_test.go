package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzRequests: whatever is asked by HTTP, with a key that may do everything or without
// one, is answered: never by a fault of ours, never with what is no JSON where it says
// that it is, and never with anything of /v1 for who shows no key.
func FuzzRequests(f *testing.F) {
	s, keys := newSite(f)
	s.keep(testRecord(0), testRecord(1))
	if err := s.local.Settle(f.Context()); err != nil {
		f.Fatal(err)
	}
	text := func(method, path, body, more string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", method, path, len(body), more, body)
	}
	for _, r := range routes {
		path := r.call
		if path == "" {
			path = r.path
		}
		f.Add(true, []byte(text(r.method, path, r.body, "")))
		f.Add(false, []byte(text(r.method, path, r.body, "")))
		if r.body != "" {
			f.Add(true, []byte(text(r.method, path, strings.Repeat(`{"a":[`, 2000), "Idempotency-Key: x\r\n")))
		}
	}
	for _, q := range []string{"?limit=0", "?limit=99999999999999999999", "?cursor=AAAA", "?status=Busy&from=%00&to=%ff", "?since=2026-02-30T00:00:00Z&until=x", "?q=%27%22%3B--", "?sort=-duration_ms&format=csv"} {
		f.Add(true, []byte(text("GET", "/v1/calls"+q, "", "")))
		f.Add(true, []byte(text("GET", "/v1/stats"+q, "", "")))
		f.Add(true, []byte(text("GET", "/v1/events"+q, "", "Last-Event-ID: -1\r\n")))
	}
	f.Add(true, []byte(text("GET", "/v1/calls/%2e%2e%2f%2e%2e%2fetc%2fpasswd/pcap", "", "Range: bytes=9-1,-\r\n")))
	f.Add(true, []byte(text("GET", "/v1/events", "", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n")))
	h := s.Handler()
	f.Fuzz(func(t *testing.T, known bool, raw []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // events are followed until then
		defer cancel()
		req, req.RemoteAddr = req.WithContext(ctx), "192.0.2.9:4000"
		req.Header.Del("Authorization")
		if known {
			req.Header.Set("Authorization", "Bearer "+keys["all"])
		}
		s.limits = limits{}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		switch {
		case w.Code == http.StatusInternalServerError && strings.Contains(w.Body.String(), "cannot read request body"):
			// Its body ended before its Content-Length: nobody is there to be told any more.
		case w.Code == http.StatusInternalServerError:
			t.Errorf("%s", w.Body)
		case w.Code/100 == 2 && !known && strings.HasPrefix(req.URL.Path, "/v1/"):
			t.Errorf("%s %s without a key: %d", req.Method, req.URL.Path, w.Code)
		}
		if typ := w.Header().Get("Content-Type"); (typ == "application/json" || typ == "application/problem+json") && req.Method != http.MethodHead && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %d says that this is JSON: %.200q", req.Method, req.URL.Path, w.Code, w.Body)
		}
		for name, values := range w.Header() {
			if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("the header %q: %q", name, values)
			}
		}
	})
}
