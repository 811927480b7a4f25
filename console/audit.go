package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"onhook/api"
)

// auditInPage is how many entries a page has.
const auditInPage = 100

func auditPage() page {
	return page{pattern: "GET /audit", file: "audit", nav: "Audit", key: "a", icon: "log", show: (*Server).audit}
}

// An auditView is what the page of who did what shows.
type auditView struct {
	Entries    []auditRow
	Operations []string // that can be done
	Times      []choice
	By, Path   string // asked for
	Operation  string
	Since      string
	Asked      bool
	Older      string // address of the page after this one; empty: this is the last
	First      string // address of the newest; empty: this is it
	Problem    *api.Problem
}

// An auditRow is one thing that somebody did.
type auditRow struct {
	api.AuditEntry
	Does  string // what the operation is for
	Call  string // the call that it was done with
	Class string // good, or bad where it was not done
}

func (s *Server) audit(r *http.Request) (*view, error) {
	q := r.URL.Query()
	v := &auditView{By: q.Get("by"), Path: q.Get("path"), Operation: q.Get("operation"), Since: q.Get("since"), Operations: slices.Sorted(maps.Keys(s.audited))}
	ask := url.Values{"limit": {number(auditInPage)}}
	kept := url.Values{}
	for _, name := range []string{"by", "operation", "path", "since"} {
		if value := strings.TrimSpace(q.Get(name)); value != "" {
			ask.Set(name, value)
			kept.Set(name, value)
		}
	}
	v.Asked = len(kept) > 0
	for _, t := range []struct{ name, since string }{{"Hour", "1h"}, {"Day", "24h"}, {"Week", "168h"}, {"All", ""}} {
		next := without(kept, "since")
		if t.since != "" {
			next.Set("since", t.since)
		}
		v.Times = append(v.Times, choice{Name: t.name, Link: "/audit?" + next.Encode(), Chosen: v.Since == t.since})
	}
	if c := q.Get("cursor"); c != "" {
		ask.Set("cursor", c)
		v.First = "/audit?" + kept.Encode()
	}
	var got api.AuditEntries
	if err := s.read(r, "/v1/audit?"+ask.Encode(), &got); err != nil && !understandable(err, &v.Problem) {
		return nil, err
	}
	for _, e := range got.Entries {
		row := auditRow{AuditEntry: e, Does: s.audited[e.Operation], Class: "good"}
		if e.Status >= 400 {
			row.Class = "bad"
		}
		rest, found := strings.CutPrefix(e.Path, "/v1/calls/")
		if id, _, _ := strings.Cut(rest, "/"); found && callID(id) != "" {
			row.Call = id
		}
		v.Entries = append(v.Entries, row)
	}
	if got.NextCursor != "" {
		v.Older = "/audit?" + with(kept, "cursor", got.NextCursor).Encode()
	}
	return &view{Title: "Audit", Data: v}, nil
}
