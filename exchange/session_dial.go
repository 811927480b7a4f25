package exchange

import (
	"bytes"

	"onhook/app"
	"onhook/call"
)

// dialled waits for the end of a verb with destinations. One of these keys, which
// stays to be collected, ends it while nobody has answered.
func (s *session) dialled(keys string) (call.Action, error) {
	for {
		var keyed <-chan struct{}
		switch {
		case keys == "":
		case s.waits(keys):
			keys = ""
			if err := s.in(func(x *Exchange, c *live) error {
				x.step(c, call.Input{Kind: call.InVerb, Verb: call.VerbGiveUp})
				return nil
			}); err != nil {
				return call.Action{}, err
			}
		default:
			keyed = s.keyed
		}
		select {
		case a := <-s.result:
			if a.Reason == "over" {
				return a, app.ErrHungUp
			}
			return a, nil
		case <-keyed:
		case <-s.ctx.Done():
			return call.Action{}, app.ErrHungUp
		}
	}
}

// waits tells whether one of these keys waits to be collected.
func (s *session) waits(keys string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.ContainsAny(s.keys, keys)
}
