package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"onhook/api"
	"onhook/exchange"
	"onhook/outcome"
)

// mostLive is how many calls that are up the page shows; more are counted.
const mostLive = 200

// justEnded is how many calls that are over it shows below.
const justEnded = 8

func livePage() page {
	return page{pattern: "GET /{$}", file: "live", nav: "Live", key: "l", icon: "live", show: (*Server).live}
}

// A liveView is what the page of calls that are up shows.
type liveView struct {
	Now    time.Time
	Calls  []liveRow
	More   int // that are up and not shown
	Ended  []outcome.Record
	Counts map[string]int // by stage
	Total  int

	Prompts []string // that were made here
}

// A liveRow is one call that is up.
type liveRow struct {
	exchange.LiveCall
	FromNumber, ToNumber string
}

func (s *Server) live(r *http.Request) (*view, error) {
	var up api.LiveCalls
	if err := s.read(r, "/v1/live", &up); err != nil {
		return nil, err
	}
	var over api.CallPage
	if err := s.read(r, "/v1/calls?limit="+number(justEnded), &over); err != nil {
		return nil, err
	}
	prompts, err := s.prompts(r)
	if err != nil {
		return nil, err
	}
	v := &liveView{Prompts: prompts, Now: s.opt.Now(), Counts: map[string]int{}, Ended: over.Calls, Total: len(up.Calls)}
	for _, c := range up.Calls {
		v.Counts[c.Stage]++
	}
	// The newest first: what begins now is seen at once.
	for i := len(up.Calls) - 1; i >= 0 && len(v.Calls) < mostLive; i-- {
		c := up.Calls[i]
		v.Calls = append(v.Calls, liveRow{c, userPart(c.From), userPart(c.To)})
	}
	v.More = v.Total - len(v.Calls)
	return &view{Title: "Live", Data: v}, nil
}

// userPart is the number in a URI, or the URI where it has none.
func userPart(uri string) string {
	if uri == "" {
		return "unknown"
	}
	_, rest, found := strings.Cut(uri, ":")
	user, _, at := strings.Cut(rest, "@")
	if !found || !at {
		return uri
	}
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		return plain
	}
	return user
}
