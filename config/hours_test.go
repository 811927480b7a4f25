package config

import (
	"os"
	"strings"
	"testing"
	"time"

	"onhook/route"
)

func TestExampleOfHoursLoads(t *testing.T) {
	data, err := os.ReadFile("../docs/hours.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("hours.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	table, err := route.New(c.RouteOptions())
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) // a Friday, 11:00 in Berlin
	for _, x := range []struct {
		at           time.Time
		number, want string
	}{
		{day, "200", "100"},
		{day.Add(4 * time.Hour), "200", "voicemail:100"},
		{time.Date(2026, 12, 24, 10, 0, 0, 0, time.UTC), "200", "100"},
		{time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC), "200", "voicemail:100"},
		{time.Date(2026, 12, 28, 10, 0, 0, 0, time.UTC), "200", "voicemail:100"},
		{time.Date(2026, 4, 6, 10, 0, 0, 0, time.UTC), "502", "101"},
		{time.Date(2027, 4, 5, 10, 0, 0, 0, time.UTC), "502", "100"}, // not that year's Easter
		{day, "501", "menu:main"},
		{day.Add(14 * time.Hour), "501", "101"}, // 01:00 of Saturday
		{day.Add(15 * time.Hour), "501", "menu:main"},
		{day, "*28", "code:hours:office"},
		{day, "*282", "code:hours:office"},
	} {
		p := table.Plan(route.Moment{At: x.at}, route.Caller{User: "101"}, x.number)
		if len(p.Steps) != 1 || p.Steps[0].Targets[0].Name != x.want {
			t.Errorf("%s at %s leads to %+v, want %s", x.number, x.at, p, x.want)
		}
	}
	for _, number := range []string{"*283", "*2811"} {
		if p := table.Plan(route.Moment{At: day}, route.Caller{User: "101"}, number); !p.Refused() {
			t.Errorf("%s leads to %+v", number, p)
		}
	}
	if own, name := c.Menus[0].Table(); own != nil || name != "office" {
		t.Errorf("the menu has %v, %q", own, name)
	}
	m := Menu{Hours: []string{"mon-fri 09:00-17:30"}, Zone: "Europe/Berlin"}
	own, _ := m.Table()
	if open, _ := own.Open(day); !open {
		t.Error("a menu with times of its own is closed on Friday at 11")
	}
}

func TestHoursAreChecked(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{`hours: [{name: a, open: mon 17:00-09:00}]`, `x.yaml:1:25: hours[0].open: got "mon 17:00-09:00", want days and times such as mon-fri 09:00-17:30 (it ends before it begins: over midnight are two`},
		{`hours: [{name: a, open: [mon-fri 09:00-17:00, tue 10:00-11:00]}]`, `hours[0].open[1]: got "tue 10:00-11:00", want days and times such as mon-fri 09:00-17:30 (on tue it overlaps 09:00-17:00)`},
		{`hours: [{name: a, zone: Europe/Berlim, open: mon 09:00-17:00}]`, `hours[0].zone: got "Europe/Berlim", want a time zone such as Europe/Berlin or UTC`},
		{`hours: [{name: a, open: mon 09:00-17:00, closed: [{name: x, date: 02-30}]}]`, `hours[0].closed[0].date: got "02-30", want a date such as`},
		{`hours: [{name: a, open: mon 09:00-17:00, closed: [{name: x, date: 12-24, open: [12:00-09:00]}]}]`, `hours[0].closed[0].open[0]: got "12:00-09:00", want times such as 09:00-12:00 (it ends before it begins`},
		{`hours: [{name: a, open: mon 09:00-17:00, closed: [{date: 12-24}]}]`, `hours[0].closed[0].name: got nothing`},
		{`hours: [{name: a}]`, `hours[0].open: got nothing`},
		{`hours: [{name: a b, open: mon 09:00-17:00}]`, `hours[0].name: got "a b", want a name`},
		{"hours:\n  - {name: a, open: mon 09:00-17:00}\n  - {name: a, open: mon 09:00-17:00}", `hours[1].name: got "a" a second time`},
		{`hours: [{name: a, open: mon 09:00-17:00, code: "*21"}]`, `hours[0].code: got "*21" a second time, want a code of its own: codes.forward_always has this one`},
		{`routes: [{match: "1", to: echo, hours: offise}]`, `routes[0].hours: got "offise", want the name of one of hours (did you mean office?)`},
		{`routes: [{match: "1", to: echo, closed: echo}]`, `routes[0].closed: got "echo", want hours beside it`},
		{`routes: [{match: "1", to: echo, hours: office, closed: "user:10l"}]`, `routes[0].closed: got "user:10l", want the name of a user that is configured (did you mean user:101?)`},
		{`routes: [{match: "1", to: echo, hours: office, closed: "user:$1"}]`, `routes[0].closed: got "user:$1"`},
		{`groups: [{name: g, members: ["101"], hours: nobody, closed: echo}]`, `groups[0].hours: got "nobody", want the name of one of hours`},
		{`groups: [{name: g, members: ["101"], hours: office}]`, `groups[0].hours: got "office", want closed beside it`},
		{`groups: [{name: g, members: ["101"], hours: office, closed: "menu:x"}]`, `groups[0].closed: got "menu:x", want the name of one of the applications here`},
		{`queues: [{name: q, agents: ["101"], hours: none}]`, `queues[0].hours: got "none", want the name of one of hours`},
		{`queues: [{name: q, agents: ["101"], hours: office, closed: "queue:q"}]`, `queues[0].closed: got "queue:q", want a destination other than the queue itself`},
		{`menus: [{name: m, ask: [welcome], keys: [{key: "1", to: echo}], hours: offise}]`, `menus[0].hours: got "offise", want the name of one of hours, or days and times such as mon-fri 09:00-17:30 (did you mean office?)`},
		{`menus: [{name: m, ask: [welcome], keys: [{key: "1", to: echo}], hours: [mon 09:00-17:00, mon 16:00-18:00]}]`, `menus[0].hours[1]: got "mon 16:00-18:00"`},
		{`menus: [{name: m, ask: [welcome], keys: [{key: "1", to: echo}], hours: [mon 09:00-17:00], zone: Mars}]`, `menus[0].zone: got "Mars", want a time zone`},
		{`menus: [{name: m, ask: [welcome], keys: [{key: "1", to: echo}], closed: echo}]`, `menus[0].closed: got "echo", want hours beside it`},
	} {
		text := c.file + "\nusers: [{name: \"101\", password: choose-your-own}]\n"
		if !strings.HasPrefix(c.file, "hours:") {
			text += "hours: [{name: office, open: mon-fri 09:00-17:00}]\n"
		}
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.file, err, c.want)
		}
	}
}
