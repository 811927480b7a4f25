package config

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"onhook/route"
)

// Parking is where callers are parked.
type Parking struct {
	Slots   []string      `yaml:"slots" doc:"Numbers of places. An extension parks whom it talks with by transferring that party to one of them; who dials it then talks to the party that waits."`
	Timeout time.Duration `yaml:"timeout" default:"2m" min:"1s" max:"1h" doc:"How long a caller stays parked before the extension that parked it rings."`
}

// parking checks the numbers of the places.
func (c *checker) parking() {
	taken := slices.Concat(userNames(c.config), groupNames(c.config))
	for i, slot := range c.config.Parking.Slots {
		path := c.item("parking.slots", i)
		switch {
		case c.bad(path):
		case !validName(slot):
			c.report(path, strconv.Quote(slot), nameRule)
		case slices.Contains(taken, slot):
			c.report(path, strconv.Quote(slot)+" a second time", "a number of its own: a user, a group or a place has this one")
		}
		taken = append(taken, slot)
	}
}

// parkingRules lead the numbers of places to their applications.
func (c *Config) parkingRules() (rules []route.Rule, apps []string) {
	for _, slot := range c.Parking.Slots {
		app := "park:" + slot
		rules = append(rules, route.Rule{Match: regexp.QuoteMeta(slot), To: []route.Destination{{Kind: route.ToApp, Text: app}}})
		apps = append(apps, app)
	}
	return rules, apps
}
