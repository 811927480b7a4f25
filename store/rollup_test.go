package store

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onhook/outcome"
)

// keep finishes calls and waits until they are in the index.
func keep(t testing.TB, s *Local, calls []outcome.Record) {
	t.Helper()
	done := make(chan error, len(calls))
	for _, r := range calls {
		if err := s.Finish(r, nil, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
	}
	for range calls {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	s.x.flush()
}

// randomCalls are calls of three days, with times of all sizes.
func randomCalls(rnd *rand.Rand, n int) []outcome.Record {
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	out := make([]outcome.Record, n)
	for i := range out {
		r := testRecord(i)
		r.StartedAt = t0.Add(time.Duration(rnd.Int64N(int64(72 * time.Hour))))
		r.Status = pick("Call Ended", "Call Ended", "Busy", "Declined", "Not Answered", "Cancelled", "Abandoned", "Unreachable", "Call Failed")
		r.Answered = pick("no", "platform", "party")
		r.ByeReason = pick("NORMAL_CLEARING", "USER_BUSY", "NO_ANSWER", "ORIGINATOR_CANCEL")
		r.EndedBy, r.Direction, r.Stage, r.Source = pick("caller", "callee", "network"), pick("inbound", "outbound", "internal"), pick("ringing", "talking"), pick("live", "hep")
		r.Trunk, r.Queue = pick("", "a", "b"), pick("", "", "support")
		r.SIPFinal = []int{0, 200, 200, 302, 399, 400, 480, 486, 487, 500, 503, 603}[rnd.IntN(12)]
		r.LastResponseCode = []int{200, 486, 480, 487, 503, 0}[rnd.IntN(6)]
		r.RingingAt = nil
		if rnd.IntN(3) > 0 {
			at := r.StartedAt.Add(time.Duration(rnd.Int64N(int64(10 * time.Second))))
			r.RingingAt = &at
		}
		r.RingMS, r.TalkMS, r.SetupMS = rnd.Int64N(60_000), rnd.Int64N(1<<uint(1+rnd.IntN(24))), rnd.Int64N(70_000)
		out[i] = r
	}
	return out
}

// scanned answers a question from the calls alone.
func scanned(t *testing.T, s *Local, q Question) Stats {
	t.Helper()
	y := newTally(&q)
	if err := y.scan(s.db.read, &q.Filter, q.By); err != nil {
		t.Fatal(err)
	}
	return y.stats()
}

func TestRollupsHaveWhatTheCallsAddUpTo(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
	rnd := rand.New(rand.NewPCG(6076, 1))
	calls := randomCalls(rnd, 1500)
	for len(calls) > 0 { // in several transactions, so that stored sums are added to
		n := min(len(calls), 1+rnd.IntN(600))
		keep(t, s, calls[:n])
		keep(t, s, calls[:1]) // the first record of an id counts, and counts once
		calls = calls[n:]
	}
	filters := []Filter{
		{},
		{Status: []string{"Busy"}},
		{Status: []string{"Busy", "Declined"}},
		{Code: []int{486, 0}},
		{Trunk: "a"},
		{Queue: "support"},
		{Source: "hep"},
		{Direction: "inbound"},
		{Trunk: "a", Status: []string{"Busy"}},
		{MinTalk: time.Minute},
		{EndedBy: []string{"network"}},
		{Stage: []string{"none"}},
	}
	steps := []time.Duration{0, 5 * time.Minute, time.Hour, 24 * time.Hour, 7 * time.Minute, 90 * time.Minute, 7 * 24 * time.Hour}
	byRollups := 0
	for i := range 200 {
		q := Question{Filter: filters[rnd.IntN(len(filters))], Interval: steps[rnd.IntN(len(steps))]}
		if names := Dimensions(); rnd.IntN(3) > 0 {
			q.By = names[rnd.IntN(len(names))]
		}
		if rnd.IntN(4) > 0 {
			q.Filter.Since = t0.Add(time.Duration(rnd.Int64N(int64(72 * time.Hour))))
		}
		if rnd.IntN(4) > 0 {
			q.Filter.Until = t0.Add(time.Duration(rnd.Int64N(int64(80 * time.Hour)))).Truncate([]time.Duration{1, time.Hour, 24 * time.Hour}[rnd.IntN(3)])
		}
		if len(planOf(&q).stretches) > 0 {
			byRollups++
		}
		got, err := s.Stats(q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(scanned(t, s, q), got); d != "" {
			t.Fatalf("question %d, %+v:\n%s", i, q, d)
		}
	}
	if byRollups < 40 {
		t.Errorf("%d questions of 200 were answered from rollups", byRollups)
	}
}

// table is what the rollups hold, each as its answer.
func table(t *testing.T, s *Local) map[rollupKey]Group {
	t.Helper()
	rows, err := s.db.read.Query("SELECT dimension, length, at, value, sums FROM rollups")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[rollupKey]Group{}
	for rows.Next() {
		var k rollupKey
		var packed []byte
		var got sum
		if err := rows.Scan(&k.dimension, &k.length, &k.at, &k.value, &packed); err != nil {
			t.Fatal(err)
		}
		if err := got.readFrom(packed); err != nil {
			t.Fatal(err)
		}
		out[k] = got.group(k.value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRollupsOfOtherRulesAreMadeAnew(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Hour})
	keep(t, s, randomCalls(rand.New(rand.NewPCG(1, 2)), 500))
	want := table(t, s)
	if _, err := s.db.write.Exec("UPDATE rollup_rules SET version = 0; UPDATE rollups SET sums = x'00' WHERE value = 'Busy'; DELETE FROM rollups WHERE length = 3600"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = openTest(t, dir, Options{Index: time.Hour})
	got := table(t, s)
	if d := cmp.Diff(want, got, cmp.AllowUnexported(rollupKey{})); d != "" || len(got) < 1000 {
		t.Errorf("%d rollups; %s", len(got), d)
	}
}

func TestRollupsAreMadeAgainFromTheLog(t *testing.T) {
	dir := t.TempDir()
	s, _ := openTest(t, dir, Options{Index: time.Hour})
	keep(t, s, randomCalls(rand.New(rand.NewPCG(3, 4)), 300))
	want := table(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	removeIndex(t, dir)
	s, _ = openTest(t, dir, Options{Index: time.Hour})
	if d := cmp.Diff(want, table(t, s), cmp.AllowUnexported(rollupKey{})); d != "" {
		t.Error(d)
	}
}

func TestRollupsGoWhenAllTheirRecordsHaveGone(t *testing.T) {
	s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
	keep(t, s, randomCalls(rand.New(rand.NewPCG(5, 6)), 300))
	cut := t0.Add(36 * time.Hour).Truncate(time.Hour).Add(7 * time.Minute)
	if err := s.dropRecords(cut); err != nil {
		t.Fatal(err)
	}
	left := table(t, s)
	for k := range left {
		if k.at+k.length <= cut.Unix() {
			t.Errorf("%+v is left", k)
		}
	}
	if len(left) == 0 {
		t.Error("none is left")
	}
	q := Question{Filter: Filter{Since: cut}}
	got, err := s.Stats(q)
	if err != nil || got.Total.Calls == 0 || cmp.Diff(scanned(t, s, q), got) != "" {
		t.Errorf("%v, %+v", err, got.Total)
	}
}

func TestAHistogramTellsTimesToOneThirtySecond(t *testing.T) {
	last := uint32(0)
	for ms := int64(0); ms <= longestTime; ms += 1 + ms/1000 {
		c := classOf(ms)
		if high := top(c); high < ms || high > ms+ms/32 {
			t.Fatalf("%d ms: told as %d", ms, high)
		}
		if c < last || classOf(top(c)) != c {
			t.Fatalf("%d ms: class %d after %d", ms, c, last)
		}
		last = c
	}
	if classOf(longestTime+1) != last && classOf(1<<40) != classOf(longestTime) || classOf(-5) != 0 {
		t.Error("times beyond the ends do not count as the ends")
	}
}

func TestDamagedSumsAreRefused(t *testing.T) {
	var s sum
	for i := range int64(200) {
		s.add(&counted{bits: bitAnswered, dial: i * i, ring: i, talk: i * 997})
	}
	whole := s.appendTo(nil)
	var got sum
	if err := got.readFrom(whole); err != nil || cmp.Diff(s.group(""), got.group("")) != "" {
		t.Fatal("not what was written", err)
	}
	for n := range whole {
		var got sum
		if got.readFrom(whole[:n]) == nil {
			t.Fatalf("%d bytes of %d were taken for whole", n, len(whole))
		}
	}
	if (&sum{}).readFrom(append(whole, 0)) == nil {
		t.Error("a byte too many was taken")
	}
}

func removeIndex(t *testing.T, dir string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(databasePath(dir) + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
