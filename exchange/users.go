package exchange

import (
	"context"
	"slices"
	"strings"

	"onhook/call"
)

// A Presence is how an extension is now.
type Presence struct {
	Calls  int // that it has up: it rings or talks in them, or placed them
	Phones int // registered
}

// Presences tells how extensions are now, in the order of their names.
func (x *Exchange) Presences(ctx context.Context, names []string) ([]Presence, error) {
	out := make([]Presence, len(names))
	err := x.do(ctx, func(x *Exchange) {
		for i, n := range names {
			out[i].Calls = x.inUse["user "+n]
			for range x.reg.Phones(x.now, x.aor(n)) {
				out[i].Phones++
			}
		}
	})
	return out, err
}

// takeUser counts the call as one of an extension's, whose phone is about to ring,
// or says why it cannot be: it may have got another one since the call was planned.
func (x *Exchange) takeUser(c *live, id call.LegID, name string) refusal {
	l := c.leg(id)
	if !c.rings(name) {
		if x.over(name, 0) {
			return refusal{cause: "USER_BUSY", detail: "call_limit"}
		}
		x.hold(c, "user "+name)
	}
	l.user, l.rings = name, true
	return refusal{}
}

// rings tells whether a phone of an extension rings in the call, or talks.
func (c *live) rings(name string) bool {
	return slices.ContainsFunc(c.legs, func(l liveLeg) bool { return l.rings && l.user == name })
}

// leaveUser gives back what takeUser took, if no other phone of the extension rings.
func (x *Exchange) leaveUser(c *live, id call.LegID) {
	if id < 1 || int(id) > len(c.legs) || !c.legs[id-1].rings {
		return
	}
	for i := range c.legs {
		if k := call.LegID(i + 1); k == id || c.legs[i].rings && c.call.MediaLeg(k) == id && !c.call.Up(k) {
			c.legs[i].rings = false
		}
	}
	name := c.legs[id-1].user
	if c.rings(name) {
		return
	}
	for i := len(c.holds) - 1; i >= 0; i-- {
		if c.holds[i] == "user "+name {
			c.holds = slices.Delete(c.holds, i, i+1)
			x.giveBack("user " + name)
			return
		}
	}
}

// stayWithUser counts a phone that is joined with a party though it was cancelled.
func (x *Exchange) stayWithUser(c *live, id call.LegID) {
	if id < 1 || int(id) > len(c.legs) || c.legs[id-1].user == "" || c.legs[id-1].rings {
		return
	}
	if name := c.legs[id-1].user; !c.rings(name) {
		x.hold(c, "user "+name)
	}
	c.legs[id-1].rings = true
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
