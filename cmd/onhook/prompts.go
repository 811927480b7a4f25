package main

import (
	"slices"
	"strings"

	"onhook/media"
)

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
