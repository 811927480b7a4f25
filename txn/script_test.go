package txn

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden scripts and the diagrams")

// stepper is what the four machines have in common for the tests.
type stepper interface {
	Step(out []Action, now time.Time, in Input) []Action
	Deadline() time.Time
	State() State
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var kinds = map[string]func(now time.Time, tm Timers, reliable bool) stepper{
	"invite_client": func(now time.Time, tm Timers, r bool) stepper { m := NewInviteClient(now, tm, r); return &m },
	"invite_server": func(now time.Time, tm Timers, r bool) stepper { m := NewInviteServer(now, tm, r); return &m },
	"client":        func(now time.Time, tm Timers, r bool) stepper { m := NewClient(now, tm, r); return &m },
	"server":        func(now time.Time, tm Timers, r bool) stepper { m := NewServer(now, tm, r); return &m },
}

// An edge is one arrow of a state diagram: what happened in which state, what was done, and where it led.
type edge struct {
	from  State
	cause string
	do    string
	to    State
}

// parseInput reads an input of a script: "response 180", "request", "ack", "respond 486", "transport error".
func parseInput(t *testing.T, line string) Input {
	word, rest, _ := strings.Cut(line, " ")
	status, _ := strconv.Atoi(rest)
	switch word {
	case "response":
		return Input{Kind: InResponse, Status: status}
	case "respond":
		return Input{Kind: InRespond, Status: status}
	case "request":
		return Input{Kind: InRequest}
	case "ack":
		return Input{Kind: InAck}
	case "transport":
		return Input{Kind: InTransport}
	}
	t.Fatalf("script line %q: no such input", line)
	return Input{}
}

// class names an input or a timer as a diagram does: statuses by their class.
func class(in Input) string {
	status := "1xx"
	if in.Status >= 300 {
		status = "300-699"
	} else if in.Status >= 200 {
		status = "2xx"
	}
	switch in.Kind {
	case InResponse:
		return status
	case InRespond:
		return status + " from user"
	case InRequest:
		return "request"
	case InAck:
		return "ACK"
	}
	return "transport error"
}

// describe prints actions as scripts and diagrams do, without the timers' names and the end.
func describe(acts []Action) string {
	var s []string
	for _, a := range acts {
		if a.Kind != ActTimer && a.Kind != ActTerminated {
			s = append(s, a.Kind.String())
		}
	}
	return strings.Join(s, ", ")
}

// A run drives one machine by a script.
type run struct {
	out   bytes.Buffer
	m     stepper
	now   time.Time
	edges map[edge]bool
}

func (r *run) at() string { return fmt.Sprintf("%.3fs", r.now.Sub(start).Seconds()) }

func (r *run) step(in Input) {
	before := r.m.State()
	acts := r.m.Step(nil, r.now, in)
	cause := class(in)
	for _, a := range acts {
		if a.Kind == ActTimer && in.Kind == InTick {
			cause = "timer " + a.Timer
		}
		fmt.Fprintf(&r.out, "    %s  %s", r.at(), a.Kind)
		if a.Timer != "" {
			fmt.Fprintf(&r.out, " %s", a.Timer)
		}
		fmt.Fprintln(&r.out)
	}
	if s := r.m.State(); s != before {
		fmt.Fprintf(&r.out, "    %s  %s -> %s\n", r.at(), before, s)
	}
	r.edges[edge{before, cause, describe(acts), r.m.State()}] = true
}

// wait lets time pass, stopping at each deadline.
func (r *run) wait(t *testing.T, d time.Duration) {
	end := r.now.Add(d)
	for {
		dl := r.m.Deadline()
		if dl.IsZero() || dl.After(end) {
			break
		}
		if dl.Before(r.now) {
			t.Fatalf("deadline %v is before the last step at %v", dl, r.now)
		}
		r.now = dl
		r.step(Input{})
	}
	r.now = end
}

func (r *run) line(t *testing.T, kind, line string) {
	fmt.Fprintln(&r.out, line)
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
	case word == "new":
		r.now = start
		r.m = kinds[kind](start, RFC(), rest == "reliable")
		fmt.Fprintf(&r.out, "    %s  %s\n", r.at(), r.m.State())
	case word == "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			t.Fatal(err)
		}
		r.wait(t, d)
	default:
		r.step(parseInput(t, line))
	}
}

// runScript runs the input lines of a golden file and returns the file as it should be.
func runScript(t *testing.T, kind, text string, edges map[edge]bool) string {
	r := &run{edges: edges}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if !strings.HasPrefix(line, "    ") {
			r.line(t, kind, line)
		}
	}
	return r.out.String()
}

func TestScripts(t *testing.T) {
	for kind := range kinds {
		files, err := filepath.Glob(filepath.Join("testdata", kind, "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no scripts for %s: %v", kind, err)
		}
		for _, f := range files {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
				want, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				got := runScript(t, kind, string(want), map[edge]bool{})
				if *update {
					if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				} else if got != string(want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// TestEveryArrowHasAScript holds the scripts against the arrows that the machines really have.
func TestEveryArrowHasAScript(t *testing.T) {
	for kind := range kinds {
		covered := map[edge]bool{}
		files, _ := filepath.Glob(filepath.Join("testdata", kind, "*.txt"))
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, kind, string(text), covered)
		}
		for _, e := range slices.Sorted(arrowLines(kind)) {
			if !slices.Contains(slices.Collect(lines(covered)), e) {
				t.Errorf("%s: no script takes %s", kind, e)
			}
		}
	}
}
