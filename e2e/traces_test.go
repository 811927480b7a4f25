package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestACallIsTracedToACollector reads what the server sends by OTLP/HTTP of a real call.
func TestACallIsTracedToACollector(t *testing.T) {
	t.Parallel()
	type span struct {
		TraceID      string
		ParentSpanID string
		Name         string
	}
	got := make(chan []span, 16)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		var r struct {
			ResourceSpans []struct {
				ScopeSpans []struct{ Spans []span }
			}
		}
		if err := json.NewDecoder(q.Body).Decode(&r); err != nil || q.URL.Path != "/v1/traces" {
			t.Error(q.URL, err)
			return
		}
		got <- r.ResourceSpans[0].ScopeSpans[0].Spans
	}))
	t.Cleanup(web.Close)
	o := newOffice(t, fmt.Sprintf("\ntraces: {url: \"%s/v1/traces\"}\n", web.URL))
	a := o.dial("100", "101")
	b := o.answers("101")
	o.must(a.WaitAnswered(o.ctx))
	o.hangsUp(a, a)
	o.ended(b)
	id := o.record().ID
	select {
	case spans := <-got:
		names := map[string]bool{}
		for _, s := range spans {
			names[s.Name] = true
			if want := strings.ReplaceAll(strings.TrimPrefix(id, "call_"), "-", ""); s.TraceID != want {
				t.Errorf("the trace of %s has the id %s", id, s.TraceID)
			}
		}
		if spans[0].ParentSpanID != "" || !names["leg in phone"] || !names["leg out phone"] || !names["talking"] {
			t.Errorf("%+v", spans)
		}
	case <-time.After(patient(20 * time.Second)):
		t.Fatal("no trace came")
	}
}
