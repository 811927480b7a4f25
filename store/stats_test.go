package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/outcome"
)

// statsCalls are ten calls, 30 s apart: what each is follows from the comments
// and nothing else.
func statsCalls() []outcome.Record {
	var out []outcome.Record
	add := func(status, answered, trunk string, final int, rings bool, dial, ring, talk time.Duration) {
		r := testRecord(len(out))
		r.StartedAt = t0.Add(time.Duration(len(out)) * 30 * time.Second)
		r.Status, r.Answered, r.Trunk, r.SIPFinal = status, answered, trunk, final
		r.RingingAt = nil
		if rings {
			at := r.StartedAt.Add(dial)
			r.RingingAt = &at
		}
		r.RingMS, r.TalkMS, r.SetupMS = ring.Milliseconds(), talk.Milliseconds(), (dial + ring).Milliseconds()
		out = append(out, r)
	}
	s := time.Second
	add("Call Ended", "party", "a", 200, true, 1*s, 2*s, 10*s)
	add("Call Ended", "party", "a", 200, true, 2*s, 4*s, 20*s)
	add("Call Ended", "party", "b", 200, true, 3*s, 6*s, 60*s)
	add("Call Ended", "platform", "", 200, false, 0, 0, 0)
	add("Busy", "no", "a", 486, false, 0, 0, 0)
	add("Not Answered", "no", "b", 480, true, 4*s, 30*s, 0)
	add("Cancelled", "no", "", 487, true, 5*s, 8*s, 0)
	add("Cancelled", "no", "", 487, false, 0, 0, 0)
	add("Unreachable", "no", "a", 503, false, 0, 0, 0)
	add("Call Failed", "no", "", 302, false, 0, 0, 0)
	return out
}

func TestStatsAreWhatTheCallsAddUpTo(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
	for _, r := range statsCalls() {
		done := make(chan error, 1)
		if err := s.Finish(r, nil, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	s.x.flush()
	got, err := s.Stats(Question{By: "trunk", Interval: time.Minute, Filter: Filter{Since: t0, Until: t0.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	want := Counts{
		Calls: 10, Answered: 3, Platform: 1, OK: 4, Redirect: 1, User: 2, Failed: 1, Delivered: 6,
		TalkMS: 90_000, RingMS: 50_000, SetupMS: 18_000,
	}
	if d := cmp.Diff(want, got.Total); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(Quantiles{Calls: 5, P50: 3007, P90: 5000, P95: 5000, P99: 5000}, got.PostDial); d != "" {
		t.Error("post-dial delay", d)
	}
	if d := cmp.Diff(Quantiles{Calls: 3, P50: 20_479, P90: 60_000, P95: 60_000, P99: 60_000}, got.Talk); d != "" {
		t.Error("talk", d)
	}
	calls := map[string]int64{}
	for _, g := range got.Groups {
		calls[g.Value] = g.Calls
	}
	if d := cmp.Diff(map[string]int64{"a": 4, "b": 2, "": 4}, calls); d != "" {
		t.Error("by trunk", d)
	}
	if len(got.Times) != 5 || got.Times[0].Value != "2026-03-01T12:00:00Z" || got.Times[4].Value != "2026-03-01T12:04:00Z" || got.Times[2].Calls != 2 {
		t.Errorf("by minute: %+v", got.Times)
	}
}

func TestStatsOfNothingAreZero(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{})
	got, err := s.Stats(Question{By: "status", Interval: time.Hour})
	if err != nil || cmp.Diff(Stats{}, got) != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryDimensionIsAColumn(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{})
	for _, d := range Dimensions() {
		if _, err := s.Stats(Question{By: d, Filter: Filter{Detail: "x"}}); err != nil {
			t.Errorf("by %s: %v", d, err)
		}
	}
}
