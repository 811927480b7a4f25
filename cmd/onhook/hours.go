package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // a machine may have no database of time zones

	"onhook/app"
	"onhook/config"
	"onhook/route"
	"onhook/store"
)

// hoursName is the file of the data folder that holds what was switched by hand.
const hoursName = "hours.json"

// A switched timetable.
type switched struct {
	To route.Switch `json:"to"`
	By string       `json:"by"`
	At time.Time    `json:"at"`
}

// hours are the timetables of the configuration in force, and what was switched by
// hand: that is on the disk before it counts. It implements app.Timetables.
type hours struct {
	folder string
	log    *slog.Logger
	byHand atomic.Pointer[map[string]route.Switch] // for whoever asks where a number leads

	mu     sync.Mutex
	kept   map[string]switched
	listed []config.Hours
	tables map[string]*route.Timetable
}

// loadHours reads what was switched before the last stop.
func loadHours(folder string, log *slog.Logger) (*hours, error) {
	h := &hours{folder: folder, log: log, kept: map[string]switched{}}
	path := filepath.Join(folder, hoursName)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if err := json.Unmarshal(text, &h.kept); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w; without the file all timetables go by the clock", path, err)
		}
	}
	h.publish()
	return h, nil
}

// publish lets what was switched count; the lock is held, or nobody else has h yet.
func (h *hours) publish() {
	all := make(map[string]route.Switch, len(h.kept))
	for name, s := range h.kept {
		all[name] = s.To
	}
	h.byHand.Store(&all)
}

// switches are what was switched by hand, by the names of timetables.
func (h *hours) switches() map[string]route.Switch { return *h.byHand.Load() }

// configure takes the timetables of a configuration.
func (h *hours) configure(cfg *config.Config) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listed, h.tables = cfg.Hours, cfg.Timetables()
}

// isOpen gives how an application asks whether a timetable is open; nil: no name, always.
func (h *hours) isOpen(name string) func(time.Time) bool {
	if name == "" {
		return nil
	}
	return func(at time.Time) bool {
		h.mu.Lock()
		t := h.tables[name]
		h.mu.Unlock()
		if t == nil {
			return true // a reload has taken it away; so has the reload what named it
		}
		open, _ := route.Moment{At: at, Switched: h.switches()}.Open(name, t)
		return open
	}
}

// Timetables are all timetables as they are now, as the configuration lists them.
func (h *hours) Timetables() []app.TimetableState {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]app.TimetableState, len(h.listed))
	for i := range h.listed {
		out[i] = h.state(&h.listed[i])
	}
	return out
}

// Timetable is one of them.
func (h *hours) Timetable(name string) (app.TimetableState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.named(name)
}

func (h *hours) named(name string) (app.TimetableState, error) {
	for i := range h.listed {
		if h.listed[i].Name == name {
			return h.state(&h.listed[i]), nil
		}
	}
	return app.TimetableState{}, app.ErrNoTimetable
}

func (h *hours) state(of *config.Hours) app.TimetableState {
	now := time.Now()
	s := app.TimetableState{Name: of.Name, Zone: of.Zone, Code: of.Code, Switch: route.ByClock}
	t := h.tables[of.Name]
	s.Open, _ = route.Moment{At: now, Switched: h.switches()}.Open(of.Name, t)
	_, s.Day = t.Open(now)
	if until := t.Change(now); !until.IsZero() {
		until = until.UTC()
		s.Until = &until
	}
	if k, is := h.kept[of.Name]; is {
		s.Switch, s.SwitchedBy, s.SwitchedAt = k.To, k.By, &k.At
	}
	return s
}

// SwitchTimetable opens or closes one, or has the clock count again.
func (h *hours) SwitchTimetable(_ context.Context, name string, to route.Switch, by string) (app.TimetableState, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.named(name); err != nil {
		return app.TimetableState{}, err
	}
	before, was := h.kept[name]
	h.kept[name] = switched{to, by, time.Now().UTC()}
	if err := store.SaveWhole(h.folder, hoursName, h.kept); err != nil {
		if h.kept[name] = before; !was {
			delete(h.kept, name)
		}
		return app.TimetableState{}, fmt.Errorf("timetable %s was not switched: %w", name, err)
	}
	h.publish()
	h.log.Info("timetable switched", "name", name, "to", to, "by", by)
	return h.named(name)
}
