package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onhook/call"
	"onhook/outcome"
	"onhook/store"
)

// manyCalls are calls, a second apart, the newest last.
type manyCalls []outcome.Record

func newManyCalls(n int) (all manyCalls) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range n {
		at := begin.Add(time.Duration(i) * time.Second)
		id := fmt.Sprintf("%012x", at.UnixMilli())
		all = append(all, outcome.Record{ID: "call_" + id[:8] + "-" + id[8:] + "-7000-8000-000000000000", StartedAt: at})
	}
	return all
}

func (m manyCalls) Get(id string) (outcome.Record, error) {
	if i := slices.IndexFunc(m, func(r outcome.Record) bool { return r.ID == id }); i >= 0 {
		return m[i], nil
	}
	return outcome.Record{}, store.ErrNotFound
}

func (m manyCalls) List(f store.Filter, after store.Cursor, limit int) (p store.Page, err error) {
	for i := len(m) - 1; i >= 0; i-- {
		r := &m[i]
		if !f.Match(r) || after.ID != "" && !r.StartedAt.Before(after.StartedAt) {
			continue
		}
		if len(p.Records) == limit {
			p.More = true
			break
		}
		p.Records = append(p.Records, *r)
		p.Next = store.Cursor{StartedAt: r.StartedAt, ID: r.ID}
	}
	return p, nil
}

func (m manyCalls) Evidence(string) ([]call.Event, error) { return nil, store.ErrNotFound }

// TestACallIsFoundByTheBeginningOfItsID: however many calls came after it.
func TestACallIsFoundByTheBeginningOfItsID(t *testing.T) {
	all := newManyCalls(5000)
	for _, x := range []struct {
		id   string
		want int // -1: none
		err  string
	}{
		{all[3].ID, 3, ""},
		{all[3].ID[:20], 3, ""},
		{strings.TrimPrefix(all[4999].ID, "call_")[:14], 4999, ""},
		{"last", 4999, ""},
		{all[3].ID[:10], -1, "several calls"},
		{"call_0000", -1, "no call has the id"},
		{"nonsense", -1, "no call has the id"},
		{"", -1, "several calls"},
	} {
		got, err := find(all, x.id)
		if x.want >= 0 && (err != nil || got.ID != all[x.want].ID) {
			t.Errorf("%q: %s, %v; want %s", x.id, got.ID, err, all[x.want].ID)
		}
		if x.want < 0 && (err == nil || !strings.Contains(err.Error(), x.err)) {
			t.Errorf("%q: %v, want %q", x.id, err, x.err)
		}
	}
	if _, err := find(manyCalls(nil), "last"); err == nil {
		t.Error("the last of no calls was found")
	}
}
