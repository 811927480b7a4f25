package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"onhook/outcome"
	"onhook/store"
)

// patience is how long the last record may take after the end of its call.
const patience = 20 * time.Second

// records waits until the record of each call is there, and returns them by
// the Call-ID of the caller's leg. Those that never come are missing.
func (s *stage) records(ctx context.Context) (map[string]*outcome.Record, error) {
	end := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		begun := time.Now() // reading takes its time on a busy machine
		found := map[string]*outcome.Record{}
		for _, sys := range []*System{s.main, s.small, s.narrow} {
			if err := readRecords(sys.Data, found); err != nil {
				return nil, err
			}
		}
		missing := false
		for _, c := range s.calls {
			missing = missing || found[c.Info().CallID] == nil
		}
		if !missing || begun.After(end) {
			return found, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func readRecords(folder string, into map[string]*outcome.Record) error {
	r, err := store.OpenReader(folder)
	if err != nil {
		return err
	}
	defer r.Close()
	page, err := r.List(store.Filter{}, store.Cursor{}, store.MaxLimit)
	if err != nil {
		return err
	}
	for i := range page.Records {
		rec := &page.Records[i]
		for _, l := range rec.Legs {
			if l.Direction == "in" {
				into[l.SIPCallID] = rec
				break
			}
		}
	}
	return nil
}

// judge compares what the record of a scene's call says with what the table does.
func (sc *scene) judge(s *stage, records map[string]*outcome.Record, failed error) Result {
	e := sc.reason.Entry()
	r := Result{Reason: e.Name, Variant: sc.variant, Scope: e.Scope, Story: sc.story}
	var err error
	if r.Expected, err = sc.want.expected(e); err != nil {
		r.Differs = err.Error()
		return r
	}
	c := s.calls[sc.role()]
	if c == nil {
		r.Differs = fmt.Sprintf("no call was placed: %v", failed)
		return r
	}
	info := c.Info()
	rec := records[info.CallID]
	switch {
	case rec == nil:
		r.Differs = "there is no record of the call"
		if failed != nil {
			r.Differs += ": " + failed.Error()
		}
		return r
	case sc.leg:
		r.Call = rec.ID
		sc.judgeLeg(&r, rec)
		return r
	case sc.segment:
		r.Call = rec.ID
		sc.judgeSegment(&r, rec)
		return r
	}
	r.Call, r.Got = rec.ID, got(rec)
	switch {
	case r.Got != r.Expected:
		r.Differs = "got " + r.Got.Reason + ", " + r.Got.String()
	case failed != nil:
		r.Differs = failed.Error()
	case rec.SIPFinal != info.Code:
		r.Differs = fmt.Sprintf("the record says that the caller was sent %d, and it was sent %d", rec.SIPFinal, info.Code)
	}
	if r.Differs == "" {
		if broken := outcome.Check(*rec); len(broken) > 0 {
			r.Differs = broken[0]
		}
	}
	return r
}

// judgeLeg looks for the reason among the legs: a leg has a final code, and no status of its own.
func (sc *scene) judgeLeg(r *Result, rec *outcome.Record) {
	r.Expected.Status, r.Expected.By, r.Expected.Code = "", "", sc.want.code
	i := slices.IndexFunc(rec.Legs, func(l outcome.Leg) bool { return l.Reason == r.Reason })
	if i < 0 {
		r.Differs = "no leg has it; the call ended with " + rec.ByeReason
		return
	}
	r.Got = Outcome{Reason: rec.Legs[i].Reason, Code: rec.Legs[i].FinalCode}
	if r.Got != r.Expected {
		r.Differs = "the leg's final code is " + itoa(rec.Legs[i].FinalCode)
	}
}

// judgeSegment looks for the reason among the segments, which have neither a code nor a status of their own.
func (sc *scene) judgeSegment(r *Result, rec *outcome.Record) {
	r.Expected.Status, r.Expected.By = "", ""
	i := slices.IndexFunc(rec.Segments, func(s outcome.Segment) bool { return s.Reason == r.Reason })
	if i < 0 {
		r.Differs = "no segment has it; the call ended with " + rec.ByeReason
		return
	}
	r.Got = Outcome{Reason: rec.Segments[i].Reason, Code: sc.reason.Entry().Code}
}
