package exchange

import (
	"cmp"
	"log/slog"
	"slices"

	"onhook/call"
	"onhook/route"
	"onhook/sip"
)

// viaTrunk is a call out by a trunk.
func (x *Exchange) viaTrunk(c *live, w way, to []call.Target, t route.Target) ([]call.Target, refusal) {
	l := x.lines[t.Name]
	if l == nil {
		return to, refusal{cause: "NO_ROUTE_TRANSIT_NET", detail: t.Name}
	}
	if w.as == stranger() {
		return to, refusal{cause: "OUTGOING_CALL_BARRED", detail: "sent on by somebody who has no account here"}
	}
	if r := x.unfit(l); r.cause != "" {
		if x.logs(slog.LevelDebug) {
			x.log.Debug("trunk passed over", "call", c.meta.ID, "trunk", l.Name, "cause", r.cause, "why", r.detail)
		}
		return to, r
	}
	number := l.Numbers.Out.Apply(t.Number)
	if number == "" {
		return to, refusal{cause: "INVALID_NUMBER_FORMAT", detail: "the rules of trunk " + l.Name + " leave nothing of " + t.Number}
	}
	if r := x.outside(w.as, t.Number, number); r.cause != "" {
		return to, r
	}
	c.account = w.as.User
	if c.meta.Direction != "outbound" {
		c.meta.Trunk, c.meta.Direction = l.Name, "outbound"
	}
	ct := call.Target{Peer: call.PeerTrunk, Name: l.Name, URI: trunkURI(l.Trunk, number), Delay: t.Delay, Diverted: w.by}
	x.showCaller(c, l, &ct)
	return append(to, x.addressed(ct)), refusal{}
}

// members are the steps that a step by a group of trunks stands for, in the order
// in which they are to be tried; nil if it is no such step.
func (x *Exchange) members(rs *route.Step) []route.Step {
	if len(x.groups) == 0 || len(rs.Targets) != 1 || rs.Targets[0].Kind != route.ToTrunk {
		return nil
	}
	g := x.groups[rs.Targets[0].Name]
	if g == nil {
		return nil
	}
	order := x.order(g)
	out := make([]route.Step, len(order))
	for i, name := range order {
		t := rs.Targets[0]
		t.Name = name
		out[i] = route.Step{Targets: []route.Target{t}, Ring: rs.Ring}
	}
	return out
}

// order is the order in which the trunks of a group are tried. RFC 2782: a
// client "MUST attempt to contact the target host with the lowest-numbered
// priority it can reach"; among equals "larger weights SHOULD be given a
// proportionately higher probability of being selected".
func (x *Exchange) order(g *TrunkGroup) []string {
	left := slices.Clone(g.Members)
	slices.SortStableFunc(left, func(a, b TrunkMember) int { return cmp.Compare(a.Priority, b.Priority) })
	out := make([]string, 0, len(left))
	for len(left) > 0 {
		same, sum := 0, uint64(0)
		for same < len(left) && left[same].Priority == left[0].Priority {
			sum += uint64(max(left[same].Weight, 0))
			same++
		}
		at := 0
		if sum > 0 && same > 1 {
			n := x.opt.Rand.Uint64() % sum
			for n >= uint64(max(left[at].Weight, 0)) {
				n -= uint64(max(left[at].Weight, 0))
				at++
			}
		}
		out = append(out, left[at].Trunk)
		left = slices.Delete(left, at, at+1)
	}
	return out
}

// takeTrunk counts an attempt on its trunk, or says why it cannot be made now:
// the plan may be older than what is known of the trunk. uri is whom it calls.
func (x *Exchange) takeTrunk(c *live, l *liveLeg, name, uri string) refusal {
	n := x.lines[name]
	if n == nil {
		return refusal{cause: "NO_ROUTE_TRANSIT_NET", detail: name}
	}
	if r := x.unfit(n); r.cause != "" {
		return r
	}
	if r := x.goOutside(c, l, uri); r.cause != "" {
		return r
	}
	x.occupy(c, n)
	l.trunk, l.holds = name, n.key
	if c.meta.Direction == "outbound" {
		c.meta.Trunk = name
	}
	return refusal{}
}

// leaveTrunk gives back the channel of an attempt that is over.
func (x *Exchange) leaveTrunk(c *live, id call.LegID) {
	if id < 1 || int(id) > len(c.legs) {
		return
	}
	l := &c.legs[id-1]
	for _, key := range [...]*string{&l.holds, &l.account} {
		if i := slices.Index(c.holds, *key); *key != "" && i >= 0 {
			c.holds = slices.Delete(c.holds, i, i+1)
			x.giveBack(*key)
		}
		*key = ""
	}
}

// branched makes a branch of an INVITE, which has a dialog and a leg of its own
// (RFC 3261 section 13.2.2.4), one of the trunk's or extension's that it was for.
func (x *Exchange) branched(c *live, id call.LegID) {
	root := c.call.MediaLeg(id)
	if root == id {
		return
	}
	l := c.leg(id) // the newest: the others do not move any more
	r := c.leg(root)
	l.trunk, l.realm, l.owner, l.user, l.rings = r.trunk, r.realm, r.owner, r.user, r.rings
}

// stayAtTrunk counts a leg that is joined with a party, where it is not counted: a
// branch of an INVITE, whose own leg gives back what it held; or who answered though
// it was cancelled.
func (x *Exchange) stayAtTrunk(c *live, id call.LegID) {
	if id < 1 || int(id) > len(c.legs) {
		return
	}
	l := &c.legs[id-1]
	n := x.lines[l.trunk]
	if n == nil || l.holds != "" {
		return
	}
	l.holds = n.key
	x.hold(c, l.holds)
	if l.owner != "" && l.account == "" {
		l.account = outsideKey(l.owner)
		x.hold(c, l.account)
	}
}

// heardOfTrunk notes what a trunk's answer to a call says of the trunk itself.
func (x *Exchange) heardOfTrunk(l *liveLeg, m *sip.Message) {
	if m.Status != 503 || l.trunk == "" {
		return
	}
	if n := x.lines[l.trunk]; n != nil {
		x.leaveAlone(n, m)
	}
}
