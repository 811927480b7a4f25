package route

import "fmt"

// A ClosedGroup is a closed user group: its members call each other.
type ClosedGroup struct {
	Name     string
	Users    []string
	Groups   []string // whose members are members
	Outgoing bool     // they may call others too
	Incoming bool     // others may call them too
}

// A Feature is a number that stands for a feature, and who has it.
type Feature struct {
	Numbers Numbers
	Users   []string
	Groups  []string
}

// PolicyOptions are what Policies are made of.
type PolicyOptions struct {
	Outgoing []Barring // calls that may not be made
	Incoming []Barring // calls that extensions may not get
	Closed   []ClosedGroup
	Features []Feature
	Shortest int      // characters of a dialled number; 0: 1
	Longest  int      // 0: MaxNumberLength
	Patterns []string // one must match a dialled number, see ParsePattern; none: any will do
	Names    []string // of users and groups: they are always well formed
	Groups   []Group  // for the members of those named above
	Hours    map[string]*Timetable
}

// Policies say who may call whom. They are not changed after NewPolicies and
// may be read from anywhere; a nil *Policies allows everything.
type Policies struct {
	outgoing []barring
	incoming []barring
	closed   []closedGroup
	features []feature
	shortest int
	longest  int
	patterns []Pattern
	names    map[string]bool
}

type closedGroup struct {
	ClosedGroup
	people map[string]bool
}

type feature struct {
	Feature
	people map[string]bool
}

// NewPolicies checks and compiles policies. The error is that of the first
// pattern that is none; the lists of numbers are CheckNumbers' matter.
func NewPolicies(o PolicyOptions) (*Policies, error) {
	p := &Policies{shortest: max(o.Shortest, 1), longest: o.Longest, names: set(o.Names)}
	if p.longest == 0 {
		p.longest = MaxNumberLength
	}
	groups := make(map[string]Group, len(o.Groups))
	for _, g := range o.Groups {
		groups[g.Name] = g
	}
	for _, b := range o.Outgoing {
		p.outgoing = append(p.outgoing, barring{b, members(b.Users, b.Groups, groups), o.Hours[b.Outside]})
	}
	for _, b := range o.Incoming {
		p.incoming = append(p.incoming, barring{b, members(b.Users, b.Groups, groups), o.Hours[b.Outside]})
	}
	for _, c := range o.Closed {
		p.closed = append(p.closed, closedGroup{c, members(c.Users, c.Groups, groups)})
	}
	for _, f := range o.Features {
		p.features = append(p.features, feature{f, members(f.Users, f.Groups, groups)})
	}
	for _, text := range o.Patterns {
		pattern, err := ParsePattern(text)
		if err != nil {
			return nil, err
		}
		p.patterns = append(p.patterns, pattern)
	}
	return p, nil
}

// Outgoing says why a caller may not dial a number; the zero Refusal: it may.
func (p *Policies) Outgoing(at Moment, c Caller, number string) Refusal {
	if p == nil {
		return Refusal{}
	}
	for i := range p.outgoing {
		if b := &p.outgoing[i]; b.forbids(number) && b.calls(c) && b.holds(at) {
			return Refusal{OutgoingCallBarred, fmt.Sprintf("policies.outgoing[%d] bars %s from calling %s%s", i, c, number, b.when())}
		}
	}
	return Refusal{}
}

// Feature says that a number is a feature that the caller does not have. Who
// calls by a trunk has none.
func (p *Policies) Feature(c Caller, number string) Refusal {
	if p == nil {
		return Refusal{}
	}
	is := false
	for i := range p.features {
		f := &p.features[i]
		if !f.Numbers.Has(number) {
			continue
		}
		if c.User != "" && f.people[c.User] {
			return Refusal{}
		}
		is = true
	}
	if is {
		return Refusal{FacilityNotSubscribed, fmt.Sprintf("%s does not have the feature %s", c, number)}
	}
	return Refusal{}
}

// Number says why a dialled number is not well formed.
func (p *Policies) Number(number string) Refusal {
	if p == nil || p.names[number] {
		return Refusal{}
	}
	switch n := len(number); {
	case n < p.shortest:
		return Refusal{InvalidNumberFormat, fmt.Sprintf("the number %s is shorter than %d", number, p.shortest)}
	case n > p.longest:
		return Refusal{InvalidNumberFormat, fmt.Sprintf("the number is longer than %d", p.longest)}
	case len(p.patterns) == 0:
		return Refusal{}
	}
	for i := range p.patterns {
		if p.patterns[i].Match(number) {
			return Refusal{}
		}
	}
	return Refusal{InvalidNumberFormat, "the number " + number + " has none of the forms of policies.numbers.patterns"}
}

// Incoming says why an extension may not get a caller's call; from is the
// caller's number, empty if it gives none.
func (p *Policies) Incoming(at Moment, c Caller, from, user string) Refusal {
	if p == nil {
		return Refusal{}
	}
	for i := range p.incoming {
		if b := &p.incoming[i]; b.forbids(from) && b.gets(c, user) && b.holds(at) {
			return Refusal{IncomingCallBarred, fmt.Sprintf("policies.incoming[%d] bars calls of %s to %s%s", i, c, user, b.when())}
		}
	}
	return Refusal{}
}

// Closed says why a target is outside of the caller's closed user groups
// (OutgoingCallBarred), or the caller outside of the target's
// (IncomingCallBarred). The system's own services are in all of them.
func (p *Policies) Closed(c Caller, t Target) Refusal {
	if p == nil || len(p.closed) == 0 || t.Kind == ToEcho {
		return Refusal{}
	}
	var from, to *closedGroup // a group that lets nobody out, or in
	for i := range p.closed {
		g := &p.closed[i]
		mine, theirs := c.User != "" && g.people[c.User], t.Kind == ToUser && g.people[t.Name]
		switch {
		case mine && theirs:
			return Refusal{}
		case mine && !g.Outgoing:
			from = g
		case theirs && !g.Incoming:
			to = g
		}
	}
	switch {
	case from != nil:
		return Refusal{OutgoingCallBarred, fmt.Sprintf("%s calls only within the closed group %s", c, from.Name)}
	case to != nil:
		return Refusal{IncomingCallBarred, fmt.Sprintf("%s is called only within the closed group %s", t.Name, to.Name)}
	}
	return Refusal{}
}

// Within says that a caller who calls only within a closed user group has
// dialled a number that leads to nobody of it, since it leads nowhere.
func (p *Policies) Within(c Caller) Refusal {
	return p.Closed(c, Target{Kind: ToSIP})
}

// String names the caller in a sentence.
func (c Caller) String() string {
	switch {
	case c.User != "":
		return "extension " + c.User
	case c.Trunk != "":
		return "trunk " + c.Trunk
	}
	return "the system"
}
