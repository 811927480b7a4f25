package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/exchange"
	"onhook/store"
)

// LiveCalls are the calls that are up.
type LiveCalls struct {
	Calls []exchange.LiveCall `json:"calls"`
}

// Trunks are all trunks.
type Trunks struct {
	Trunks []exchange.TrunkState `json:"trunks"`
}

// Switched is the answer to a command for a trunk.
type Switched struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
}

// A User is an extension and where it can be reached.
type User struct {
	exchange.UserState
	Registered bool `json:"registered" doc:"it can be called"`
	Contacts   int  `json:"contacts" doc:"how many devices it is registered with"`
}

// Users are all extensions.
type Users struct {
	Users []User `json:"users"`
}

// A Registration is one device that an extension is registered with.
type Registration struct {
	User      string    `json:"user" doc:"the extension"`
	AOR       string    `json:"aor" doc:"its address of record"`
	Contact   string    `json:"contact"`
	From      string    `json:"from,omitempty" doc:"transport and address that it registered from"`
	UserAgent string    `json:"user_agent,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Registrations are those that have not expired.
type Registrations struct {
	Registrations []Registration `json:"registrations"`
	Total         int            `json:"total" doc:"how many there are that match"`
}

// Status is what the server counts.
type Status struct {
	Version  string            `json:"version"`
	Counters exchange.Counters `json:"counters"`
}

// Reloaded is the answer to a reload.
type Reloaded struct {
	Reloaded bool `json:"reloaded"`
}

type none struct{}

type trunkName struct {
	Name string `path:"name" maxLength:"64"`
}

func (s *Server) registerSystem(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/live", "list-live", "Calls", config.CallsRead, "List the calls that are up"),
		func(ctx context.Context, _ *none) (*body[LiveCalls], error) {
			calls, err := s.Exchange.Live(ctx)
			return &body[LiveCalls]{LiveCalls{listed(calls)}}, fail(err)
		})
	huma.Register(a, op(a, "GET", "/v1/trunks", "list-trunks", "System", config.SystemRead, "List the trunks, their state and its reason"),
		func(ctx context.Context, _ *none) (*body[Trunks], error) {
			list, err := s.Exchange.Trunks(ctx)
			return &body[Trunks]{Trunks{listed(list)}}, fail(err)
		})
	for _, w := range []struct {
		word, summary string
		on            bool
	}{{"enable", "Let calls in and out by a trunk", true}, {"disable", "Let no calls in or out by a trunk; those that are up go on", false}} {
		huma.Register(a, op(a, "POST", "/v1/trunks/{name}/"+w.word, w.word+"-trunk", "System", config.ConfigWrite, w.summary),
			func(ctx context.Context, in *trunkName) (*body[Switched], error) {
				err := s.Exchange.EnableTrunk(ctx, in.Name, w.on, by(ctx))
				return &body[Switched]{Switched{in.Name, w.on}}, fail(err)
			})
	}
	huma.Register(a, op(a, "GET", "/v1/users", "list-users", "System", config.SystemRead, "List the extensions"), s.users)
	huma.Register(a, op(a, "GET", "/v1/registrations", "list-registrations", "System", config.SystemRead, "List the devices that are registered; a change shows within two seconds"), s.registrations)
	huma.Register(a, op(a, "GET", "/v1/status", "get-status", "System", config.SystemRead, "Read the version and the counters since the start"),
		func(ctx context.Context, _ *none) (*body[Status], error) {
			n, err := s.Exchange.Totals(ctx)
			return &body[Status]{Status{s.Version, n}}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/reload", "reload", "System", config.ConfigWrite, "Read the configuration file again, without touching calls"),
		func(ctx context.Context, _ *none) (*body[Reloaded], error) {
			if err := s.Reload(ctx); err != nil {
				return nil, newProblem("configuration", err.Error())
			}
			return &body[Reloaded]{Reloaded{true}}, nil
		})
}

// listed makes an empty list of none, so that JSON has [] and not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Server) users(ctx context.Context, _ *none) (*body[Users], error) {
	list, err := s.Exchange.Users(ctx)
	if err != nil {
		return nil, fail(err)
	}
	bindings, err := s.Store.LoadBindings(s.now())
	if err != nil {
		return nil, fail(err)
	}
	contacts := map[string]int{}
	for i := range bindings {
		contacts[userOf(bindings[i].AOR)]++
	}
	out := Users{Users: []User{}}
	for _, u := range list {
		n := contacts[u.Name]
		out.Users = append(out.Users, User{u, n > 0, n})
	}
	return &body[Users]{out}, nil
}

type registrationsInput struct {
	User  string `query:"user" doc:"only those of this extension"`
	Limit int    `query:"limit" minimum:"1" maximum:"10000" default:"1000"`
}

func (s *Server) registrations(_ context.Context, in *registrationsInput) (*body[Registrations], error) {
	bindings, err := s.Store.LoadBindings(s.now())
	if err != nil {
		return nil, fail(err)
	}
	out := Registrations{Registrations: []Registration{}}
	slices.SortFunc(bindings, func(a, b store.Binding) int {
		if c := strings.Compare(a.AOR, b.AOR); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	for i := range bindings {
		b := &bindings[i]
		user := userOf(b.AOR)
		if in.User != "" && in.User != user {
			continue
		}
		if out.Total++; out.Total > in.Limit {
			continue
		}
		out.Registrations = append(out.Registrations, Registration{
			User: user, AOR: b.AOR, Contact: b.Contact, From: cameFrom(b.Flow), UserAgent: b.UserAgent,
			UpdatedAt: b.UpdatedAt.UTC(), ExpiresAt: b.ExpiresAt.UTC(),
		})
	}
	return &body[Registrations]{out}, nil
}

// userOf is the extension of an address of record, such as sip:100@example.com.
func userOf(aor string) string {
	_, rest, found := strings.Cut(aor, ":")
	if !found {
		rest = aor
	}
	user, _, _ := strings.Cut(rest, "@")
	return user
}

// cameFrom is the transport and the remote end of a flow, as the exchange writes it.
func cameFrom(flow string) string {
	f := strings.Fields(flow)
	if len(f) != 3 {
		return ""
	}
	return f[0] + " " + f[2]
}

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
	p := &paramReader{now: s.now()}
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
