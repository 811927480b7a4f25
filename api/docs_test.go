package api

import (
	"regexp"
	"strings"
	"testing"
)

var foreign = regexp.MustCompile(`(?:src|href|action)="(?:[a-z]+:)?//|url\(|@import|<script`)

// TestTheReadablePageHasEveryOperationAndAsksNobodyElse: whoever reads it tells no other site.
func TestTheReadablePageHasEveryOperationAndAsksNobodyElse(t *testing.T) {
	s, _ := newSite(t)
	page := s.ask("GET", "/docs", "", "").body
	for _, r := range routes {
		if !strings.Contains(page, "<code>"+r.method+" "+r.path+"</code>") {
			t.Errorf("%s %s is not on the page", r.method, r.path)
		}
	}
	for _, field := range []string{"<code>caller_id</code> (body)", "<code>from</code> (body, needed)", "one of caller, callee, both", "<code>audio/wav</code> (body)"} {
		if !strings.Contains(page, field) {
			t.Errorf("the page does not tell of %s", field)
		}
	}
	for _, text := range []string{page, s.ask("GET", "/docs.css", "", "").body} {
		if found := foreign.FindString(text); found != "" {
			t.Errorf("it has %s", found)
		}
	}
}
