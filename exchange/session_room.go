package exchange

import (
	"slices"

	"onhook/call"
	"onhook/media"
	"onhook/outcome"
)

// A Conference is a Media that can mix.
type Conference interface {
	Join(leg media.LegID, in media.RoomID) error
	Announce(in media.RoomID, src media.Source)
}

// Join has the caller take part in a conference (app.Conferee).
func (s *session) Join(room media.RoomID) error {
	return s.media(func(m Media, leg media.LegID) error {
		if c, ok := m.(Conference); ok {
			return c.Join(leg, room)
		}
		return nil
	})
}

// Announce plays a source to all of a conference.
func (s *session) Announce(room media.RoomID, source media.Source) error {
	if c, ok := s.x.opt.Media.(Conference); ok {
		c.Announce(room, source)
	}
	return nil
}

// mostRelated bounds how many calls a record names that were in a conference with it.
const mostRelated = 50

// Talking notes in the record that the caller talks, and with the parties of which calls.
func (s *session) Talking(others []string) error {
	_, err := s.verb(call.Input{Verb: call.VerbTalk}, func(_ *Exchange, c *live) error {
		for _, id := range others {
			if len(c.meta.Related) < mostRelated && !slices.ContainsFunc(c.meta.Related, func(r outcome.Related) bool { return r.ID == id }) {
				c.meta.Related = append(c.meta.Related, outcome.Related{ID: id, How: "conference"})
			}
		}
		return nil
	})
	return err
}
