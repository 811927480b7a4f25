package api

import (
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"onhook/app"
	"onhook/config"
)

// Queues are what the handlers need of the queues; app.Floor has it.
type Queues interface {
	State(ctx context.Context) (app.FloorState, error)
	Agent(name, action, queue string) error
}

// agentAction names an agent and what is to become of it.
type agentAction struct {
	Name   string `path:"name" maxLength:"64"`
	Action string `path:"action" enum:"login,logout,pause,resume"`
	Queue  string `query:"queue" maxLength:"64" doc:"One queue only; empty: all of the agent's."`
}

// An AgentChanged is what was done with an agent.
type AgentChanged struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

func (s *Server) registerQueues(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/queues", "list-queues", "Queues", config.SystemRead, "List the queues with who waits in them, and the agents"),
		func(ctx context.Context, _ *none) (*body[app.FloorState], error) {
			if s.Queues == nil {
				return nil, newProblem("not_found", "This server has no queues.")
			}
			state, err := s.Queues.State(ctx)
			return &body[app.FloorState]{state}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/queues/agents/{name}/{action}", "change-agent", "Queues", config.ConfigWrite, "Log an agent in or out, or pause it"),
		func(_ context.Context, in *agentAction) (*body[AgentChanged], error) {
			if s.Queues == nil {
				return nil, newProblem("not_found", "This server has no queues.")
			}
			switch err := s.Queues.Agent(in.Name, in.Action, in.Queue); {
			case errors.Is(err, app.ErrNoAgent), errors.Is(err, app.ErrNoQueue):
				return nil, newProblem("agent_not_found", err.Error())
			case err != nil:
				return nil, newProblem("invalid", err.Error())
			}
			return &body[AgentChanged]{AgentChanged{in.Name, in.Action}}, nil
		})
}
