package main

import (
	"context"
	"maps"
	"sync"

	"onhook/app"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
	"onhook/store"
)

// A personal is what extensions have set from their phones. It implements
// app.Settings: what is set is on the disk before it counts.
type personal struct {
	mu       sync.Mutex // held while the configuration is changed, too
	folder   string
	all      map[string]store.Personal
	exchange *exchange.Exchange // set before the first call
}

func loadPersonal(folder string) (*personal, error) {
	all, err := store.LoadPersonal(folder)
	return &personal{folder: folder, all: all}, err
}

// SetForward sends an extension's calls to a number.
func (p *personal) SetForward(ctx context.Context, user, kind, number string) error {
	if err := p.exchange.MayForward(ctx, user, number); err != nil {
		return err
	}
	return p.change(ctx, user, func(s *store.Personal) {
		switch kind {
		case "always":
			s.Always = &number
		case "busy":
			s.Busy = &number
		case "no_answer":
			s.NoAnswer = &number
		case "unreachable":
			s.Unreachable = &number
		}
	})
}

// ClearForwards sends an extension's calls nowhere else.
func (p *personal) ClearForwards(ctx context.Context, user string) error {
	nowhere := ""
	return p.change(ctx, user, func(s *store.Personal) {
		s.Always, s.Busy, s.NoAnswer, s.Unreachable = &nowhere, &nowhere, &nowhere, &nowhere
	})
}

// SetDND has an extension not disturbed, or disturbed again.
func (p *personal) SetDND(ctx context.Context, user string, on bool) error {
	return p.change(ctx, user, func(s *store.Personal) { s.DND = &on })
}

func (p *personal) change(ctx context.Context, user string, change func(*store.Personal)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.all[user]
	change(&s)
	all := maps.Clone(p.all)
	all[user] = s
	if err := store.SavePersonal(p.folder, all); err != nil {
		return err
	}
	p.all = all
	return p.exchange.Personalise(ctx, user, func(r *exchange.Rights) { override(r, s) })
}

// override has what an extension set count before what the configuration says.
func override(r *exchange.Rights, s store.Personal) {
	for to, from := range map[*string]*string{
		&r.Forward.Always: s.Always, &r.Forward.Busy: s.Busy, &r.Forward.NoAnswer: s.NoAnswer, &r.Forward.Unreachable: s.Unreachable,
	} {
		if from != nil {
			*to = *from
		}
	}
	if s.DND != nil {
		r.DND = *s.DND
	}
}

// codes are the applications of what extensions dial to set or do something.
func (s *server) codes(cfg *config.Config, library *app.Library) map[string]app.App {
	all := map[string]app.App{}
	for _, c := range cfg.CodesInUse() {
		if c.Name == "park" {
			all[c.Name] = &app.ParkCode{Library: library, Log: s.log, Parker: parker{s, cfg.Parking.Slots}}
			continue
		}
		if c.Hours != "" {
			all[c.Name] = &app.HoursCode{Timetable: c.Hours, Text: c.Text, Library: library, Log: s.log, Hours: s.hours}
			continue
		}
		all[c.Name] = &app.Code{Name: c.Name, Text: c.Text, Library: library, Log: s.log, Settings: s.personal}
	}
	return all
}

// parks are the places where callers are parked.
func (s *server) parks(cfg *config.Config, a *apps) map[string]app.App {
	all := map[string]app.App{}
	for _, slot := range cfg.Parking.Slots {
		all[slot] = &app.Park{
			Name: slot, Library: a.library, Log: s.log, Timeout: cfg.Parking.Timeout,
			Music: func() media.Source { return a.sound(cfg, "hold") },
		}
	}
	return all
}

// forwardOf is where the configuration sends a user's calls.
func forwardOf(u config.User) exchange.Forward {
	f := u.Forward
	return exchange.Forward{
		Always: f.Always.Of(u.Name), Busy: f.Busy.Of(u.Name), NoAnswer: f.NoAnswer.Of(u.Name), Unreachable: f.Unreachable.Of(u.Name), Ring: f.Ring,
	}
}
