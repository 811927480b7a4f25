package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"onhook/config"
	"onhook/store"
)

// A Ratio is a figure with how it comes about.
type Ratio struct {
	Value   *float64 `json:"value" doc:"none: there is nothing to divide by"`
	Unit    string   `json:"unit" enum:"percent,ms"`
	Name    string   `json:"name"`
	Formula string   `json:"formula" doc:"in terms of the counts beside it"`
}

// Figures are the ratios of a set of calls.
type Figures struct {
	ASR  Ratio `json:"asr"`
	NER  Ratio `json:"ner"`
	ACD  Ratio `json:"acd"`
	SER  Ratio `json:"ser"`
	SEER Ratio `json:"seer"`
	ISA  Ratio `json:"isa"`
}

// Sums are the counts that ratios are made of.
type Sums struct {
	Calls     int64 `json:"calls" doc:"all calls"`
	Answered  int64 `json:"answered" doc:"a party was joined"`
	Platform  int64 `json:"platform" doc:"answered by a menu, a queue or a mailbox only"`
	OK        int64 `json:"ok" doc:"the caller was sent a 2xx"`
	Redirect  int64 `json:"redirect" doc:"the caller was sent a 3xx"`
	User      int64 `json:"user" doc:"the caller was sent 480, 486, 600 or 603"`
	Failed    int64 `json:"failed" doc:"the caller was sent 408, 500, 503 or 504"`
	Delivered int64 `json:"delivered" doc:"answered, busy, declined, not answered, or cancelled while it rang"`
	TalkMS    int64 `json:"talk_ms" doc:"of all calls together"`
	RingMS    int64 `json:"ring_ms" doc:"of all calls together"`
	SetupMS   int64 `json:"setup_ms" doc:"of answered calls together"`
}

// Spread are quantiles by nearest rank, in milliseconds; at most 1/32 too high.
type Spread struct {
	Calls int64 `json:"calls" doc:"how many count"`
	P50   int64 `json:"p50"`
	P90   int64 `json:"p90"`
	P95   int64 `json:"p95"`
	P99   int64 `json:"p99"`
}

// A Slice is the calls that share a value, or a stretch of time.
type Slice struct {
	Value    string  `json:"value" doc:"empty: the calls that have none; of times the start"`
	Sums     Sums    `json:"sums"`
	Figures  Figures `json:"figures"`
	PostDial Spread  `json:"post_dial_ms"`
	Ring     Spread  `json:"ring_ms"`
	Talk     Spread  `json:"talk_ms"`
	Parts    []Share `json:"parts,omitempty" doc:"of times, where by is given: the calls of each of the twelve largest groups; those that have none are left out"`
}

// A Share is how many calls of a stretch of time have a value.
type Share struct {
	Value string `json:"value"`
	Calls int64  `json:"calls"`
}

// Statistics is the answer about a range of calls.
type Statistics struct {
	Since    *time.Time        `json:"since,omitempty"`
	Until    *time.Time        `json:"until,omitempty"`
	Sums     Sums              `json:"sums"`
	Figures  Figures           `json:"figures"`
	PostDial Spread            `json:"post_dial_ms" doc:"from the INVITE to the first sign of alerting, of calls that rang"`
	Ring     Spread            `json:"ring_ms" doc:"from there to the answer or the end"`
	Talk     Spread            `json:"talk_ms" doc:"of calls that a party answered"`
	Groups   []Slice           `json:"groups,omitempty"`
	Times    []Slice           `json:"times,omitempty" doc:"those without calls are left out"`
	Notes    map[string]string `json:"notes" doc:"where the definitions come from"`
}

type statsInput struct {
	CallFilter
	By       string `query:"by" doc:"group by one of status, code, bye_reason, ended_by, direction, trunk, queue, user, stage, answered, source, from, to"`
	Interval string `query:"interval" doc:"also by time, in steps such as 5m or 1h"`
}

// mostSteps bounds how many stretches of time an answer has.
const mostSteps = 5000

func (s *Server) registerStats(a huma.API) {
	o := op(a, "GET", "/v1/stats", "get-stats", "Statistics", config.CallsRead, "Count calls; the last 24 hours where no time is given. Times of five minutes and their multiples, and one of the filters that by names, are read from sums kept ready; anything else goes through the calls")
	huma.Register(a, o, func(ctx context.Context, in *statsInput) (*body[Statistics], error) {
		q, err := in.question(s.now())
		if err != nil {
			return nil, err
		}
		// Each may read all calls of its range: a few at once, so that lists find the store free.
		select {
		case s.counting <- struct{}{}:
			defer func() { <-s.counting }()
		case <-ctx.Done():
			return nil, newProblem("busy", "Other statistics are being made.")
		}
		got, err := s.Store.Stats(q)
		if err != nil {
			return nil, fail(err)
		}
		return &body[Statistics]{statistics(&q, &got)}, nil
	})
}

func (in *statsInput) question(now time.Time) (store.Question, error) {
	q := store.Question{By: in.By}
	p := &paramReader{now: now}
	if in.By != "" {
		if by := p.words("by", []string{in.By}, store.Dimensions()); len(by) == 1 {
			q.By = by[0]
		}
	}
	q.Interval = p.duration("interval", in.Interval)
	if in.Interval != "" && (q.Interval < time.Second || q.Interval%time.Second != 0) {
		p.bad("interval", in.Interval, "whole seconds")
	}
	f, err := in.filter(now)
	if err != nil {
		return q, err
	}
	if f.Since.IsZero() && f.Until.IsZero() && f.EndedSince.IsZero() {
		f.Since = now.Add(-24 * time.Hour)
	}
	if until := f.Until; q.Interval > 0 {
		if until.IsZero() {
			until = now
		}
		if f.Since.IsZero() || until.Sub(f.Since)/q.Interval > mostSteps {
			p.bad("interval", in.Interval, "a longer one, or a since: at most 5000 steps")
		}
	}
	q.Filter = f
	return q, p.problem()
}

func statistics(q *store.Question, got *store.Stats) Statistics {
	out := Statistics{
		Sums: sums(&got.Total), Figures: figures(&got.Total),
		PostDial: Spread(got.PostDial), Ring: Spread(got.Ring), Talk: Spread(got.Talk),
		Groups: slicesOf(got.Groups), Times: slicesOf(got.Times),
		Notes: map[string]string{
			"asr":          "ITU-T E.411: calls answered of calls tried. Here: answered by a party.",
			"ner":          "ITU-T E.425: calls that reached the called party of calls tried, whatever it then did.",
			"acd":          "Mean talk time of answered calls.",
			"ser":          "RFC 6076 section 4.6.",
			"seer":         "RFC 6076 section 4.7.",
			"isa":          "RFC 6076 section 4.8.",
			"post_dial_ms": "ringing_at - started_at, of calls that rang: what the caller waits until it hears that the other end rings. RFC 6076 section 4.3.1: to the first response that tells the caller something, other than 100.",
			"ring_ms":      "ringing_at to the answer or the end, of calls that rang.",
			"talk_ms":      "Two parties joined, hold included, of calls that a party answered. RFC 6076 section 4.5 measures from the 200 to the BYE.",
			"quantiles":    "The value of the call number ceil(q * calls) in order; at most 1/32 too high.",
		},
	}
	if !q.Filter.Since.IsZero() {
		t := q.Filter.Since.UTC()
		out.Since = &t
	}
	if !q.Filter.Until.IsZero() {
		t := q.Filter.Until.UTC()
		out.Until = &t
	}
	return out
}

func slicesOf(groups []store.Group) (out []Slice) {
	for i := range groups {
		g := &groups[i]
		one := Slice{
			Value: strings.ToValidUTF8(g.Value, "\uFFFD"), Sums: sums(&g.Counts), Figures: figures(&g.Counts),
			PostDial: Spread(g.PostDial), Ring: Spread(g.Ring), Talk: Spread(g.Talk),
		}
		for _, p := range g.Parts {
			one.Parts = append(one.Parts, Share{strings.ToValidUTF8(p.Value, "\uFFFD"), p.Calls})
		}
		out = append(out, one)
	}
	return out
}

func sums(c *store.Counts) Sums { return Sums(*c) }

func figures(c *store.Counts) Figures {
	return Figures{
		ASR: percent("Answer-Seizure Ratio", "answered / calls * 100", c.Answered, c.Calls),
		NER: percent("Network Effectiveness Ratio", "delivered / calls * 100", c.Delivered, c.Calls),
		ACD: ratio("Average Call Duration", "ms", "talk_ms / answered", 1, c.TalkMS, c.Answered),
		SER: percent("Session Establishment Ratio", "ok / (calls - redirect) * 100", c.OK, c.Calls-c.Redirect),
		// RFC 6076 section 4.7: "# of INVITE Requests w/ associated 200, 480, 486, 600, or 603"
		SEER: percent("Session Establishment Effectiveness Ratio", "(ok + user) / (calls - redirect) * 100", c.OK+c.User, c.Calls-c.Redirect),
		ISA:  percent("Ineffective Session Attempts", "failed / calls * 100", c.Failed, c.Calls),
	}
}

func percent(name, formula string, n, of int64) Ratio {
	return ratio(name, "percent", formula, 100, n, of)
}

func ratio(name, unit, formula string, times float64, n, of int64) Ratio {
	r := Ratio{Unit: unit, Name: name, Formula: formula}
	if of > 0 {
		v := times * float64(n) / float64(of)
		r.Value = &v
	}
	return r
}
