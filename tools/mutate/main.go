// Mutate puts deliberate faults into the program, one line at a time, and says
// which of them the tests of the package, and of others that the list names
// beside the file, do not notice.
//
//	go -C tools run ./mutate [-run TEXT] [-timeout 1m]
//
// The faults are in faults.txt: a file, a line of it, and what to put there.
// No file is changed: go test is given the other text as an overlay. Each package is
// tested without a fault before its first, and has to pass; a test that fails with a fault is
// asked again, and has to fail again. At the end it says how many
// faults there were by package, how many were caught, and which were not. It ends
// with 1 if a fault survives, or if the list does not fit the program.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	only := flag.String("run", "", "only faults whose file or line has this text")
	extra := flag.Duration("timeout", time.Minute, "of the tests of a package with a fault, beyond three times what they take without")
	root := flag.String("root", "..", "the module that is tested")
	list := flag.String("list", "mutate/faults.txt", "the list of faults")
	flag.Parse()
	if err := run(os.Stdout, *root, *list, *only, *extra); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer, root, list, only string, extra time.Duration) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	faults, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	s, err := newSuite(root, extra)
	if err != nil {
		return err
	}
	var t tally
	begun := time.Now()
	for _, f := range faults {
		if !strings.Contains(f.String(), only) {
			continue
		}
		at := time.Now()
		r, by, err := s.try(f)
		if err != nil {
			return err
		}
		t.add(f, r)
		fmt.Fprintf(out, "%-10s %5.1f s  %s\n", r, time.Since(at).Seconds(), f)
		if by != "" {
			fmt.Fprintf(out, "%-10s          by %s\n", "", by)
		}
	}
	t.print(out, time.Since(begun))
	if n := len(t.missed); n > 0 {
		return fmt.Errorf("%d faults were not caught", n)
	}
	return nil
}

// A tally counts what became of the faults.
type tally struct {
	packages []string // in the order of the list
	all, got map[string]int
	late     int      // of the caught: by the time limit alone
	missed   []string // each that was not caught, with what became of it
}

func (t *tally) add(f fault, r result) {
	if t.all == nil {
		t.all, t.got = map[string]int{}, map[string]int{}
	}
	pkg := filepath.Dir(f.file)
	if t.all[pkg] == 0 {
		t.packages = append(t.packages, pkg)
	}
	t.all[pkg]++
	switch r {
	case hung:
		t.late++
		t.got[pkg]++
	case caught:
		t.got[pkg]++
	default:
		t.missed = append(t.missed, fmt.Sprintf("%-10s %s", r, f))
	}
}

func (t *tally) print(out io.Writer, took time.Duration) {
	all, got := 0, 0
	fmt.Fprintln(out)
	for _, p := range t.packages {
		fmt.Fprintf(out, "%-10s %3d faults, %3d caught\n", p, t.all[p], t.got[p])
		all, got = all+t.all[p], got+t.got[p]
	}
	for _, m := range t.missed {
		fmt.Fprintln(out, m)
	}
	fmt.Fprintf(out, "%d faults, %d caught (%d of them by the time limit alone), %d not, in %s\n",
		all, got, t.late, len(t.missed), took.Round(time.Second))
}
