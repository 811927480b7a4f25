package api

import (
	"context"
	"net/http"

	"onhook/call"
)

// Console returns the handlers for the web console, which has found out by
// itself who asks: SignedIn says so of a request. What it does not say it of is
// refused as what shows no key.
func (s *Server) Console() http.Handler {
	s.once.Do(s.build)
	return s.outer(s.repeated(s.routed()))
}

// SignedIn marks a request as one of somebody who may do everything. name stands
// in records and logs; valid says, as long as a stream is open, that it still holds.
func SignedIn(r *http.Request, name string, valid func() bool) *http.Request {
	c := &caller{name: name, from: remoteHost(r), owner: true, valid: valid}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
}

// Evidence gives the events of a call that is over or up, and the numbers of
// those that decided its outcome. The error is a Problem.
func (s *Server) Evidence(ctx context.Context, id string) (events []call.Event, proof []uint32, err error) {
	return s.evidence(ctx, id)
}

// holds reports whether a caller still has its right.
func (s *Server) holds(c *caller) bool {
	switch {
	case c == nil:
		return true
	case c.valid != nil:
		return c.valid()
	}
	return c.owner || s.Keys.valid(c.key, s.now())
}
