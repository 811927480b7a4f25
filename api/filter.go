package api

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"onhook/outcome"
	"onhook/store"
)

// A CallFilter are the parameters that say which calls are wanted. Lists are
// alternatives, repeated or with commas; parameters are combined.
type CallFilter struct {
	Status      []string `query:"status,explode" doc:"Call Statuses, such as Busy"`
	Code        []string `query:"code,explode" doc:"last response codes"`
	SIPFinal    []string `query:"sip_final,explode" doc:"final codes sent to the caller"`
	ByeReason   []string `query:"bye_reason,explode" doc:"Bye Reasons, such as USER_BUSY"`
	Q850        []string `query:"q850_cause,explode" doc:"Q.850 causes"`
	EndedBy     []string `query:"ended_by,explode" doc:"caller, callee, platform, network, unknown"`
	Answered    []string `query:"answered,explode" doc:"no, platform, party"`
	Stage       []string `query:"stage,explode" doc:"routing, ringing, menu, queue, talking, hold, consult, voicemail"`
	Confidence  []string `query:"confidence,explode" doc:"certain, likely, guess"`
	Direction   string   `query:"direction" enum:"internal,inbound,outbound"`
	Detail      string   `query:"detail" doc:"as it stands in the record"`
	Trunk       string   `query:"trunk"`
	Queue       string   `query:"queue"`
	User        string   `query:"user" doc:"who authenticated"`
	Source      string   `query:"source" enum:"live,pcap,hep"`
	From        string   `query:"from" doc:"the caller's number or URI; with a * at its end what begins so"`
	To          string   `query:"to" doc:"the called number or URI; with a * at its end what begins so"`
	Party       string   `query:"party" doc:"either the caller or the called, as from and to"`
	Since       string   `query:"since" doc:"began at or after: RFC 3339, or a duration such as 24h for so long ago"`
	Until       string   `query:"until" doc:"began before: RFC 3339, or a duration for so long ago"`
	EndedSince  string   `query:"ended_since" doc:"ended at or after: RFC 3339, or a duration for so long ago"`
	MinDuration string   `query:"min_duration" doc:"start to end at least, such as 5s"`
	MaxDuration string   `query:"max_duration" doc:"start to end at most: with status=Cancelled and 5s those cancelled within 5 s"`
	MinTalk     string   `query:"min_talk"`
	MaxTalk     string   `query:"max_talk" doc:"with answered=party and 15s those answered and shorter than 15 s"`
	MinRing     string   `query:"min_ring"`
	MaxRing     string   `query:"max_ring"`
	MinSetup    string   `query:"min_setup"`
	MaxSetup    string   `query:"max_setup"`
}

// A reader of parameters gathers everything that is wrong with them.
type paramReader struct {
	now   time.Time
	where string // query, if empty
	errs  []string
}

func (p *paramReader) bad(name, value, want string) {
	where := p.where
	if where == "" {
		where = "query"
	}
	p.errs = append(p.errs, fmt.Sprintf("%s.%s: got %q, expected %s", where, name, value, want))
}

// plain refuses characters that end a line of SIP or a field of a log.
func (p *paramReader) plain(name, value string) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) || !utf8.ValidString(value) {
		p.bad(name, value, "a text without control characters")
	}
}

func (p *paramReader) problem() error {
	if len(p.errs) == 0 {
		return nil
	}
	x := newProblem("invalid", "Some parameters have values that cannot be used.")
	x.Errors = p.errs
	return x
}

// split takes lists written with commas apart.
func split(values []string) (out []string) {
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// words reads a list of words, without regard to case.
func (p *paramReader) words(name string, values, known []string) (out []string) {
	for _, v := range split(values) {
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, v) })
		if i < 0 {
			p.bad(name, v, "one of "+strings.Join(known, ", "))
			continue
		}
		out = append(out, known[i])
	}
	return out
}

func (p *paramReader) numbers(name string, values []string) (out []int) {
	for _, v := range split(values) {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 999 {
			p.bad(name, v, "a number from 0 to 999")
			continue
		}
		out = append(out, n)
	}
	return out
}

// time reads a time, or how long ago it was.
func (p *paramReader) time(name, v string) time.Time {
	if v == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
		return t
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		p.bad(name, v, "a time such as 2026-03-01T12:00:00Z or a duration such as 24h")
		return time.Time{}
	}
	return p.now.Add(-d)
}

func (p *paramReader) duration(name, v string) time.Duration {
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		p.bad(name, v, "a duration such as 500ms, 5s or 2h")
		return 0
	}
	return d
}

// longest is the upper end of a span; that of nothing is a millisecond, as the store takes 0 for no end.
func (p *paramReader) longest(name, v string) time.Duration {
	d := p.duration(name, v)
	if v != "" && d < time.Millisecond {
		p.bad(name, v, "a duration of a millisecond or more")
	}
	return d
}

func statusNames() (out []string) {
	for s := outcome.CallEnded; s.String() != ""; s++ {
		out = append(out, s.String())
	}
	return out
}

func reasonNames() (out []string) {
	for r := range outcome.Reasons {
		out = append(out, outcome.Reason(r).String())
	}
	return out
}

// filter is what the parameters mean.
func (f *CallFilter) filter(now time.Time) (store.Filter, error) {
	p := &paramReader{now: now}
	out := store.Filter{
		Status: p.words("status", f.Status, statusNames()), Code: p.numbers("code", f.Code), SIPFinal: p.numbers("sip_final", f.SIPFinal),
		ByeReason: p.words("bye_reason", f.ByeReason, reasonNames()), Q850: p.numbers("q850_cause", f.Q850),
		EndedBy:    p.words("ended_by", f.EndedBy, []string{"caller", "callee", "platform", "network", "unknown"}),
		Answered:   p.words("answered", f.Answered, []string{"no", "platform", "party"}),
		Stage:      p.words("stage", f.Stage, []string{"routing", "ringing", "menu", "queue", "talking", "hold", "consult", "voicemail"}),
		Confidence: p.words("confidence", f.Confidence, []string{"certain", "likely", "guess"}),
		Direction:  f.Direction, Detail: f.Detail, Trunk: f.Trunk, Queue: f.Queue, User: f.User, Source: f.Source, From: f.From, To: f.To, Party: f.Party,
		Since: p.time("since", f.Since), Until: p.time("until", f.Until), EndedSince: p.time("ended_since", f.EndedSince),
		MinDuration: p.duration("min_duration", f.MinDuration), MaxDuration: p.longest("max_duration", f.MaxDuration),
		MinTalk: p.duration("min_talk", f.MinTalk), MaxTalk: p.longest("max_talk", f.MaxTalk),
		MinRing: p.duration("min_ring", f.MinRing), MaxRing: p.longest("max_ring", f.MaxRing),
		MinSetup: p.duration("min_setup", f.MinSetup), MaxSetup: p.longest("max_setup", f.MaxSetup),
	}
	return out, p.problem()
}

// cursorText is a place in a list, opaque to clients.
func cursorText(c store.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.StartedAt.UnixNano(), 10) + " " + c.ID))
}

func parseCursor(s string) (store.Cursor, error) {
	if s == "" {
		return store.Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	at, id, found := strings.Cut(string(raw), " ")
	n, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil || !found || id == "" {
		return store.Cursor{}, invalid("query.cursor", "expected the next_cursor of an answer")
	}
	return store.Cursor{StartedAt: time.Unix(0, n).UTC(), ID: id}, nil
}
