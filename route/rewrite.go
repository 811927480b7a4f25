package route

import (
	"fmt"
	"unicode/utf8"
)

// A Rewrite is one rule of what becomes of a number where it crosses a trunk.
type Rewrite struct {
	Match  string // pattern over the whole number, see ParsePattern; empty: every number
	Strip  int    // characters taken off its front
	Prefix string // then put before it
	Number string // instead of both: the new number, with the groups of Match as $1
}

// Rewrites are such rules, made ready. The first that matches is applied; a
// number that none matches stays as it is. The zero value changes nothing.
type Rewrites struct{ rules []rewrite }

type rewrite struct {
	Rewrite
	pattern Pattern
	all     bool // it matches every number
	number  template
}

// NewRewrites makes rules ready. Its error is a *Problem whose path is such as [2].match.
func NewRewrites(list []Rewrite) (Rewrites, error) {
	var out Rewrites
	for i, r := range list {
		w := rewrite{Rewrite: r, all: r.Match == ""}
		problem := func(key string, err error) (Rewrites, error) {
			return Rewrites{}, &Problem{Path: fmt.Sprintf("[%d].%s", i, key), Err: err}
		}
		if !w.all {
			var err error
			if w.pattern, err = ParsePattern(r.Match); err != nil {
				return problem("match", err)
			}
		}
		if r.Strip < 0 {
			return problem("strip", fmt.Errorf("%d is below zero", r.Strip))
		}
		if r.Number != "" {
			if r.Strip != 0 || r.Prefix != "" {
				return problem("number", fmt.Errorf("%q beside strip or prefix: want one way of rewriting", r.Number))
			}
			var err error
			if w.number, err = parseTemplate(r.Number, w.pattern.Groups()); err != nil {
				return problem("number", err)
			}
		}
		out.rules = append(out.rules, w)
	}
	return out, nil
}

// Apply gives what becomes of a number, of its characters, not bytes.
func (r Rewrites) Apply(number string) string {
	for i := range r.rules {
		w := &r.rules[i]
		var m []int
		if w.all {
			m = []int{0, len(number)}
		} else if m = w.pattern.match(number); m == nil {
			continue
		}
		if w.Number != "" {
			return w.number.expand(number, m)
		}
		for range w.Strip {
			_, n := utf8.DecodeRuneInString(number)
			number = number[n:]
		}
		return w.Prefix + number
	}
	return number
}
