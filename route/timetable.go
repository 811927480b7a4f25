package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Switch is what was said of a timetable by hand.
type Switch string

// The positions of the switch. The empty one is ByClock.
const (
	ByClock        Switch = "clock"  // the week and the days count
	SwitchedOpen   Switch = "open"   // open, whatever the clock says
	SwitchedClosed Switch = "closed" // closed, whatever the clock says
)

// A Moment is when a question is put to the number plan.
type Moment struct {
	At       time.Time
	Switched map[string]Switch // by the names of timetables; those without are ByClock
}

// A DayRule is one date, or several, on which a timetable differs from the week.
type DayRule struct {
	Name string
	// Date is 2026-12-24, each year's 12-24, or two of one kind with .. between
	// them, both within it.
	Date string
	Open []string // times such as 09:00-12:00; none: closed all day
}

// A Timetable is when somebody is there: times of the days of the week in one time
// zone, and days that differ. It is not changed after NewTimetable.
type Timetable struct {
	zone *time.Location
	week [7][]times
	days []day
}

// times are a stretch of one day, in minutes from midnight.
type times struct{ from, to int }

// A day is a DayRule, read.
type day struct {
	name     string
	from, to int // dates as numbers: 20261224, or 1224 of each year
	open     []times
}

// NewTimetable reads the times of a week, such as "mon-fri 09:00-12:30", and the
// days that differ. The error joins a *Problem for each thing that is wrong, with
// the path open[0], closed[0].date or closed[0].open[0].
func NewTimetable(zone *time.Location, week []string, days []DayRule) (*Timetable, error) {
	t := &Timetable{zone: zone}
	var problems []error
	report := func(err error, path string, args ...any) {
		if err != nil {
			problems = append(problems, &Problem{Path: fmt.Sprintf(path, args...), Err: err})
		}
	}
	for i, text := range week {
		report(t.addWeek(text), "open[%d]", i)
	}
	for i, r := range days {
		d := day{name: r.Name}
		var err error
		d.from, d.to, err = parseDates(r.Date)
		report(err, "closed[%d].date", i)
		for j, text := range r.Open {
			span, err := parseTimes(text)
			if err == nil {
				d.open, err = addTimes(d.open, span)
			}
			report(err, "closed[%d].open[%d]", i, j)
		}
		t.days = append(t.days, d)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return t, nil
}

// addWeek adds times of days of the week.
func (t *Timetable) addWeek(text string) error {
	f := strings.Fields(strings.ToLower(text))
	if len(f) != 2 {
		return fmt.Errorf("it has %d words, not days and times", len(f))
	}
	first, last, several := strings.Cut(f[0], "-")
	if !several {
		last = first
	}
	a, b := slices.Index(weekdays[:], first), slices.Index(weekdays[:], last)
	if a < 0 || b < 0 {
		return fmt.Errorf("%s are no days of the week: they are mon tue wed thu fri sat sun", f[0])
	}
	span, err := parseTimes(f[1])
	if err != nil {
		return err
	}
	for d := a; ; d = (d + 1) % 7 {
		if t.week[d], err = addTimes(t.week[d], span); err != nil {
			return fmt.Errorf("on %s %w", weekdays[d], err)
		}
		if d == b {
			return nil
		}
	}
}

// weekdays are the days by their time.Weekday.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// addTimes adds times to those of a day, which they may not overlap.
func addTimes(all []times, span times) ([]times, error) {
	for _, other := range all {
		if span.from < other.to && other.from < span.to {
			return all, fmt.Errorf("it overlaps %s", other)
		}
	}
	return append(all, span), nil
}

// String writes times as they are read.
func (t times) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", t.from/60, t.from%60, t.to/60, t.to%60)
}

func parseTimes(text string) (times, error) {
	a, b, both := strings.Cut(strings.TrimSpace(text), "-")
	from, okF := parseClock(a)
	to, okT := parseClock(b)
	switch {
	case !both || !okF || !okT:
		return times{}, fmt.Errorf("%q are no times such as 09:00-17:30", text)
	case to == from:
		return times{}, errors.New("it ends when it begins: the whole day is 00:00-24:00")
	case to < from:
		return times{}, fmt.Errorf("it ends before it begins: over midnight are two, %s-24:00 and the next day's 00:00-%s", a, b)
	}
	return times{from, to}, nil
}

// parseClock reads 09:00, as minutes from midnight; 24:00 is the end of the day.
func parseClock(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, okH := number(s[:2])
	m, okM := number(s[3:])
	n := 60*h + m
	return n, okH && okM && m < 60 && n <= 24*60
}

// number reads a few digits.
func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, s != ""
}

// parseDates reads one date or two with .. between them.
func parseDates(text string) (from, to int, err error) {
	a, b, several := strings.Cut(text, "..")
	from, err = parseDate(strings.TrimSpace(a))
	if err != nil || !several {
		return from, from, err
	}
	to, err = parseDate(strings.TrimSpace(b))
	switch {
	case err != nil:
	case (from > yearly) != (to > yearly):
		err = errors.New("one date is each year's and the other is not")
	case from > yearly && to < from:
		err = errors.New("it ends before it begins")
	}
	return from, to, err
}

// yearly is above each date of each year as a number, and below each date with a year.
const yearly = 1231

func parseDate(s string) (int, error) {
	year, rest := 4, s // a leap year has every date
	if len(s) == len("2026-12-24") && s[4] == '-' {
		n, ok := number(s[:4])
		if !ok || n < 1970 {
			return 0, notADate(s)
		}
		year, rest = n, s[5:]
	}
	if len(rest) != len("12-24") || rest[2] != '-' {
		return 0, notADate(s)
	}
	m, okM := number(rest[:2])
	d, okD := number(rest[3:])
	// time.Date makes 03-02 of 02-30.
	if at := time.Date(year, time.Month(m), d, 0, 0, 0, 0, time.UTC); !okM || !okD || at.Day() != d || int(at.Month()) != m {
		return 0, notADate(s)
	}
	if rest == s {
		return 100*m + d, nil
	}
	return 10000*year + 100*m + d, nil
}

func notADate(s string) error {
	return fmt.Errorf("%q is no date such as 2026-12-24, or 12-24 for each year", s)
}
