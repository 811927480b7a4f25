package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTheDashboardOfATrunkIsAnsweredFromRollups, and says what its calls say.
func TestTheDashboardOfATrunkIsAnsweredFromRollups(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
	calls := randomCalls(rand.New(rand.NewPCG(6076, 2)), 800)
	for i := range calls {
		calls[i].Trunk = []string{"", "a", "ab", "b"}[i%4] // one is how another begins
	}
	keep(t, s, calls)
	for _, trunk := range []string{"a", "ab", "b", "none"} {
		for _, by := range []string{"status", "bye_reason"} {
			for _, step := range []time.Duration{0, time.Hour} {
				q := Question{Filter: Filter{Trunk: trunk, Since: t0.Add(time.Hour + time.Minute)}, By: by, Interval: step}
				if p := planOf(&q); len(p.stretches) == 0 || len(p.scans) != 1 {
					t.Errorf("%+v is not answered from rollups: %+v", q, p)
				}
				got, err := s.Stats(q)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(scanned(t, s, q), got); d != "" {
					t.Errorf("%+v:\n%s", q, d)
				}
				if (got.Total.Calls == 0) != (trunk == "none") {
					t.Errorf("%+v: %d calls", q, got.Total.Calls)
				}
			}
		}
	}
	for i := range dimensions {
		if n := dimensions[i].number; n >= numbered {
			t.Errorf("the number of %s is %d, not below %d", dimensions[i].name, n, numbered)
		}
	}
}
