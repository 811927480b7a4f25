package api

import (
	"encoding/json"
	"slices"
	"time"

	"onhook/exchange"
	"onhook/outcome"
	"onhook/store"
)

// Keep has events that are of no call kept, and goes on after the last of them; it is
// called before Run. report is told when one could not be.
func (h *Hub) Keep(events *store.Happened, report func(error)) {
	h.kept, h.report = events, report
	last := events.Last()
	h.last = place{last.At, last.N}
}

// keep writes an event that is of no call to the disk. It is one system call without
// waiting for the disk: whatever ends the process, it is told again.
func (h *Hub) keep(w *written) {
	if h.kept == nil || w.event.Call.ID != "" {
		return
	}
	raw := w.json()
	if err := h.kept.Append(store.Place{At: w.at, N: w.n}, raw); err != nil && h.report != nil {
		h.report(err)
	}
	w.frame(raw)
}

// replay gives what a stream has missed that memory has no more, in order: events of
// calls made from the records of those that have ended, others as they were kept.
func (s *Server) replay(want *wanted, at *joint) [][]byte {
	all := s.replayCalls(want, at)
	if want.system {
		all = append(all, s.replayKept(want, at)...)
	}
	slices.SortStableFunc(all, func(a, b written) int {
		switch {
		case b.after(a.place):
			return -1
		case a.after(b.place):
			return 1
		}
		return 0
	})
	out := make([][]byte, len(all))
	for i := range all {
		out[i] = all[i].text()
	}
	return out
}

// missed reports whether a place is one whose event memory has no more.
func (at *joint) missed(p place) bool {
	return p.after(at.since) && (at.oldest == (place{}) || at.oldest.after(p))
}

func (s *Server) replayCalls(want *wanted, at *joint) (all []written) {
	from := time.UnixMicro(at.since.at)
	f := store.Filter{Since: from.Add(-longestReplayed), EndedSince: from}
	var after store.Cursor
	for n := 0; n < mostReplayed; {
		page, err := s.Store.List(f, after, store.MaxLimit)
		if err != nil {
			s.replayBroke(err)
			break
		}
		for i := range page.Records {
			for _, w := range eventsOf(&page.Records[i]) {
				if at.missed(w.place) && want.match(&w) {
					all = append(all, w)
				}
			}
		}
		if n += len(page.Records); !page.More {
			return all
		}
		after = page.Next
	}
	// A part must not look like the whole.
	before := after.StartedAt
	if before.IsZero() {
		before = s.now() // nothing could be read
	}
	return append(all, written{place: at.since, event: Event{ID: at.since.String(), Type: EventsMissed, At: before.UTC()}})
}

// EventsMissed is the type of what a stream begins with whose place is so far back that
// not all can be replayed: calls that began before its time are left out.
const EventsMissed = "missed"

func (s *Server) replayKept(want *wanted, at *joint) (all []written) {
	if s.Hub.kept == nil {
		return nil
	}
	after, upTo := store.Place{At: at.since.at, N: at.since.n}, store.Place{At: at.newest.at, N: at.newest.n}
	err := s.Hub.kept.Between(after, upTo, func(p store.Place, raw []byte) error {
		w := written{place: place{p.At, p.N}}
		if !at.missed(w.place) {
			return nil
		}
		if err := json.Unmarshal(raw, &w.event); err != nil {
			return nil // of another version: what it says is not known here
		}
		if want.match(&w) {
			w.frame(slices.Clone(raw))
			all = append(all, w)
		}
		return nil
	})
	if err != nil {
		s.replayBroke(err)
	}
	return all
}

func (s *Server) replayBroke(err error) {
	if s.Log != nil {
		s.Log.Error("events: replay", "err", err)
	}
}

// eventsOf are the steps of a call as its record tells them.
func eventsOf(r *outcome.Record) []written {
	c := exchange.LiveCall{ID: r.ID, StartedAt: r.StartedAt, Stage: "routing", From: r.From.URI, To: r.To.URI, User: r.User, Trunk: r.Trunk, Queue: r.Queue}
	var out []written
	add := func(what string, at time.Time, rec *outcome.Record) {
		p := place{at: at.UnixMicro(), n: uint32(len(out))}
		out = append(out, written{place: p, event: Event{ID: p.String(), Type: what, At: at.UTC(), Call: c, Record: rec}})
	}
	add(exchange.CallStarted, r.StartedAt, nil)
	if r.RingingAt != nil {
		c.Stage = "ringing"
		add(exchange.CallRinging, *r.RingingAt, nil)
	}
	if r.AnsweredAt != nil && r.Answered == "party" {
		c.Stage, c.Answered = "talking", true
		add(exchange.CallAnswered, *r.AnsweredAt, nil)
	}
	c.Stage = r.Stage
	add(exchange.CallEnded, r.EndedAt, r)
	return out
}
