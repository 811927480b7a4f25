package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A result is what the tests made of a fault.
type result string

const (
	caught   result = "caught"
	hung     result = "TIME" // no test failed, but they did not end in their time either
	survived result = "SURVIVED"
	unsteady result = "UNSTEADY"   // a test failed, and passed when it was asked again: it may be that it fails without a fault too
	noFault  result = "NO PROGRAM" // it does not compile, so it shows nothing
)

// The suite is the tests of a module, run package by package.
type suite struct {
	root  string
	extra time.Duration            // beyond what a package takes without a fault
	clean map[string]time.Duration // what packages took without a fault
}

func newSuite(root string, extra time.Duration) (*suite, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	return &suite{root, extra, map[string]time.Duration{}}, nil
}

// try runs the tests with a fault in the program, those of its own package first. It says who noticed.
func (s *suite) try(f fault) (result, string, error) {
	path := filepath.Join(s.root, filepath.FromSlash(f.file))
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	changed, err := f.apply(string(text))
	if err != nil {
		return "", "", err
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	other := filepath.Join(dir, "changed.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: other}})
	if err != nil {
		return "", "", err
	}
	if err := os.WriteFile(other, []byte(changed), 0o600); err != nil {
		return "", "", err
	}
	over := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(over, overlay, 0o600); err != nil {
		return "", "", err
	}
	for _, pkg := range append([]string{filepath.Dir(f.file)}, f.also...) {
		limit, err := s.limit(pkg)
		if err != nil {
			return "", "", err
		}
		if r, by := s.twice(pkg, limit, over); r != survived {
			return r, by, nil
		}
	}
	return survived, "", nil
}

// tries is how often the tests of a package are run before nobody is said to have noticed for certain.
const tries = 3

// twice runs the tests of a package with a fault. The one that has failed has to fail
// again: what fails now and then has noticed nothing.
func (s *suite) twice(pkg string, limit time.Duration, over string) (r result, by string) {
	for range tries {
		if r, by = s.test(pkg, limit, "-overlay", over); r != caught || !strings.HasPrefix(by, "Test") {
			return r, by
		}
		name, _, _ := strings.Cut(by, "/")
		if again, _ := s.test(pkg, limit, "-overlay", over, "-count=1", "-run", "^"+name+"$"); again != survived {
			return caught, by
		}
	}
	return unsteady, by
}

// limit is how long the tests of a package may take with a fault in it. What fails
// without a fault catches nothing, and what is slow by itself does not hang.
func (s *suite) limit(pkg string) (time.Duration, error) {
	took, known := s.clean[pkg]
	if !known {
		begun := time.Now()
		if r, by := s.test(pkg, 30*time.Minute, "-count=1"); r != survived {
			return 0, fmt.Errorf("the tests of %s fail without a fault: %s: %s", pkg, r, by)
		}
		took = time.Since(begun)
		s.clean[pkg] = took
	}
	return 3*took + s.extra, nil
}

// test runs the tests of one package.
func (s *suite) test(pkg string, limit time.Duration, flags ...string) (result, string) {
	// A test binary that does not keep to its own limit is killed a minute later.
	ctx, cancel := context.WithTimeout(context.Background(), limit+time.Minute)
	defer cancel()
	args := append([]string{"test", "-vet=off", "-failfast", "-timeout", limit.String()}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = s.root
	cmd.WaitDelay = 10 * time.Second
	said, err := cmd.CombinedOutput()
	if err == nil {
		return survived, ""
	}
	return verdict(string(said), ctx.Err() != nil)
}

// verdict reads what a go test that failed has said: what it means, and the test or the panic that noticed.
func verdict(said string, killed bool) (result, string) {
	if strings.Contains(said, "[build failed]") || strings.Contains(said, "[setup failed]") {
		first, _, _ := strings.Cut(strings.TrimSpace(said), "[")
		return noFault, strings.Join(strings.Fields(first), " ")
	}
	late := killed
	by, running := "", ""
	for l := range strings.Lines(said) {
		l = strings.TrimSpace(l)
		if late && running == "" && strings.HasPrefix(l, "Test") {
			running = l
		}
		if name, ok := strings.CutPrefix(l, "--- FAIL: "); ok && by == "" {
			by, _, _ = strings.Cut(name, " ")
		}
		if strings.HasPrefix(l, "panic: test timed out after ") {
			late = true
		} else if strings.HasPrefix(l, "panic: ") && by == "" {
			by = l
		}
	}
	switch {
	case late && by == "":
		return hung, running
	case by == "":
		lines := strings.Split(strings.TrimSpace(said), "\n")
		return caught, strings.TrimSpace(lines[0])
	}
	return caught, by
}
