package main

import (
	"path/filepath"
	"slices"
	"strings"

	"onhook/app"
	"onhook/config"
	"onhook/media"
)

// madePrompts are the prompts that the API has made.
func madePrompts(cfg *config.Config) *app.MadePrompts {
	return app.NewMadePrompts(filepath.Join(cfg.Data, "prompts"))
}

// A shelf has changed prompts heard by those who are called next. It implements api.Shelf.
type shelf struct {
	*app.MadePrompts
	server *server
}

// Set keeps a prompt.
func (x shelf) Set(name string, pcm []int16) (made bool, err error) {
	err = x.change(name, func() (err error) { made, err = x.MadePrompts.Set(name, pcm); return err })
	return made, err
}

// Delete deletes a prompt.
func (x shelf) Delete(name string) error {
	return x.change(name, func() error { return x.MadePrompts.Delete(name) })
}

// change keeps apart from a change of the configuration, which makes another library.
func (x shelf) change(name string, f func() error) error {
	x.server.personal.mu.Lock()
	defer x.server.personal.mu.Unlock()
	err := f()
	x.server.apps.Load().library.Forget(name)
	return err
}

// prompts finds sound by its names, for commands of the API.
func (s *server) prompts(names []string) (media.Source, error) {
	return s.apps.Load().library.Chain(names...)
}

// mailboxes are the mailboxes of the configuration, by the names of their extensions.
func (s *server) mailboxes() (names []string) {
	for name := range s.apps.Load().named {
		if box, ok := strings.CutPrefix(name, "voicemail:"); ok {
			names = append(names, box)
		}
	}
	slices.Sort(names)
	return names
}
