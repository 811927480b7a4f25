package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
)

// A Setting is one value of the configuration.
type Setting = config.Setting

// Scopes are what keys may be allowed.
func Scopes() (names []string) {
	for _, s := range config.Scopes() {
		names = append(names, string(s))
	}
	return names
}

// Settings are the configuration that is in force.
type Settings struct {
	File     string    `json:"file,omitempty" doc:"where it stands; none: the server runs without a file"`
	Settings []Setting `json:"settings"`
	Warnings []string  `json:"warnings" doc:"what is legal and probably not meant"`
}

func (s *Server) registerSettings(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/config", "get-config", "System", config.SystemRead, "Read the configuration that is in force, secrets hidden"),
		func(context.Context, *none) (*body[Settings], error) {
			if s.Settings == nil {
				return &body[Settings]{Settings{Settings: []Setting{}, Warnings: []string{}}}, nil
			}
			got := s.Settings()
			got.Settings, got.Warnings = listed(got.Settings), listed(got.Warnings)
			return &body[Settings]{got}, nil
		})
}
