package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"onhook/outcome"
	"onhook/store"
)

// find returns the record of an id, of what an id begins with, or of the last call.
func find(r store.Calls, id string) (outcome.Record, error) {
	rec, err := r.Get(id)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return rec, err
	}
	if id == "last" {
		page, err := r.List(store.Filter{}, store.Cursor{}, 1)
		if err == nil && len(page.Records) == 0 {
			err = errors.New("there is no call")
		}
		if err != nil {
			return rec, err
		}
		return page.Records[0], nil
	}
	return findPrefix(r, "call_"+strings.TrimPrefix(id, "call_"))
}

// findPrefix returns the one record whose id begins so.
func findPrefix(r store.Calls, prefix string) (found outcome.Record, err error) {
	f := store.Filter{}
	f.Since, f.Until = idTimes(prefix)
	n := 0
	for after, more := (store.Cursor{}), true; more && n < 2; {
		page, err := r.List(f, after, store.MaxLimit)
		if err != nil {
			return found, err
		}
		for i := range page.Records {
			if strings.HasPrefix(page.Records[i].ID, prefix) {
				found = page.Records[i]
				n++
			}
		}
		after, more = page.Next, page.More
	}
	switch n {
	case 0:
		return found, fmt.Errorf("no call has the id %s: see onhook calls", prefix)
	case 1:
		return found, nil
	}
	return found, fmt.Errorf("several calls have an id that begins with %s", prefix)
}

// idTimes says when calls began whose ids begin so. RFC 9562 section 5.7: the first 48
// bits of a UUIDv7 are milliseconds of Unix time.
func idTimes(prefix string) (since, until time.Time) {
	digits := strings.ReplaceAll(strings.TrimPrefix(prefix, "call_"), "-", "")
	digits = digits[:min(len(digits), 12)]
	low, err1 := strconv.ParseInt(digits+"000000000000"[len(digits):], 16, 64)
	high, err2 := strconv.ParseInt(digits+"ffffffffffff"[len(digits):], 16, 64)
	if err1 != nil || err2 != nil || high > 1<<46 {
		return since, until // of no UUIDv7 of ours, or one that says too little
	}
	const apart = time.Minute // an id may be made a moment before its call begins
	return time.UnixMilli(low).Add(-apart), time.UnixMilli(high).Add(apart)
}
