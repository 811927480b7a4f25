package main

import "onhook/media"

// prompts finds sound by its names, for commands of the API.
func (s *server) prompts(names []string) (media.Source, error) {
	return s.apps.Load().library.Chain(names...)
}
