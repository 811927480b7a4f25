package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onhook/outcome"
)

// An engine makes an empty Store for one test; the conformance suite below
// holds for every engine.
type engine func(t *testing.T) Store

func TestLocalConforms(t *testing.T) {
	// Once with everything still outside SQLite, once with everything in it.
	t.Run("fresh", func(t *testing.T) {
		conformance(t, func(t *testing.T) Store {
			s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
			return s
		}, func(Store) {})
	})
	t.Run("indexed", func(t *testing.T) {
		conformance(t, func(t *testing.T) Store {
			s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour})
			return s
		}, func(s Store) { s.(*Local).x.flush() })
	})
	t.Run("lagging", func(t *testing.T) {
		conformance(t, func(t *testing.T) Store {
			s, _ := openTest(t, t.TempDir(), Options{Index: time.Hour, Pending: 1})
			return s
		}, func(s Store) {})
	})
}

// conformance checks what every engine must do; settle brings the engine into
// the state that the run is about.
func conformance(t *testing.T, open engine, settle func(Store)) {
	t.Run("get", func(t *testing.T) {
		s := open(t)
		finishAll(t, s, 0, 3)
		settle(s)
		got, err := s.Get(testID(1))
		if d := cmp.Diff(testRecord(1), got); err != nil || d != "" {
			t.Error(err, d)
		}
		events, err := s.Evidence(testID(1))
		if d := cmp.Diff(testEvents(1), events); err != nil || d != "" {
			t.Error(err, d)
		}
		for _, id := range []string{"", "call_none", testID(9)} {
			if _, err := s.Get(id); !errors.Is(err, ErrNotFound) {
				t.Errorf("Get(%q): %v", id, err)
			}
			if _, err := s.Evidence(id); !errors.Is(err, ErrNotFound) {
				t.Errorf("Evidence(%q): %v", id, err)
			}
		}
	})
	t.Run("first finish counts", func(t *testing.T) {
		s := open(t)
		finishAll(t, s, 0, 1)
		settle(s)
		second := testRecord(0)
		second.Status = "Call Failed"
		done := make(chan error, 1)
		if err := s.Finish(second, nil, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		settle(s)
		p, err := s.List(Filter{}, Cursor{}, 10)
		if err != nil || len(p.Records) != 1 || p.Records[0].Status != "Busy" {
			t.Errorf("%v %+v", err, p)
		}
		if p, err := s.List(Filter{Status: []string{"Busy"}}, Cursor{}, 10); err != nil || len(p.Records) != 1 {
			t.Errorf("%v %+v", err, p)
		}
		if got, err := s.Get(testID(0)); err != nil || got.Status != "Busy" {
			t.Errorf("%v %+v", err, got)
		}
	})
	t.Run("paging", func(t *testing.T) { conformPaging(t, open(t), settle) })
	t.Run("filters", func(t *testing.T) { conformFilters(t, open(t), settle) })
	t.Run("bindings", func(t *testing.T) { conformBindings(t, open(t), settle) })
	t.Run("closed", func(t *testing.T) {
		s := open(t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Begin(testStart(1)); !errors.Is(err, ErrClosed) {
			t.Errorf("Begin: %v", err)
		}
		if err := s.Finish(testRecord(1), nil, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Finish: %v", err)
		}
		if err := s.SaveBindings(nil, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("SaveBindings: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// conformPaging lists calls that finish while the pages are read, two of them
// begun in the same instant.
func conformPaging(t *testing.T, s Store, settle func(Store)) {
	finishAll(t, s, 0, 25)
	settle(s)
	finishAll(t, s, 25, 50)
	twin := testRecord(7)
	twin.ID = testID(1007)
	done := make(chan error, 1)
	if err := s.Finish(twin, nil, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for i := 49; i >= 0; i-- {
		if i == 7 {
			want = append(want, testID(1007))
		}
		want = append(want, testID(i))
	}
	var after Cursor
	for page := 0; ; page++ {
		p, err := s.List(Filter{}, after, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			got = append(got, r.ID)
		}
		if !p.More {
			break
		}
		if len(p.Records) != 10 {
			t.Fatalf("a page of %d that is not the last", len(p.Records))
		}
		after = p.Next
		if page == 2 {
			settle(s)
			finishAll(t, s, 50, 52) // newer: not on later pages
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// conformFilters compares each filter with what Filter.Match, whose own test is
// a table, says of the same records.
func conformFilters(t *testing.T, s Store, settle func(Store)) {
	var all []outcome.Record
	done := make(chan error, 100)
	for i := range 60 {
		r := testRecord(i)
		r.Status = []string{"Busy", "Declined", "Call Ended"}[i%3]
		r.ByeReason = []string{"USER_BUSY", "CALL_REJECTED", "NORMAL_CLEARING"}[i%3]
		r.LastResponseCode = []int{486, 603, 200}[i%3]
		r.EndedBy = []string{"caller", "callee"}[i%2]
		r.Trunk = []string{"", "carrier", "backup%"}[i%3]
		r.TalkMS = int64(i) * 500
		r.Direction = []string{"internal", "inbound"}[i%2]
		r.Detail, r.Queue, r.User, r.Source = []string{"", "dnd"}[i%2], []string{"support", ""}[i%2], []string{"100", "101"}[i%2], []string{"live", "pcap"}[i%2]
		all = append(all, r)
		if err := s.Finish(r, nil, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if i == 30 {
			settle(s)
		}
	}
	for range all {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	slices.Reverse(all)
	for i, f := range []Filter{
		{},
		{Status: []string{"Busy"}},
		{Status: []string{"Busy", "Declined"}},
		{Status: []string{"' OR 1=1 --"}},
		{Code: []int{603, 200}},
		{SIPFinal: []int{486}},
		{SIPFinal: []int{200}},
		{ByeReason: []string{"NORMAL_CLEARING"}, EndedBy: []string{"callee"}},
		{Answered: []string{"no"}, Stage: []string{"ringing"}},
		{Stage: []string{"talking"}},
		{Trunk: "backup%"},
		{Trunk: "backup"},
		{Direction: "inbound", Detail: "dnd"},
		{Queue: "support", User: "100", Source: "live"},
		{From: "100"},
		{From: "10*"},
		{From: "sip:100@example.com"},
		{From: "%"},
		{Party: "100"},
		{Party: "20*"},
		{Party: "nobody"},
		{To: "203"},
		{To: "sip:20*"},
		{To: "2*"},
		{Since: t0.Add(10 * time.Second), Until: t0.Add(20 * time.Second)},
		{MinDuration: 2 * time.Second, MaxDuration: 4 * time.Second},
		{MinTalk: 20 * time.Second},
		{MaxTalk: 3 * time.Second, Status: []string{"Busy"}},
		{MinRing: 2 * time.Millisecond, MaxSetup: 5 * time.Millisecond},
		{MaxRing: 2 * time.Millisecond},
		{MinSetup: 6 * time.Millisecond},
		{Confidence: []string{"certain"}, Q850: []int{17, 21}},
		{Confidence: []string{"guess"}},
		{Q850: []int{16}},
		{EndedSince: t0.Add(40 * time.Second)},
	} {
		var want []outcome.Record
		for _, r := range all {
			if f.Match(&r) {
				want = append(want, r)
			}
		}
		p, err := s.List(f, Cursor{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, p.Records, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("filter %d %+v: %s", i, f, d)
		}
	}
}

func conformBindings(t *testing.T, s Store, settle func(Store)) {
	binding := func(n int) Binding {
		return Binding{
			BindingKey: BindingKey{AOR: "sip:100@example.com", Key: fmt.Sprint("k", n)}, Contact: "<sip:100@192.0.2.1;ob>;+sip.ice",
			Instance: "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>", RegID: 1, CallID: "c", CSeq: 4_000_000_000, Q: 700,
			Path: []string{"<sip:p1;lr>", "<sip:p2;lr>"}, Flow: "udp 192.0.2.1:5060", UserAgent: "phone",
			UpdatedAt: t0, ExpiresAt: t0.Add(time.Duration(n) * time.Minute),
		}
	}
	save := func(changed []Binding, removed ...BindingKey) {
		t.Helper()
		if err := s.SaveBindings(changed, removed); err != nil {
			t.Fatal(err)
		}
	}
	save([]Binding{binding(1), binding(2), binding(3), binding(4)})
	settleBindings(t, s)
	changed := binding(3)
	changed.Contact, changed.Path = "<sip:new@192.0.2.1>", nil
	save([]Binding{changed, binding(5)}, binding(4).BindingKey)
	save(nil, binding(5).BindingKey)
	settleBindings(t, s)
	settle(s)
	got, err := s.LoadBindings(t0.Add(time.Minute))
	want := []Binding{binding(2), changed}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
}

// settleBindings waits until the write-back has happened.
func settleBindings(t *testing.T, s Store) {
	t.Helper()
	if l, ok := s.(*Local); ok {
		if err := l.x.flushBindings(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilterMatch(t *testing.T) {
	r := testRecord(5)
	r.TalkMS = 1500
	for _, c := range []struct {
		name string
		f    Filter
		want bool
	}{
		{"nothing asked", Filter{}, true},
		{"status", Filter{Status: []string{"Declined", "Busy"}}, true},
		{"another status", Filter{Status: []string{"Declined"}}, false},
		{"code", Filter{Code: []int{486}}, true},
		{"another code", Filter{Code: []int{487}}, false},
		{"reason", Filter{ByeReason: []string{"NO_ANSWER"}}, false},
		{"ended by", Filter{EndedBy: []string{"callee"}}, true},
		{"trunk", Filter{Trunk: "carrier"}, false},
		{"number", Filter{From: "100"}, true},
		{"part of a number", Filter{From: "10"}, false},
		{"start of a number", Filter{From: "10*"}, true},
		{"user part", Filter{To: "200"}, true},
		{"the caller as either", Filter{Party: "100"}, true},
		{"the called as either", Filter{Party: "2*"}, true},
		{"neither", Filter{Party: "300"}, false},
		{"URI", Filter{To: "sip:200@example.com"}, true},
		{"start of a URI", Filter{To: "sip:2*"}, true},
		{"since its start", Filter{Since: r.StartedAt}, true},
		{"since later", Filter{Since: r.StartedAt.Add(1)}, false},
		{"until its start", Filter{Until: r.StartedAt}, false},
		{"talk bounds", Filter{MinTalk: 1500 * time.Millisecond, MaxTalk: 1500 * time.Millisecond}, true},
		{"talked longer", Filter{MaxTalk: time.Second}, false},
		{"duration", Filter{MinDuration: 6 * time.Second}, false},
	} {
		if got := c.f.Match(&r); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
