package store

import (
	"testing"
	"time"

	"onhook/outcome"
)

// BenchmarkStats counts 100,000 calls of a day in all ways at once.
func BenchmarkStats(b *testing.B) {
	s, _, err := Open(b.TempDir(), Options{SegmentSize: 32 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const calls = 100_000
	done := make(chan error, 1000)
	kinds := statsCalls()
	for i := range calls {
		r := kinds[i%len(kinds)]
		r.ID, r.StartedAt = testID(i), t0.Add(time.Duration(i)*800*time.Millisecond)
		if r.RingingAt != nil {
			at := r.StartedAt.Add(time.Duration(i%3000) * time.Millisecond)
			r.RingingAt = &at
		}
		if err := s.Finish(r, nil, func(err error) { done <- err }); err != nil {
			b.Fatal(err)
		}
		if i%1000 != 999 {
			continue
		}
		for range 1000 {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
	}
	s.x.flush()
	for name, q := range map[string]Question{
		"day":    {By: "bye_reason", Interval: time.Hour},
		"totals": {},
		"hour":   {By: "trunk", Filter: Filter{Since: t0.Add(20 * time.Hour), Until: t0.Add(21 * time.Hour)}},
		"busy":   {Filter: Filter{Status: []string{"Busy"}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Stats(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("page", func(b *testing.B) {
		var p Page
		for b.Loop() {
			if p, err = s.List(Filter{Status: []string{outcome.Declined.String()}}, Cursor{}, 100); err != nil || len(p.Records) > 0 {
				b.Fatal(len(p.Records), err)
			}
		}
	})
}
