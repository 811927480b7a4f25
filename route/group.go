package route

import "time"

// group expands a ring group: together into one step, in turn into a step a member.
// A member that is a group itself is expanded in its place.
//
// The caller's own extension is left out as long as another member is there:
// somebody of the group who calls the group wants one of the others.
func (w *walk) group(name string) ([]Step, Refusal) {
	leave, ok := w.enter("group " + name)
	if !ok {
		return nil, Refusal{ExchangeRoutingError, "group " + name + " leads back to itself"}
	}
	defer leave()
	if w.groups++; w.groups > maxGroups {
		return nil, Refusal{ExchangeRoutingError, "group " + name + " stands in too many groups of groups"}
	}
	g := w.table.groups[name]
	if !w.open(g.Hours) {
		if g.Closed.Kind == 0 {
			return nil, absent(g)
		}
		return w.destination(&rule{}, g.Closed.Kind, template{{text: g.Closed.Text, group: -1}}, "", nil)
	}
	var steps []Step
	var first Refusal
	for i, member := range g.Members {
		more, refusal := w.member(g, member)
		if refusal.Cause != "" {
			// A loop is the number plan's fault, whoever else could be rung; a
			// member that is gone is only passed over.
			if refusal.Cause == ExchangeRoutingError {
				return nil, refusal
			}
			if first.Cause == "" {
				first = refusal
			}
			continue
		}
		if g.InTurn {
			steps = append(steps, more...)
			continue
		}
		steps = together(steps, more, time.Duration(i)*g.Delay)
	}
	if !g.InTurn && len(steps) == 1 {
		steps[0].Ring = g.Ring
	}
	if others := without(steps, w.caller.User); len(others) > 0 {
		steps = others
	}
	if len(steps) > 0 {
		first = Refusal{}
	}
	return steps, first
}

func (w *walk) member(g Group, name string) ([]Step, Refusal) {
	switch {
	case w.table.users[name]:
		return []Step{{Targets: []Target{{Kind: ToUser, Name: name, Group: g.Name}}, Ring: g.Ring}}, Refusal{}
	case w.table.hasGroup(name):
		if inner := w.table.groups[name]; !w.open(inner.Hours) {
			return nil, absent(inner) // who called the outer group is for its members, if there are others
		}
		return w.group(name)
	}
	return nil, Refusal{UnallocatedNumber, "there is no extension " + name + ", a member of group " + g.Name}
}

// absent is why nobody of a group rings outside its hours.
func absent(g Group) Refusal {
	return Refusal{SubscriberAbsent, "nobody of group " + g.Name + " is there: " + g.Hours + " is closed"}
}

// together adds steps to the one step of a group that rings together. Steps that
// were to follow each other join one after the other and then stay.
func together(steps, more []Step, delay time.Duration) []Step {
	if len(steps) == 0 {
		steps = []Step{{}}
	}
	for _, s := range more {
		for _, target := range s.Targets {
			target.Delay += delay
			steps[0].Targets = addOnce(steps[0].Targets, target)
		}
		delay += s.Ring
	}
	return steps
}

// addOnce keeps a target from ringing twice at the same time: the earlier stays.
func addOnce(targets []Target, t Target) []Target {
	for i, other := range targets {
		if other.Kind == t.Kind && other.Name == t.Name && other.Number == t.Number && other.URI == t.URI {
			targets[i].Delay = min(other.Delay, t.Delay)
			return targets
		}
	}
	return append(targets, t)
}

// without takes a user out of the steps and drops what is empty then.
func without(steps []Step, user string) []Step {
	if user == "" {
		return steps
	}
	var out []Step
	for _, s := range steps {
		var targets []Target
		for _, t := range s.Targets {
			if t.Kind != ToUser || t.Name != user {
				targets = append(targets, t)
			}
		}
		if len(targets) > 0 {
			out = append(out, Step{Targets: targets, Ring: s.Ring})
		}
	}
	return out
}

// Together reports whether two extensions are members of the same group, groups of
// groups expanded.
func (t *Table) Together(a, b string) bool {
	for name := range t.groups {
		if all := members(nil, []string{name}, t.groups); all[a] && all[b] {
			return true
		}
	}
	return false
}
