package api

import (
	"context"
	"errors"
	"net/http"

	"onhook/app"
)

// Queues are what the handlers need of the queues; app.Floor has it.
type Queues interface {
	State(ctx context.Context) (app.FloorState, error)
	Agent(name, action, queue string) error
}

func (s *Server) queues(w http.ResponseWriter, r *http.Request) {
	state, err := s.Queues.State(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, state)
}

func (s *Server) agent(w http.ResponseWriter, r *http.Request) {
	name, action := r.PathValue("name"), r.PathValue("action")
	switch err := s.Queues.Agent(name, action, r.URL.Query().Get("queue")); {
	case errors.Is(err, app.ErrNoAgent), errors.Is(err, app.ErrNoQueue):
		problem(w, 404, "agent_not_found", err.Error())
	case err != nil:
		problem(w, 422, "action", err.Error())
	default:
		reply(w, map[string]any{"name": name, "action": action})
	}
}
