package main

import (
	"log/slog"
	"maps"
	"strings"
	"time"

	"onhook/app"
	"onhook/config"
	"onhook/media"
	"onhook/route"
)

// apps are the applications of a configuration.
type apps struct {
	library *app.Library
	menus   map[string]*app.Menu
	floor   *app.Floor         // nil: applications are only checked
	named   map[string]app.App // the others, by destination
	codes   map[string]app.App
	parks   map[string]app.App
	hours   *hours
	closing map[string]closing // by the names of queues
}

// A closing is when a queue takes callers, and where they go otherwise.
type closing struct{ hours, to string }

// newApps makes the applications; without boxes and hours they are only checked. The error, of type config.Errors,
// names every prompt that cannot be used.
func newApps(cfg *config.Config, boxes *app.Mailboxes, timetables *hours, log *slog.Logger) (*apps, error) {
	a := &apps{hours: timetables, closing: map[string]closing{}, library: app.NewLibrary(cfg.Prompts.Folder, cfg.Prompts.Language), menus: map[string]*app.Menu{}, named: map[string]app.App{}}
	a.library.Add(madePrompts(cfg).Folder())
	err := cfg.CheckApps(func(name string) error { _, err := a.library.Prompts(name); return err })
	if err == nil {
		err = cfg.CheckOwnApps(ownAppNames())
	}
	if err != nil {
		return nil, err
	}
	maps.Copy(a.named, ownApps(a.library))
	for _, m := range cfg.Menus {
		a.menus[m.Name] = a.menu(cfg, m, log)
	}
	for _, q := range cfg.Queues {
		a.closing[q.Name] = closing{q.Hours, destinationText(q.Closed)}
	}
	a.voicemail(cfg, boxes, log)
	a.hooks(cfg, log)
	return a, nil
}

// find is the application of a name such as menu:main; nil: there is none.
func (a *apps) find(name string) app.App {
	if menu, ok := strings.CutPrefix(name, "menu:"); ok && a.menus[menu] != nil {
		return a.menus[menu]
	}
	if code, ok := strings.CutPrefix(name, "code:"); ok {
		return a.codes[code]
	}
	if slot, ok := strings.CutPrefix(name, "park:"); ok {
		return a.parks[slot]
	}
	if q := a.queue(name); q != nil {
		return q
	}
	return a.named[name]
}

// sound is what the server plays itself.
func (a *apps) sound(cfg *config.Config, name string) media.Source {
	if name == "hold" && cfg.Prompts.Music != "" {
		if src, err := a.library.Prompt(cfg.Prompts.Music); err == nil {
			return src
		}
	}
	return app.Sound(name)
}

func (a *apps) menu(cfg *config.Config, m config.Menu, log *slog.Logger) *app.Menu {
	out := &app.Menu{
		Name: m.Name, Library: a.library, Log: log, Greeting: m.Greeting, Ask: m.Ask, Invalid: m.Invalid, Nothing: m.Nothing,
		Wait: m.Wait, Tries: m.Tries, Else: destinationText(m.Else), Goodbye: m.Goodbye, Keys: map[string]app.Choice{},
		Menus: func(name string) *app.Menu { return a.menus[name] },
	}
	for _, k := range m.Keys {
		out.Keys[k.Key] = app.Choice{To: destinationText(k.To), Announce: k.Announce, Repeat: k.Repeat, Set: true}
	}
	if d := destinationText(m.Closed); d != "" {
		out.Closed = app.Choice{To: d, Set: true}
	}
	own, named := m.Table()
	out.Hours = a.hours.isOpen(named)
	if own != nil {
		out.Hours = func(at time.Time) bool { open, _ := own.Open(at); return open }
	}
	if m.Direct {
		for _, u := range cfg.Users {
			out.Direct = append(out.Direct, u.Name)
		}
	}
	return out
}

// destinationText is a destination as an application gives it; empty: none.
func destinationText(d route.Destination) string {
	if d.Kind == 0 {
		return ""
	}
	return d.String()
}
