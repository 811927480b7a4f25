package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"onhook/analyse"
	"onhook/outcome"
)

// TestExplainTellsOfRelatedCalls: with -v, and what the server did is no field with a value.
func TestExplainTellsOfRelatedCalls(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	c := analyse.Call{Record: outcome.Record{
		ID: "call_1", StartedAt: at, EndedAt: at, Status: "Call Ended", ByeReason: "NORMAL_CLEARING", Confidence: "certain",
		Related:  []outcome.Related{{ID: "call_2", How: "attended_transfer"}},
		Evidence: []outcome.Evidence{{Field: "command", Rule: "2 command", Text: "originate by the server"}},
	}}
	var out bytes.Buffer
	if err := (&explainTable{w: &out, verbose: true}).block(&c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"related              call_2 attended transfer\n", "1. command: originate by the server (concluded, no packet"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}
