package route

import "time"

// at tells whether a day is one of the rule's.
func (d *day) at(year int, month time.Month, of int) bool {
	n := 100*int(month) + of
	switch {
	case d.from > yearly:
		n += 10000 * year
	case d.from > d.to: // over the new year
		return n >= d.from || n <= d.to
	}
	return n >= d.from && n <= d.to
}

// on are the times of a date, and the name of the day if it differs from the week;
// the first rule that fits counts.
func (t *Timetable) on(date time.Time) (open []times, name string) {
	y, m, d := date.Date()
	for i := range t.days {
		if t.days[i].at(y, m, d) {
			return t.days[i].open, t.days[i].name
		}
	}
	return t.week[date.Weekday()], ""
}

// Open tells whether a time is within the timetable; name is that of the day, if
// it is one that differs from the week.
func (t *Timetable) Open(at time.Time) (open bool, name string) {
	at = at.In(t.zone)
	n := 60*at.Hour() + at.Minute()
	spans, name := t.on(at)
	for _, s := range spans {
		if n >= s.from && n < s.to {
			return true, name
		}
	}
	return false, name
}

// lookAhead is for how many days Change looks: longer than a year.
const lookAhead = 400

// Change is when the timetable next opens or closes by the clock; zero: within a
// year it does not.
func (t *Timetable) Change(at time.Time) time.Time {
	now, _ := t.Open(at)
	y, m, d := at.In(t.zone).Date()
	for i := range lookAhead {
		noon := time.Date(y, m, d+i, 12, 0, 0, 0, t.zone)
		spans, _ := t.on(noon)
		next := time.Time{}
		for _, minute := range edges(spans) {
			edge := time.Date(y, m, d+i, 0, minute, 0, 0, t.zone)
			// Where summer time ends an hour comes twice, and Date may give the second.
			if first := edge.Add(-time.Hour); first.Hour() == edge.Hour() && first.After(at) {
				edge = first
			}
			if open, _ := t.Open(edge); edge.After(at) && open != now && (next.IsZero() || edge.Before(next)) {
				next = edge
			}
		}
		if !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

// edges are the minutes of a day at which its times, or those of the day before, may begin or end.
func edges(spans []times) []int {
	out := []int{0}
	for _, s := range spans {
		out = append(out, s.from, s.to)
	}
	return out
}

// Open tells whether a timetable is open, by hand or else by the clock; why names
// what made it so: "switched", or the name of the day; empty: the week.
func (m Moment) Open(name string, t *Timetable) (open bool, why string) {
	switch m.Switched[name] {
	case SwitchedOpen:
		return true, "switched"
	case SwitchedClosed:
		return false, "switched"
	}
	return t.Open(m.At)
}
