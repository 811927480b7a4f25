package api

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/webhook"
)

// Webhooks are what the handlers need of the programs that are told of events; webhook.Sender has it.
type Webhooks interface {
	List() []webhook.EndpointState
	Add(e webhook.Endpoint) (webhook.Endpoint, error)
	Remove(name string) error
	Rotate(name string, keep time.Duration) (secret string, err error)
	Enable(name string, on bool, by string) error
	Deliveries(name, state, cursor string, limit int) (list []webhook.Delivery, next string, err error)
	Replay(name, id string) error
	ReplayFailed(name string, since time.Time) (int, error)
	Lost() uint64
}

// WebhookList are the endpoints.
type WebhookList struct {
	Webhooks []webhook.EndpointState `json:"webhooks"`
}

// NewWebhook is an endpoint that was just made, with its secret: the only time that it is shown.
type NewWebhook struct {
	webhook.Endpoint
	Secret string `json:"secret" doc:"what signs; it cannot be shown again"`
}

// NewSecret is a secret that was just made.
type NewSecret struct {
	Name   string `json:"name"`
	Secret string `json:"secret" doc:"what signs from now on; it cannot be shown again"`
}

// Deliveries are what an endpoint was given.
type Deliveries struct {
	Deliveries []webhook.Delivery `json:"deliveries"`
	NextCursor string             `json:"next_cursor,omitempty" doc:"for the next page; left out with the last"`
}

// Replayed says how many messages are sent once more.
type Replayed struct {
	Messages int `json:"messages"`
}

type webhookName struct {
	Name string `path:"name" maxLength:"64"`
}

type webhookInput struct {
	Body struct {
		Name    string   `json:"name" minLength:"1" maxLength:"64"`
		URL     string   `json:"url" maxLength:"2048" doc:"https or http"`
		Events  []string `json:"events,omitempty" maxItems:"64" doc:"the types that it gets, such as call.ended, call.* or *; all where nothing is said"`
		Private []string `json:"private,omitempty" maxItems:"64" doc:"private networks that its address may be in, such as 10.0.0.0/8"`
	}
}

type madeWebhook struct {
	Status int
	Body   NewWebhook
}

type rotateInput struct {
	Name string `path:"name" maxLength:"64"`
	Keep string `query:"keep" default:"24h" doc:"how long the secret before goes on to sign beside the new one; 0s: not at all"`
}

type deliveriesInput struct {
	Name   string `path:"name" maxLength:"64"`
	State  string `query:"state" enum:"pending,delivered,failed" doc:"only these"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor string `query:"cursor" maxLength:"32" doc:"next_cursor of the page before"`
}

type replayInput struct {
	Name string `path:"name" maxLength:"64"`
	ID   string `path:"id" maxLength:"128" doc:"of the message"`
}

type replayFailedInput struct {
	Name  string `path:"name" maxLength:"64"`
	Since string `query:"since" default:"24h" doc:"a time, or how long ago"`
}

func (s *Server) registerWebhooks(a huma.API) {
	const tag = "Webhooks"
	huma.Register(a, op(a, "GET", "/v1/webhooks", "list-webhooks", tag, config.SystemRead, "List the programs that are told of events, and how they do"),
		func(context.Context, *none) (*body[WebhookList], error) {
			return &body[WebhookList]{WebhookList{listed(s.Webhooks.List())}}, nil
		})
	add := op(a, "POST", "/v1/webhooks", "add-webhook", tag, config.WebhooksWrite, "Have a program told of events; its secret is shown once")
	add.DefaultStatus = 201
	huma.Register(a, add, s.addWebhook)
	huma.Register(a, op(a, "DELETE", "/v1/webhooks/{name}", "remove-webhook", tag, config.WebhooksWrite, "Tell a program no more; what waits for it is forgotten"),
		func(_ context.Context, in *webhookName) (*struct{}, error) {
			return nil, hookFailed(s.Webhooks.Remove(in.Name))
		})
	huma.Register(a, op(a, "POST", "/v1/webhooks/{name}/rotate", "rotate-webhook", tag, config.WebhooksWrite, "Make a new secret; the one before goes on to sign beside it for a while"), s.rotateWebhook)
	for _, w := range []struct {
		word, summary string
		on            bool
	}{{"enable", "Tell a program again, what waits for it first", true}, {"disable", "Tell a program nothing; what happens meanwhile is not kept for it", false}} {
		huma.Register(a, op(a, "POST", "/v1/webhooks/{name}/"+w.word, w.word+"-webhook", tag, config.WebhooksWrite, w.summary),
			func(ctx context.Context, in *webhookName) (*body[Switched], error) {
				return &body[Switched]{Switched{in.Name, w.on}}, hookFailed(s.Webhooks.Enable(in.Name, w.on, by(ctx)))
			})
	}
	huma.Register(a, op(a, "GET", "/v1/webhooks/{name}/deliveries", "list-deliveries", tag, config.SystemRead, "List what a program was told and what came of it, the newest first"),
		func(_ context.Context, in *deliveriesInput) (*body[Deliveries], error) {
			list, next, err := s.Webhooks.Deliveries(in.Name, in.State, in.Cursor, in.Limit)
			return &body[Deliveries]{Deliveries{listed(list), next}}, hookFailed(err)
		})
	huma.Register(a, op(a, "POST", "/v1/webhooks/{name}/deliveries/{id}/replay", "replay-delivery", tag, config.WebhooksWrite, "Tell a program one thing once more"),
		func(_ context.Context, in *replayInput) (*body[Replayed], error) {
			return &body[Replayed]{Replayed{1}}, hookFailed(s.Webhooks.Replay(in.Name, in.ID))
		})
	huma.Register(a, op(a, "POST", "/v1/webhooks/{name}/replay", "replay-failed", tag, config.WebhooksWrite, "Tell a program all that was given up"), s.replayFailed)
}

func (s *Server) addWebhook(_ context.Context, in *webhookInput) (*madeWebhook, error) {
	e := webhook.Endpoint{Name: in.Body.Name, URL: in.Body.URL, Events: in.Body.Events}
	var errs []string
	check := func(where string, err error) {
		if err != nil {
			errs = append(errs, "body."+where+": "+err.Error())
		}
	}
	if !validKeyName(e.Name) {
		errs = append(errs, "body.name: expected 1 to 64 letters, digits and - _ . + * #")
	}
	check("url", webhook.CheckURL(e.URL))
	if len(e.Events) == 0 {
		e.Events = []string{"*"}
	}
	for _, p := range e.Events {
		check("events", webhook.CheckEvent(p))
	}
	for _, p := range in.Body.Private {
		network, err := netip.ParsePrefix(p)
		check("private", err)
		e.Private = append(e.Private, network)
	}
	if len(errs) > 0 {
		p := newProblem("invalid", "The webhook cannot be made.")
		p.Errors = errs
		return nil, p
	}
	e, err := s.Webhooks.Add(e)
	if err != nil {
		return nil, hookFailed(err)
	}
	return &madeWebhook{Status: 201, Body: NewWebhook{e, e.Secrets[0].Text}}, nil
}

func (s *Server) rotateWebhook(_ context.Context, in *rotateInput) (*body[NewSecret], error) {
	p := &paramReader{now: s.now()}
	keep := p.duration("keep", in.Keep)
	if err := p.problem(); err != nil {
		return nil, err
	}
	secret, err := s.Webhooks.Rotate(in.Name, keep)
	return &body[NewSecret]{NewSecret{in.Name, secret}}, hookFailed(err)
}

func (s *Server) replayFailed(_ context.Context, in *replayFailedInput) (*body[Replayed], error) {
	p := &paramReader{now: s.now()}
	since := p.time("since", in.Since)
	if err := p.problem(); err != nil {
		return nil, err
	}
	n, err := s.Webhooks.ReplayFailed(in.Name, since)
	return &body[Replayed]{Replayed{n}}, hookFailed(err)
}

// hookFailed makes a problem of an error of a webhook.
func hookFailed(err error) error {
	switch {
	case errors.Is(err, webhook.ErrNotFound):
		return newProblem("webhook_not_found", "No webhook of this name is configured or was made.")
	case errors.Is(err, webhook.ErrNoMessage):
		return newProblem("delivery_not_found", "The webhook was never given a message of this id, or its log has expired.")
	case errors.Is(err, webhook.ErrExists):
		return newProblem("webhook_exists", "A webhook of this name exists.")
	case errors.Is(err, webhook.ErrInConfig):
		return newProblem("webhook_in_configuration", "The webhook stands in the configuration file: change it there, and reload.")
	case errors.Is(err, webhook.ErrClosed):
		return newProblem("busy", "The server is stopping.")
	}
	return fail(err)
}
