package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"onhook/analyse"
	"onhook/capture"
)

// TestExplainColumnsAreDocumented: programs read them by place, so their order is promised.
func TestExplainColumnsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "The columns of csv, in this order: ")
	text, _, end := strings.Cut(text, "New ones come only behind these.")
	if !ok || !end {
		t.Fatal("docs/explain.md does not list the columns")
	}
	var listed []string
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			listed = append(listed, part)
		}
	}
	if got := strings.Join(explainColumns, " "); got != strings.Join(listed, " ") {
		t.Errorf("columns\n%s\nthe page lists\n%s", got, strings.Join(listed, " "))
	}
}

// TestExplainCSVWithoutCalls: the line of names is there all the same, for the program that reads it.
func TestExplainCSVWithoutCalls(t *testing.T) {
	var out, aside bytes.Buffer
	p := newExplainPrinter(&explainCmd{Output: "csv"}, &out, &out, &aside)
	if err := p.end(&analyse.Totals{}, capture.Stats{}, 0, 0); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), strings.Join(explainColumns, ",")+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
