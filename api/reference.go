package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/outcome"
	"onhook/store"
)

func notFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// A StatusEntry is one Call Status.
type StatusEntry struct {
	Name       string `json:"name"`
	Definition string `json:"definition"`
}

// Reasons are the reference of all statuses and Bye Reasons.
type Reasons struct {
	Statuses []StatusEntry   `json:"statuses"`
	Reasons  []outcome.Entry `json:"reasons"`
}

type reasonInput struct {
	Query string `path:"query" maxLength:"64" doc:"a name or the beginning of one, a status, a 9xx number, a SIP code or a Q.850 cause"`
}

type problemInput struct {
	Code   string `path:"code" maxLength:"64"`
	Accept string `header:"Accept"`
}

func (s *Server) registerReference(a huma.API) {
	huma.Register(a, op(a, "GET", "/v1/reasons", "list-reasons", "Reference", config.CallsRead, "List all Call Statuses and Bye Reasons"),
		func(context.Context, *none) (*body[Reasons], error) {
			return &body[Reasons]{reasonsOf(outcome.Entries())}, nil
		})
	huma.Register(a, op(a, "GET", "/v1/reasons/{query}", "find-reasons", "Reference", config.CallsRead, "Find the Bye Reasons that a name or number may mean"),
		func(_ context.Context, in *reasonInput) (*body[Reasons], error) {
			found := outcome.Find(in.Query)
			if found == nil {
				return nil, newProblem("reason_not_found", "Nothing is called or numbered so.")
			}
			return &body[Reasons]{reasonsOf(found)}, nil
		})
	html := form{"html", "text/html", textSchema()}
	page := func(path, id, summary string, write func() ([]byte, error)) {
		huma.Register(a, produces(op(a, "GET", path, id, "Reference", "", summary), html), func(context.Context, *none) (*huma.StreamResponse, error) {
			raw, err := write()
			if err != nil {
				return nil, fail(err)
			}
			return send("text/html; charset=utf-8", raw), nil
		})
	}
	page("/docs", "read-docs", "Read this description as a page", s.docs)
	page("/problems", "list-problems", "Read about all problems that are reported", func() ([]byte, error) { return render("problems", kinds) })
	huma.Register(a, produces(op(a, "GET", "/problems/{code}", "read-problem", "Reference", "", "Read what a problem means and what to do about it"), html),
		func(_ context.Context, in *problemInput) (*huma.StreamResponse, error) {
			k, found := kindOf(in.Code)
			if !found {
				return nil, newProblem("problem_not_found", "No problem has this code.")
			}
			raw, err := render("problems", []kind{k})
			if err != nil {
				return nil, fail(err)
			}
			return send("text/html; charset=utf-8", raw), nil
		})
	css := form{"css", "text/css", textSchema()}
	huma.Register(a, produces(op(a, "GET", "/docs.css", "read-style", "Reference", "", "The style of the pages"), css),
		func(context.Context, *none) (*huma.StreamResponse, error) {
			return send("text/css; charset=utf-8", []byte(style)), nil
		})
	described := form{"json", "application/vnd.oai.openapi+json", &huma.Schema{Type: huma.TypeObject}}
	huma.Register(a, produces(op(a, "GET", "/openapi.json", "read-openapi", "Reference", "", "Read this description"), described),
		func(context.Context, *none) (*huma.StreamResponse, error) {
			raw, err := json.Marshal(s.openapi)
			if err != nil {
				return nil, fail(err)
			}
			return send("application/json", raw), nil
		})
}

func reasonsOf(entries []outcome.Entry) Reasons {
	out := Reasons{Reasons: entries}
	for s := outcome.CallEnded; s.String() != ""; s++ {
		out.Statuses = append(out.Statuses, StatusEntry{s.String(), s.Definition()})
	}
	return out
}

// An operation is one line of the readable description.
type operation struct {
	Method, Path, Summary, Description, Scope string
	Parameters                                []parameter
	Answers                                   string
}

type parameter struct{ Name, In, Doc string }

// docs makes the readable page from the description.
func (s *Server) docs() ([]byte, error) {
	type group struct {
		Name       string
		Operations []operation
	}
	var groups []group
	for path, item := range s.openapi.Paths {
		for method, o := range methodsOf(item) {
			x := operation{Method: method, Path: path, Summary: o.Summary, Description: o.Description, Scope: string(scopeOf(o))}
			for _, p := range o.Parameters {
				if p.Name == "Accept" {
					continue
				}
				x.Parameters = append(x.Parameters, parameter{p.Name, p.In, p.Description})
			}
			x.Parameters = append(x.Parameters, s.bodyFields(o)...)
			if r := o.Responses["200"]; r != nil {
				var types []string
				for t := range r.Content {
					types = append(types, t)
				}
				slices.Sort(types)
				x.Answers = strings.Join(types, ", ")
			}
			i := slices.IndexFunc(groups, func(g group) bool { return g.Name == o.Tags[0] })
			if i < 0 {
				groups = append(groups, group{Name: o.Tags[0]})
				i = len(groups) - 1
			}
			groups[i].Operations = append(groups[i].Operations, x)
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range groups {
		slices.SortFunc(g.Operations, func(a, b operation) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	}
	return render("docs", map[string]any{"Version": s.Version, "Scopes": config.Scopes(), "Groups": groups})
}

// methodsOf are the operations of a path.
func methodsOf(p *huma.PathItem) map[string]*huma.Operation {
	out := map[string]*huma.Operation{}
	for m, o := range map[string]*huma.Operation{"GET": p.Get, "POST": p.Post, "PUT": p.Put, "PATCH": p.Patch, "DELETE": p.Delete} {
		if o != nil {
			out[m] = o
		}
	}
	return out
}

func render(name string, data any) ([]byte, error) {
	t, err := template.New("").Parse(pages)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}
