package app

import (
	"context"
	"errors"
	"log/slog"
)

// Errors of a Parker.
var (
	// ErrNobodyHeld: the extension holds no caller that could be parked.
	ErrNobodyHeld = errors.New("app: the extension holds no caller")
	// ErrNoPlace: all places are taken.
	ErrNoPlace = errors.New("app: all places for parked callers are taken")
)

// A Parker parks the caller whom an extension holds and tells where.
type Parker interface {
	Park(ctx context.Context, user string) (place string, err error)
}

// A ParkCode is what an extension dials to park the caller whom it holds: it is
// told the number at which anybody can take that caller.
type ParkCode struct {
	Library *Library
	Log     *slog.Logger
	Parker  Parker
}

// Run parks and says the place, twice.
func (p *ParkCode) Run(s Session) error {
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
	place, err := p.Parker.Park(s.Context(), i.User)
	said := []string{"parked", "say:" + place, "say:" + place}
	switch {
	case errors.Is(err, ErrNobodyHeld):
		said = []string{"no-call"}
	case errors.Is(err, ErrNoPlace):
		said = []string{"not-allowed"}
	case err != nil:
		return err
	}
	return served(s, p.Library, p.Log, "park", said...)
}
