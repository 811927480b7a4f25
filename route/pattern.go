package route

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Limits of a pattern. A pattern runs once a call for each rule, so that a rule
// of thousands of states would slow every call.
const (
	MaxPatternLength = 512  // bytes as written
	MaxPatternStates = 2000 // instructions of the compiled program
)

// A Pattern is a regular expression (RE2) that must match the whole number.
type Pattern struct {
	source  string
	literal string // the number itself, where the pattern can match no other
	plain   bool
	re      *regexp.Regexp
}

// ParsePattern compiles a pattern. It is anchored at both ends whether or not it
// says so: 500 matches 500 and not 5001.
func ParsePattern(s string) (Pattern, error) {
	if s == "" {
		return Pattern{}, fmt.Errorf("an empty pattern: want a regular expression over the whole number, such as ^9(\\d+)$")
	}
	if len(s) > MaxPatternLength {
		return Pattern{}, fmt.Errorf("a pattern of %d bytes: want at most %d", len(s), MaxPatternLength)
	}
	// The bare pattern is parsed first: "a)(b" would pass inside the brackets below.
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return Pattern{}, fmt.Errorf("not a regular expression: %w", err)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return Pattern{}, fmt.Errorf("not a regular expression: %w", err)
	}
	if len(prog.Inst) > MaxPatternStates {
		return Pattern{}, fmt.Errorf("a pattern of %d states: want at most %d (counted repetitions multiply)", len(prog.Inst), MaxPatternStates)
	}
	re, err := regexp.Compile("^(?:" + s + ")$")
	if err != nil {
		return Pattern{}, fmt.Errorf("not a regular expression: %w", err)
	}
	p := Pattern{source: s, re: re}
	if bare, err := regexp.Compile(s); err == nil {
		p.literal, p.plain = bare.LiteralPrefix()
	}
	return p, nil
}

// String gives the pattern as written.
func (p Pattern) String() string { return p.source }

// Groups is the number of groups in brackets.
func (p Pattern) Groups() int {
	if p.re == nil {
		return 0
	}
	return p.re.NumSubexp()
}

// Match reports whether the whole number matches.
func (p Pattern) Match(number string) bool { return p.match(number) != nil }

// match gives the positions of the groups, nil where the number does not match.
func (p Pattern) match(number string) []int {
	if p.plain {
		if number == p.literal {
			return []int{0, len(number)}
		}
		return nil
	}
	if p.re == nil {
		return nil
	}
	return p.re.FindStringSubmatchIndex(number)
}
