package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"onhook/route"
)

// Hours is a timetable: when somebody is there.
type Hours struct {
	Name   string       `yaml:"name" need:"yes" doc:"Routes, groups, queues and menus name it in their hours."`
	Zone   string       `yaml:"zone" default:"UTC" doc:"The time zone, such as Europe/Berlin."`
	Open   []string     `yaml:"open" need:"yes" doc:"When it is open, such as mon-fri 09:00-12:30. Times of one day do not overlap; over midnight they are two: sat 22:00-24:00 and sun 00:00-02:00."`
	Closed []HoursClose `yaml:"closed" doc:"Days on which it is closed, or open at other times. The first that fits counts."`
	Code   string       `yaml:"code" doc:"What extensions dial to switch it by hand, such as *28: with 1 behind it it is open, with 2 closed, with 0 the clock counts again. Alone: the state is said and one of these keys is asked for. policies.features says which extensions may. Empty: none."`
}

// A HoursClose is a day, or several, on which a timetable differs from the week.
type HoursClose struct {
	Name string   `yaml:"name" need:"yes" doc:"What the day is, for the records of calls."`
	Date string   `yaml:"date" need:"yes" doc:"A date such as 2026-12-24, or 12-24 for each year, or two with .. between them: 2026-08-03..2026-08-14, 12-24..01-01."`
	Open []string `yaml:"open" doc:"Times at which it is open all the same, such as 09:00-12:00."`
}

// hoursNames are the names of the timetables.
func hoursNames(c *Config) (names []string) {
	for _, h := range c.Hours {
		names = append(names, h.Name)
	}
	return names
}

// table makes the timetable; the error joins route's problems, or is that of the zone.
func (h *Hours) table() (*route.Timetable, error) {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, &route.Problem{Path: "zone", Err: err}
	}
	days := make([]route.DayRule, len(h.Closed))
	for i, d := range h.Closed {
		days[i] = route.DayRule{Name: d.Name, Date: d.Date, Open: d.Open}
	}
	return route.NewTimetable(zone, h.Open, days)
}

// problems are what is wrong with the timetable.
func (h *Hours) problems() (list []*route.Problem) {
	_, err := h.table()
	all := []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		all = several.Unwrap()
	}
	for _, err := range all {
		if p := (*route.Problem)(nil); errors.As(err, &p) {
			list = append(list, p)
		}
	}
	return list
}

// Timetables are the timetables of a configuration that was checked, by their names.
func (c *Config) Timetables() map[string]*route.Timetable {
	all := make(map[string]*route.Timetable, len(c.Hours))
	for i := range c.Hours {
		if t, err := c.Hours[i].table(); err == nil {
			all[c.Hours[i].Name] = t
		}
	}
	return all
}

// Table is the timetable of a menu: its own, or nil and the name of one of hours;
// nil and nothing where it is always open.
func (m *Menu) Table() (own *route.Timetable, name string) {
	switch {
	case len(m.Hours) == 0:
		return nil, ""
	case m.named():
		return nil, m.Hours[0]
	}
	h := Hours{Zone: m.Zone, Open: m.Hours}
	own, _ = h.table() // checked before
	return own, ""
}

// named tells whether the hours of a menu are the name of a timetable, which has no
// space in it, and not times.
func (m *Menu) named() bool { return len(m.Hours) == 1 && !strings.Contains(m.Hours[0], " ") }

// hours checks the timetables.
func (c *checker) hours() {
	taken := make(map[string]bool)
	for i := range c.config.Hours {
		h, path := &c.config.Hours[i], fmt.Sprintf("hours[%d]", i)
		c.ownName(path+".name", h.Name, taken)
		c.timetable(path, h)
	}
}

// timetable notes what package route says of a timetable.
func (c *checker) timetable(path string, h *Hours) {
	if c.bad(path) {
		return
	}
	for _, p := range h.problems() {
		got, want := h.at(p.Path)
		at := path + "." + p.Path
		if c.config.at[at] == (position{}) { // a list that is written as one scalar
			at = at[:strings.LastIndexByte(at, '[')]
		}
		c.report(at, strconv.Quote(got), want).Why = p.Err.Error()
	}
}

// at is what stands at a path of a timetable, and what would be right there.
func (h *Hours) at(path string) (got, want string) {
	var i, j int
	switch {
	case path == "zone":
		return h.Zone, "a time zone such as Europe/Berlin or UTC"
	case scans(path, "open[%d]", &i):
		return h.Open[i], "days and times such as mon-fri 09:00-17:30"
	case scans(path, "closed[%d].open[%d]", &i, &j):
		return h.Closed[i].Open[j], "times such as 09:00-12:00"
	case scans(path, "closed[%d].date", &i):
		return h.Closed[i].Date, "a date such as 2026-12-24 or 12-24, or two with .. between them"
	}
	return "", ""
}

// scans reads the numbers of a path of a form.
func scans(path, form string, into ...any) bool {
	n, err := fmt.Sscanf(path+"$", form+"$", into...)
	return err == nil && n == len(into)
}

// open checks the hours of something, and where its callers go outside them.
func (c *checker) open(path, hours string, closed route.Destination) {
	if hours == "" && closed.Kind != 0 && !c.bad(path) {
		c.report(path+".closed", strconv.Quote(closed.String()), "hours beside it")
	}
	if hours != "" && !slices.Contains(hoursNames(c.config), hours) && !c.bad(path+".hours") {
		c.report(path+".hours", strconv.Quote(hours), "the name of one of hours").Nearest = nearest(hours, hoursNames(c.config))
	}
}

// outsideHours checks the timetable outside which an entry counts.
func (c *checker) outsideHours(path, hours string) {
	if hours != "" && !slices.Contains(hoursNames(c.config), hours) && !c.bad(path+".outside") {
		c.report(path+".outside", strconv.Quote(hours), "the name of one of hours").Nearest = nearest(hours, hoursNames(c.config))
	}
}

// groupHours checks the hours of a group: a group has nobody who could say that it is closed.
func (c *checker) groupHours(path string, g *Group) {
	c.open(path, g.Hours, g.Closed)
	c.destination(path+".closed", g.Closed)
	if g.Hours != "" && g.Closed.Kind == 0 && !c.bad(path) {
		c.report(path+".hours", strconv.Quote(g.Hours), "closed beside it: where callers go outside the hours")
	}
}

// menuHours checks the hours of a menu.
func (c *checker) menuHours(path string, m *Menu) {
	switch {
	case c.bad(path):
	case len(m.Hours) == 0:
		c.open(path, "", m.Closed)
	case m.named():
		at := c.item(path+".hours", 0)
		if name := m.Hours[0]; !slices.Contains(hoursNames(c.config), name) {
			c.report(at, strconv.Quote(name), "the name of one of hours, or days and times such as mon-fri 09:00-17:30").Nearest = nearest(name, hoursNames(c.config))
		}
	default:
		c.ownHours(path, m)
	}
}

// ownHours checks the times of a menu that names no timetable.
func (c *checker) ownHours(path string, m *Menu) {
	h := Hours{Zone: m.Zone, Open: m.Hours}
	for _, p := range h.problems() {
		at, i := path+"."+p.Path, 0
		if scans(p.Path, "open[%d]", &i) {
			at = c.item(path+".hours", i)
		}
		got, want := h.at(p.Path)
		c.report(at, strconv.Quote(got), want).Why = p.Err.Error()
	}
}
