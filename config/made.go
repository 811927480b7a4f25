package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"onhook/route"
)

// A MadeUser is an extension that was made beside the file, by the API.
type MadeUser struct {
	Name      string
	Display   string
	HA1       HA1
	Voicemail bool
	Groups    []string // that it is a member of, after those whom the file names
}

// user is the extension as the file would have it, with the defaults of what is not said.
func (m *MadeUser) user() User {
	var u User
	_ = applyDefaults(reflect.ValueOf(&u).Elem()) // its own tags: the tests hold that they can be read
	u.Name, u.Display, u.HA1, u.Voicemail = m.Name, m.Display, m.HA1, m.Voicemail
	return u
}

// With adds extensions to what the file says, which stays as it is. The file wins:
// whoever has a name that the file gives to something, or could not stand in the
// file, is left out, and left says why, by name; a group that is not there is passed
// over, and warnings say so.
func (c *Config) With(made []MadeUser) (all *Config, left map[string]string, warnings []string) {
	left = map[string]string{}
	known := c.faults()
	all = c.join(made)
	if !worse(all.faults(), known) {
		return all, left, all.strays(made)
	}
	// Somebody does not fit: each for itself, so that the others are not left out too.
	var fit []MadeUser
	for _, m := range made {
		if why := newFault(c.join(append(slices.Clone(fit), m)).faults(), known); why != nil {
			left[m.Name] = why.Path + ": " + why.Got + ", wanted " + why.Want
			continue
		}
		fit = append(fit, m)
	}
	all = c.join(fit)
	return all, left, all.strays(fit)
}

// join is a copy with more users.
func (c *Config) join(made []MadeUser) *Config {
	all := *c
	all.Users, all.Groups = slices.Clone(c.Users), slices.Clone(c.Groups)
	for i := range all.Groups {
		g := &all.Groups[i]
		g.Members = slices.Clone(g.Members)
		for _, m := range made {
			if slices.Contains(m.Groups, g.Name) && !slices.Contains(g.Members, m.Name) {
				g.Members = append(g.Members, m.Name)
			}
		}
	}
	for _, m := range made {
		all.Users = append(all.Users, m.user())
	}
	return &all
}

// strays tells of memberships in groups that are not there.
func (c *Config) strays(made []MadeUser) (warnings []string) {
	names := groupNames(c)
	for _, m := range made {
		for _, g := range m.Groups {
			if !slices.Contains(names, g) {
				warnings = append(warnings, fmt.Sprintf("extension %s, made by the API, is a member of the group %s, which the configuration lacks", m.Name, strconv.Quote(g)))
			}
		}
	}
	return warnings
}

// faults is what a check finds, without its warnings. Passwords were read from their
// files since the file was checked, so that some of it is no fault: only what is new counts.
func (c *Config) faults() Errors {
	try := *c
	try.Warnings = nil
	check := checker{config: &try}
	check.all()
	return check.errors
}

func worse(now, before Errors) bool { return newFault(now, before) != nil }

// newFault is the first fault that was not there before.
func newFault(now, before Errors) *Error {
	was := map[string]bool{}
	for i := range before {
		was[before[i].Error()] = true
	}
	for i := range now {
		if !was[now[i].Error()] {
			return &now[i]
		}
	}
	return nil
}

// CheckPlace reads where an extension's calls are to go: a number, voicemail, or a
// destination on this server such as queue:support; destination tells the latter two
// from a number. What leads outside is given as a number, so that the number plan and
// the extension's rights count.
func (c *Config) CheckPlace(user, text string) (place string, destination bool, err error) {
	const want = "a number, voicemail, or a destination on this server such as queue:support"
	p, err := parsePlace(text)
	if err != nil {
		return "", false, fmt.Errorf("%s: expected %s", strconv.Quote(text), want)
	}
	d, _ := route.ParseDestination(p.Of(user))
	if d.Kind == route.ToTrunk || d.Kind == route.ToSIP {
		return "", false, fmt.Errorf("%s leads outside: expected %s", strconv.Quote(text), want)
	}
	check := checker{config: c}
	check.forward("", User{Name: user, Forward: Forward{Always: p}})
	if len(check.errors) > 0 {
		e := check.errors[0]
		return "", false, fmt.Errorf("%s: expected %s", e.Got, e.Want)
	}
	return p.Of(user), d.Kind != 0, nil
}
