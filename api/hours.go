package api

import (
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"onhook/app"
	"onhook/config"
	"onhook/route"
)

// Timetables are what the handlers need of the timetables.
type Timetables interface {
	Timetables() []app.TimetableState
	SwitchTimetable(ctx context.Context, name string, to route.Switch, by string) (app.TimetableState, error)
}

// Hours are all timetables.
type Hours struct {
	Hours []app.TimetableState `json:"hours"`
}

type hoursSwitch struct {
	Name string `path:"name" maxLength:"64" doc:"the timetable"`
	Body struct {
		Switch route.Switch `json:"switch" enum:"open,closed,clock" doc:"open or closed, whatever the clock says, over a restart too; clock: by its times again"`
	}
}

func (s *Server) registerHours(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/hours", "list-hours", "System", config.SystemRead, "List the timetables: whether each is open, until when, and by whom it was switched"),
		func(context.Context, *none) (*body[Hours], error) {
			return &body[Hours]{Hours{listed(s.Hours.Timetables())}}, nil
		})
	huma.Register(a, op(a, "PUT", "/v1/hours/{name}", "switch-hours", "System", config.ConfigWrite, "Open or close a timetable by hand, for calls from now on, or have the clock count again"),
		func(ctx context.Context, in *hoursSwitch) (*body[app.TimetableState], error) {
			state, err := s.Hours.SwitchTimetable(ctx, in.Name, in.Body.Switch, by(ctx))
			if errors.Is(err, app.ErrNoTimetable) {
				return nil, newProblem("hours_not_found", "No timetable of this name is configured.")
			}
			return &body[app.TimetableState]{state}, fail(err)
		})
}
