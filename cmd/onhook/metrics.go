package main

import "onhook/api"

// parts are what is counted beside calls and signalling.
func (s *server) parts() api.Parts {
	p := api.Parts{Queues: s.floor, Webhooks: s.webhooks, Wire: s.wire.Counters}
	if s.hep != nil {
		p.HEP = s.hep.listener.Senders
	}
	if s.tap != nil && s.tap.mirror != nil {
		p.Mirror = s.tap.mirror.Stats
	}
	return p
}
