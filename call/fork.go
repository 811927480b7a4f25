package call

import (
	"strconv"
	"time"

	"onhook/dialog"
	"onhook/sip"
)

// inviter returns the leg whose INVITE made this one: itself, or what it was
// forked from. The local addresses are those of that INVITE's offer.
func (c *Call) inviter(l *leg) *leg {
	if l.root != 0 {
		return &c.legs[l.root-1]
	}
	return l
}

// kin tells whether two legs are branches of one INVITE.
func (c *Call) kin(a, b *leg) bool { return c.inviter(a) == c.inviter(b) }

// at finds the leg that an input is about. A dialog that is new to a leg's
// INVITE is a branch of its own: RFC 3261 section 13.2.2.4, "multiple 2xx
// responses may arrive at the UAC for a single INVITE request due to a forking
// proxy. Each response is distinguished by the tag parameter in the To header".
func (c *Call) at(out []Action, now time.Time, in Input) ([]Action, *leg) {
	l := c.leg(in.Leg)
	if l == nil || l.id == Caller || in.Dialog == 0 || l.dialog == in.Dialog {
		return out, l
	}
	root := c.inviter(l)
	if in.Kind == InResponse && in.Method == sip.INVITE && in.Msg.Status >= 300 && !l.answered {
		return out, root // it ends every branch
	}
	for i := range c.legs[1:] {
		if k := &c.legs[i+1]; k.dialog == in.Dialog && c.kin(k, root) {
			return out, k
		}
	}
	switch {
	case root.dialog == 0:
		root.dialog = in.Dialog
		return out, root
	case in.Kind != InForked && (in.Kind != InResponse || in.Method != sip.INVITE):
		return out, nil
	}
	return c.fork(out, now, root, in.Dialog)
}

// fork makes the leg of another branch behind an INVITE.
func (c *Call) fork(out []Action, now time.Time, root *leg, d dialog.ID) ([]Action, *leg) {
	n := leg{
		id: LegID(len(c.legs) + 1), root: root.id, peer: root.peer, name: root.name, target: root.target, dialog: d,
		state: legDone, left: true, v6: root.v6, noUpdate: true, attempt: root.attempt, set: root.set, origin: root.origin, local: root.local,
	}
	switch {
	case !c.hunting() || c.familyAnswered(root):
	case root.state == legCalling:
		n.state, n.left = legCalling, false
	case root.rival:
		n.state, n.left, n.rival = legClosing, false, true
	}
	c.legs = append(c.legs, n)
	l := &c.legs[len(c.legs)-1]
	out = event(out, now, Event{Kind: EvLeg, Leg: l.id, Peer: l.peer, Name: l.name, Text: strconv.Itoa(int(root.id)), Attempt: l.attempt, Set: l.set})
	return append(out, Action{Kind: ActBind, Leg: l.id, Dialog: d}), l
}

// familyAnswered tells whether a branch of the leg's INVITE got a 2xx.
func (c *Call) familyAnswered(l *leg) bool {
	for i := range c.legs[1:] {
		if k := &c.legs[i+1]; k.answered && c.kin(k, l) {
			return true
		}
	}
	return false
}

// endKin ends the other branches of an INVITE that one of them has answered.
// They may be answered too, until the INVITE's transaction ends.
func (c *Call) endKin(out []Action, now time.Time, l *leg, cause string) []Action {
	for i := range c.legs[1:] {
		k := &c.legs[i+1]
		if k == l || k.answered || !c.kin(k, l) || k.state == legDone {
			continue
		}
		out = c.branchOver(out, now, k, cause)
		k.left = true
	}
	return out
}

// endBranches ends the branches of an INVITE that got its final response.
func (c *Call) endBranches(out []Action, now time.Time, root *leg) []Action {
	for i := range c.legs[1:] {
		if k := &c.legs[i+1]; k.root == root.id && !k.answered {
			out = c.branchOver(out, now, k, "")
			k.left = false
		}
	}
	return out
}

// branchOver notes that no more is expected of a branch.
func (c *Call) branchOver(out []Action, now time.Time, l *leg, cause string) []Action {
	if l.state == legCalling {
		out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: cause})
	}
	l.state, l.rival, l.progAt = legDone, false, time.Time{}
	out = c.endRelaysOf(out, l)
	if c.early == l.id {
		c.early = 0
	}
	return out
}
