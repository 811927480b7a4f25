package console

import (
	"fmt"
	"time"

	"onhook/outcome"
)

// A timeline is a call as bars over its time, the caller's stages and then each leg.
type timeline struct {
	Lanes  []lane
	Ticks  []tick
	Height int
}

// A lane is one row of bars.
type lane struct {
	Name string
	Y    int
	Bars []bar
}

// A bar is a stretch of time; X and Width are percentages, as SVG takes them.
type bar struct {
	X, Width string
	Class    string
	Label    string // as far as there is room
	Title    string
}

// A tick is a mark of the time since the start.
type tick struct{ X, Label, Anchor string }

const (
	laneHeight = 26
	laneTop    = 22
)

// timelineOf lays a record out; nil: it took no time.
func timelineOf(r *outcome.Record) *timeline {
	whole := r.EndedAt.Sub(r.StartedAt)
	if whole <= 0 {
		return nil
	}
	at := func(t time.Time) float64 {
		return max(0, min(100, 100*float64(t.Sub(r.StartedAt))/float64(whole)))
	}
	stretch := func(from, to time.Time, class, label string) bar {
		x := at(from)
		w := max(0.4, at(to)-x)
		b := bar{X: percentText(min(x, 99.6)), Width: percentText(w), Class: class, Title: label + ", " + span(to.Sub(from).Milliseconds())}
		if w > float64(len(label))*0.9+2 {
			b.Label = label
		}
		return b
	}
	out := &timeline{}
	caller := lane{Name: "call"}
	for _, s := range r.Segments {
		caller.Bars = append(caller.Bars, stretch(s.StartedAt, s.EndedAt, "stage-"+s.Stage, s.Stage))
	}
	out.add(caller)
	for i := range r.Legs {
		l := &r.Legs[i]
		name := l.Target
		if l.Direction == "in" {
			name = "caller"
		}
		row := lane{Name: fmt.Sprintf("%d %s", l.ID, cut(16, name))}
		end := r.EndedAt
		if l.EndedAt != nil {
			end = *l.EndedAt
		}
		from, stage := l.StartedAt, "routing"
		next := func(t *time.Time, then string) {
			if t != nil {
				row.Bars = append(row.Bars, stretch(from, *t, "stage-"+stage, stage))
				from, stage = *t, then
			}
		}
		next(l.RingingAt, "ringing")
		next(l.AnsweredAt, "answered")
		row.Bars = append(row.Bars, stretch(from, end, "stage-"+stage, stage))
		out.add(row)
	}
	for i := range 5 {
		if whole < 4*time.Millisecond && i%4 != 0 {
			continue // times are told to the millisecond
		}
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		} else if i == 4 {
			anchor = "end"
		}
		out.Ticks = append(out.Ticks, tick{percentText(float64(i) * 25), tickText(whole / 4 * time.Duration(i)), anchor})
	}
	out.Height = laneTop + laneHeight*len(out.Lanes)
	return out
}

func (t *timeline) add(l lane) {
	l.Y = laneTop + laneHeight*len(t.Lanes)
	t.Lanes = append(t.Lanes, l)
}

func tickText(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return span(d.Milliseconds())
}

func percentText(f float64) string { return fmt.Sprintf("%.3f%%", f) }
