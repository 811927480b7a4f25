package route

import (
	"strings"
	"testing"
	"time"
)

// officeHours is a timetable with what timetables may have, where summer time is kept.
func officeHours(t *testing.T) *Timetable {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	table, err := NewTimetable(zone, []string{"mon-fri 09:00-12:30", "mon-thu 13:30-17:30", "sat 22:00-24:00", "Sun 00:00-02:00"}, []DayRule{
		{Name: "Christmas Eve", Date: "12-24", Open: []string{"09:00-12:00"}},
		{Name: "Christmas", Date: "12-25..01-02"},
		{Name: "outing", Date: "2026-07-03"},
		{Name: "summer", Date: "2026-08-03..2026-08-14"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTimetable(t *testing.T) {
	table := officeHours(t)
	for _, c := range []struct {
		at, day string
		open    bool
	}{
		{"2026-11-20T08:00:00Z", "", true}, // 09:00 in winter, a Friday
		{"2026-11-20T07:59:59Z", "", false},
		{"2026-11-20T11:29:59Z", "", true},
		{"2026-11-20T11:30:00Z", "", false}, // 12:30
		{"2026-11-20T13:00:00Z", "", false}, // Friday afternoon
		{"2026-11-19T13:00:00Z", "", true},
		{"2026-07-02T07:00:00Z", "", true}, // 09:00 in summer
		{"2026-07-02T06:59:00Z", "", false},
		{"2026-11-21T22:59:00Z", "", true}, // Saturday, 23:59
		{"2026-11-22T00:59:00Z", "", true}, // Sunday, 01:59
		{"2026-11-22T01:00:00Z", "", false},
		{"2026-07-03T10:00:00Z", "outing", false},
		{"2027-07-05T10:00:00Z", "", true},
		{"2026-08-02T22:00:00Z", "summer", false}, // 00:00 there
		{"2026-08-14T10:00:00Z", "summer", false},
		{"2026-08-17T10:00:00Z", "", true},
		{"2026-12-24T10:59:00Z", "Christmas Eve", true},
		{"2026-12-24T11:00:00Z", "Christmas Eve", false},
		{"2027-12-24T08:00:00Z", "Christmas Eve", true},
		{"2026-12-28T10:00:00Z", "Christmas", false},
		{"2027-01-01T10:00:00Z", "Christmas", false},
		{"2027-01-04T10:00:00Z", "", true},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if open, day := table.Open(at); open != c.open || day != c.day {
			t.Errorf("%s: %v %q, want %v %q", c.at, open, day, c.open, c.day)
		}
	}
}

func TestTimetableNextChange(t *testing.T) {
	table := officeHours(t)
	for at, want := range map[string]string{
		"2026-11-20T08:30:00Z": "2026-11-20T11:30:00Z",
		"2026-11-20T11:30:00Z": "2026-11-21T21:00:00Z", // Saturday night
		"2026-11-21T22:00:00Z": "2026-11-22T01:00:00Z", // midnight changes nothing
		"2026-12-24T11:30:00Z": "2027-01-02T23:00:00Z", // the Sunday after the holidays, 00:00
		"2026-10-24T21:00:00Z": "2026-10-25T00:00:00Z", // 02:00, summer time yet: the hour that comes twice follows
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Change(when).UTC().Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, want %s", at, got, want)
		}
	}
	never, err := NewTimetable(time.UTC, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := never.Change(time.Unix(0, 0)); !got.IsZero() {
		t.Errorf("what is never open changes at %s", got)
	}
}

func TestTimetablesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		week []string
		day  DayRule
		want string
	}{
		{[]string{"mon"}, DayRule{Date: "01-01"}, "open[0]: it has 1 words"},
		{[]string{"someday 09:00-17:00"}, DayRule{Date: "01-01"}, "open[0]: someday are no days of the week"},
		{[]string{"mon 9-17"}, DayRule{Date: "01-01"}, `open[0]: "9-17" are no times`},
		{[]string{"mon 09:00-25:00"}, DayRule{Date: "01-01"}, "are no times"},
		{[]string{"mon 17:00-09:00"}, DayRule{Date: "01-01"}, "open[0]: it ends before it begins: over midnight are two, 17:00-24:00 and the next day's 00:00-09:00"},
		{[]string{"mon 09:00-09:00"}, DayRule{Date: "01-01"}, "it ends when it begins"},
		{[]string{"mon-fri 09:00-17:00", "fri 16:59-20:00"}, DayRule{Date: "01-01"}, "open[1]: on fri it overlaps 09:00-17:00"},
		{[]string{"sat-mon 09:00-17:00", "sun 09:00-10:00"}, DayRule{Date: "01-01"}, "open[1]: on sun it overlaps"},
		{nil, DayRule{Date: "02-30"}, `closed[0].date: "02-30" is no date`},
		{nil, DayRule{Date: "2026-02-29"}, "is no date"},
		{nil, DayRule{Date: "0000-02-29"}, "is no date"},
		{nil, DayRule{Date: "24.12."}, "is no date"},
		{nil, DayRule{Date: "2026-08-14..2026-08-03"}, "closed[0].date: it ends before it begins"},
		{nil, DayRule{Date: "2026-12-24..01-01"}, "one date is each year's and the other is not"},
		{nil, DayRule{Date: "12-24", Open: []string{"09:00-12:00", "11:00-13:00"}}, "closed[0].open[1]: it overlaps 09:00-12:00"},
		{nil, DayRule{Date: "12-24", Open: []string{"mon 09:00-12:00"}}, "closed[0].open[0]"},
	} {
		if _, err := NewTimetable(time.UTC, c.week, []DayRule{c.day}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, %q: %v, want %s", c.week, c.day.Date, err, c.want)
		}
	}
	if _, err := NewTimetable(time.UTC, []string{"mon-tue 09:00-12:00", "mon-tue 12:00-17:00"}, []DayRule{{Date: "02-29"}}); err != nil {
		t.Error(err)
	}
}

// dayTable is a system whose rules and groups have hours.
func dayTable(t *testing.T) *Table {
	t.Helper()
	dest := func(text string) Destination {
		d, err := ParseDestination(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	day, err := NewTimetable(time.UTC, []string{"mon-fri 09:00-17:00"}, []DayRule{{Name: "New Year", Date: "01-01"}})
	if err != nil {
		t.Fatal(err)
	}
	table, err := New(Options{
		Users: []string{"100", "101", "102"}, Apps: []string{"voicemail:100", "menu:closed"}, Hours: map[string]*Timetable{"day": day},
		Groups: []Group{
			{Name: "sales", Members: []string{"100", "101"}, Hours: "day", Closed: dest("voicemail:100")},
			{Name: "all", Members: []string{"sales", "102"}},
			{Name: "only", Members: []string{"sales"}},
			{Name: "round", Members: []string{"100"}, Hours: "day", Closed: dest("group:round")},
		},
		Rules: []Rule{
			{Match: "500", To: []Destination{dest("user:100")}, Hours: "day"},
			{Match: "500", To: []Destination{dest("user:102")}},
			{Match: "6(\\d+)", To: []Destination{dest("user:100")}, Hours: "day", Closed: dest("user:$1")},
			{Match: "700", To: []Destination{dest("user:100")}, Hours: "day"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestPlanHeedsHours(t *testing.T) {
	table := dayTable(t)
	open := Moment{At: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	night := Moment{At: time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)}
	holiday := Moment{At: time.Date(2027, 1, 1, 10, 0, 0, 0, time.UTC)}
	byHand := Moment{At: open.At, Switched: map[string]Switch{"day": SwitchedClosed}}
	late := Moment{At: night.At, Switched: map[string]Switch{"day": SwitchedOpen}}
	for _, c := range []struct {
		at           Moment
		number, want string // the names of the targets, or the cause
		why          string // "-": the timetable did not matter
	}{
		{open, "500", "100", "-"},
		{night, "500", "102", ""},
		{holiday, "500", "102", "New Year"},
		{byHand, "500", "102", "switched"},
		{late, "500", "100", "-"},
		{open, "6101", "100", "-"},
		{night, "6101", "101", ""},
		{night, "6109", "UNALLOCATED_NUMBER", ""},
		{night, "700", "UNALLOCATED_NUMBER", ""},
		{open, "sales", "100 101", "-"},
		{night, "sales", "voicemail:100", ""},
		{open, "all", "100 101 102", "-"},
		{night, "all", "102", ""},
		{night, "only", "SUBSCRIBER_ABSENT", ""},
		{night, "round", "EXCHANGE_ROUTING_ERROR", ""},
	} {
		p := table.Plan(c.at, Caller{}, c.number)
		var got []string
		for _, s := range p.Steps {
			for _, target := range s.Targets {
				got = append(got, target.Name)
			}
		}
		if p.Refused() {
			got = []string{string(p.Refusal.Cause)}
		}
		hours := "day"
		if c.why == "-" {
			hours, c.why = "", ""
		}
		if text := strings.Join(got, " "); text != c.want || p.Hours != hours || p.Why != c.why {
			t.Errorf("%s at %s: %s (%s %q), want %s (%s %q)", c.number, c.at.At, text, p.Hours, p.Why, c.want, hours, c.why)
		}
	}
	if p := table.To(night, Caller{}, "group:sales"); p.Refused() || p.Steps[0].Targets[0].Name != "voicemail:100" || p.Hours != "day" {
		t.Errorf("an application is led to %+v", p)
	}
}

func TestHoursThatAreNot(t *testing.T) {
	_, err := New(Options{
		Groups: []Group{{Name: "a", Members: []string{"1"}, Hours: "day"}},
		Rules:  []Rule{{Match: "1", To: []Destination{{Kind: ToEcho}}, Hours: "day", Closed: Destination{Kind: ToUser, Text: "$2"}}},
	})
	for _, want := range []string{`groups[0].hours: there is no timetable "day"`, `routes[0].hours: there is no timetable "day"`, "routes[0].closed: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
