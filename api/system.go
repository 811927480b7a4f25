package api

import (
	"context"
	"errors"
	"slices"
	"strconv"
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
	huma.Register(a, op(a, "GET", "/v1/registrations", "list-registrations", "System", config.SystemRead, "List the devices that are registered; a change shows within two seconds"), s.registrations)
	huma.Register(a, op(a, "DELETE", "/v1/registrations", "remove-registrations", "System", config.UsersWrite, "Take registrations of an extension away: a device that registers again is registered again"), s.unregister)
	huma.Register(a, op(a, "GET", "/v1/status", "get-status", "System", config.SystemRead, "Read the version and the counters since the start"),
		func(ctx context.Context, _ *none) (*body[Status], error) {
			n, err := s.Exchange.Totals(ctx)
			return &body[Status]{Status{s.Version, n}}, fail(err)
		})
	huma.Register(a, op(a, "POST", "/v1/reload", "reload", "System", config.ConfigWrite, "Read the configuration file again, without touching calls"),
		func(ctx context.Context, _ *none) (*body[Reloaded], error) {
			if err := s.Reload(ctx); err != nil {
				return nil, badConfiguration(err)
			}
			return &body[Reloaded]{Reloaded{true}}, nil
		})
}

// badConfiguration names everything that is wrong with the file, each with its line and column.
func badConfiguration(err error) *Problem {
	p := newProblem("configuration", err.Error())
	if all := config.Errors(nil); errors.As(err, &all) {
		p.Detail = "The file has one error."
		if len(all) > 1 {
			p.Detail = "The file has " + strconv.Itoa(len(all)) + " errors."
		}
		for _, e := range all {
			p.Errors = append(p.Errors, e.Error())
		}
	}
	return p
}

// listed makes an empty list of none, so that JSON has [] and not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
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

// Unregistered is the answer to registrations taken away.
type Unregistered struct {
	User    string `json:"user"`
	Removed int    `json:"removed"`
}

type unregisterInput struct {
	User    string `query:"user" required:"true" maxLength:"64" doc:"the extension"`
	Contact string `query:"contact" doc:"only the device with this contact"`
}

func (s *Server) unregister(ctx context.Context, in *unregisterInput) (*body[Unregistered], error) {
	n, err := s.Exchange.Unregister(ctx, in.User, in.Contact, by(ctx))
	if errors.Is(err, exchange.ErrNotFound) {
		return nil, newProblem("user_not_found", "No extension of this name is configured.")
	}
	return &body[Unregistered]{Unregistered{in.User, n}}, fail(err)
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
