package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"onhook/api"
	"onhook/config"
	"onhook/webhook"
)

// webhooksName is the file of the data folder that holds what is to be delivered.
const webhooksName = "webhooks.db"

// openWebhooks goes on with what was not delivered, and has events told from now on.
func (s *server) openWebhooks() (err error) {
	s.webhooks, err = webhook.Open(webhook.Options{
		Path: filepath.Join(s.cfg.Data, webhooksName), Agent: product + "/" + version(), Log: s.log,
	})
	if err != nil {
		return err
	}
	s.hub.Listen(s.metrics.ObserveEvent)
	s.hub.Listen(s.tellWebhooks)
	return s.configureWebhooks(s.cfg)
}

// configureWebhooks takes the endpoints of a configuration.
func (s *server) configureWebhooks(cfg *config.Config) error {
	var list []webhook.Endpoint
	for i := range cfg.Webhooks {
		h := &cfg.Webhooks[i]
		e := webhook.Endpoint{Name: h.Name, URL: h.URL, Private: h.Private, Secrets: []webhook.Secret{{Text: string(h.Secret)}}}
		if h.Former != "" {
			e.Secrets = append(e.Secrets, webhook.Secret{Text: string(h.Former)})
		}
		for _, p := range h.Events {
			e.Events = append(e.Events, string(p))
		}
		list = append(list, e)
	}
	return s.webhooks.Configure(list)
}

// A hookBody is what is posted: the form that Standard Webhooks recommends.
type hookBody struct {
	Type string     `json:"type"`
	At   time.Time  `json:"timestamp"`
	Data *api.Event `json:"data"`
}

// tellWebhooks has an event delivered, if anybody wants it.
func (s *server) tellWebhooks(e *api.Event) {
	if !s.webhooks.Wants(e.Type) {
		return
	}
	raw, err := json.Marshal(hookBody{e.Type, e.At, e})
	if err != nil {
		s.log.Error("an event cannot be written", "type", e.Type, "err", err) // values of ours always marshal
		return
	}
	s.webhooks.Send(webhook.Message{ID: "evt_" + e.ID, Type: e.Type, Key: e.Subject(), At: e.At, Body: raw})
}

// queueEvents tells the hub what happens in queues until ctx is done.
func (s *server) queueEvents(ctx context.Context) {
	events, stop := s.floor.Subscribe(queueRoom)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			s.hub.Queued(e)
		}
	}
}

// queueRoom is how many events of queues may wait until the hub has them.
const queueRoom = 4096

func (s *server) closeWebhooks() error {
	if s.webhooks == nil {
		return nil
	}
	if n := s.webhooks.Lost(); n > 0 {
		s.log.Warn(fmt.Sprintf("webhooks: %d messages could not be written", n))
	}
	return s.webhooks.Close()
}
