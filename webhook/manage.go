package webhook

import (
	"database/sql"
	"errors"
	"slices"
	"time"
)

// List returns the endpoints and how they do, in the order in which they were made.
func (s *Sender) List() []EndpointState {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	var out []EndpointState
	for _, name := range s.order {
		out = append(out, s.lanes[name].status(now))
	}
	return out
}

func (s *Sender) lane(name string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lanes[name]
}

// Configure takes the endpoints of the configuration file in the place of those
// before. One that is disabled stays so, unless its URL is another now.
func (s *Sender) Configure(list []Endpoint) error {
	s.change.Lock()
	defer s.change.Unlock()
	for _, e := range list {
		if l := s.lane(e.Name); l != nil && l.endpoint().Source == FromAPI {
			return errors.Join(ErrExists, errors.New(e.Name+" was made by the API: remove it there, or give the one of the configuration another name"))
		}
	}
	for _, st := range s.List() {
		if st.Source == FromConfig && !slices.ContainsFunc(list, func(e Endpoint) bool { return e.Name == st.Name }) {
			if err := s.drop(st.Name); err != nil {
				return err
			}
		}
	}
	for _, e := range list {
		e.Source, e.CreatedAt, e.Disabled = FromConfig, s.opt.Now().UTC().Truncate(time.Microsecond), ""
		l := s.lane(e.Name)
		if l != nil {
			old := l.endpoint()
			e.CreatedAt = old.CreatedAt
			if old.URL == e.URL {
				e.Disabled = old.Disabled
			}
		}
		if err := s.do(func(tx *sql.Tx) error { return saveEndpoint(tx, &e) }); err != nil {
			return err
		}
		if l != nil {
			l.change(e)
		} else if err := s.begin(e); err != nil {
			return err
		}
	}
	return nil
}

// Add makes an endpoint; its first secret is made here and returned. ErrExists.
func (s *Sender) Add(e Endpoint) (Endpoint, error) {
	s.change.Lock()
	defer s.change.Unlock()
	if s.lane(e.Name) != nil {
		return e, ErrExists
	}
	e.Source, e.CreatedAt, e.Disabled = FromAPI, s.opt.Now().UTC().Truncate(time.Microsecond), ""
	e.Secrets = []Secret{{Text: NewSecret()}}
	if err := s.do(func(tx *sql.Tx) error { return saveEndpoint(tx, &e) }); err != nil {
		return e, err
	}
	return e, s.begin(e)
}

// Remove takes an endpoint away, with what waits for it and its log. ErrNotFound, ErrInConfig.
func (s *Sender) Remove(name string) error {
	s.change.Lock()
	defer s.change.Unlock()
	l := s.lane(name)
	switch {
	case l == nil:
		return ErrNotFound
	case l.endpoint().Source == FromConfig:
		return ErrInConfig
	}
	return s.drop(name)
}

// drop ends the lane of an endpoint and forgets it.
func (s *Sender) drop(name string) error {
	s.mu.Lock()
	l := s.lanes[name]
	delete(s.lanes, name)
	s.order = slices.DeleteFunc(s.order, func(n string) bool { return n == name })
	s.mu.Unlock()
	l.end()
	return s.do(func(tx *sql.Tx) error { return removeEndpoint(tx, name) })
}

// Rotate makes a new secret, which signs beside the one before for so long as
// keep says. ErrNotFound, ErrInConfig.
func (s *Sender) Rotate(name string, keep time.Duration) (secret string, err error) {
	return secret, s.alter(name, func(e *Endpoint) error {
		if e.Source == FromConfig {
			return ErrInConfig
		}
		now := s.opt.Now().UTC()
		secret = NewSecret()
		next := []Secret{{Text: secret}}
		for _, old := range e.valid(now) {
			// No more than two sign: the one before the last is void at once.
			if old.Until.IsZero() && keep > 0 {
				old.Until = now.Add(keep)
				next = append(next, old)
			}
		}
		e.Secrets = next
		return nil
	})
}

// Enable lets messages go to an endpoint, or none. Those that waited go on;
// what happens while it is disabled is not kept for it. ErrNotFound.
func (s *Sender) Enable(name string, on bool, by string) error {
	return s.alter(name, func(e *Endpoint) error {
		if e.Disabled = ""; !on {
			e.Disabled = "by " + by
		}
		return nil
	})
}

// alter changes an endpoint, in the file first.
func (s *Sender) alter(name string, f func(*Endpoint) error) error {
	s.change.Lock()
	defer s.change.Unlock()
	l := s.lane(name)
	if l == nil {
		return ErrNotFound
	}
	e := l.endpoint()
	if err := f(&e); err != nil {
		return err
	}
	if err := s.do(func(tx *sql.Tx) error { return saveEndpoint(tx, &e) }); err != nil {
		return err
	}
	l.change(e)
	return nil
}
