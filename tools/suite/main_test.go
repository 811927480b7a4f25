package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const events = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:1: needs sipp\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: broken\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":1.25}
{"Action":"build-output","ImportPath":"q","Output":"q.go:1: syntax error\n"}
{"Action":"output","Package":"q","Output":"FAIL q [build failed]\n"}
{"Action":"fail","Package":"q"}
{"Action":"output","Package":"r","Test":"TestD","Output":"panic: here\n"}
{"Action":"fail","Package":"r"}
{"Action":"skip","Package":"s"}
not json
`

func TestReport(t *testing.T) {
	var out strings.Builder
	r := newReport(&out)
	if err := r.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{
		"c_test.go:1: broken", "FAIL  p (1.2 s)", "q.go:1: syntax error", "FAIL q [build failed]", "panic: here", "--  s (no tests)", "not json",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "noise") {
		t.Errorf("the output of a test that passed stands in:\n%s", got)
	}
	if r.tests != 3 || r.fails != 3 {
		t.Errorf("got %d tests and %d failures, want 3 and 3", r.tests, r.fails)
	}
	if want := "p TestB: b_test.go:1: needs sipp"; len(r.skips) != 1 || r.skips[0] != want {
		t.Errorf("got skips %q, want %q", r.skips, want)
	}
	name := filepath.Join(t.TempDir(), "skips")
	for range 2 {
		if err := r.writeSkips(name); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(name)
	if err != nil || strings.Count(string(data), "TestB") != 2 {
		t.Errorf("got %q, %v, want both writings in the file", data, err)
	}
}
