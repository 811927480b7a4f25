package route

import (
	"fmt"
	"strings"
)

// Numbers is a set of numbers as it is written: a number, or the beginning of
// numbers with a * behind it (0900*; * alone is every number). "anonymous" is a
// caller who gives no number.
type Numbers []string

// Anonymous is how Numbers spell a caller without a number.
const Anonymous = "anonymous"

// Has reports whether a number is one of them; empty: no number.
func (n Numbers) Has(number string) bool {
	for _, entry := range n {
		prefix, open := strings.CutSuffix(entry, "*")
		switch {
		case open && strings.HasPrefix(number, prefix):
			return true
		case !open && entry == number && number != "":
			return true
		case entry == Anonymous && (number == "" || strings.EqualFold(number, Anonymous)):
			return true
		}
	}
	return false
}

// CheckNumbers gives what is wrong with one entry of Numbers.
func CheckNumbers(entry string) error {
	if entry == "" {
		return fmt.Errorf("nothing: want a number, or the beginning of numbers with a * behind it")
	}
	if wrong := checkNumber(entry); wrong != "" {
		return fmt.Errorf("%q: %s", entry, wrong)
	}
	return nil
}

// A Barring forbids calls between extensions and numbers.
type Barring struct {
	Numbers Numbers  // of the other side: dialled, or calling; empty: every number
	Except  Numbers  // of these, the ones that are allowed
	Users   []string // the extensions that it is about
	Groups  []string // and the members of these groups
	// Trunks are those that the call comes in by. In a barring of outgoing calls they
	// are callers beside Users and Groups, and none of the three is every caller. In
	// a barring of incoming calls none is any call.
	Trunks []string
	// Outside names a timetable: the barring holds only while that is closed. Empty: always.
	Outside string
}

// barring is a Barring with its groups expanded.
type barring struct {
	Barring
	people map[string]bool // nil: every extension
	hours  *Timetable      // nil: it always holds
}

// holds tells whether the barring counts at a time.
func (b *barring) holds(at Moment) bool {
	if b.hours == nil {
		return true
	}
	open, _ := at.Open(b.Outside, b.hours)
	return !open
}

// when says in a sentence when the barring holds, if that is not always.
func (b *barring) when() string {
	if b.hours == nil {
		return ""
	}
	return " outside the hours " + b.Outside
}

func (b *barring) forbids(number string) bool {
	return (len(b.Numbers) == 0 || b.Numbers.Has(number)) && !b.Except.Has(number)
}

// calls tells whether the barring is about calls that the caller makes.
func (b *barring) calls(c Caller) bool {
	switch {
	case b.people == nil && len(b.Trunks) == 0:
		return true
	case c.Trunk != "":
		return contains(b.Trunks, c.Trunk)
	}
	return b.people[c.User]
}

// gets tells whether the barring is about calls of the caller to an extension.
func (b *barring) gets(c Caller, user string) bool {
	return (b.people == nil || b.people[user]) && (len(b.Trunks) == 0 || c.Trunk != "" && contains(b.Trunks, c.Trunk))
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// members are the extensions of a list of users and groups, groups of groups
// expanded; nil where both lists are empty.
func members(users, groups []string, all map[string]Group) map[string]bool {
	if len(users)+len(groups) == 0 {
		return nil
	}
	out := make(map[string]bool)
	seen := make(map[string]bool)
	var add func(name string)
	add = func(name string) {
		g, isGroup := all[name]
		switch {
		case !isGroup:
			out[name] = true
		case !seen[name]:
			seen[name] = true
			for _, m := range g.Members {
				add(m)
			}
		}
	}
	for _, name := range users {
		out[name] = true
	}
	for _, name := range groups {
		if _, known := all[name]; known {
			add(name)
		}
	}
	return out
}
