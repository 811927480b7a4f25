package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"onhook/api"
	"onhook/outcome"
)

func referencePage() page {
	return page{pattern: "GET /reference", file: "reference", nav: "Reference", key: "r", icon: "book", show: (*Server).reference}
}

// A reasonRow is a Bye Reason with how often this system's own calls ended by it.
type reasonRow struct {
	outcome.Entry
	Calls int64
	Link  string
}

// A statusRow is a Call Status with its count.
type statusRow struct {
	api.StatusEntry
	Calls int64
	Link  string
}

// countedFor is how far back the counts of the reference go.
const countedFor = 30 * 24 * time.Hour

func (s *Server) reference(r *http.Request) (*view, error) {
	var all, found api.Reasons
	if err := s.read(r, "/v1/reasons", &all); err != nil {
		return nil, err
	}
	found = all
	wanted := strings.TrimSpace(r.URL.Query().Get("find"))
	if wanted != "" {
		found = api.Reasons{}
		if err := s.read(r, "/v1/reasons/"+url.PathEscape(wanted), &found); err != nil && !missing(err) {
			return nil, err
		}
	}
	since := s.opt.Now().UTC().Truncate(time.Hour).Add(-countedFor).Format(time.RFC3339)
	counts := func(by string) (map[string]int64, error) {
		var got api.Statistics
		err := s.read(r, "/v1/stats?"+url.Values{"by": {by}, "since": {since}}.Encode(), &got)
		out := map[string]int64{}
		for _, g := range got.Groups {
			out[g.Value] = g.Sums.Calls
		}
		return out, err
	}
	reasons, err := counts("bye_reason")
	if err != nil {
		return nil, err
	}
	statuses, err := counts("status")
	if err != nil {
		return nil, err
	}
	var rows []reasonRow
	for _, e := range found.Reasons {
		rows = append(rows, reasonRow{e, reasons[e.Name], "/calls?" + url.Values{"bye_reason": {e.Name}, "since": {since}}.Encode()})
	}
	var tops []statusRow
	for _, e := range all.Statuses {
		tops = append(tops, statusRow{e, statuses[e.Name], "/calls?" + url.Values{"status": {e.Name}, "since": {since}}.Encode()})
	}
	return &view{Title: "Reference", Data: map[string]any{"Statuses": tops, "Reasons": rows, "Find": wanted, "All": len(all.Reasons)}}, nil
}
