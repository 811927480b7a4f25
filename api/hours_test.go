package api

import (
	"context"
	"strings"
	"testing"

	"onhook/app"
	"onhook/route"
)

// fakeHours has one timetable, office.
type fakeHours struct{ state app.TimetableState }

func (f *fakeHours) Timetables() []app.TimetableState {
	if f.state.Name == "" {
		f.state = app.TimetableState{Name: "office", Zone: "UTC", Open: true, Switch: route.ByClock, Day: "Christmas Eve", Until: &t0}
	}
	return []app.TimetableState{f.state}
}

func (f *fakeHours) SwitchTimetable(_ context.Context, name string, to route.Switch, by string) (app.TimetableState, error) {
	if name != "office" {
		return app.TimetableState{}, app.ErrNoTimetable
	}
	f.Timetables()
	f.state.Switch, f.state.SwitchedBy, f.state.Open = to, by, to == route.SwitchedOpen
	return f.state, nil
}

func TestHours(t *testing.T) {
	s, keys := newSite(t)
	for _, x := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/v1/hours", "", 200, `{"hours":[{"name":"office","zone":"UTC","open":true,"switch":"clock","day":"Christmas Eve","until":"2026-03-01T12:00:00Z"}]}`},
		{"PUT", "/v1/hours/office", `{"switch":"closed"}`, 200, `"open":false,"switch":"closed"`},
		{"GET", "/v1/hours", "", 200, `"switch":"closed","day":"Christmas Eve","until":"2026-03-01T12:00:00Z","switched_by":"key all"`},
		{"PUT", "/v1/hours/shop", `{"switch":"closed"}`, 404, `"code":"hours_not_found"`},
		{"PUT", "/v1/hours/office", `{"switch":"shut"}`, 422, `"code":"invalid"`},
		{"PUT", "/v1/hours/office", `{}`, 422, `"code":"invalid"`},
	} {
		if got := s.ask(x.method, x.path, keys["all"], x.body); got.status != x.status || !strings.Contains(got.body, x.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", x.method, x.path, x.body, got.status, got.body, x.status, x.want)
		}
	}
}
