package trace

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"onhook/outcome"
)

func record(id string) *outcome.Record {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	end := at.Add(3 * time.Second)
	return &outcome.Record{
		ID: id, StartedAt: at, EndedAt: end, Direction: "outbound", Status: "Call Failed", ByeReason: "NETWORK_OUT_OF_ORDER", EndedBy: "platform",
		LastResponseCode: 503, Trunk: "carrier", From: outcome.Party{URI: "sip:100@example.com"}, To: outcome.Party{URI: "sip:4930123@example.com"},
		Legs: []outcome.Leg{
			{ID: 1, Direction: "in", Peer: "phone", StartedAt: at, SIPCallID: "a"},
			{ID: 2, Direction: "out", Peer: "trunk", StartedAt: at.Add(time.Second), EndedAt: &end, FinalCode: 503, Target: "sip:4930123@carrier"},
		},
		Segments: []outcome.Segment{{Stage: "routing", StartedAt: at, EndedAt: end}},
	}
}

const id = "call_01956f00-0000-7000-8000-000000000001"

// A collector keeps what it is sent.
type collector struct {
	mu     sync.Mutex
	spans  []span
	text   string
	answer func(n int) int
	asked  int
}

func (c *collector) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	raw, _ := io.ReadAll(q.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.answer != nil {
		if code := c.answer(c.asked); code != 200 {
			w.WriteHeader(code)
			return
		}
	}
	var r request
	if json.Unmarshal(raw, &r) != nil || q.Header.Get("Content-Type") != "application/json" || q.Header.Get("Authorization") != "Bearer x" {
		w.WriteHeader(400)
		return
	}
	c.text += string(raw)
	c.spans = append(c.spans, r.Resources[0].Scopes[0].Spans...)
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.spans)
}

func export(t *testing.T, c *collector, numbers bool) *Exporter {
	t.Helper()
	web := httptest.NewServer(c)
	t.Cleanup(web.Close)
	e := New(Options{URL: web.URL, Authorization: "Bearer x", Numbers: numbers, Every: 5 * time.Millisecond})
	t.Cleanup(e.Close)
	return e
}

func TestACallIsATraceWithASpanForEachLegAndStage(t *testing.T) {
	c := &collector{}
	e := export(t, c, false)
	e.Ended(record(id))
	e.Close()
	if len(c.spans) != 4 {
		t.Fatalf("%d spans", len(c.spans))
	}
	root, caller, callee, routing := c.spans[0], c.spans[1], c.spans[2], c.spans[3]
	if root.TraceID != "01956f00000070008000000000000001" || root.Parent != "" || root.Kind != server || root.Status == nil || root.Status.Code != statusError ||
		root.Start != "1772366400000000000" || root.End != "1772366403000000000" || len(root.SpanID) != 16 {
		t.Errorf("%+v", root)
	}
	for _, s := range []span{caller, callee, routing} {
		if s.Parent != root.SpanID || s.TraceID != root.TraceID || s.SpanID == root.SpanID {
			t.Errorf("%+v", s)
		}
	}
	if callee.Kind != client || callee.Name != "leg out trunk" || callee.Start != "1772366401000000000" || routing.Name != "routing" || routing.Kind != internal || caller.End != root.End {
		t.Errorf("%+v %+v", callee, routing)
	}
	if strings.Contains(c.text, "4930123") || !strings.Contains(c.text, `{"key":"onhook.bye_reason","value":{"stringValue":"NETWORK_OUT_OF_ORDER"}}`) || !strings.Contains(c.text, `{"key":"sip.response_code","value":{"intValue":"503"}}`) {
		t.Error(c.text)
	}
}

func TestNumbersAreToldWhereTheyAreWanted(t *testing.T) {
	c := &collector{}
	e := export(t, c, true)
	e.Ended(record(id))
	e.Close()
	if !strings.Contains(c.text, "sip:4930123@example.com") {
		t.Error(c.text)
	}
}

func TestWhatTheCollectorCannotTakeNowIsSentAgainAndWhatItRefusesIsDropped(t *testing.T) {
	c := &collector{answer: func(n int) int {
		switch n {
		case 1:
			return 503
		case 3:
			return 400
		}
		return 200
	}}
	e := export(t, c, false)
	e.Ended(record(id))
	eventually(t, "it is not sent again", func() bool { return c.count() == 4 })
	e.Ended(record(id))
	eventually(t, "what is refused is kept", func() bool { return e.Dropped() == 1 })
}

// patience is how long a starved machine may take for what is to happen.
const patience = 2 * time.Minute

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(what)
		}
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	e := New(Options{URL: "http://127.0.0.1:1", Every: time.Hour})
	defer e.Close()
	for range mostWaiting + 3 {
		e.Ended(record(id))
	}
	if e.Dropped() != 3 {
		t.Errorf("%d dropped", e.Dropped())
	}
}
