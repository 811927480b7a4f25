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

// AgentTold is the answer to a command for an agent.
type AgentTold struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

type agentInput struct {
	Name   string `path:"name" maxLength:"64" doc:"the extension"`
	Action string `path:"action" maxLength:"16" doc:"login, logout, pause or resume"`
	Queue  string `query:"queue" doc:"for this queue only"`
}

func (s *Server) registerQueues(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/queues", "list-queues", "Queues", config.SystemRead, "List the queues, who waits in them, and their agents"),
		func(ctx context.Context, _ *none) (*body[app.FloorState], error) {
			state, err := s.Queues.State(ctx)
			return &body[app.FloorState]{state}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/queues/agents/{name}/{action}", "tell-agent", "Queues", config.CallsControl, "Log an agent in or out, or begin or end its pause"),
		func(_ context.Context, in *agentInput) (*body[AgentTold], error) {
			switch err := s.Queues.Agent(in.Name, in.Action, in.Queue); {
			case errors.Is(err, app.ErrNoAgent), errors.Is(err, app.ErrNoQueue):
				return nil, newProblem("agent_not_found", err.Error())
			case err != nil:
				return nil, newProblem("invalid", err.Error())
			}
			return &body[AgentTold]{AgentTold{in.Name, in.Action}}, nil
		})
}
