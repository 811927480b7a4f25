package store

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"onhook/outcome"
)

// childEnv makes the test's binary a server that works in this folder until it
// is killed.
const childEnv = "ONHOOK_STORE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := child(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func killOptions() Options {
	return Options{SegmentSize: 64 << 10, PerCall: 1 << 10, Index: 5 * time.Millisecond, Commit: time.Millisecond}
}

// child begins and finishes calls, some of them never, and says so line by line.
func child(dir string) error {
	s, rec, err := Open(dir, killOptions())
	if err != nil {
		return err
	}
	say := func(what, id string) { fmt.Fprintf(os.Stdout, "%s %s\n", what, id) }
	waiting := make(chan struct{}, 64) // so many records are on their way at once
	finish := func(r outcome.Record) error {
		waiting <- struct{}{}
		for {
			err := s.Finish(r, testEvents(1), func(err error) {
				<-waiting
				if err != nil {
					say("error "+err.Error(), r.ID)
					return
				}
				say("finished", r.ID)
			})
			if err != ErrBusy {
				return err
			}
		}
	}
	for _, c := range rec.Open {
		if err := finish(outcome.Record{ID: c.ID, StartedAt: c.StartedAt, EndedAt: c.Alive, Detail: "recovered"}); err != nil {
			return err
		}
	}
	var base int
	fmt.Sscan(os.Getenv("ONHOOK_STORE_BASE"), &base)
	for i := base; ; i++ {
		if err := s.Begin(testStart(i)); err != nil {
			if err == ErrBusy { // the disk is slower than this loop
				i--
				continue
			}
			return err
		}
		say("begun", testID(i))
		if i%10 == 9 {
			continue // stays up
		}
		if err := finish(testRecord(i)); err != nil {
			return err
		}
	}
}

// TestKilledServerLosesNothingItReported kills a server again and again.
func TestKilledServerLosesNothingItReported(t *testing.T) {
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(7, 11))
	begun, finished := map[string]bool{}, map[string]bool{}
	for round := range 8 {
		runAndKill(t, dir, round*1_000_000, 1+rnd.IntN(800), begun, finished)
		s, rec, err := Open(dir, killOptions())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range rec.Notes {
			t.Logf("round %d: %s", round, n)
		}
		open := map[string]bool{}
		for _, c := range rec.Open {
			if open[c.ID] {
				t.Errorf("round %d: %s is open twice", round, c.ID)
			}
			open[c.ID] = true
		}
		stored := listAll(t, s)
		for id := range finished {
			if stored[id] != 1 {
				t.Errorf("round %d: %s was reported durable and is there %d times", round, id, stored[id])
			}
		}
		for id := range begun {
			if stored[id] == 0 && !open[id] {
				t.Errorf("round %d: %s had begun and is lost", round, id)
			}
		}
		for id, n := range stored {
			if n != 1 || open[id] {
				t.Errorf("round %d: %s is stored %d times, open %v", round, id, n, open[id])
			}
			if _, err := s.Evidence(id); err != nil {
				t.Errorf("round %d: evidence of %s: %v", round, id, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	if len(begun) < 500 || len(finished) < 300 {
		t.Errorf("only %d begun and %d finished: the kills came too early to show anything", len(begun), len(finished))
	}
}

// runAndKill starts a server and kills it after it has said so many lines.
func runAndKill(t *testing.T, dir string, base, lines int, begun, finished map[string]bool) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir, fmt.Sprint("ONHOOK_STORE_BASE=", base))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); n++ {
		if n == lines {
			cmd.Process.Kill() // what it said until it died is read all the same
		}
		var what, id string
		if k, _ := fmt.Sscan(in.Text(), &what, &id); k != 2 {
			continue // cut off in mid-line
		}
		switch {
		case what == "error":
			t.Fatal(in.Text())
		case len(id) < len(testID(0)):
		case what == "begun":
			begun[id] = true
		case what == "finished":
			finished[id] = true
		}
	}
	cmd.Wait()
}

// listAll counts each call in the pages of the whole list.
func listAll(t *testing.T, c Calls) map[string]int {
	t.Helper()
	n := map[string]int{}
	for after := (Cursor{}); ; {
		p, err := c.List(Filter{}, after, MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			n[r.ID]++
		}
		if !p.More {
			return n
		}
		after = p.Next
	}
}
