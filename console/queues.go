package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"onhook/api"
	"onhook/app"
)

func queuesPage() page {
	return page{pattern: "GET /queues", file: "queues", nav: "Queues", key: "q", icon: "queue", show: (*Server).queues}
}

// wallboardPage is the same for a screen on a wall: large, without navigation.
func wallboardPage() page {
	return page{pattern: "GET /wallboard", file: "wallboard", show: (*Server).wallboard, bare: true}
}

func agentAction() page {
	return page{pattern: "POST /queues/agents/{name}/{action}", act: (*Server).tellAgent}
}

// A queuesView is what the pages of queues show.
type queuesView struct {
	app.FloorState
	Now    time.Time
	Totals app.QueueState // of all queues
}

func (s *Server) queues(r *http.Request) (*view, error) {
	v, err := s.floor(r)
	if err != nil {
		return nil, err
	}
	return &view{Title: "Queues", Data: v}, nil
}

func (s *Server) wallboard(r *http.Request) (*view, error) {
	v, err := s.floor(r)
	if err != nil {
		return nil, err
	}
	return &view{Title: "Wallboard", Here: "/queues", Data: v}, nil
}

func (s *Server) floor(r *http.Request) (*queuesView, error) {
	v := &queuesView{Now: s.opt.Now()}
	if err := s.read(r, "/v1/queues", &v.FloorState); err != nil {
		return nil, err
	}
	for i := range v.Queues {
		q := &v.Queues[i]
		v.Totals.Waiting = append(v.Totals.Waiting, q.Waiting...)
		v.Totals.Talking += q.Talking
		v.Totals.Answered += q.Answered
		v.Totals.Abandoned += q.Abandoned + q.Timeout
	}
	return v, nil
}

// Passing reports whether an agent is in a state that ends by itself: no event
// tells of the end of a wrap-up.
func (v *queuesView) Passing() bool {
	return slices.ContainsFunc(v.Agents, func(a app.AgentState) bool { return a.State == "wrap_up" || a.State == "ringing" })
}

// Longest is how long the caller who waits longest has waited, in milliseconds.
func (v *queuesView) Longest(q *app.QueueState) (ms int64) {
	for _, c := range q.Waiting {
		ms = max(ms, c.WaitedMS)
	}
	return ms
}

// tellAgent logs an agent in or out, or lets it pause.
func (s *Server) tellAgent(r *http.Request) (string, error) {
	var told api.AgentTold
	path := "/v1/queues/agents/" + url.PathEscape(r.PathValue("name")) + "/" + url.PathEscape(r.PathValue("action"))
	if err := s.do(r, http.MethodPost, path, nil, &told); err != nil {
		return "", err
	}
	return said("/queues", "Agent "+told.Name+": "+told.Action+"."), nil
}
