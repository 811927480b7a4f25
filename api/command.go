package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/exchange"
	"onhook/media"
)

// Commands are what the handlers need of the calls that are up.
type Commands interface {
	Hangup(ctx context.Context, id, by string) error
	Originate(ctx context.Context, o exchange.Origination) (id string, err error)
	Transfer(ctx context.Context, id string, stays exchange.Side, to, by string) error
	Join(ctx context.Context, id string, stays exchange.Side, with string, other exchange.Side, by string) error
	Redirect(ctx context.Context, id, to, by string) error
	Hold(ctx context.Context, id string, waits exchange.Side, on bool, by string) error
	Play(ctx context.Context, id string, hears exchange.Side, what string, src media.Source, by string) error
}

// Told is the answer to a command for a call.
type Told struct {
	ID    string `json:"id"`
	State string `json:"state" doc:"ending, transferring, joining, redirecting, held, talking, playing: what has begun; events and the record say what comes of it"`
}

// Begun is the answer to a call that was asked for.
type Begun struct {
	ID    string `json:"id" doc:"the call's id: follow /v1/events?call=ID, or read /v1/calls/ID when it is over"`
	State string `json:"state" doc:"calling: the first party is rung"`
}

type begun struct {
	Status   int
	Location string `header:"Location"`
	Body     Begun
}

type originateInput struct {
	Body struct {
		From       string `json:"from" minLength:"1" maxLength:"256" doc:"who is rung first: an extension, a number, or a destination as in a route"`
		To         string `json:"to" minLength:"1" maxLength:"256" doc:"whom it is connected with when it answers: likewise, or an application such as menu:main"`
		Timeout    string `json:"timeout,omitempty" doc:"how long the first party may ring, such as 30s; the server's usual time where nothing is said"`
		CallerID   string `json:"caller_id,omitempty" maxLength:"64" doc:"the number that both parties see; the first sees the second's and the second the first's where nothing is said"`
		CallerName string `json:"caller_name,omitempty" maxLength:"64" doc:"likewise the name"`
		AutoAnswer bool   `json:"auto_answer,omitempty" doc:"the first phone is asked to answer by itself"`
	}
}

type transferInput struct {
	ID   string `path:"id" maxLength:"64" doc:"the call's id"`
	Body struct {
		To        string `json:"to,omitempty" maxLength:"256" doc:"a number, or a destination as in a route: a blind transfer"`
		With      string `json:"with,omitempty" maxLength:"64" doc:"the id of another call that is up: the two calls are joined, an attended transfer"`
		Party     string `json:"party,omitempty" enum:"caller,callee" doc:"who of this call stays and is connected; with to the caller where nothing is said, with with whoever is not in both calls"`
		WithParty string `json:"with_party,omitempty" enum:"caller,callee" doc:"who of the other call stays"`
	}
}

type redirectInput struct {
	ID   string `path:"id" maxLength:"64" doc:"the call's id"`
	Body struct {
		To string `json:"to" minLength:"1" maxLength:"256" doc:"a number, or a destination as in a route"`
	}
}

type holdInput struct {
	ID   string `path:"id" maxLength:"64" doc:"the call's id"`
	Body struct {
		Party string `json:"party,omitempty" enum:"caller,callee,both" doc:"who waits; hold: the caller where nothing is said, resume: both"`
	}
}

type playInput struct {
	ID   string `path:"id" maxLength:"64" doc:"the call's id"`
	Body struct {
		Prompts []string `json:"prompts" minItems:"1" maxItems:"32" doc:"names of sound: files of the folder of prompts or built-in ones; say:123 says digits, number:123 a number"`
		Party   string   `json:"party,omitempty" enum:"caller,callee,both" doc:"who hears it; both where nothing is said. Who does not hear it hears nothing meanwhile"`
	}
}

func (s *Server) registerCommands(a huma.API) {
	control := func(method, path, id, summary string) huma.Operation {
		return op(a, method, path, id, "Calls", config.CallsControl, summary)
	}
	o := control("POST", "/v1/calls", "originate", "Make a call: ring one party, then connect it with another or with an application")
	o.DefaultStatus = http.StatusCreated
	huma.Register(a, o, s.originate)
	huma.Register(a, control("POST", "/v1/calls/{id}/hangup", "hang-up", "Hang up a call that is up"),
		func(ctx context.Context, in *callID) (*body[Told], error) {
			return told(in.ID, "ending", s.Exchange.Hangup(ctx, in.ID, by(ctx)))
		})
	huma.Register(a, control("POST", "/v1/calls/{id}/transfer", "transfer", "Connect a party with somebody else: with a number, or with a party of another call"), s.transfer)
	huma.Register(a, control("POST", "/v1/calls/{id}/redirect", "redirect", "Send a call on that rings: what rings rings no more, and somebody else is called"), s.redirect)
	huma.Register(a, control("POST", "/v1/calls/{id}/hold", "hold", "Have a party wait and hear music"),
		func(ctx context.Context, in *holdInput) (*body[Told], error) {
			return told(in.ID, "held", s.Exchange.Hold(ctx, in.ID, exchange.Side(in.Body.Party), true, by(ctx)))
		})
	huma.Register(a, control("POST", "/v1/calls/{id}/resume", "resume", "Have a party that waits by a command talk again"),
		func(ctx context.Context, in *holdInput) (*body[Told], error) {
			return told(in.ID, "talking", s.Exchange.Hold(ctx, in.ID, exchange.Side(in.Body.Party), false, by(ctx)))
		})
	huma.Register(a, control("POST", "/v1/calls/{id}/play", "play", "Play a prompt to one party or to both, once"), s.play)
}

// told answers a command.
func told(id, state string, err error) (*body[Told], error) {
	if err != nil {
		return nil, fail(err)
	}
	return &body[Told]{Told{ID: id, State: state}}, nil
}

func (s *Server) originate(ctx context.Context, in *originateInput) (*begun, error) {
	p := &paramReader{now: s.now(), where: "body"}
	ring := p.duration("timeout", in.Body.Timeout)
	p.plain("from", in.Body.From)
	p.plain("to", in.Body.To)
	p.plain("caller_id", in.Body.CallerID)
	p.plain("caller_name", in.Body.CallerName)
	if err := p.problem(); err != nil {
		return nil, err
	}
	id, err := s.Exchange.Originate(ctx, exchange.Origination{
		From: in.Body.From, To: in.Body.To, Ring: min(ring, time.Hour), Number: in.Body.CallerID, Name: in.Body.CallerName,
		Automat: in.Body.AutoAnswer, By: by(ctx),
	})
	if err != nil {
		return nil, fail(err)
	}
	return &begun{Status: http.StatusCreated, Location: "/v1/calls/" + id, Body: Begun{id, "calling"}}, nil
}

func (s *Server) transfer(ctx context.Context, in *transferInput) (*body[Told], error) {
	b := &in.Body
	party, other := exchange.Side(b.Party), exchange.Side(b.WithParty)
	p := &paramReader{now: s.now(), where: "body"}
	p.plain("to", b.To)
	switch {
	case (b.To == "") == (b.With == ""):
		p.errs = append(p.errs, "body: expected either to or with")
	case b.With == "" && b.WithParty != "":
		p.errs = append(p.errs, "body.with_party: there is no call with")
	}
	if err := p.problem(); err != nil {
		return nil, err
	}
	if b.With != "" {
		return told(in.ID, "joining", s.Exchange.Join(ctx, in.ID, party, b.With, other, by(ctx)))
	}
	return told(in.ID, "transferring", s.Exchange.Transfer(ctx, in.ID, party, b.To, by(ctx)))
}

func (s *Server) redirect(ctx context.Context, in *redirectInput) (*body[Told], error) {
	p := &paramReader{now: s.now(), where: "body"}
	p.plain("to", in.Body.To)
	if err := p.problem(); err != nil {
		return nil, err
	}
	return told(in.ID, "redirecting", s.Exchange.Redirect(ctx, in.ID, in.Body.To, by(ctx)))
}

func (s *Server) play(ctx context.Context, in *playInput) (*body[Told], error) {
	src, err := s.Prompts(in.Body.Prompts)
	if err != nil {
		return nil, newProblem("prompt_not_found", err.Error())
	}
	what := strings.Join(in.Body.Prompts, " ")
	return told(in.ID, "playing", s.Exchange.Play(ctx, in.ID, exchange.Side(in.Body.Party), what, src, by(ctx)))
}
