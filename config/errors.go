package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errLater is wrapped where something is known but not part of this version.
var errLater = errors.New("not supported by this version")

// An Error is one thing that is wrong with a configuration.
type Error struct {
	File    string // as given to Load or Parse
	Path    string // such as trunks[0].address; empty: the file as a whole
	Line    int    // from 1; 0: none
	Column  int    // from 1, in characters
	Got     string // what stands there; never a secret
	Want    string // what would be right; may be empty
	Why     string // more about what is wrong; may be empty
	Nearest string // the valid word most like what stands there; may be empty
}

// Error gives one line: file:line:column: path: got ..., want ... (why) (did you mean ...?).
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	if e.Path != "" {
		b.WriteString(": " + e.Path)
	}
	b.WriteString(": got " + e.Got)
	if e.Want != "" {
		b.WriteString(", want " + e.Want)
	}
	if e.Why != "" {
		b.WriteString(" (" + e.Why + ")")
	}
	if e.Nearest != "" {
		fmt.Fprintf(&b, " (did you mean %s?)", e.Nearest)
	}
	return b.String()
}

// Errors is everything that is wrong with a configuration, in the order of the file.
type Errors []Error

// Error gives one line an error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// asError gives nil for no errors, so that it compares with nil as an error.
func (e Errors) asError() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	return e
}

// A position is a place in the file.
type position struct{ line, column int }

// positions are the places of values by their paths.
type positions map[string]position

// find gives the place of a path or of the nearest thing around it.
func (p positions) find(path string) position {
	for path != "" {
		if at, ok := p[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return p[""]
}
