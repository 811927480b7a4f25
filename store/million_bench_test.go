package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// millionCalls puts a million calls of thirty days into an index: 5,000 callers,
// 20,000 called numbers, ten trunks, busy days and quiet nights, and a few calls
// of what is rare.
func millionCalls(b *testing.B) *Local {
	s, _, err := Open(b.TempDir(), Options{SegmentSize: 8 << 20, Report: func(err error) { b.Error(err) }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	calls, days := 1_000_000, 30
	if testing.Short() { // the same density
		calls, days = 200_000, 6
	}
	rnd := rand.New(rand.NewPCG(1, 1_000_000))
	kinds := statsCalls()
	rows := make([]row, 0, maxIndexed)
	times := make([]time.Duration, calls)
	for i := range times {
		hour := 8 + rnd.NormFloat64()*3
		times[i] = time.Duration(rnd.IntN(days))*24*time.Hour + time.Duration(hour*float64(time.Hour))
	}
	slices.Sort(times)
	for i, at := range times {
		r := kinds[rnd.IntN(len(kinds))]
		r.ID, r.StartedAt = testID(i), t0.Add(at)
		if r.RingingAt != nil {
			rang := r.StartedAt.Add(time.Duration(rnd.ExpFloat64() * float64(2*time.Second)))
			r.RingingAt = &rang
			r.RingMS, r.TalkMS = int64(rnd.ExpFloat64()*8000), int64(rnd.ExpFloat64()*120_000)*min(r.TalkMS, 1)
		}
		r.From.Number, r.To.Number = fmt.Sprint(4_930_000+rnd.IntN(5000)), fmt.Sprint(100+rnd.IntN(20_000))
		r.EndedAt = r.StartedAt.Add(time.Duration(r.RingMS+r.TalkMS) * time.Millisecond)
		switch r.Status {
		case "Call Ended":
			r.ByeReason, r.LastResponseCode, r.EndedBy, r.Stage = "NORMAL_CLEARING", 200, "caller", "talking"
		case "Unreachable":
			r.ByeReason, r.LastResponseCode, r.EndedBy = "GATEWAY_DOWN", 502, "network"
		}
		r.Trunk = fmt.Sprintf("carrier%d", rnd.IntN(10))
		if i%100_003 == 17 {
			r.Status, r.ByeReason, r.LastResponseCode, r.Stage, r.Trunk, r.Queue, r.Detail = "Abandoned", "Abandoned_On_Hold", 903, "hold", "seldom", "seldom", "shutdown"
		}
		rows = append(rows, row{record: &r, packed: appendRecord([]byte{plainRecord}, &r)})
		if len(rows) == maxIndexed || i == calls-1 {
			if err := s.x.insert(rows); err != nil {
				b.Fatal(err)
			}
			rows = rows[:0]
		}
	}
	return s
}

// BenchmarkMillion asks an index of a million calls what the calls page and the
// dashboard ask.
func BenchmarkMillion(b *testing.B) {
	s := millionCalls(b)
	for _, c := range []struct {
		name string
		f    Filter
	}{
		{"all", Filter{}},
		{"status", Filter{Status: []string{"Busy"}}},
		{"status_rare", Filter{Status: []string{"Abandoned"}}},
		{"statuses", Filter{Status: []string{"Abandoned", "Busy", "Cancelled"}}},
		{"status_none", Filter{Status: []string{"Declined"}}},
		{"reason_common", Filter{ByeReason: []string{"NORMAL_CLEARING"}}},
		{"reason_rare", Filter{ByeReason: []string{"Abandoned_On_Hold"}}},
		{"code", Filter{Code: []int{502}}},
		{"from", Filter{From: "4931234"}},
		{"from_begins", Filter{From: "49312*"}},
		{"to", Filter{To: "1234"}},
		{"from_and_to", Filter{From: "4931234", To: "1234"}},
		{"trunk", Filter{Trunk: "carrier3"}},
		{"trunk_rare", Filter{Trunk: "seldom"}},
		{"trunk_and_status", Filter{Trunk: "carrier3", Status: []string{"Abandoned"}}},
		{"queue", Filter{Queue: "seldom"}},
		{"detail", Filter{Detail: "shutdown"}},
		{"stage", Filter{Stage: []string{"hold"}}},
		{"ended_by", Filter{EndedBy: []string{"network"}}},
		{"cancelled_within_5s", Filter{Status: []string{"Cancelled"}, MaxDuration: 5 * time.Second}},
		{"answered_under_15s", Filter{Answered: []string{"party"}, MaxTalk: 15 * time.Second}},
		{"one_day", Filter{Since: t0.Add(5 * 24 * time.Hour), Until: t0.Add(6 * 24 * time.Hour)}},
	} {
		b.Run("page/"+c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(c.f, Cursor{}, 100); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	month := Filter{Since: t0.Add(7 * time.Minute), Until: t0.Add(29*24*time.Hour + 13*time.Minute)} // with -short six days
	day := Filter{Since: t0.Add(10*24*time.Hour + time.Minute), Until: t0.Add(11*24*time.Hour + time.Minute)}
	for _, c := range []struct {
		name string
		list []Question
	}{
		{"dashboard_month", []Question{{Filter: month, By: "status", Interval: 24 * time.Hour}, {Filter: month, By: "bye_reason"}, {Filter: month, By: "trunk"}}},
		{"dashboard_month_by_hour", []Question{{Filter: month, By: "status", Interval: time.Hour}, {Filter: month, By: "bye_reason"}, {Filter: month, By: "trunk"}}},
		{"dashboard_day", []Question{{Filter: day, By: "status", Interval: 5 * time.Minute}, {Filter: day, By: "bye_reason"}, {Filter: day, By: "trunk"}}},
		{"trunk", []Question{{Filter: Filter{Trunk: "carrier3"}, Interval: time.Hour}}},
		{"number", []Question{{Filter: Filter{To: "1234"}, By: "status", Interval: 24 * time.Hour}}},
		{"all_by_number", []Question{{By: "to"}}},
	} {
		b.Run("stats/"+c.name, func(b *testing.B) {
			for b.Loop() {
				for _, q := range c.list {
					if _, err := s.Stats(q); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	b.Run("get", func(b *testing.B) {
		for i := range b.N {
			if _, err := s.Get(testID(i * 7919 % 1_000_000)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
