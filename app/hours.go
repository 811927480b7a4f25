package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Hours are when somebody is there: spans of the week in one time zone.
type Hours struct {
	zone  *time.Location
	spans []span
}

// A span is a stretch of one weekday, in minutes from midnight.
type span struct {
	day      time.Weekday
	from, to int
}

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHours reads spans such as "mon-fri 09:00-17:30" or "sat 10:00-12:00". A
// span that ends at or before its start goes on into the next day. zone is a name
// of the time zone database; empty is UTC.
func ParseHours(spans []string, zone string) (*Hours, error) {
	if zone == "" {
		zone = "UTC"
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", zone, err)
	}
	h := &Hours{zone: loc}
	for _, text := range spans {
		if err := h.add(text); err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
	}
	return h, nil
}

func (h *Hours) add(text string) error {
	const want = `want days and times such as "mon-fri 09:00-17:30"`
	f := strings.Fields(strings.ToLower(text))
	if len(f) != 2 {
		return fmt.Errorf("got %d words, %s", len(f), want)
	}
	first, last, several := strings.Cut(f[0], "-")
	if !several {
		last = first
	}
	a, okA := weekday(first)
	b, okB := weekday(last)
	from, to, both := strings.Cut(f[1], "-")
	start, okF := minutes(from)
	end, okT := minutes(to)
	if !okA || !okB || !both || !okF || !okT || start == 24*60 {
		return fmt.Errorf("not a span of hours, %s", want)
	}
	for d := a; ; d = (d + 1) % 7 {
		if end <= start {
			h.spans = append(h.spans, span{d, start, 24 * 60}, span{(d + 1) % 7, 0, end})
		} else {
			h.spans = append(h.spans, span{d, start, end})
		}
		if d == b {
			return nil
		}
	}
}

func weekday(s string) (time.Weekday, bool) {
	for i, name := range weekdays {
		if s == name {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	if !ok || len(h) != 2 || len(m) != 2 {
		return 0, false
	}
	hours, err1 := strconv.Atoi(h)
	mins, err2 := strconv.Atoi(m)
	n := 60*hours + mins
	return n, err1 == nil && err2 == nil && hours >= 0 && mins >= 0 && mins < 60 && n <= 24*60
}

// Open tells whether a time is within the hours.
func (h *Hours) Open(at time.Time) bool {
	at = at.In(h.zone)
	n := 60*at.Hour() + at.Minute()
	for _, s := range h.spans {
		if s.day == at.Weekday() && n >= s.from && n < s.to {
			return true
		}
	}
	return false
}
