package api

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
)

// Keys are the keys of the API.
type Keys struct {
	Keys []Key `json:"keys"`
}

// NewKey is a key that was just made: the only time that it is shown.
type NewKey struct {
	Key
	Secret string `json:"key" doc:"the key itself; it cannot be shown again"`
}

type keyInput struct {
	Body struct {
		Name   string   `json:"name" minLength:"1" maxLength:"64"`
		Scopes []string `json:"scopes" minItems:"1" doc:"what it may do"`
		Life   string   `json:"life,omitempty" doc:"how long it holds, such as 720h; for ever where nothing is said"`
	}
}

type madeKey struct {
	Status int
	Body   NewKey
}

type keyName struct {
	Name string `path:"name" maxLength:"64"`
}

func (s *Server) registerKeys(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/keys", "list-keys", "Keys", config.KeysWrite, "List the keys of the API"),
		func(context.Context, *none) (*body[Keys], error) {
			return &body[Keys]{Keys{listed(s.Keys.List())}}, nil
		})
	add := op(a, "POST", "/v1/keys", "add-key", "Keys", config.KeysWrite, "Make a key; it is shown once. It may have scopes of the key that asks only")
	add.DefaultStatus = 201
	huma.Register(a, add, s.addKey)
	remove := op(a, "DELETE", "/v1/keys/{name}", "remove-key", "Keys", config.KeysWrite, "Take a key back, at once")
	huma.Register(a, remove, func(_ context.Context, in *keyName) (*struct{}, error) {
		switch err := s.Keys.Remove(in.Name); {
		case errors.Is(err, ErrKeyNotFound):
			return nil, newProblem("key_not_found", "No key of this name was made.")
		case err != nil:
			return nil, fail(err)
		}
		return nil, nil
	})
}

func (s *Server) addKey(ctx context.Context, in *keyInput) (*madeKey, error) {
	p := &paramReader{now: s.now(), where: "body"}
	var scopes []config.Scope
	for _, w := range in.Body.Scopes {
		scope := config.Scope(w)
		switch {
		case !slices.Contains(config.Scopes(), scope):
			p.errs = append(p.errs, "body.scopes: "+w+" is no scope")
		case !callerOf(ctx).may(scope):
			// A key must not make one that may do more than itself.
			return nil, newProblem("scope_missing", "This needs a key with the scope "+w+", as the new one is to have it.")
		}
		scopes = append(scopes, scope)
	}
	life := p.duration("life", in.Body.Life)
	if err := p.problem(); err != nil {
		return nil, err
	}
	secret, k, err := s.Keys.Add(in.Body.Name, scopes, s.now(), life)
	switch {
	case errors.Is(err, ErrKeyExists):
		return nil, newProblem("key_exists", "A key of this name exists.")
	case errors.Is(err, ErrKeyName):
		return nil, newProblem("invalid", err.Error())
	case err != nil:
		return nil, fail(err)
	}
	k.SHA256 = ""
	return &madeKey{Status: 201, Body: NewKey{Key: k, Secret: secret}}, nil
}
