package store

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"onhook/outcome"
)

// A Filter says which calls are wanted. A field that is empty or zero asks for
// nothing; lists are alternatives; fields are combined.
type Filter struct {
	Status    []string
	Code      []int // last_response_code
	SIPFinal  []int
	ByeReason []string
	EndedBy   []string
	Answered  []string
	Stage     []string
	Direction string
	Detail    string
	Trunk     string
	Queue     string
	User      string
	Source    string
	// From and To match the number or user part of a party or, with a colon in
	// it, the whole URI; with a * at the end they match what begins so.
	From, To    string
	Party       string    // either From or To, as those match
	Since       time.Time // StartedAt at or after
	Until       time.Time // StartedAt before
	MinDuration time.Duration
	MaxDuration time.Duration
	MinTalk     time.Duration
	MaxTalk     time.Duration
	MinRing     time.Duration
	MaxRing     time.Duration
	MinSetup    time.Duration
	MaxSetup    time.Duration
	Confidence  []string
	Q850        []int
	EndedSince  time.Time // EndedAt at or after
}

// Match says whether a record is one that the filter asks for.
func (f *Filter) Match(r *outcome.Record) bool {
	return oneOf(f.Status, r.Status) && oneOf(f.Code, r.LastResponseCode) && oneOf(f.SIPFinal, r.SIPFinal) &&
		oneOf(f.ByeReason, r.ByeReason) && oneOf(f.EndedBy, r.EndedBy) && oneOf(f.Answered, r.Answered) && oneOf(f.Stage, r.Stage) &&
		same(f.Direction, r.Direction) && same(f.Detail, r.Detail) && same(f.Trunk, r.Trunk) && same(f.Queue, r.Queue) &&
		same(f.User, r.User) && same(f.Source, r.Source) &&
		partyMatches(f.From, &r.From) && partyMatches(f.To, &r.To) && (partyMatches(f.Party, &r.From) || partyMatches(f.Party, &r.To)) &&
		(f.Since.IsZero() || !r.StartedAt.Before(f.Since)) && (f.Until.IsZero() || r.StartedAt.Before(f.Until)) &&
		within(r.DurationMS, f.MinDuration, f.MaxDuration) && within(r.TalkMS, f.MinTalk, f.MaxTalk) &&
		within(r.RingMS, f.MinRing, f.MaxRing) && within(r.SetupMS, f.MinSetup, f.MaxSetup) &&
		oneOf(f.Confidence, r.Confidence) && oneOf(f.Q850, r.Q850Cause) && (f.EndedSince.IsZero() || !r.EndedAt.Before(f.EndedSince))
}

func oneOf[T comparable](wanted []T, v T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, v)
}

func same(wanted, v string) bool { return wanted == "" || wanted == v }

func within(ms int64, low, high time.Duration) bool {
	return ms >= low.Milliseconds() && (high == 0 || ms <= high.Milliseconds())
}

func partyMatches(wanted string, p *outcome.Party) bool {
	if wanted == "" {
		return true
	}
	have := partyNumber(p)
	if strings.Contains(wanted, ":") {
		have = p.URI
	}
	if prefix, ok := strings.CutSuffix(wanted, "*"); ok {
		return strings.HasPrefix(have, prefix)
	}
	return have == wanted
}

// partyNumber is the number of a party or, where the record has none, the user
// part of its URI.
func partyNumber(p *outcome.Party) string {
	if p.Number != "" {
		return p.Number
	}
	_, rest, ok := strings.Cut(p.URI, ":")
	if !ok {
		return ""
	}
	user, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	user, _, _ = strings.Cut(user, ";")
	return user
}

// cursorOf is the place of a record in a list.
func cursorOf(r *outcome.Record) Cursor { return Cursor{StartedAt: r.StartedAt, ID: r.ID} }

// compare orders a list: the newest first.
func (c Cursor) compare(d Cursor) int {
	return cmp.Or(d.StartedAt.Compare(c.StartedAt), cmp.Compare(d.ID, c.ID))
}

// wants says whether a record stands behind the cursor and matches.
func (f *Filter) wants(r *outcome.Record, after Cursor) bool {
	return (after == Cursor{} || after.compare(cursorOf(r)) < 0) && f.Match(r)
}

// merge makes a page of what the index gave and of records that are not in the
// index yet, both in any order.
func merge(indexed, fresh []outcome.Record, limit int) Page {
	all := append(indexed, fresh...)
	slices.SortStableFunc(all, func(a, b outcome.Record) int { return cursorOf(&a).compare(cursorOf(&b)) })
	all = slices.CompactFunc(all, func(a, b outcome.Record) bool { return a.ID == b.ID })
	p := Page{Records: all}
	if len(all) > limit {
		p.Records, p.More = all[:limit:limit], true
	}
	if n := len(p.Records); n > 0 {
		p.Next = cursorOf(&p.Records[n-1])
	}
	return p
}
