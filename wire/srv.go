package wire

import (
	"math/rand/v2"

	"github.com/miekg/dns"
)

// srvOrder puts SRV records in the order in which they are to be tried, the
// first most of them (RFC 2782): by priority, and at random by weight among equals.
func srvOrder(records []*dns.SRV, most int) []*dns.SRV {
	left := append([]*dns.SRV(nil), records...)
	var out []*dns.SRV
	for len(left) > 0 && len(out) < most {
		best := left[0].Priority
		for _, s := range left {
			best = min(best, s.Priority)
		}
		sum := 0
		for _, s := range left {
			if s.Priority == best {
				sum += int(s.Weight)
			}
		}
		i := pick(left, best, rand.IntN(sum+1))
		out = append(out, left[i])
		left = append(left[:i], left[i+1:]...)
	}
	return out
}

// pick finds the record of that priority at which the running sum of weights
// reaches n. RFC 2782 counts those of weight 0 first, so that they have a small chance.
func pick(records []*dns.SRV, priority uint16, n int) int {
	last, sum := 0, 0
	for _, zero := range [...]bool{true, false} {
		for i, s := range records {
			if s.Priority != priority || (s.Weight == 0) != zero {
				continue
			}
			last = i
			if sum += int(s.Weight); sum >= n {
				return i
			}
		}
	}
	return last
}
