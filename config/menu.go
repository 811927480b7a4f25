package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// Prompts are where sounds come from.
type Prompts struct {
	Folder   string `yaml:"folder" doc:"A folder of WAV files (8 kHz) that replace the built-in prompts of the same names and add others; a relative path starts at the configuration file's folder. LANGUAGE/NAME.wav is looked for before NAME.wav."`
	Language string `yaml:"language" default:"en" doc:"The language of the prompts."`
	Music    string `yaml:"music" doc:"The prompt that is played to those who wait. Empty: music of our own."`
}

// A Menu is an interactive voice response.
type Menu struct {
	Name     string            `yaml:"name" need:"yes" doc:"Routes and other menus lead to it as menu:NAME."`
	Greeting []string          `yaml:"greeting" doc:"Prompts played once. say:123 says digits, number:123 a number."`
	Ask      []string          `yaml:"ask" need:"yes" doc:"Prompts before each choice: what can be pressed. A key ends them."`
	Keys     []MenuKey         `yaml:"keys" need:"yes" doc:"What can be pressed."`
	Wait     time.Duration     `yaml:"wait" default:"5s" min:"1s" max:"5m" doc:"How long a key is waited for."`
	Tries    int               `yaml:"tries" default:"3" min:"1" max:"20" doc:"How often is asked before the caller goes where else says."`
	Invalid  []string          `yaml:"invalid" default:"invalid" doc:"Prompts after a wrong choice."`
	Nothing  []string          `yaml:"nothing" default:"nothing-heard" doc:"Prompts when nothing was pressed."`
	Direct   bool              `yaml:"direct" default:"false" doc:"Extensions may be dialled directly."`
	Else     route.Destination `yaml:"else" doc:"Where callers go who make no choice. Empty: they hear goodbye and are hung up."`
	Goodbye  []string          `yaml:"goodbye" default:"goodbye" doc:"Prompts before a caller who made no choice is hung up."`
	Hours    []string          `yaml:"hours" doc:"When it is open: the name of one of hours, or times of its own such as mon-fri 09:00-17:30. Empty: always."`
	Zone     string            `yaml:"zone" default:"UTC" doc:"The time zone of times of its own, such as Europe/Berlin."`
	Closed   route.Destination `yaml:"closed" doc:"Where callers go out of hours. Empty: they hear the prompt closed and are hung up."`
}

// A MenuKey is a choice.
type MenuKey struct {
	Key      string            `yaml:"key" need:"yes" doc:"What is pressed: one or more of 0-9 * #."`
	To       route.Destination `yaml:"to" doc:"Where it leads. Without it the call ends after announce."`
	Announce []string          `yaml:"announce" doc:"Prompts played first."`
	Repeat   bool              `yaml:"repeat" default:"false" doc:"The menu is asked again."`
}

// menuNames are the names of the menus.
func menuNames(c *Config) (names []string) {
	for _, m := range c.Menus {
		names = append(names, m.Name)
	}
	return names
}

// Apps are the applications that destinations may name.
func (c *Config) Apps() (names []string) {
	for _, n := range menuNames(c) {
		names = append(names, "menu:"+n)
	}
	_, rooms := c.roomRules()
	return slices.Concat(names, queueApps(c), hookNames(c), rooms, mailboxNames(c))
}

// menus checks names, keys and hours. That prompts are there is for the program to
// say, which has the library of them.
func (c *checker) menus() {
	taken := make(map[string]bool)
	for i, m := range c.config.Menus {
		path := fmt.Sprintf("menus[%d]", i)
		c.ownName(path+".name", m.Name, taken)
		keys := make(map[string]bool)
		for j, k := range m.Keys {
			at := fmt.Sprintf("%s.keys[%d]", path, j)
			switch {
			case k.Key == "" || c.bad(at+".key"):
			case strings.Trim(k.Key, "0123456789*#") != "" || len(k.Key) > 16:
				c.report(at+".key", strconv.Quote(k.Key), "one to 16 of 0-9 * #")
			case keys[k.Key]:
				c.report(at+".key", strconv.Quote(k.Key)+" a second time", "each key once")
			}
			keys[k.Key] = true
			if k.Repeat && k.To.Kind != 0 {
				c.report(at+".repeat", "true beside a destination", "one of to and repeat")
			}
			c.destination(at+".to", k.To)
		}
		c.destination(path+".else", m.Else)
		c.destination(path+".closed", m.Closed)
		c.menuHours(path, &m)
	}
}

// destination checks that what a destination names exists.
func (c *checker) destination(path string, d route.Destination) {
	if d.Kind == 0 || c.bad(path) {
		return
	}
	if !d.Literal() {
		c.report(path, strconv.Quote(d.String()), "a destination without $, since there is no pattern here")
		return
	}
	var names []string
	what := d.Kind.String()
	switch d.Kind {
	case route.ToUser:
		names = userNames(c.config)
	case route.ToGroup:
		names = groupNames(c.config)
	case route.ToTrunk:
		names = trunkNames(c.config)
	case route.ToApp:
		names, what = c.config.Apps(), "application"
	default:
		return
	}
	if slices.Contains(names, d.Text) || inCode(d) {
		return
	}
	e := c.report(path, strconv.Quote(d.String()), "the name of one of the "+what+"s here")
	e.Nearest = nearest(d.Text, names)
}

// promptOf looks for a prompt where one is named.
func promptOf(prompt func(name string) error, name string) error {
	if name == "" {
		return nil
	}
	return prompt(name)
}

// CheckApps reports prompts that the applications cannot use. What they can is
// package app's to say, which whoever calls passes on. The error is of type Errors.
func (c *Config) CheckApps(prompt func(name string) error) error {
	check := checker{config: c}
	prompts := func(path string, names []string) {
		for i, n := range names {
			if err := prompt(n); err != nil {
				check.report(check.item(path, i), strconv.Quote(n), "the name of a prompt").Why = err.Error()
			}
		}
	}
	for i, m := range c.Menus {
		path := fmt.Sprintf("menus[%d]", i)
		prompts(path+".greeting", m.Greeting)
		prompts(path+".ask", m.Ask)
		prompts(path+".invalid", m.Invalid)
		prompts(path+".nothing", m.Nothing)
		prompts(path+".goodbye", m.Goodbye)
		for j, k := range m.Keys {
			prompts(fmt.Sprintf("%s.keys[%d].announce", path, j), k.Announce)
		}
	}
	for i, q := range c.Queues {
		path := fmt.Sprintf("queues[%d]", i)
		prompts(path+".greeting", q.Greeting)
		prompts(path+".full", q.Full)
		prompts(path+".absent", q.Absent)
		prompts(path+".late", q.Late)
		if q.Music != "" {
			prompts(path+".music", []string{q.Music})
		}
	}
	prompts("voicemail.greeting", c.Voicemail.Greeting)
	for path, name := range c.Recording.prompts() {
		if err := promptOf(prompt, name); err != nil {
			check.report(path, strconv.Quote(name), "the name of a prompt").Why = err.Error()
		}
	}
	if c.Prompts.Music != "" {
		prompts("prompts.music", []string{c.Prompts.Music})
	}
	return check.errors.asError()
}
