package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"onhook/call"
	"onhook/config"
	"onhook/exchange"
	"onhook/media"
	"onhook/store"
)

// An Exchange is what the handlers need of the running server.
type Exchange interface {
	Live(ctx context.Context) ([]exchange.LiveCall, error)
	LiveEvidence(ctx context.Context, id string) ([]call.Event, error)
	Record(ctx context.Context, id string, on bool, by string) error
	Commands
	Unregister(ctx context.Context, user, contact, by string) (int, error)
	Users(ctx context.Context) ([]exchange.Extension, error)
	Trunks(ctx context.Context) ([]exchange.TrunkState, error)
	EnableTrunk(ctx context.Context, name string, on bool, by string) error
	Totals(ctx context.Context) (exchange.Counters, error)
}

// A Store is what the handlers need of the records.
type Store interface {
	store.Calls
	Stats(q store.Question) (store.Stats, error)
	LoadBindings(now time.Time) ([]store.Binding, error)
}

// A Server holds the handlers.
type Server struct {
	Exchange Exchange
	Store    Store
	Keys     *Keyring
	Hub      *Hub
	Metrics  *Metrics
	Queues   Queues
	Hours    Timetables
	Webhooks Webhooks
	Guard    Guard
	Voice    Mailboxes
	Boxes    func() []string                            // the mailboxes that there are
	Audit    *Audit                                     // nil: nothing is written down
	Prompts  func(names []string) (media.Source, error) // finds sound by its names, to be played one after the other
	Reload   func(ctx context.Context) error            // reads the configuration again; the error lists what is wrong with it
	HEP      func() HEPState                            // nil: HEP is heard nowhere
	Settings func() Settings                            // the configuration that is in force
	Version  string
	Domain   string
	Log      *slog.Logger
	Now      func() time.Time // nil: the system's

	Shelf      Shelf      // prompts that are made here
	People     People     // nil: extensions are shown, and can be neither made nor changed
	Recordings Recordings // nil: no call is recorded

	Settle func(ctx context.Context) error // waits until the records of calls that have ended are durable

	draining atomic.Bool
	limits   limits
	answered answered
	counting chan struct{} // has room for the statistics that may be made at once
	once     sync.Once
	mux      *http.ServeMux
	openapi  *huma.OpenAPI
}

// maxBody is the longest body of a request, in bytes.
const maxBody = 64 << 10

// Drain makes /readyz say that no new calls are taken.
func (s *Server) Drain() { s.draining.Store(true) }

// Owner returns the handlers for the control socket: who gets there may do everything.
func (s *Server) Owner() http.Handler {
	s.once.Do(s.build)
	return s.outer(s.settling(asOwner(s.repeated(s.routed()))))
}

// Handler returns the handlers for the network: a key says what may be done.
func (s *Server) Handler() http.Handler {
	s.once.Do(s.build)
	return s.outer(s.asKey(s.repeated(s.routed())))
}

// OpenAPI returns the description of the operations.
func (s *Server) OpenAPI() *huma.OpenAPI {
	s.once.Do(s.build)
	return s.openapi
}

// build registers the operations.
func (s *Server) build() {
	s.mux = http.NewServeMux()
	s.counting = make(chan struct{}, 2)
	c := huma.DefaultConfig("onhook", s.Version)
	c.Info.Description = "A SIP call server that says truthfully why every call ended. Times are RFC 3339 in UTC, durations milliseconds. " +
		"Readers must tolerate unknown fields and unknown values of enumerations."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	// No $schema in bodies, and no promise that fields are never added.
	c.CreateHooks = nil
	c.AllowAdditionalPropertiesByDefault = true
	c.RejectUnknownQueryParameters = true
	// Not huma's own, which leaves < and > as they are: strangers write what records hold.
	j := huma.Format{Marshal: writeJSON, Unmarshal: json.Unmarshal}
	c.Formats = map[string]huma.Format{"application/json": j, "json": j}
	c.Transformers = []huma.Transformer{asProblem}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "A key of onhook keys. On the control socket none is needed."},
	}
	a := humago.New(s.mux, c)
	a.UseMiddleware(s.authorize, receive)
	s.registerCalls(a)
	s.registerCall(a)
	s.registerCommands(a)
	s.registerSystem(a)
	s.registerUsers(a)
	s.registerQueues(a)
	s.registerVoicemail(a)
	s.registerPrompts(a)
	s.registerAudit(a)
	s.registerRecordings(a)
	s.registerGuard(a)
	s.registerHours(a)
	s.registerKeys(a)
	s.registerWebhooks(a)
	s.registerStats(a)
	s.registerSources(a)
	s.registerSettings(a)
	s.registerEvents(a)
	s.registerHealth(a)
	s.registerReference(a)
	s.openapi = a.OpenAPI()
	// Errors are ours: huma registers its own in passing.
	delete(s.openapi.Components.Schemas.Map(), "ErrorModel")
	delete(s.openapi.Components.Schemas.Map(), "ErrorDetail")
}

// op describes an operation; the empty scope needs no key.
func op(a huma.API, method, path, id, tag string, scope config.Scope, summary string) huma.Operation {
	o := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{tag}, MaxBodyBytes: maxBody,
		Security: []map[string][]string{},
		Responses: map[string]*huma.Response{
			"default": {Description: "A problem", Content: map[string]*huma.MediaType{
				problemType: {Schema: schemaOf[Problem](a)},
			}},
		},
	}
	if scope != "" {
		o.Security = []map[string][]string{{"key": {string(scope)}}}
	}
	return o
}

// produces says in which forms an operation answers, the first where nothing is asked for.
func produces(o huma.Operation, types ...form) huma.Operation {
	r := &huma.Response{Description: http.StatusText(200), Content: map[string]*huma.MediaType{}}
	for _, t := range types {
		r.Content[t.media] = &huma.MediaType{Schema: t.schema}
	}
	o.Responses["200"] = r
	return o
}

func schemaOf[T any](a huma.API) *huma.Schema {
	return a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

// scopeOf is what an operation needs.
func scopeOf(o *huma.Operation) config.Scope {
	for _, s := range o.Security {
		for _, scopes := range s {
			if len(scopes) > 0 {
				return config.Scope(scopes[0])
			}
		}
	}
	return ""
}

// authorize lets an operation be done by those who may, and logs who changed what.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	o := ctx.Operation()
	scope, c := scopeOf(o), callerOf(ctx.Context())
	if !c.may(scope) {
		_, w := humago.Unwrap(ctx)
		if c == nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="onhook"`)
			writeProblem(w, newProblem("no_key", "This needs a key with the scope "+string(scope)+"."))
			return
		}
		s.note(ctx, o, http.StatusForbidden)
		w.Header().Set("WWW-Authenticate", `Bearer realm="onhook", error="insufficient_scope", scope="`+string(scope)+`"`)
		writeProblem(w, newProblem("scope_missing", "This needs a key with the scope "+string(scope)+"."))
		return
	}
	next(ctx)
	s.note(ctx, o, ctx.Status())
	if o.Method != http.MethodGet && s.Log != nil {
		s.Log.Info("api", "by", by(ctx.Context()), "did", o.OperationID, "path", ctx.URL().Path, "status", ctx.Status())
	}
}
