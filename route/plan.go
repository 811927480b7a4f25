package route

import (
	"fmt"
	"time"
)

// A Caller is whoever placed the call, as the exchange found out: an extension that
// authenticated, or the trunk that it came in by. Both empty: the system itself.
type Caller struct {
	User  string
	Trunk string
}

// A Target is one thing to ring.
type Target struct {
	Kind   Kind          // ToUser, ToTrunk, ToSIP or ToEcho
	Name   string        // of the user or the trunk
	Number string        // ToTrunk: what to dial there
	URI    string        // ToSIP: the address
	Delay  time.Duration // how long after the start of its step it begins to ring
	Group  string        // of which it is called as a member; empty: it is called itself
	// Transfer, of ToSIP: who answers there may transfer with the caller's rights.
	Transfer bool
}

// A Step is a set of targets that ring together.
type Step struct {
	Targets []Target
	Ring    time.Duration // how long the step may ring; 0: the caller's default
}

// A Plan is where a number leads: steps to be tried one after the other, or why
// there are none.
type Plan struct {
	Steps   []Step
	Refusal Refusal // where there are no steps
	// Rule is the place of the rule that matched, from 0; -1 where the number is the
	// name of a user or group, or nothing matched.
	Rule int
	// Hours is the timetable that was closed, if that led the number elsewhere, and
	// why it was: "switched", or the name of the day.
	Hours, Why string
}

// Refused reports whether the plan has nothing to ring.
func (p Plan) Refused() bool { return len(p.Steps) == 0 }

// maxTurns is how often a plan may lead back into the table by the system's own
// address before it counts as a loop, should each turn make another number.
const maxTurns = 8

// maxGroups is how many groups one plan may expand, each time counted: groups of
// groups multiply.
const maxGroups = 64

// Plan says where a number leads at a moment. The number is the user part of the
// Request-URI, unescaped, of a request whose host is this system's.
func (t *Table) Plan(at Moment, caller Caller, number string) Plan {
	w := walk{table: t, caller: caller, at: at}
	p := w.number(number)
	p.Hours, p.Why = w.hours, w.why
	return p
}

// A walk is one question to the table.
type walk struct {
	table  *Table
	caller Caller
	trail  []string // the numbers and groups gone through, against loops
	groups int      // how many were expanded
	at     Moment
	hours  string // the timetable that was found closed, and why
	why    string
}

func refuse(rule int, cause Cause, format string, args ...any) Plan {
	return Plan{Rule: rule, Refusal: Refusal{Cause: cause, Text: fmt.Sprintf(format, args...)}}
}

func (w *walk) number(number string) Plan {
	if wrong := checkNumber(number); wrong != "" {
		return refuse(-1, InvalidNumberFormat, "%s", wrong)
	}
	leave, ok := w.enter("number " + number)
	if !ok {
		return refuse(-1, ExchangeRoutingError, "number %s leads back to itself", number)
	}
	defer leave()
	if w.caller.User != "" {
		for i := range w.table.codes {
			r := &w.table.codes[i]
			if m := r.pattern.match(number); m != nil {
				return w.rule(-1, r, true, number, m)
			}
		}
	}
	for i := range w.table.rules {
		r := &w.table.rules[i]
		m := r.pattern.match(number)
		if m == nil {
			continue
		}
		open := w.open(r.Hours)
		if open || r.Closed.Kind != 0 {
			return w.rule(i, r, open, number, m)
		}
	}
	switch {
	case w.table.users[number]:
		return Plan{Rule: -1, Steps: []Step{{Targets: []Target{{Kind: ToUser, Name: number}}}}}
	case w.table.hasGroup(number):
		steps, refusal := w.group(number)
		return Plan{Rule: -1, Steps: steps, Refusal: refusal}
	}
	return w.table.unknown(number)
}

// enter notes that the walk is at a number or group and gives back how to leave it;
// false if the walk is there already, or goes on and on.
func (w *walk) enter(place string) (leave func(), ok bool) {
	if len(w.trail) >= maxTurns {
		return nil, false
	}
	for _, before := range w.trail {
		if before == place {
			return nil, false
		}
	}
	w.trail = append(w.trail, place)
	return func() { w.trail = w.trail[:len(w.trail)-1] }, true
}

// unknown tells a number that has the shape of an extension from one that no rule
// leads anywhere. The local domain answers for its names and for numbers as long as
// its own; any other number is meant for elsewhere, and no rule goes there.
func (t *Table) unknown(number string) Plan {
	if name(number) || digits(number) && t.lengths[len(number)] {
		return refuse(-1, UnallocatedNumber, "there is no extension %s", number)
	}
	return refuse(-1, NoRouteDestination, "no route matches %s", number)
}

func (t *Table) hasGroup(name string) bool {
	_, ok := t.groups[name]
	return ok
}

// open tells whether a timetable is open now, and remembers one that is not. That of no name always is.
func (w *walk) open(name string) bool {
	if name == "" {
		return true
	}
	open, why := w.at.Open(name, w.table.hours[name])
	if !open {
		w.hours, w.why = name, why
	}
	return open
}

// rule goes through the destinations of the rule that matched. One that leads
// nowhere is passed over as long as another leads somewhere.
func (w *walk) rule(at int, r *rule, open bool, number string, m []int) Plan {
	plan := Plan{Rule: at}
	if !open {
		plan.Steps, plan.Refusal = w.destination(r, r.Closed.Kind, r.closed, number, m)
		return plan
	}
	for i, d := range r.to {
		steps, refusal := w.destination(r, d.Kind, r.text[i], number, m)
		if refusal.Cause == "" {
			plan.Steps = append(plan.Steps, steps...)
			continue
		}
		if plan.Refusal.Cause == "" {
			plan.Refusal = refusal
		}
	}
	if len(plan.Steps) > 0 {
		plan.Refusal = Refusal{}
	}
	if r.Ring > 0 {
		for i := range plan.Steps {
			plan.Steps[i].Ring = r.Ring
		}
	}
	return plan
}

func (w *walk) destination(r *rule, kind Kind, text template, number string, m []int) ([]Step, Refusal) {
	if kind == ToSIP {
		return w.address(r, text, number, m)
	}
	name := text.expand(number, m)
	switch kind {
	case ToUser:
		if !w.table.users[name] {
			return nil, Refusal{UnallocatedNumber, "there is no extension " + name}
		}
		return one(Target{Kind: ToUser, Name: name})
	case ToGroup:
		if !w.table.hasGroup(name) {
			return nil, Refusal{UnallocatedNumber, "there is no group " + name}
		}
		return w.group(name)
	case ToTrunk:
		return w.trunk(r, name, number, m)
	case ToApp:
		if !w.table.apps[name] {
			return nil, Refusal{NoRouteDestination, "there is no " + name}
		}
		return one(Target{Kind: ToApp, Name: name})
	}
	return one(Target{Kind: ToEcho})
}

func (w *walk) trunk(r *rule, name, number string, m []int) ([]Step, Refusal) {
	// In this order (outcome/README section 3 rule 1): who calls may not, then unknown carrier.
	if w.caller.Trunk != "" && !r.Transit {
		return nil, Refusal{OutgoingCallBarred, fmt.Sprintf(
			"a call that came in by trunk %s may not leave by trunk %s: the route has no transit", w.caller.Trunk, name)}
	}
	if !w.table.trunks[name] {
		return nil, Refusal{NoRouteTransitNet, "there is no trunk " + name}
	}
	dial := r.number.expand(number, m)
	if wrong := checkNumber(dial); wrong != "" {
		return nil, Refusal{InvalidNumberFormat, "for trunk " + name + ": " + wrong}
	}
	return one(Target{Kind: ToTrunk, Name: name, Number: dial})
}

// address makes a target of a rule's SIP address. An address of this system itself
// is a number of this table, so that two rules that name each other are found out.
func (w *walk) address(r *rule, text template, number string, m []int) ([]Step, Refusal) {
	uri, ok := text.expandAddress(number, m)
	a, parsed := parseAddress(uri)
	if !ok || !parsed {
		return nil, Refusal{InvalidNumberFormat, "the number makes no SIP address of its route"}
	}
	if a.transport == "" {
		a.transport = "udp"
	}
	if a.scheme == "sips" {
		// RFC 3261 section 26.2.2: a sips URI means TLS on every hop.
		a.transport = "tls"
	}
	if !w.table.transports[a.transport] {
		return nil, Refusal{ChanNotImplemented, "this server has no transport " + a.transport}
	}
	if a.user != "" && w.table.IsLocal(a.host, a.port) {
		user, ok := unescape(a.user)
		if !ok {
			return nil, Refusal{InvalidNumberFormat, "the number makes no SIP address of its route"}
		}
		plan := w.number(user)
		return plan.Steps, plan.Refusal
	}
	return one(Target{Kind: ToSIP, URI: uri, Transfer: r.Transfer})
}

func one(t Target) ([]Step, Refusal) { return []Step{{Targets: []Target{t}}}, Refusal{} }
