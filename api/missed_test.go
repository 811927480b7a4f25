package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"onhook/outcome"
	"onhook/store"
)

// endlessCalls has as many calls as are asked for, each a second before the last; after
// so many pages it has no more, or fails.
type endlessCalls struct {
	Store
	pages int
	fails bool
}

func (c *endlessCalls) List(_ store.Filter, after store.Cursor, limit int) (p store.Page, err error) {
	if c.pages--; c.pages < 0 {
		return p, errors.New("the disk is gone")
	}
	at := after.StartedAt
	if at.IsZero() {
		at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	for range limit {
		at = at.Add(-time.Second)
		p.Records = append(p.Records, outcome.Record{ID: fmt.Sprintf("call_%d", at.Unix()), StartedAt: at, EndedAt: at})
	}
	p.More, p.Next = c.pages > 0 || c.fails, store.Cursor{StartedAt: at, ID: "x"}
	return p, nil
}

// TestAReplayThatIsNotWholeSaysSo: too many calls for one, or a store that fails.
func TestAReplayThatIsNotWholeSaysSo(t *testing.T) {
	since := place{at: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), n: 1}
	for name, x := range map[string]struct {
		store  endlessCalls
		pages  int
		missed bool
	}{
		"all of it":              {endlessCalls{pages: 3}, 3, false},
		"more than are replayed": {endlessCalls{pages: 1000}, mostReplayed / store.MaxLimit, true},
		"a disk that is gone":    {endlessCalls{pages: 2, fails: true}, 2, true},
	} {
		there := x.store.pages
		s := &Server{Store: &x.store, Hub: NewHub()}
		got := s.replayCalls(&wanted{}, &joint{since: since})
		calls := x.pages * store.MaxLimit
		last := got[len(got)-1]
		if (last.event.Type == EventsMissed) != x.missed {
			t.Errorf("%s: the last is %s", name, last.event.Type)
			continue
		}
		n := len(got)
		if x.missed {
			n--
			oldest := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(-time.Duration(calls) * time.Second)
			if !last.event.At.Equal(oldest) || last.event.ID != since.String() {
				t.Errorf("%s: missed at %s with the id %s, want %s and the place before", name, last.event.At, last.event.ID, oldest)
			}
		}
		if n != 2*calls { // begun and ended
			t.Errorf("%s: %d events of %d calls", name, n, calls)
		}
		x.store.pages = there
		if text := string(s.replay(&wanted{}, &joint{since: since})[0]); strings.HasPrefix(text, "id: "+since.String()+"\nevent: missed\n") != x.missed {
			t.Errorf("%s: the stream begins with %s", name, text)
		}
	}
}
