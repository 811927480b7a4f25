package app

import (
	"log/slog"
	"time"

	"onhook/media"
)

// A Park keeps a caller who was transferred to it until somebody calls it: then
// the two are joined. After a time it rings who parked the caller.
type Park struct {
	Name    string // what is called
	Library *Library
	Log     *slog.Logger
	Music   func() media.Source
	Timeout time.Duration
}

// Run has the caller wait. One who has not been transferred here found nobody.
func (p *Park) Run(s Session) error {
	by := s.Info().By
	if by == "" {
		return p.nobody(s)
	}
	if err := s.Stage("hold"); err != nil {
		return err
	}
	if err := s.Node(p.Name); err != nil {
		return err
	}
	if err := s.Music(p.Music()); err != nil {
		return err
	}
	over := time.NewTimer(p.Timeout)
	defer over.Stop()
	select {
	case <-s.Context().Done():
		return ErrHungUp
	case <-over.C:
	}
	return s.Transfer("user:" + by)
}

// nobody tells who calls that no one is parked here.
func (p *Park) nobody(s Session) error {
	return serve(s, p.Library, p.Log, p.Name, "no-call")
}
