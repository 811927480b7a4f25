package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"onhook/route"
)

// inCode tells whether a destination is an application in code, of whose names the program knows.
func inCode(d route.Destination) bool {
	return d.Kind == route.ToApp && strings.HasPrefix(d.Text, "app:")
}

// CheckOwnApps reports destinations that lead to applications in code that there
// are not. Their names, such as app:orders, are the program's to say. The error is of type Errors.
func (c *Config) CheckOwnApps(names []string) error {
	check := checker{config: c}
	one := func(path string, d route.Destination) {
		if inCode(d) && !slices.Contains(names, d.Text) {
			check.report(path, strconv.Quote(d.Text), "the name of an application in code").Nearest = nearest(d.Text, names)
		}
	}
	for i, r := range c.Routes {
		for j, d := range r.To {
			one(check.item(fmt.Sprintf("routes[%d].to", i), j), d)
		}
	}
	for i, m := range c.Menus {
		path := fmt.Sprintf("menus[%d]", i)
		for j, k := range m.Keys {
			one(fmt.Sprintf("%s.keys[%d].to", path, j), k.To)
		}
		one(path+".else", m.Else)
		one(path+".closed", m.Closed)
	}
	for i, q := range c.Queues {
		path := fmt.Sprintf("queues[%d]", i)
		for j, k := range q.Keys {
			one(fmt.Sprintf("%s.keys[%d].to", path, j), k.To)
		}
		one(path+".overflow", q.Overflow)
	}
	for i, h := range c.Hooks {
		one(fmt.Sprintf("hooks[%d].fallback", i), h.Fallback)
	}
	return check.errors.asError()
}
