package call

import "time"

// longestFlow is how long a flow may take to give any response where Options do
// not say: an INVITE over UDP has left four times by then (RFC 3261 section 17.1.1.2).
const longestFlow = 5 * time.Second

// awaitFlow bounds how long a phone may say nothing by a flow if it has another one.
func (c *Call) awaitFlow(now time.Time, l *leg) {
	if len(l.target.Flows) == 0 {
		return
	}
	wait := c.opt.Flow
	if wait <= 0 {
		wait = longestFlow
	}
	l.flowAt = now.Add(wait)
}

// otherFlow tells whether the phone of an attempt that has ended can be called by another flow.
func (c *Call) otherFlow(l *leg) bool {
	return len(l.target.Flows) > 0 && c.hunting() && !c.global && !c.full() && l.set == c.set
}

// nextFlow calls a phone by its next flow. RFC 5626 section 7: "the proxy SHOULD
// replace the failed branch with another target (if one is available) with the
// same AOR and instance-id, but a different reg-id." The time to ring goes on.
func (c *Call) nextFlow(out []Action, now time.Time, l *leg) []Action {
	t := l.target.Flows[0]
	t.Flows = l.target.Flows[1:]
	c.attempts++
	n := leg{
		id: LegID(len(c.legs) + 1), peer: t.Peer, name: t.Name, target: t, v6: t.V6, noUpdate: true,
		attempt: c.attempts, set: l.set, instead: l.id,
	}
	n.origin.session = c.legs[0].origin.session + uint64(n.id)
	l.replaced = true
	c.legs = append(c.legs, n)
	c.tried = append(c.tried, t.URI)
	return c.open(out, now, n.id)
}

// silentFlow gives up a flow by which a phone gave no response at all, not even a
// 100, and tries the next: a NAT has forgotten it, perhaps, and the transaction
// would learn that only after the time to ring.
func (c *Call) silentFlow(out []Action, now time.Time, l *leg) []Action {
	l.flowAt = time.Time{}
	if l.state != legCalling || l.code != 0 || !c.otherFlow(l) {
		return out
	}
	out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "flow"})
	out = c.cancelLeg(out, now, l, "NO_USER_RESPONSE", "")
	return c.nextFlow(out, now, l)
}
