package route

import (
	"errors"
	"fmt"
	"time"
)

// A Rule leads numbers to destinations.
type Rule struct {
	Match  string        // pattern over the whole number, see ParsePattern
	To     []Destination // tried one after the other; the groups of Match may stand in them
	Number string        // what a trunk is given to dial, such as +$1; empty: the number as dialled
	Ring   time.Duration // how long each step may ring; 0: the group's or the caller's default
	// Transit lets calls that came in by a trunk leave by a trunk. Without it they
	// are refused: it is how toll fraud by a carrier's line works.
	Transit bool
	// Transfer lets who answers at a SIP address of the rule transfer the call, with
	// the rights of its caller. Without it they are refused: nobody knows who they are.
	Transfer bool
	// Hours names the timetable outside which numbers are led to Closed instead; with
	// no Closed the rule does not count then, and the next one that matches does.
	Hours  string
	Closed Destination
}

// A Group is a set of extensions that ring for one number.
type Group struct {
	Name    string
	Members []string // names of users or of groups
	// InTurn rings one member after the other, each for Ring. Otherwise all ring
	// together, each Delay later than the one before it.
	InTurn bool
	Ring   time.Duration // 0: the caller's default; needed for InTurn
	Delay  time.Duration
	Hours  string      // the timetable outside which nobody of it rings; empty: always
	Closed Destination // where callers of the group go then
}

// Options are what a table is built from.
type Options struct {
	Rules  []Rule
	Codes  []Rule   // tried before Rules, for calls of extensions only: what they dial to set or do something
	Users  []string // names of the extensions, which are the numbers they are dialled by
	Groups []Group
	Trunks []string
	Apps   []string // the applications that there are: menu:main, voicemail:100
	// Hours are the timetables that rules and groups name.
	Hours map[string]*Timetable
	// Local are the hosts that are this system itself, as host or host:port, IPv6 in
	// brackets: its domain and the addresses that it listens on.
	Local []string
	// Transports are those that a rule's SIP address may ask for; empty: udp and tcp.
	Transports []string
}

// A Table is the number plan of one system. It is not changed after New and may be
// read from anywhere.
type Table struct {
	rules      []rule
	codes      []rule
	users      map[string]bool
	groups     map[string]Group
	trunks     map[string]bool
	apps       map[string]bool
	local      map[string]bool
	transports map[string]bool
	lengths    map[int]bool // of the names that are all digits
	hours      map[string]*Timetable
}

// rule is a Rule, compiled.
type rule struct {
	pattern Pattern
	to      []Destination
	text    []template // of to, in step
	number  template
	closed  template
	Rule
}

// A Problem is something in the options that no number could ever use.
type Problem struct {
	Path string // such as routes[2].to[0] or groups[0].members[1]
	Err  error
}

// Error gives the path and what is wrong there.
func (p *Problem) Error() string { return p.Path + ": " + p.Err.Error() }

// Unwrap gives what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// New checks and compiles a table. The error joins a *Problem for each thing that
// is wrong, not only the first. That a rule or a group names a user, group or trunk
// that does not exist is no problem here: it is a refusal of the call, with its cause.
func New(o Options) (*Table, error) {
	t := &Table{
		users: set(o.Users), trunks: set(o.Trunks), apps: set(o.Apps), local: make(map[string]bool),
		groups: make(map[string]Group), transports: set(o.Transports), lengths: make(map[int]bool), hours: o.Hours,
	}
	if len(o.Transports) == 0 {
		t.transports = map[string]bool{"udp": true, "tcp": true}
	}
	var problems []error
	report := func(err error, path string, args ...any) {
		problems = append(problems, &Problem{Path: fmt.Sprintf(path, args...), Err: err})
	}
	for i, host := range o.Local {
		h, port, ok := splitHostPort(host)
		if !ok {
			report(fmt.Errorf("%q is not a host: want host, host:port, [v6] or [v6]:port", host), "local[%d]", i)
			continue
		}
		t.local[hostKey(h, port)] = true
	}
	for i, g := range o.Groups {
		switch _, twice := t.groups[g.Name]; {
		case g.Name == "":
			report(errors.New("a group without a name"), "groups[%d].name", i)
		case twice:
			report(fmt.Errorf("a second group %q", g.Name), "groups[%d].name", i)
		case len(g.Members) == 0:
			report(fmt.Errorf("group %q has no members", g.Name), "groups[%d].members", i)
		case g.InTurn && g.Ring <= 0:
			report(fmt.Errorf("group %q rings in turn without a ring time", g.Name), "groups[%d].ring", i)
		case g.Hours != "" && o.Hours[g.Hours] == nil:
			report(fmt.Errorf("there is no timetable %q", g.Hours), "groups[%d].hours", i)
		case !g.Closed.Literal():
			report(errors.New("there is no pattern whose groups it could name"), "groups[%d].closed", i)
		}
		t.groups[g.Name] = g
	}
	for i, r := range o.Rules {
		compiled, errs := compile(r)
		for _, p := range errs {
			report(p.Err, "routes[%d].%s", i, p.Path)
		}
		if r.Hours != "" && o.Hours[r.Hours] == nil {
			report(fmt.Errorf("there is no timetable %q", r.Hours), "routes[%d].hours", i)
		}
		t.rules = append(t.rules, compiled)
	}
	for i, r := range o.Codes {
		compiled, errs := compile(r)
		for _, p := range errs {
			report(p.Err, "codes[%d].%s", i, p.Path)
		}
		t.codes = append(t.codes, compiled)
	}
	for _, names := range []map[string]bool{t.users, keys(t.groups)} {
		for name := range names {
			if digits(name) {
				t.lengths[len(name)] = true
			}
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return t, nil
}

// compile makes a rule ready; the paths of its problems are below the rule's own.
func compile(r Rule) (rule, []Problem) {
	out := rule{Rule: r, to: r.To}
	var problems []Problem
	pattern, err := ParsePattern(r.Match)
	if err != nil {
		return out, []Problem{{"match", err}}
	}
	out.pattern = pattern
	if len(r.To) == 0 {
		problems = append(problems, Problem{"to", fmt.Errorf("no destination: want %s", Destinations)})
	}
	for i, d := range r.To {
		text, err := compileDestination(d, pattern.Groups())
		if err != nil {
			problems = append(problems, Problem{fmt.Sprintf("to[%d]", i), err})
		}
		out.text = append(out.text, text)
	}
	if out.closed, err = compileDestination(r.Closed, pattern.Groups()); err != nil {
		problems = append(problems, Problem{"closed", err})
	}
	number := r.Number
	if number == "" {
		number = "$0"
	}
	if out.number, err = parseTemplate(number, pattern.Groups()); err != nil {
		problems = append(problems, Problem{"number", err})
	}
	if r.Ring < 0 {
		problems = append(problems, Problem{"ring", fmt.Errorf("%s is below zero", r.Ring)})
	}
	return out, problems
}

// compileDestination makes a destination of a rule ready.
func compileDestination(d Destination, groups int) (template, error) {
	text, err := parseTemplate(d.Text, groups)
	if err == nil && d.Kind == ToSIP && d.Literal() {
		if _, ok := parseAddress(text.expand("", nil)); !ok {
			err = fmt.Errorf("%q is not a SIP address: want sip:user@host:port", d.Text)
		}
	}
	return text, err
}

// CheckRule gives what New would say about one rule; the paths are below the rule's
// own: match, to[0], number, ring.
func CheckRule(r Rule) []Problem {
	_, problems := compile(r)
	return problems
}

// IsLocal reports whether a host, with the port of a request (0: none given), is
// this system itself. IPv6 addresses come in brackets.
func (t *Table) IsLocal(host string, port uint16) bool {
	h, _, ok := splitHostPort(host)
	return ok && t.local[hostKey(h, port)]
}

// HasUser reports whether there is an extension of that name.
func (t *Table) HasUser(name string) bool { return t.users[name] }

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

func keys(groups map[string]Group) map[string]bool {
	m := make(map[string]bool, len(groups))
	for name := range groups {
		m[name] = true
	}
	return m
}
