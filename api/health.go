package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"onhook/config"
)

// A State is what a probe is told.
type State struct {
	State string `json:"state" enum:"ok,ready"`
}

func (s *Server) registerHealth(a huma.API) {
	huma.Register(a, op(a, "GET", "/healthz", "health", "Health", "", "Tell that the process lives"),
		func(context.Context, *none) (*body[State], error) { return &body[State]{State{"ok"}}, nil })
	huma.Register(a, op(a, "GET", "/readyz", "ready", "Health", "", "Tell whether calls are taken: signalling answers, the store answers, the server is not about to end"),
		func(ctx context.Context, _ *none) (*body[State], error) {
			if why := s.notReady(ctx); why != "" {
				return nil, newProblem("not_ready", why)
			}
			return &body[State]{State{"ready"}}, nil
		})
	o := produces(op(a, "GET", "/metrics", "metrics", "Health", config.MetricsRead, "Read the counters for Prometheus"), form{"text", "text/plain", textSchema()})
	metrics := promhttp.HandlerFor(s.Metrics.registry, promhttp.HandlerOpts{})
	huma.Register(a, o, func(context.Context, *none) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			metrics.ServeHTTP(w, r)
		}}, nil
	})
}

// notReady says why no calls are taken; empty: they are.
func (s *Server) notReady(ctx context.Context) string {
	if s.draining.Load() {
		return "The server is about to end: calls that are up may finish."
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := s.Exchange.Totals(ctx); err != nil {
		return "Signalling does not answer."
	}
	if _, err := s.Store.Get("call_none"); err != nil && !notFound(err) {
		return "The store does not answer."
	}
	return ""
}
