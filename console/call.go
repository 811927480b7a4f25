package console

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"onhook/api"
	"onhook/call"
	"onhook/exchange"
	"onhook/ladder"
	"onhook/outcome"
)

func callPage() page {
	return page{pattern: "GET /calls/{id}", file: "call", show: (*Server).call}
}

// mostDrawn is how many events a page draws; of more the first and the last half of that.
const mostDrawn = 1200

// A callView is what the page of one call shows, one that is over or one that is up.
type callView struct {
	ID       string
	Up       *exchange.LiveCall // it is up; else Record says how it ended
	Now      time.Time
	Record   outcome.Record
	Told     told
	Steps    []step
	Line     *timeline
	Ladder   template.HTML
	Messages []shownMessage
	Media    []mediaNote
	Left     int    // events that are neither drawn nor listed
	Missing  string // why there are no messages
	Related  []relatedCall
	Live     string // what the page follows; empty: nothing

	Others   []liveRow // calls that it can be joined with
	Transfer bool      // the form of the transfer is open
	Play     bool      // that of what is to be played
	Prompts  []string  // that were made here
}

// A relatedCall is another call that belongs to this one.
type relatedCall struct {
	outcome.Related
	Record *outcome.Record // nil: there is none
}

// call shows one call.
func (s *Server) call(r *http.Request) (*view, error) {
	id := r.PathValue("id")
	v := &callView{ID: id, Now: s.opt.Now(), Transfer: r.URL.Query().Get("do") == "transfer", Play: r.URL.Query().Get("do") == "play"}
	title := "Call"
	err := s.read(r, "/v1/calls/"+url.PathEscape(id), &v.Record)
	switch {
	case err == nil:
		title = v.Record.Status + ": " + partyText(&v.Record.From) + " to " + partyText(&v.Record.To)
		v.over(s, r)
	case statusOf(err) == http.StatusNotFound:
		if v.Up, v.Others, err = s.up(r, id, err); err != nil {
			return nil, err
		}
		if v.Prompts, err = s.prompts(r); err != nil {
			return nil, err
		}
		v.Live = "call."
		title = v.Up.Stage + ": " + userPart(v.Up.From) + " to " + userPart(v.Up.To)
	default:
		return nil, err
	}
	events, proof, err := s.opt.API.Evidence(r.Context(), id)
	if err != nil {
		v.Missing = "The messages of this call are gone: they were older than the retention."
		if statusOf(err) != http.StatusNotFound {
			v.Missing = err.Error()
		}
	} else {
		if n := len(events); n > mostDrawn {
			v.Left = n - mostDrawn
			events = slices.Concat(events[:mostDrawn/2], events[n-mostDrawn/2:])
		}
		v.Ladder = template.HTML(ladder.Layout(events, ladder.Options{Proof: proof}).Inline()) // it escapes what strangers wrote
		v.Messages, v.Media = messagesOf(events, proof), mediaNotes(events)
	}
	return &view{Title: title, Here: "/calls", Data: v}, nil
}

// Decider is the event that decided the Bye Reason; 0: none.
func (v *callView) Decider() uint32 {
	for i := range v.Record.Evidence {
		if e := &v.Record.Evidence[i]; e.Message != 0 && slices.ContainsFunc(v.Messages, func(m shownMessage) bool { return m.Seq == e.Message }) {
			return e.Message
		}
	}
	return 0
}

// over fills in what a record says.
func (v *callView) over(s *Server, r *http.Request) {
	v.Told = tell(&v.Record)
	v.Steps = stepsOf(&v.Record)
	v.Line = timelineOf(&v.Record)
	for _, rel := range v.Record.Related {
		one := relatedCall{Related: rel}
		var rec outcome.Record
		if s.read(r, "/v1/calls/"+url.PathEscape(rel.ID), &rec) == nil {
			one.Record = &rec
		}
		v.Related = append(v.Related, one)
	}
}

// up finds a call that is up, and the others; otherwise is the error where there is none.
func (s *Server) up(r *http.Request, id string, otherwise error) (found *exchange.LiveCall, others []liveRow, err error) {
	var list api.LiveCalls
	if err := s.read(r, "/v1/live", &list); err != nil {
		return nil, nil, err
	}
	for i := range list.Calls {
		c := &list.Calls[i]
		if c.ID == id {
			found = c
		} else if len(others) < mostLive {
			others = append(others, liveRow{*c, userPart(c.From), userPart(c.To)})
		}
	}
	if found == nil {
		return nil, nil, otherwise
	}
	return found, others, nil
}

// statusOf is the HTTP status of a problem; 0 of another error.
func statusOf(err error) int {
	var p *api.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

// partyText names a party in a title.
func partyText(p *outcome.Party) string {
	if p.Number != "" {
		return cut(30, p.Number)
	}
	return cut(30, p.URI)
}

// A mediaNote is something that the media path saw.
type mediaNote struct {
	At   time.Time
	Leg  int
	What string
	Text string
}

func mediaNotes(events []call.Event) (out []mediaNote) {
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case call.EvMedia:
			out = append(out, mediaNote{e.At, int(e.Leg), mediaWords(e.Name), e.Text})
		case call.EvBridged:
			out = append(out, mediaNote{e.At, int(e.Leg), "audio joined with the caller's", ""})
		case call.EvHold:
			what := "resumed"
			if e.N != 0 {
				what = "on hold"
			}
			out = append(out, mediaNote{e.At, int(e.Leg), what, ""})
		}
	}
	return out
}

func mediaWords(name string) string {
	switch name {
	case "latched":
		return "audio began to arrive"
	case "timeout":
		return "no audio came any more"
	case "one_way":
		return "audio in one direction only"
	case "figures":
		return "in all"
	case "digit":
		return "digit"
	}
	return words(name)
}

// told is the summary of a record in its parts.
type told struct{ What, Proof, Next string }

// tell takes a summary apart: what happened, what proves it, what to do.
func tell(r *outcome.Record) told {
	what, proof, found := strings.Cut(r.Summary, ". Proof: ")
	if !found {
		return told{What: r.Summary}
	}
	out := told{What: what + ".", Proof: proof}
	reason, ok := outcome.ParseReason(r.ByeReason)
	if !ok {
		return out
	}
	remedy := reason.Entry().Remedy
	if at := len(proof) - len(remedy); at > 0 && strings.EqualFold(proof[at:], remedy) {
		out.Proof = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(proof[:at], "next: "), " "), ";") + "."
		out.Next = remedy
	}
	return out
}
