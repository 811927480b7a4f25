package api

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Requests that a key may send: quota at once, and as many again in each window.
// Who shows no key may send a tenth.
const (
	quota  = 300
	window = 10 * time.Second
)

// maxBudgets bounds how many keys and addresses are counted at once.
const maxBudgets = 4096

// limits counts the requests of each key, and of each address that shows none.
type limits struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

// A budget is what one request has left of its quota.
type budget struct {
	ok        bool
	quota     int
	remaining int
	wait      int // seconds until there is room again
}

// take counts one request.
func (l *limits) take(who string, unknown bool, now time.Time) budget {
	n := quota
	if unknown {
		n = quota / 10
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*rate.Limiter{}
	}
	x := l.all[who]
	if x == nil {
		if len(l.all) >= maxBudgets {
			l.forget(now)
		}
		x = rate.NewLimiter(rate.Limit(float64(n)/window.Seconds()), n)
		l.all[who] = x
	}
	b := budget{ok: x.AllowN(now, 1), quota: n}
	left := x.TokensAt(now)
	b.remaining = max(0, int(left))
	if left < 1 {
		b.wait = max(1, int(math.Ceil((1-left)*window.Seconds()/float64(n))))
	}
	return b
}

// forget lets go of those that have their whole quota again, and of any one if there is none.
func (l *limits) forget(now time.Time) {
	any := ""
	for who, x := range l.all {
		if any = who; x.TokensAt(now) >= float64(x.Burst()) {
			delete(l.all, who)
		}
	}
	if len(l.all) >= maxBudgets {
		delete(l.all, any)
	}
}

// headers say what is left, as the IETF's draft on RateLimit header fields has it.
func (b budget) headers(h http.Header) {
	h.Set("RateLimit-Policy", fmt.Sprintf(`"requests";q=%d;w=%d`, b.quota, int(window.Seconds())))
	h.Set("RateLimit", fmt.Sprintf(`"requests";r=%d;t=%d`, b.remaining, b.wait))
}
