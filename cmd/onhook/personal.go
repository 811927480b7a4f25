package main

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"onhook/app"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
	"onhook/store"
)

// A personal is what extensions have set from their phones, or was set for them by
// the API. It implements app.Settings: what is set is on the disk before it counts.
type personal struct {
	mu       sync.Mutex // held while the configuration is changed, too
	folder   string
	all      map[string]store.Personal
	exchange *exchange.Exchange                   // set before the first call
	config   *atomic.Pointer[config.Config]       // that is in force
	tell     func(user, by string, what []string) // of a change
}

func loadPersonal(folder string) (*personal, error) {
	all, err := store.LoadPersonal(folder)
	return &personal{folder: folder, all: all}, err
}

// A wish is one thing that is set.
type wish struct {
	name string // as events tell it
	set  func(*store.Personal)
}

// wishDND has an extension not disturbed, or disturbed again; or as the configuration says.
func wishDND(on, unset bool) wish {
	return wish{"dnd", func(s *store.Personal) {
		if s.DND = &on; unset {
			s.DND = nil
		}
	}}
}

// wishForward sends an extension's calls of a kind somewhere, nowhere else, or where the configuration says.
func wishForward(kind, place string, unset bool) wish {
	return wish{"forward." + kind, func(s *store.Personal) {
		to := &place
		if unset {
			to = nil
		}
		switch kind {
		case "always":
			s.Always = to
		case "busy":
			s.Busy = to
		case "no_answer":
			s.NoAnswer = to
		case "unreachable":
			s.Unreachable = to
		}
	}}
}

// byPhone is who sets something by dialling a code.
const byPhone = "phone"

// SetForward sends an extension's calls to a number.
func (p *personal) SetForward(ctx context.Context, user, kind, number string) error {
	if err := p.exchange.MayForward(ctx, user, number); err != nil {
		return err
	}
	return p.change(ctx, user, byPhone, []wish{wishForward(kind, number, false)})
}

// ClearForwards sends an extension's calls nowhere else.
func (p *personal) ClearForwards(ctx context.Context, user string) error {
	var all []wish
	for _, kind := range []string{"always", "busy", "no_answer", "unreachable"} {
		all = append(all, wishForward(kind, "", false))
	}
	return p.change(ctx, user, byPhone, all)
}

// SetDND has an extension not disturbed, or disturbed again.
func (p *personal) SetDND(ctx context.Context, user string, on bool) error {
	return p.change(ctx, user, byPhone, []wish{wishDND(on, false)})
}

// change grants wishes. exchange.ErrNotFound: there is no such extension.
func (p *personal) change(ctx context.Context, user, by string, wishes []wish) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := findUser(p.config.Load(), user)
	if u == nil {
		return exchange.ErrNotFound
	}
	s := p.all[user]
	var what []string
	for _, w := range wishes {
		w.set(&s)
		what = append(what, w.name)
	}
	all := maps.Clone(p.all)
	if all[user] = s; s == (store.Personal{}) {
		delete(all, user)
	}
	if err := store.SavePersonal(p.folder, all); err != nil {
		return err
	}
	p.all = all
	err := p.exchange.Personalise(ctx, user, func(r *exchange.Rights) {
		r.DND, r.Forward = u.DND, forwardOf(*u)
		override(r, s)
	})
	if err == nil {
		p.tell(user, by, what)
	}
	return err
}

// forget drops what an extension has set that is no more. mu is held.
func (p *personal) forget(user string) error {
	if _, there := p.all[user]; !there {
		return nil
	}
	all := maps.Clone(p.all)
	delete(all, user)
	if err := store.SavePersonal(p.folder, all); err != nil {
		return err
	}
	p.all = all
	return nil
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
