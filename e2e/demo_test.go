package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"onhook/outcome"
)

var (
	demoServer   = regexp.MustCompile(`^  server +(\S+) \(UDP\)`)
	demoPassword = regexp.MustCompile(`^  user +1000, password (\S+)`)
)

// TestDemoExtensionsByHand dials 9001 to 9008 of a demonstration that stays, as its last lines say.
func TestDemoExtensionsByHand(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	demo := exec.Command(binary, "demo", "--stay", "--data", dir)
	out, err := demo.StdoutPipe()
	if err == nil {
		err = demo.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	server, password, text := "", "", ""
	defer func() {
		_ = demo.Process.Signal(syscall.SIGTERM)
		if err := demo.Wait(); err != nil {
			t.Errorf("the demonstration: %v\n%s", err, text)
		}
	}()
	for lines := bufio.NewScanner(out); password == "" && lines.Scan(); {
		text += lines.Text() + "\n"
		if m := demoServer.FindStringSubmatch(lines.Text()); m != nil {
			server = m[1]
		}
		if m := demoPassword.FindStringSubmatch(lines.Text()); m != nil {
			password = m[1]
		}
	}
	if server == "" || password == "" {
		t.Fatalf("no server or password in:\n%s", text)
	}
	begun := time.Now()
	want := map[string]string{
		"9001": "Call Ended", "9002": "Declined", "9003": "Busy", "9004": "Not Answered", "9005": "Cancelled", "9006": "Unreachable",
		"9007": "Call Failed", "9008": "Abandoned",
	}
	var wg sync.WaitGroup
	for number := range want {
		words := []string{"phone", "--user", "1000", "--password", password, "--domain", "demo.example", "--server", server, "--t1", "100ms", "call", number}
		switch number {
		case "9001", "9008":
			words = append(words, "--hangup", "500ms")
		case "9005":
			words = append(words, "--ring", "1s")
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			_ = exec.Command(binary, words...).Run() // a refusal is exit code 1: the record is what counts
		}()
	}
	wg.Wait()
	var found []outcome.Record
	eventually(t, time.Minute, func() bool {
		found = demoRecords(t, dir, begun)
		return len(found) >= len(want)
	}, func() string { return fmt.Sprintf("want %d records, got %+v", len(want), found) })
	for _, r := range found {
		if w := want[r.To.Number]; r.Status != w {
			t.Errorf("%s: got %s, want %s", r.To.Number, r.Status, w)
		}
		delete(want, r.To.Number)
	}
	if len(want) > 0 {
		t.Errorf("no records of %v", want)
	}
}

// demoRecords are the records of calls to a demonstration's main server that began after a time.
func demoRecords(t *testing.T, dir string, after time.Time) (recs []outcome.Record) {
	t.Helper()
	out, err := exec.Command(binary, "calls", "--data", filepath.Join(dir, "main"), "--json", "--limit", "200").Output()
	if err != nil {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var r outcome.Record
		if err := dec.Decode(&r); err != nil {
			t.Fatalf("calls --json: %v", err)
		}
		if r.StartedAt.After(after) {
			recs = append(recs, r)
		}
	}
	return recs
}
