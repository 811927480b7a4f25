package main

import (
	"fmt"
	"strings"
)

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
