// Mutate puts deliberate faults into the program, one line at a time, and says
// which of them the tests of the package, and of others that the list names
// beside the file, do not notice.
//
//	go -C tools run ./mutate [-run TEXT] [-timeout 2m]
//
// The faults are in faults.txt: a file, a line of it, and what to put there.
// No file is changed: go test is given the other text as an overlay. It ends
// with 1 if a fault survives, or if the list does not fit the program.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	only := flag.String("run", "", "only faults whose file or line has this text")
	limit := flag.Duration("timeout", 2*time.Minute, "of the tests of one fault")
	root := flag.String("root", "..", "the module that is tested")
	list := flag.String("list", "mutate/faults.txt", "the list of faults")
	flag.Parse()
	if err := run(os.Stdout, *root, *list, *only, *limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer, root, list, only string, limit time.Duration) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	faults, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	done, bad := 0, 0
	for _, f := range faults {
		if !strings.Contains(f.String(), only) {
			continue
		}
		done++
		begun := time.Now()
		r, err := f.try(root, limit)
		if err != nil {
			return err
		}
		if r != caught {
			bad++
		}
		fmt.Fprintf(out, "%-12s %5.1f s  %s\n", r, time.Since(begun).Seconds(), f)
	}
	fmt.Fprintf(out, "%d faults, %d caught\n", done, done-bad)
	if bad > 0 {
		return fmt.Errorf("%d faults were not caught", bad)
	}
	return nil
}

// A fault is one line of a file and what to put there; both without their indentation.
type fault struct {
	file, line, instead string
	also                []string // packages beside that of the file
	at                  int      // line of the list
}

func (f fault) String() string {
	return fmt.Sprintf("%s: %s  ->  %s", f.file, f.line, f.instead)
}

// parse reads a list: the file on a line of its own, with the packages whose tests
// may notice as well, then any number of pairs of "- line" and "+ line". Empty lines and those that begin with # say nothing.
func parse(text string) ([]fault, error) {
	var faults []fault
	file, line, n := "", "", 0
	var also []string
	for l := range strings.Lines(text) {
		n++
		l = strings.TrimSpace(l)
		mark, rest, _ := strings.Cut(l, " ")
		switch {
		case l == "" || strings.HasPrefix(l, "#"):
		case mark == "-" && line == "" && file != "":
			line = strings.TrimSpace(rest)
		case mark == "+" && line != "":
			faults = append(faults, fault{file, line, strings.TrimSpace(rest), also, n})
			line = ""
		case strings.HasSuffix(mark, ".go") && line == "":
			file, also = mark, strings.Fields(rest)
		default:
			return nil, fmt.Errorf("line %d: want a file, then \"- line\" and \"+ line\", got %q", n, l)
		}
	}
	if line != "" {
		return nil, fmt.Errorf("line %d: %q has no line to put in its place", n, line)
	}
	return faults, nil
}

// apply returns the file's text with the fault in it.
func (f fault) apply(text string) (string, error) {
	var b strings.Builder
	found := 0
	for l := range strings.Lines(text) {
		if strings.TrimSpace(l) == f.line {
			found++
			l = strings.Replace(l, f.line, f.instead, 1)
		}
		b.WriteString(l)
	}
	if found != 1 {
		return "", fmt.Errorf("%s: %q is there %d times, want once (line %d of the list)", f.file, f.line, found, f.at)
	}
	return b.String(), nil
}

// A result is what the tests made of a fault.
type result string

const (
	caught   result = "caught"
	survived result = "SURVIVED"
	noFault  result = "NO PROGRAM" // it does not compile, so it shows nothing
)

// try runs the tests with the fault in it, those of its own package first.
func (f fault) try(root string, limit time.Duration) (result, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, filepath.FromSlash(f.file))
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	changed, err := f.apply(string(text))
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	other := filepath.Join(dir, "changed.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: other}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(other, []byte(changed), 0o600); err != nil {
		return "", err
	}
	over := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(over, overlay, 0o600); err != nil {
		return "", err
	}
	r := survived
	for _, pkg := range append([]string{filepath.Dir(f.file)}, f.also...) {
		if r = test(root, pkg, over, limit); r != survived {
			break
		}
	}
	return r, nil
}

// test runs the tests of one package with an overlay.
func test(root, pkg, over string, limit time.Duration) result {
	// A fault that makes a loop endless is caught by the time limit.
	ctx, cancel := context.WithTimeout(context.Background(), limit+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-failfast", "-timeout", limit.String(), "-overlay", over, "./"+pkg)
	cmd.Dir = root
	said, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return survived
	case strings.Contains(string(said), "[build failed]") || strings.Contains(string(said), "[setup failed]"):
		return noFault
	}
	return caught
}
