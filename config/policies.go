package config

import (
	"fmt"
	"slices"
	"strconv"

	"onhook/route"
)

// Policies say who may call whom.
type Policies struct {
	Outgoing     []Barring     `yaml:"outgoing" doc:"Calls that may not be made: OUTGOING_CALL_BARRED, 403. The users, groups and trunks of an entry are the callers, none of the three is every caller; numbers are those dialled."`
	Incoming     []Barring     `yaml:"incoming" doc:"Calls that extensions may not get: INCOMING_CALL_BARRED, 403. The users and groups of an entry are those called, neither is every extension; numbers are the callers'; with trunks it is about calls that come in by them."`
	ClosedGroups []ClosedGroup `yaml:"closed_groups" doc:"Closed user groups: their members call each other and the server's own services."`
	Features     []Feature     `yaml:"features" doc:"Numbers that stand for a feature, and who has it; anybody else gets FACILITY_NOT_SUBSCRIBED, 403. Where the number leads is for routes to say."`
	Numbers      Numbers       `yaml:"numbers" doc:"Which dialled numbers are well formed; others get INVALID_NUMBER_FORMAT, 484. The names of users and groups always are."`
	Redirects    int           `yaml:"redirects" default:"5" min:"0" max:"20" doc:"How many redirects (3xx) of one call are followed. 0: none; the call ends with REDIRECTION_TO_NEW_DESTINATION."`
}

// A Barring forbids calls between extensions and numbers.
type Barring struct {
	Numbers []string `yaml:"numbers" doc:"Numbers of the other side, or beginnings of numbers with a * behind them, such as 0900*; anonymous is a caller who gives none. Empty: every number."`
	Except  []string `yaml:"except" doc:"Numbers, written likewise, that are allowed all the same."`
	Users   []string `yaml:"users" doc:"The extensions that it is about."`
	Groups  []string `yaml:"groups" doc:"Groups whose members it is about."`
	Trunks  []string `yaml:"trunks" doc:"Trunks that the call comes in by."`
	Outside string   `yaml:"outside" doc:"The name of one of hours: the entry counts only while that timetable is closed, such as numbers that nobody calls at night. Empty: always."`
}

// A ClosedGroup is a closed user group.
type ClosedGroup struct {
	Name     string   `yaml:"name" need:"yes" doc:"For the records of refused calls."`
	Users    []string `yaml:"users" doc:"Its members."`
	Groups   []string `yaml:"groups" doc:"Groups whose members are its members."`
	Outgoing bool     `yaml:"outgoing" default:"false" doc:"Members may call others too."`
	Incoming bool     `yaml:"incoming" default:"false" doc:"Others may call members too."`
}

// A Feature is a number that stands for a feature.
type Feature struct {
	Numbers []string `yaml:"numbers" need:"yes" doc:"The numbers that are dialled for it, or their beginnings with a * behind them."`
	Users   []string `yaml:"users" doc:"The extensions that have it."`
	Groups  []string `yaml:"groups" doc:"Groups whose members have it."`
}

// Numbers are the forms that dialled numbers may have.
type Numbers struct {
	Shortest int      `yaml:"shortest" default:"1" min:"1" max:"128" doc:"Characters."`
	Longest  int      `yaml:"longest" default:"128" min:"1" max:"128" doc:"Characters."`
	Patterns []string `yaml:"patterns" doc:"Regular expressions (RE2) over the whole number, of which one must match. Empty: any number will do."`
}

// RoutePolicies are the policies as package route takes them.
func (c *Config) RoutePolicies() route.PolicyOptions {
	p := &c.Policies
	o := route.PolicyOptions{
		Outgoing: barrings(p.Outgoing), Incoming: barrings(p.Incoming),
		Shortest: p.Numbers.Shortest, Longest: p.Numbers.Longest, Patterns: p.Numbers.Patterns,
		Names: slices.Concat(userNames(c), groupNames(c)), Hours: c.Timetables(),
	}
	for _, g := range c.Groups {
		o.Groups = append(o.Groups, route.Group{Name: g.Name, Members: g.Members})
	}
	for _, g := range p.ClosedGroups {
		o.Closed = append(o.Closed, route.ClosedGroup{Name: g.Name, Users: g.Users, Groups: g.Groups, Outgoing: g.Outgoing, Incoming: g.Incoming})
	}
	for _, f := range p.Features {
		o.Features = append(o.Features, route.Feature{Numbers: f.Numbers, Users: f.Users, Groups: f.Groups})
	}
	return o
}

func barrings(list []Barring) (out []route.Barring) {
	for _, b := range list {
		out = append(out, route.Barring{Numbers: b.Numbers, Except: b.Except, Users: b.Users, Groups: b.Groups, Trunks: b.Trunks, Outside: b.Outside})
	}
	return out
}

// policies checks the names, numbers and patterns of the policies.
func (c *checker) policies() {
	p := &c.config.Policies
	for section, list := range map[string][]Barring{"outgoing": p.Outgoing, "incoming": p.Incoming} {
		for i, b := range list {
			path := fmt.Sprintf("policies.%s[%d]", section, i)
			c.numbers(path+".numbers", b.Numbers)
			c.numbers(path+".except", b.Except)
			c.people(path, b.Users, b.Groups)
			c.known(path+".trunks", "trunk", b.Trunks, trunkNames(c.config))
			c.outsideHours(path, b.Outside)
		}
	}
	taken := make(map[string]bool)
	for i, g := range p.ClosedGroups {
		path := fmt.Sprintf("policies.closed_groups[%d]", i)
		c.people(path, g.Users, g.Groups)
		if len(g.Users)+len(g.Groups) == 0 && !c.bad(path) {
			c.report(path, "a closed group of nobody", "users or groups")
		}
		if taken[g.Name] {
			c.report(path+".name", strconv.Quote(g.Name)+" a second time", "a name of its own")
		}
		taken[g.Name] = true
	}
	for i, f := range p.Features {
		path := fmt.Sprintf("policies.features[%d]", i)
		c.numbers(path+".numbers", f.Numbers)
		c.people(path, f.Users, f.Groups)
	}
	if p.Numbers.Shortest > p.Numbers.Longest && !c.bad("policies.numbers") {
		c.report("policies.numbers.shortest", strconv.Itoa(p.Numbers.Shortest), "at most policies.numbers.longest, which is "+strconv.Itoa(p.Numbers.Longest))
	}
	for i, text := range p.Numbers.Patterns {
		if _, err := route.ParsePattern(text); err != nil {
			c.report(c.item("policies.numbers.patterns", i), strconv.Quote(text), "a regular expression over the whole number").Why = err.Error()
		}
	}
}

// people checks the names of users and groups of one entry.
func (c *checker) people(path string, users, groups []string) {
	c.known(path+".users", "user", users, userNames(c.config))
	c.known(path+".groups", "group", groups, groupNames(c.config))
}

// known checks a list of names of things that are configured.
func (c *checker) known(path, what string, list, names []string) {
	for i, name := range list {
		at := c.item(path, i)
		if !slices.Contains(names, name) && !c.bad(at) {
			c.report(at, strconv.Quote(name), "the name of a "+what+" that is configured").Nearest = nearest(name, names)
		}
	}
}

// numbers checks a list of numbers and beginnings of numbers.
func (c *checker) numbers(path string, list []string) {
	for i, entry := range list {
		at := c.item(path, i)
		if err := route.CheckNumbers(entry); err != nil && !c.bad(at) {
			c.report(at, strconv.Quote(entry), "a number, or the beginning of numbers with a * behind it").Why = err.Error()
		}
	}
}
