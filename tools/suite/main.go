// Suite reads what "go test -json" writes and prints what a person needs of it: a
// line a package, the output of what failed, and which tests were skipped and why.
//
//	go test -json ./... | suite -skips FILE
//
// The skipped tests are added to FILE, one a line. The exit code is 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// An event is one line of go test -json (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
}

// A key names a test of a package; without a test, the package itself.
type key struct{ pkg, test string }

// A report is what was seen so far.
type report struct {
	out    io.Writer
	lines  map[key][]string
	failed map[string]int
	tests  int
	skips  []string
	fails  int
}

func main() {
	skips := flag.String("skips", "", "the `file` that skipped tests are added to")
	flag.Parse()
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
	if err := r.writeSkips(*skips); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
	fmt.Printf("%d tests, %d skipped, %d failures\n", r.tests, len(r.skips), r.fails)
	if r.fails > 0 || r.tests == 0 {
		os.Exit(1)
	}
}

func newReport(out io.Writer) *report {
	return &report{out: out, lines: make(map[key][]string), failed: make(map[string]int)}
}

// read takes all events; a line that is no event is printed as it is.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprint(r.out, line)
			} else {
				r.event(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) event(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.lines[k] = append(r.lines[k], e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			r.test(e, k)
		} else {
			r.pkg(e, k)
		}
		delete(r.lines, k)
	}
}

func (r *report) test(e event, k key) {
	r.tests++
	switch e.Action {
	case "fail":
		r.fails++
		r.failed[e.Package]++
		r.print(k)
	case "skip":
		r.skips = append(r.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, why(r.lines[k])))
	}
}

// pkg ends a package. A package without tests is told too: it might be meant to have some.
func (r *report) pkg(e event, k key) {
	switch e.Action {
	case "skip":
		fmt.Fprintf(r.out, "  --  %s (no tests)\n", e.Package)
	case "pass":
		fmt.Fprintf(r.out, "  ok  %s (%.1f s)\n", e.Package, e.Elapsed)
	default:
		fmt.Fprintf(r.out, "FAIL  %s (%.1f s)\n", e.Package, e.Elapsed)
		if r.failed[e.Package] == 0 {
			// No test failed, so it is the package's own output that says why: a
			// panic, a race outside tests, a build that failed. A test that was running then
			// never ended and holds the rest.
			r.fails++
			r.print(k)
			for _, left := range r.left(e.Package) {
				r.print(left)
			}
		}
	}
}

// left are the tests of a package that never ended, by name.
func (r *report) left(pkg string) []key {
	var keys []key
	for k := range r.lines {
		if k.pkg == pkg && k.test != "" {
			keys = append(keys, k)
		}
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].test < keys[j].test })
	return keys
}

func (r *report) print(k key) {
	for _, line := range r.lines[k] {
		fmt.Fprint(r.out, line)
	}
}

// why is the reason that a skipped test gave.
func why(lines []string) string {
	var reasons []string
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		reasons = append(reasons, line)
	}
	if len(reasons) == 0 {
		return "no reason given"
	}
	return strings.Join(reasons, " ")
}

func (r *report) writeSkips(name string) (err error) {
	if name == "" || len(r.skips) == 0 {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	sort.Strings(r.skips)
	for _, skip := range r.skips {
		if _, err := fmt.Fprintln(f, skip); err != nil {
			return err
		}
	}
	return nil
}
