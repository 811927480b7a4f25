package exchange

import (
	"context"
	"strings"

	"onhook/call"
)

// A UserState is how an extension is now.
type UserState struct {
	Calls  int // that it has up: it rings or talks in them, or placed them
	Phones int // registered
}

// UserStates tells how extensions are now, in the order of their names.
func (x *Exchange) UserStates(ctx context.Context, names []string) ([]UserState, error) {
	out := make([]UserState, len(names))
	err := x.do(ctx, func(x *Exchange) {
		for i, n := range names {
			out[i].Calls = x.inUse["user "+n]
			for range x.reg.Lookup(x.now, x.aor(n)) {
				out[i].Phones++
			}
		}
	})
	return out, err
}

// freeOthers gives back what a call held of the extensions that take no part in it,
// when two of its legs are joined: whoever rang in vain, or has transferred it. One
// who came from another call is counted from here on.
func (x *Exchange) freeOthers(c *live, a, b call.LegID) {
	var names [2]string
	for i := range c.events {
		e := &c.events[i]
		if e.Kind != call.EvLeg || e.Peer != call.PeerPhone {
			continue
		}
		switch e.Leg {
		case a:
			names[0] = e.Name
		case b:
			names[1] = e.Name
		}
	}
	keep := names
	x.unhold(c, 0, keep[:]...)
	for i, name := range names {
		if name != "" && keep[i] != "" {
			x.hold(c, "user "+name)
		}
	}
}

// unhold gives back what a call holds of extensions, from the hold with this
// number on; one hold of each of those named in keep stays.
func (x *Exchange) unhold(c *live, from int, keep ...string) {
	kept := c.holds[:min(from, len(c.holds))]
	for _, key := range c.holds[len(kept):] {
		name, user := strings.CutPrefix(key, "user ")
		if !user || take(keep, name) {
			kept = append(kept, key)
			continue
		}
		if x.inUse[key]--; x.inUse[key] <= 0 {
			delete(x.inUse, key)
		}
	}
	clear(c.holds[len(kept):])
	c.holds = kept
}

// take finds a name in a list and takes it out.
func take(list []string, name string) bool {
	for i, n := range list {
		if n == name && n != "" {
			list[i] = ""
			return true
		}
	}
	return false
}
