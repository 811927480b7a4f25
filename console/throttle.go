package console

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Tries to sign in: an address has five at once and one more every 12 s, all
// addresses together twenty at once and one more every second.
const (
	triesAtOnce   = 5
	triesEvery    = 12 * time.Second
	allAtOnce     = 20
	allEvery      = time.Second
	mostAddresses = 1024
)

// A throttle slows down who guesses passwords.
type throttle struct {
	mu  sync.Mutex
	all *rate.Limiter
	by  map[string]*rate.Limiter
}

func newThrottle() *throttle {
	return &throttle{all: rate.NewLimiter(rate.Every(allEvery), allAtOnce), by: map[string]*rate.Limiter{}}
}

// try reports whether an address may try now, and else how long it is to wait.
func (t *throttle) try(address string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.by[address]
	if x == nil {
		if len(t.by) >= mostAddresses {
			t.forget(now)
		}
		x = rate.NewLimiter(rate.Every(triesEvery), triesAtOnce)
		t.by[address] = x
	}
	switch {
	case x.TokensAt(now) < 1:
		return triesEvery, false
	case t.all.TokensAt(now) < 1:
		return allEvery, false
	}
	return 0, x.AllowN(now, 1) && t.all.AllowN(now, 1)
}

// succeeded forgets the tries of an address.
func (t *throttle) succeeded(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, address)
}

// forget lets go of those that have all their tries again, and of any one if none has.
func (t *throttle) forget(now time.Time) {
	last := ""
	for address, x := range t.by {
		if last = address; x.TokensAt(now) >= triesAtOnce {
			delete(t.by, address)
		}
	}
	if len(t.by) >= mostAddresses {
		delete(t.by, last)
	}
}
