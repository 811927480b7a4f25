package wire

import (
	"sync"
	"time"
)

// A cache keeps answers as long as they say, and longer for when no server
// answers (RFC 8767). A bounded number of them.
type cache struct {
	mu      sync.Mutex
	most    int
	entries map[cacheKey]*cacheEntry
}

type cacheKey struct {
	name  string
	qtype uint16
}

type cacheEntry struct {
	answer answer
	err    error
	known  bool          // answer is what a server said
	said   time.Time     // when
	until  time.Time     // good until then
	asked  chan struct{} // closed when the question that is under way has its answer; nil: none is
}

func (c *cache) init(most int) {
	c.most, c.entries = most, make(map[cacheKey]*cacheEntry)
}

// get returns what is known. With wait the question is under way; with first
// the caller is to ask it and put the answer.
func (c *cache) get(key cacheKey, now time.Time) (e cacheEntry, wait chan struct{}, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.entries[key]
	switch {
	case p == nil:
		c.makeRoom(now)
		c.entries[key] = &cacheEntry{asked: make(chan struct{})}
		return cacheEntry{}, nil, true
	case p.asked != nil:
		return cacheEntry{}, p.asked, false
	case now.Before(p.until):
		return *p, nil, false
	}
	p.asked = make(chan struct{})
	return cacheEntry{}, nil, true
}

// put keeps an answer, or after an error the one that was there, and returns what is to be used.
func (c *cache) put(key cacheKey, now time.Time, a answer, err error) (answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.entries[key]
	if p == nil {
		return a, err // made room for others meanwhile
	}
	if p.asked != nil {
		close(p.asked)
		p.asked = nil
	}
	switch {
	case err == nil:
		p.answer, p.err, p.known, p.said, p.until = a, nil, true, now, now.Add(a.life)
	case p.known && now.Before(p.said.Add(staleFor)):
		p.until = now.Add(staleTTL)
	default:
		p.answer, p.err, p.known, p.until = answer{}, err, false, now.Add(failedTTL)
	}
	return p.answer, p.err
}

// makeRoom drops entries if there are too many: one that is over, if a few
// looked at have one, else any that nobody waits for.
func (c *cache) makeRoom(now time.Time) {
	if len(c.entries) < c.most {
		return
	}
	const look = 16
	n := 0
	var victim cacheKey
	found := false
	for k, e := range c.entries {
		if e.asked != nil {
			continue
		}
		victim, found = k, true
		if n++; n == look || !now.Before(e.until) {
			break
		}
	}
	if found {
		delete(c.entries, victim)
	}
}
