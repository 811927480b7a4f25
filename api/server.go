package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"onhook/exchange"
)

// An Exchange is what the handlers need of the running server.
type Exchange interface {
	Live(ctx context.Context) ([]exchange.LiveCall, error)
	Hangup(ctx context.Context, id, by string) error
	Trunks(ctx context.Context) ([]exchange.TrunkState, error)
	EnableTrunk(ctx context.Context, name string, on bool, by string) error
	Totals(ctx context.Context) (exchange.Counters, error)
}

// A Server holds the handlers.
type Server struct {
	Exchange Exchange
	Queues   Queues
	Reload   func(ctx context.Context) error // reads the configuration again; the error lists what is wrong with it
	Version  string
}

// A Problem is an error as RFC 9457 has it, with a stable code.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
}

// Handler returns the routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/live", s.live)
	mux.HandleFunc("POST /v1/calls/{id}/hangup", s.hangup)
	mux.HandleFunc("GET /v1/trunks", s.trunks)
	mux.HandleFunc("POST /v1/trunks/{name}/enable", func(w http.ResponseWriter, r *http.Request) { s.enable(w, r, true) })
	mux.HandleFunc("POST /v1/trunks/{name}/disable", func(w http.ResponseWriter, r *http.Request) { s.enable(w, r, false) })
	mux.HandleFunc("GET /v1/queues", s.queues)
	mux.HandleFunc("POST /v1/queues/agents/{name}/{action}", s.agent)
	mux.HandleFunc("POST /v1/reload", s.reload)
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, 404, "not_found", "There is nothing at "+r.Method+" "+r.URL.Path)
	})
	return mux
}

func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	calls, err := s.Exchange.Live(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	if calls == nil {
		calls = []exchange.LiveCall{}
	}
	reply(w, map[string]any{"calls": calls})
}

func (s *Server) hangup(w http.ResponseWriter, r *http.Request) {
	if err := s.Exchange.Hangup(r.Context(), r.PathValue("id"), who(r)); err != nil {
		fail(w, err)
		return
	}
	reply(w, map[string]any{"id": r.PathValue("id"), "state": "ending"})
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if err := s.Reload(r.Context()); err != nil {
		problem(w, 422, "configuration", err.Error())
		return
	}
	reply(w, map[string]any{"reloaded": true})
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	n, err := s.Exchange.Totals(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, map[string]any{"version": s.Version, "counters": n})
}

func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, exchange.ErrNotFound):
		problem(w, 404, "call_not_found", "No call with this id is up. Calls that are over are in the store: onhook calls.")
	case errors.Is(err, exchange.ErrNoTrunk):
		problem(w, 404, "trunk_not_found", "No trunk of this name is configured.")
	case errors.Is(err, exchange.ErrBusy), errors.Is(err, exchange.ErrStopped):
		w.Header().Set("Retry-After", "1")
		problem(w, 503, "busy", err.Error())
	default:
		problem(w, 500, "internal", err.Error())
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone if this fails
}

func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
	}) // the client has gone if this fails
}
