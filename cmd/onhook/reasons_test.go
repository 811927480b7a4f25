package main

import (
	"strings"
	"testing"

	"onhook/outcome"
)

// TestReasons asks for reasons as a person would.
func TestReasons(t *testing.T) {
	for what, want := range map[string][]string{
		"":                     {"BYE REASON", "Caller_Left_Voicemail", "NETWORK_OUT_OF_ORDER"},
		"network_out_of_order": {"cannot be reached or says that it is out of order", "what to do:", "Call Failed if unanswered, Call Ended if answered", "shown 502, sent 503", "read 38, sent 38", "RFC 3398 and RFC 4497 give 503"},
		"905":                  {"Caller_Left_Voicemail", "Call Ended"},
		"408":                  {"NO_USER_RESPONSE", "NO_ANSWER", "cause 102"},
		"17":                   {"USER_BUSY"},
		"Unreachable":          {"Nothing rang", "SWITCH_CONGESTION"},
	} {
		var b strings.Builder
		if err := printReasons(&b, what); err != nil {
			t.Errorf("%q: %v", what, err)
		}
		for _, text := range want {
			if !strings.Contains(strings.ToLower(b.String()), strings.ToLower(text)) {
				t.Errorf("%q: no %q in\n%s", what, text, b.String())
			}
		}
	}
	var all strings.Builder
	if err := printReasons(&all, ""); err != nil || strings.Count(all.String(), "\n") != outcome.Reasons+1 {
		t.Errorf("%v, %d lines", err, strings.Count(all.String(), "\n"))
	}
	if err := printReasons(&all, "nonsense"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("nonsense: %v", err)
	}
}
