package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"onhook/demo"
)

// TestDemonstration plays it whole, with one fault put into the number plan:
// that one must be found, and nothing else may differ.
func TestDemonstration(t *testing.T) {
	real := demoStarter(t.TempDir(), func(string) bool { return false }, nil)
	spoiled := func(name, text string) (*demo.System, error) {
		const right, wrong = `match: "9004", to: "user:9004"`, `match: "9004", to: "user:9003"`
		if name == "main" && !strings.Contains(text, right) {
			t.Errorf("the number plan has no line with %s", right)
		}
		return real(name, strings.Replace(text, right, wrong, 1))
	}
	var out bytes.Buffer
	report, err := demo.Run(t.Context(), demo.Options{Start: spoiled, Out: &out, Command: "onhook"})
	if err != nil {
		t.Fatal(err)
	}
	defer report.Close()
	if report.Took > demo.Limit {
		t.Errorf("it took %s", report.Took)
	}
	found := false
	for _, r := range report.Results {
		if r.Reason == "NO_ANSWER" && r.Variant == "" {
			found = r.Differs != "" && r.Got.Reason == "USER_BUSY"
			continue
		}
		if r.Differs != "" {
			t.Errorf("%s %s: %s", r.Reason, r.Variant, r.Differs)
		}
	}
	if !found || !report.Differ() {
		t.Error("9004 led to 9003, which is busy, and the demonstration did not say so")
	}
	var exit phoneExit
	if !errors.As(demoVerdict(report), &exit) || exit.ExitCode() != 3 {
		t.Errorf("a call that ended otherwise than expected is exit code 3, got %v", demoVerdict(report))
	}
	if err := demoVerdict(&demo.Report{}); err != nil {
		t.Errorf("nothing differs: got %v", err)
	}
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	report.Guide(&out, true)
	text := out.String()
	for _, want := range []string{"T1 is 100 ms", "DIFFERS: got USER_BUSY, Busy 486 callee", "9005", "calls --data"} {
		if !strings.Contains(text, want) {
			t.Errorf("the output lacks %q:\n%s", want, text)
		}
	}
	if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, "T1") {
		t.Errorf("the first line must say that T1 is another: %q", first)
	}
}

func TestDemonstrationKeepsOutOfFoldersInUse(t *testing.T) {
	dir := t.TempDir()
	if _, err := (demoCmd{Data: dir}).folder(); err != nil {
		t.Errorf("an empty folder will do: %v", err)
	}
	if _, err := (demoCmd{Data: dir + "/new"}).folder(); err != nil {
		t.Errorf("a new folder is made: %v", err)
	}
	if _, err := (demoCmd{Data: dir}).folder(); err == nil {
		t.Error("a folder with something in it must be refused")
	}
}
