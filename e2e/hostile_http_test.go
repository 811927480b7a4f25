package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// hostileRequests are what is sent to the port of the API and the console; key is one that may do everything.
func hostileRequests(key string) map[string]string {
	auth := "Authorization: Bearer " + key + "\r\n"
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	post := func(path, head, body string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + head + "\r\n" + body
	}
	return map[string]string{
		"nothing":                       "",
		"no HTTP":                       "\x00\x01\x02\xff\r\n\r\n",
		"TLS":                           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"SIP":                           "OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n",
		"a header without end":          "GET /v1/calls HTTP/1.1\r\nHost: x\r\nX: ",
		"a header that is too long":     "GET /v1/calls HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n",
		"a path that is too long":       "GET /" + strings.Repeat("x", 30<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"a path with bytes":             "GET /%00%1b[2J/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n",
		"no host":                       "GET / HTTP/1.1\r\n\r\n",
		"many requests":                 strings.Repeat("GET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n", 200),
		"a body that is promised":       post("/v1/calls", auth+"Content-Type: application/json\r\nContent-Length: 1099511627776\r\n", `{"from":"1`),
		"a body that is cut":            post("/v1/calls", auth+"Content-Type: application/json\r\nContent-Length: 100\r\n", `{"from":"1`),
		"a body that is cut, once":      post("/v1/calls", auth+"Content-Type: application/json\r\nIdempotency-Key: a\r\nContent-Length: 100\r\n", `{"from":"1`),
		"a chunk that is none":          post("/v1/calls", auth+"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx"),
		"two lengths":                   post("/v1/calls", auth+"Content-Length: 1\r\nContent-Length: 2\r\n", "{}"),
		"a length and chunks":           post("/v1/calls", auth+"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /v1/live HTTP/1.1\r\nHost: x\r\n\r\n"),
		"deep JSON":                     post("/v1/calls", auth+"Content-Type: application/json\r\nContent-Length: 60000\r\n", strings.Repeat("[", 60000)),
		"JSON that is none":             post("/v1/calls", auth+"Content-Type: application/json\r\nContent-Length: 4\r\n", "\xff\x00{]"),
		"sound that is cut":             "PUT /v1/prompts/cut HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Type: audio/wav\r\nContent-Length: 6000000\r\n\r\nRIFF",
		"a sign-in that is cut":         post("/sign-in", form+"Content-Length: 100\r\n", "password=x"),
		"a form of nobody that is cut":  post("/settings/reload", form+"Content-Length: 100\r\n", "next=%2F"),
		"a key that is long":            "GET /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("k", 20<<10) + "\r\n\r\n",
		"a socket of nobody":            "GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n",
		"a socket that is cut":          "GET /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"events that nobody reads":      "GET /v1/events HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n",
		"a page of calls that is left":  "GET /v1/calls?limit=1000 HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n",
		"a method that is none":         "X\x7f /v1/calls HTTP/1.1\r\nHost: x\r\n\r\n",
		"an expectation, and no more":   post("/v1/calls", auth+"Expect: 100-continue\r\nContent-Length: 100\r\n", ""),
		"a query that is long and odd":  "GET /v1/calls?since=%ff&" + strings.Repeat("a=%00&", 2000) + " HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n",
		"HTTP/2 without having said so": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
	}
}

// TestHostileHTTPTouchesNoCall: what is sent to the port of the API and the console, by
// strangers and by programs that go in the middle, is no fault of the server, costs the call
// that is up nothing, and leaves neither memory nor descriptors nor a long log behind.
func TestHostileHTTPTouchesNoCall(t *testing.T) {
	t.Parallel()
	srv := start(t, "")
	c := srv.api()
	at := strings.TrimPrefix(c.base, "http://")
	requests := hostileRequests(c.key)
	sent := 0
	dial := func(text string) *net.TCPConn {
		t.Helper()
		conn, err := (&net.Dialer{Timeout: patient(10 * time.Second)}).Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(patient(time.Minute))); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text) // it may be refused in its middle
		sent++
		return conn.(*net.TCPConn)
	}
	withCallUp(t, srv, func() {
		memory := srv.rss()
		for name, text := range requests {
			for range 3 {
				defer dial(text).Close() // stays until the end, silent
				_ = dial(text).Close()   // goes at once
			}
			// Says that no more comes, and reads what is answered until the server closes.
			conn := dial(text)
			_ = conn.CloseWrite() // the server may have closed it
			said, err := io.ReadAll(conn)
			_ = conn.Close()
			var slow net.Error
			if errors.As(err, &slow) && slow.Timeout() {
				t.Errorf("%s: the server does not let go of who has gone: %.200q", name, said)
			}
			if strings.Contains(string(said), "HTTP/1.1 5") {
				t.Errorf("%s: %.300q", name, said)
			}
		}
		srv.options()
		c.read(200, "GET", "/v1/live")
		if grown := srv.rss() - memory; grown > 64<<10 && !raceEnabled || grown > 256<<10 {
			t.Errorf("memory grew by %d kB", grown)
		}
	})
	log := srv.log.String()
	if lines := strings.Count(log, "\n"); lines > sent+50 {
		t.Errorf("%d lines for %d requests", lines, sent)
	}
	for l := range strings.Lines(log) {
		if strings.Contains(l, "level=ERROR") || strings.Contains(l, "panic") {
			t.Error(l)
		}
	}
	if t.Failed() {
		t.Log(fmt.Sprint(sent), log)
	}
}
