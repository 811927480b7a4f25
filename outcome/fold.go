package outcome

import (
	"time"

	"onhook/call"
)

// Fold makes the record of a call from its events, in the order in which they
// happened. The same events give the same record.
func Fold(events []call.Event, meta Meta) Record {
	var f Folder
	return f.Fold(events, &meta)
}

// moments hands out pointers to times from one allocation.
type moments struct{ room []time.Time }

func (m *moments) at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	m.room = append(m.room, t)
	return &m.room[len(m.room)-1]
}

func (s *scan) record(d *decision) Record {
	end := s.end.at
	times := moments{make([]time.Time, 0, 2+3*len(s.legs))}
	r := Record{
		ID: s.meta.ID, Version: RulesVersion, Source: s.meta.Source, Direction: s.meta.Direction,
		From: s.from, To: s.to, User: s.meta.User, Trunk: s.meta.Trunk, Queue: s.meta.Queue, Related: s.meta.Related,
		StartedAt: s.startedAt, EndedAt: end,
		Status: d.status.String(), SIPFinal: s.sipFinal,
		ByeReason: d.reason.String(), Q850Cause: d.reason.Q850(), Detail: d.detail, EndedBy: d.by.String(),
		Answered: d.answered.String(), Stage: d.stage.String(), Confidence: d.confidence.String(), Notes: s.notes,
	}
	if r.Source == "" {
		r.Source = "live"
	}
	if d.detail == "recovered" && !s.answer.is() {
		r.SIPFinal = 0
	}
	if s.alertAt.is() {
		r.RingingAt = times.at(s.alertAt.at)
	}
	if s.answer.is() && !s.answer.at.After(end) {
		r.AnsweredAt = times.at(s.answer.at) // one that came after the end answered nothing
	}
	s.durations(&r, end)
	r.Segments = s.closeSegments(d, end)
	for i := range r.Segments {
		if x := &r.Segments[i]; x.Stage == "talking" || x.Stage == "hold" || x.Stage == "consult" {
			r.TalkMS += ms(x.StartedAt, x.EndedAt)
		}
	}
	if d.answered != AnsweredParty {
		r.TalkMS = 0
	}
	r.Legs = s.recordLegs(d, &times, end)
	code, rule := shownCode(d.reason, d.status, d.received)
	r.LastResponseCode = code
	r.Evidence = s.evidence(d, rule)
	r.Summary = s.summary(d, &r)
	return r
}

func ms(from, to time.Time) int64 {
	if to.Before(from) {
		return 0
	}
	return to.Sub(from).Milliseconds()
}

// durations fills the times that are differences.
func (s *scan) durations(r *Record, end time.Time) {
	answered := end
	if s.answer.is() {
		answered = s.answer.at
	}
	r.DurationMS = ms(s.startedAt, end)
	r.SetupMS = ms(s.startedAt, answered)
	if s.alertAt.is() {
		r.RingMS = ms(s.alertAt.at, answered)
	}
	hold := s.hold
	if s.anyHeld() && end.After(s.holdFrom) {
		hold += end.Sub(s.holdFrom)
	}
	r.HoldMS = hold.Milliseconds()
}

// closeSegments ends the last segment with the call; it ends as the call does.
func (s *scan) closeSegments(d *decision, end time.Time) []Segment {
	if len(s.segments) == 0 {
		s.segments = []Segment{{Stage: d.stage.String(), StartedAt: s.startedAt}}
	}
	last := &s.segments[len(s.segments)-1]
	if end.Before(last.StartedAt) {
		end = last.StartedAt
	}
	last.EndedAt = end
	if table[d.reason].scope != ScopeLeg {
		last.Reason = d.reason.String()
	}
	return s.segments
}

func (s *scan) recordLegs(d *decision, times *moments, end time.Time) []Leg {
	out := make([]Leg, 0, len(s.legs))
	for i := range s.legs {
		l := &s.legs[i]
		if s.outward && l.startedAt.IsZero() {
			continue // the server's own place, until the first party takes it
		}
		x := Leg{
			ID: int(l.id), SIPCallID: l.callID, Direction: "in", Peer: l.peer.String(), Target: l.name, Address: l.address,
			StartedAt: l.startedAt, RingingAt: times.at(l.ringBy.at), AnsweredAt: times.at(l.answeredAt),
			FinalCode: l.final, Synthetic: l.synthetic != "", Reasons: l.reasons, Reason: s.legReason(l, d),
		}
		if l.out {
			x.Direction = "out"
		}
		if x.Target == "" {
			x.Target = l.uri
		}
		if x.StartedAt.IsZero() {
			x.StartedAt = s.startedAt
		}
		ended := l.endedAt
		if ended.IsZero() && (l.id == s.caller || !l.answeredAt.IsZero()) {
			ended = end
		}
		x.EndedAt = times.at(ended)
		out = append(out, x)
	}
	return out
}

// legReason is the leg's own Bye Reason; empty where it has none.
func (s *scan) legReason(l *legState, d *decision) string {
	switch {
	case l.transferor && s.other == l.id && !s.end.hasCause && (s.end.kind == failed || s.end.kind == decided):
		// Section 7, blind transfer whose target fails.
		return NormalClearing.String()
	case l.hasCause && l.cause != Unspecified:
		return l.cause.String()
	case l.transferor && l.replacing:
		return AttendedTransfer.String()
	case l.transferor:
		return BlindTransfer.String()
	case l.id == s.caller || l.id == s.other:
		return d.reason.String()
	}
	if r, ok := l.result(); ok {
		return r.reason.String()
	}
	switch {
	case l.decided && l.intended:
		return l.intent.String()
	case l.decided && s.end.kind == withdrawn:
		return d.reason.String()
	case l.decided:
		// Ended with a set that another branch's 6xx decided.
		return d.reason.String()
	case l.final == 0 && s.end.kind == decided:
		return d.reason.String()
	}
	return ""
}
