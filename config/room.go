package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"onhook/route"
)

// A Room is a conference by the server.
type Room struct {
	Name         string `yaml:"name" need:"yes" doc:"Routes and menus lead to it as room:NAME."`
	Number       string `yaml:"number" doc:"What extensions dial for it, and transfer to. Empty: only routes and menus lead to it."`
	PIN          Secret `yaml:"pin" doc:"Digits that must be entered, 4 to 16. Empty: none need be."`
	ModeratorPIN Secret `yaml:"moderator_pin" doc:"Digits that make a moderator of who enters them instead, 4 to 16. Empty: there are no moderators."`
	Max          int    `yaml:"max" default:"20" min:"0" max:"1000" doc:"Members; one more is told that it is full and gets NORMAL_CIRCUIT_CONGESTION. 0: any number."`
	Announce     bool   `yaml:"announce" default:"true" doc:"All hear a tone when somebody comes or leaves."`
	Waits        bool   `yaml:"wait_for_moderator" default:"false" doc:"It begins when a moderator comes; until then music is heard."`
	Ends         bool   `yaml:"end_with_moderator" default:"false" doc:"It ends for all when the last moderator leaves."`
}

// roomRules lead the numbers of rooms to them, after the routes of the file, and are what destinations may name.
func (c *Config) roomRules() (rules []route.Rule, apps []string) {
	for _, r := range c.Rooms {
		app := "room:" + r.Name
		if r.Number != "" {
			rules = append(rules, route.Rule{Match: regexp.QuoteMeta(r.Number), To: []route.Destination{{Kind: route.ToApp, Text: app}}})
		}
		apps = append(apps, app)
	}
	return rules, apps
}

// rooms checks names, numbers and PINs.
func (c *checker) rooms() {
	names := make(map[string]bool)
	taken := slices.Concat(userNames(c.config), groupNames(c.config), c.config.Parking.Slots)
	for i, r := range c.config.Rooms {
		path := fmt.Sprintf("rooms[%d]", i)
		c.ownName(path+".name", r.Name, names)
		switch {
		case r.Number == "" || c.bad(path+".number"):
		case !validName(r.Number):
			c.report(path+".number", strconv.Quote(r.Number), "at most 64 letters, digits and - _ . + * #")
		case slices.Contains(taken, r.Number):
			c.report(path+".number", strconv.Quote(r.Number)+" a second time", "a number of its own: a user, a group, a place or a room has this one")
		default:
			taken = append(taken, r.Number)
		}
		for key, pin := range map[string]Secret{".pin": r.PIN, ".moderator_pin": r.ModeratorPIN} {
			if pin != "" && (len(pin) < 4 || len(pin) > 16 || strings.Trim(string(pin), "0123456789") != "") {
				c.report(path+key, "a secret", "4 to 16 digits")
			}
		}
		if r.PIN != "" && r.PIN == r.ModeratorPIN {
			c.report(path+".moderator_pin", "the same as pin", "another one")
		}
		if (r.Waits || r.Ends) && r.ModeratorPIN == "" {
			c.report(path, "wait_for_moderator or end_with_moderator without moderator_pin", "moderator_pin: so that there can be one")
		}
	}
}
