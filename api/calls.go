package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"onhook/config"
	"onhook/outcome"
	"onhook/store"
)

// A CallPage is a part of the list of calls that are over.
type CallPage struct {
	Calls      []outcome.Record `json:"calls" doc:"the newest first"`
	NextCursor string           `json:"next_cursor,omitempty" doc:"for the next page; none: this is the last"`
}

// callsInput are the parameters of the list.
type callsInput struct {
	CallFilter
	Limit  int    `query:"limit" minimum:"1" maximum:"1000000" doc:"JSON: calls in a page, 100 where nothing is said, at most 1000. CSV and NDJSON: calls in all, every one where nothing is said"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Format string `query:"format" doc:"json, csv or ndjson; else the Accept header decides"`
	Accept string `header:"Accept"`
	url    url.URL
}

// Resolve keeps the address, to name the next page.
func (in *callsInput) Resolve(ctx huma.Context) []error {
	in.url = ctx.URL()
	return nil
}

func (s *Server) registerCalls(a huma.API) {
	forms := []form{
		{"json", "application/json", schemaOf[CallPage](a)},
		{"csv", "text/csv", textSchema()},
		{"ndjson", "application/x-ndjson", schemaOf[outcome.Record](a)},
	}
	o := op(a, "GET", "/v1/calls", "list-calls", "Calls", config.CallsRead, "List calls that are over, the newest first")
	huma.Register(a, produces(o, forms...), func(ctx context.Context, in *callsInput) (*huma.StreamResponse, error) {
		f, err := choose(in.Format, in.Accept, forms)
		if err != nil {
			return nil, err
		}
		filter, err := in.filter(s.now())
		if err != nil {
			return nil, err
		}
		after, err := parseCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		if f.name != "json" {
			return s.export(filter, after, in.Limit, f)
		}
		limit := in.Limit
		if limit == 0 {
			limit = 100
		}
		page, err := s.Store.List(filter, after, min(limit, store.MaxLimit))
		if err != nil {
			return nil, fail(err)
		}
		return sendPage(in, &page), nil
	})
}

// sendPage answers with one page and where the next is.
func sendPage(in *callsInput, page *store.Page) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		out := CallPage{Calls: page.Records}
		if out.Calls == nil {
			out.Calls = []outcome.Record{}
		}
		if page.More {
			out.NextCursor = cursorText(page.Next)
			q := in.url.Query()
			q.Set("cursor", out.NextCursor)
			ctx.SetHeader("Link", "<"+in.url.Path+"?"+q.Encode()+">; rel=\"next\"") // RFC 8288
		}
		sendJSON(ctx, out)
	}}
}

// sendJSON writes a body that huma does not write itself.
func sendJSON(ctx huma.Context, v any) {
	ctx.SetHeader("Content-Type", "application/json")
	ctx.SetStatus(http.StatusOK)
	_ = writeJSON(ctx.BodyWriter(), v) // the client has gone if this fails
}

// writeJSON writes a value with <, > and & escaped.
func writeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// export streams all calls that match, page after page.
func (s *Server) export(filter store.Filter, after store.Cursor, limit int, f form) (*huma.StreamResponse, error) {
	page, err := s.Store.List(filter, after, exportPage(limit))
	if err != nil {
		return nil, fail(err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		ctx.SetHeader("Content-Type", f.media+"; charset=utf-8")
		ctx.SetHeader("Content-Disposition", `attachment; filename="calls.`+f.name+`"`)
		ctx.SetStatus(http.StatusOK)
		out := newExport(w, f.name)
		left := limit
		for {
			for i := range page.Records {
				if out.record(&page.Records[i]) != nil {
					return // the client has gone
				}
			}
			left -= len(page.Records)
			if !page.More || limit > 0 && left <= 0 || out.flush() != nil || r.Context().Err() != nil {
				break
			}
			more, err := s.Store.List(filter, page.Next, exportPage(left))
			if err != nil {
				if s.Log != nil {
					s.Log.Error("export of calls cut short", "err", err)
				}
				panic(http.ErrAbortHandler) // a part must not look like the whole
			}
			page = more
		}
		_ = out.flush() // the client has gone if this fails
	}}, nil
}

func exportPage(left int) int {
	if left <= 0 {
		return store.MaxLimit
	}
	return min(left, store.MaxLimit)
}

func textSchema() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
