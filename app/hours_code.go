package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"onhook/route"
)

// ErrNoTimetable is what Timetables say of a name that no timetable has.
var ErrNoTimetable = errors.New("app: there is no timetable of this name")

// A TimetableState is how a timetable is now.
type TimetableState struct {
	Name       string       `json:"name"`
	Zone       string       `json:"zone" doc:"the time zone of its times"`
	Open       bool         `json:"open" doc:"whether it is open now"`
	Switch     route.Switch `json:"switch" enum:"clock,open,closed" doc:"clock: by its times; open or closed: switched by hand"`
	Day        string       `json:"day,omitempty" doc:"the name of today, if it is a day that differs from the week"`
	Until      *time.Time   `json:"until,omitempty" doc:"when it next opens or closes by the clock"`
	SwitchedBy string       `json:"switched_by,omitempty" doc:"who switched it last"`
	SwitchedAt *time.Time   `json:"switched_at,omitempty"`
	Code       string       `json:"code,omitempty" doc:"what extensions dial to switch it"`
}

// Timetables are switched by hand, beyond a restart.
type Timetables interface {
	// Timetable is how one is; ErrNoTimetable.
	Timetable(name string) (TimetableState, error)
	// SwitchTimetable opens or closes one, or has the clock count again; by is who wants it.
	SwitchTimetable(ctx context.Context, name string, to route.Switch, by string) (TimetableState, error)
}

// An HoursCode is what an extension dials to switch a timetable: with a key behind
// the code at once, without one after it has been told the state.
type HoursCode struct {
	Timetable string
	Text      string // what is dialled before the key: *28
	Library   *Library
	Log       *slog.Logger
	Hours     Timetables
}

// switchKeys are what is pressed for each position.
var switchKeys = map[string]route.Switch{"0": route.ByClock, "1": route.SwitchedOpen, "2": route.SwitchedClosed}

// Run switches, and says how the timetable is then.
func (h *HoursCode) Run(s Session) error {
	i := s.Info()
	if i.User == "" {
		return s.Hangup("OUTGOING_CALL_BARRED")
	}
	if err := s.Stage("menu"); err != nil {
		return err
	}
	if err := s.Answer(); err != nil {
		return refuseWithout(s, err)
	}
	key := strings.TrimPrefix(i.Dialled, h.Text)
	if key == "" {
		var err error
		if key, err = h.ask(s); err != nil {
			return err
		}
	}
	state, err := h.Hours.Timetable(h.Timetable)
	if to := switchKeys[key]; to != "" && err == nil {
		state, err = h.Hours.SwitchTimetable(s.Context(), h.Timetable, to, "user "+i.User)
	}
	if err != nil {
		return err
	}
	return served(s, h.Library, h.Log, "hours "+h.Timetable+" "+string(state.Switch), said(state)...)
}

// ask says the state and what can be pressed, and waits for a key; empty: none came.
func (h *HoursCode) ask(s Session) (string, error) {
	state, err := h.Hours.Timetable(h.Timetable)
	if err != nil {
		return "", err
	}
	if err := s.Node("hours " + h.Timetable); err != nil {
		return "", err
	}
	if err := playPrompts(s, h.Library, h.Log, PlayOptions{Barge: true}, append(said(state), "hours-keys")); err != nil {
		return "", err
	}
	return s.Digits(DigitOptions{Max: 1})
}

// said are the prompts that tell how a timetable is.
func said(s TimetableState) []string {
	first := "hours-closed"
	if s.Open {
		first = "hours-open"
	}
	if s.Switch == route.ByClock {
		return []string{first, "hours-clock"}
	}
	return []string{first, "hours-hand"}
}
