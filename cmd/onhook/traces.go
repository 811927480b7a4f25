package main

import (
	"onhook/api"
	"onhook/outcome"
	"onhook/trace"
)

// A tracer takes the records of calls that are over and never blocks.
type tracer interface {
	Ended(r *outcome.Record)
	Close()
}

// openTraces has calls traced, where the configuration names a collector.
func (s *server) openTraces() {
	t := &s.cfg.Traces
	if t.URL == "" {
		return
	}
	s.tracer = trace.New(trace.Options{
		URL: t.URL, Authorization: string(t.Authorization), Numbers: t.Numbers, Version: version(), Server: s.cfg.Domain, Log: s.log,
	})
	s.hub.Listen(func(e *api.Event) {
		if e.Record != nil {
			s.tracer.Ended(e.Record)
		}
	})
}

func (s *server) closeTraces() {
	if s.tracer != nil {
		s.tracer.Close()
	}
}
