package call

import "time"

// An operator's commands beside "hangup", by InCommand. N says whom of the two
// that are joined they are for. Each is answered by one ActCommanded and, where
// it is obeyed, stands in the journal with who gave it.
const (
	CmdTransfer = "transfer" // N stays, Steps take the other one's place, Text: what was asked for
	CmdJoin     = "join"     // N stays, a leg of another call takes the other one's place by InAdopt; Text: which call
	CmdHold     = "hold"     // N waits and hears music
	CmdResume   = "resume"   // N waits no more
	CmdRedirect = "redirect" // who rings rings no more, and Steps are called in their place; Text: what was asked for
	CmdPlay     = "play"     // N hears Clip, once; Text: what it is. The other one hears nothing meanwhile
)

// Clip is the Target of ActMediaPlay for what a CmdPlay brought.
const Clip = "clip"

// The sides of two parties that are joined, for Input.N.
const (
	CallerSide = 1 // the caller, or who took its place
	CalleeSide = 2
	BothSides  = CallerSide | CalleeSide
)

// Side is the leg on a side now; 0: there is none.
func (c *Call) Side(n int) LegID {
	if n == CallerSide {
		return c.a
	}
	return c.other
}

func (c *Call) commanded(out []Action, why string) []Action {
	return append(out, Action{Kind: ActCommanded, Reason: why})
}

// order does what an operator asks for, or says why not.
func (c *Call) order(out []Action, now time.Time, in Input) []Action {
	if in.Name == CmdTransfer && c.withApp() && in.N == CallerSide {
		out = c.obeyed(out, now, in, 0)
		out = c.endApp(out)
		return c.hand(out, now, in.Steps)
	}
	if in.Name == CmdRedirect {
		return c.redirectBy(out, now, in)
	}
	if why := c.hinders(in); why != "" {
		return c.commanded(out, why)
	}
	switch in.Name {
	case CmdTransfer:
		return c.transferBy(out, now, in)
	case CmdJoin:
		return c.obeyed(out, now, in, c.opposite(c.Side(in.N)).id)
	case CmdHold, CmdResume:
		return c.holdBy(out, now, in)
	}
	return c.playBy(out, now, in)
}

// withApp tells whether an application outside has an answered caller, and does not dial for it.
func (c *Call) withApp() bool {
	return c.phase == up && c.app.session && c.app.name != "" && !c.app.dialing && !c.hunt.on
}

// hinders says why a command cannot be obeyed now.
func (c *Call) hinders(in Input) string {
	a, o := c.leg(c.a), c.leg(c.other)
	switch {
	case c.phase != up || o == nil || a.state != legUp || o.state != legUp:
		return "two parties must be talking"
	case c.app.name != "":
		return "an application has the caller"
	case c.hunt.on || c.transfer.by != 0:
		return "a transfer is under way"
	case !c.viaServer() || c.inviter(a).media != mediaOn || c.inviter(o).media != mediaOn:
		return "the sound does not go through the server"
	}
	switch in.Name {
	case CmdResume:
		if c.orderedBy(in.N) == 0 {
			return "no command has it wait"
		}
	case CmdPlay, CmdHold: // who hears no music would hear the other party on
		for _, l := range [...]*leg{a, o} {
			if _, ok := l.heard.ownMedia(); !ok && c.onSide(l, in.N) {
				return "a party speaks no codec of the server's"
			}
		}
	}
	return ""
}

// onSide tells whether a leg is on one of the sides.
func (c *Call) onSide(l *leg, n int) bool {
	return l.id == c.a && n&CallerSide != 0 || l.id == c.other && n&CalleeSide != 0
}

// obeyed writes down a command that will be carried out; leg is who it sends away.
func (c *Call) obeyed(out []Action, now time.Time, in Input, leg LegID) []Action {
	out = event(out, now, Event{Kind: EvCommand, Leg: leg, Name: in.Name, By: in.By, Text: in.Text, N: in.N})
	return c.commanded(out, "")
}

// Rings tells whether somebody is called whom a redirect could take the call from,
// and at which extension; an empty one: at several, or at none of ours.
func (c *Call) Rings() (user string, ok bool) {
	if c.phase != trying || c.app.name != "" || c.start.Origin != nil || c.start.Replaces || !c.hunting() || c.step == 0 {
		return "", false
	}
	for i := range c.legs[1:] {
		if c.legs[i+1].pending() {
			return c.steps[c.step-1].User, true
		}
	}
	return "", false
}

// redirectBy sends a call on that rings: a forward that an operator has made. What
// rings leaves the call with the reason of a forward; as with the ring timer, a 2xx
// that crosses the CANCEL gets ACK and BYE.
func (c *Call) redirectBy(out []Action, now time.Time, in Input) []Action {
	if _, ok := c.Rings(); !ok {
		return c.commanded(out, "nobody rings")
	}
	if len(in.Steps) == 0 {
		return c.commanded(out, "it leads nowhere")
	}
	out = c.obeyed(out, now, in, 0)
	out = c.cancelPending(out, now, "CALL_FORWARD", "")
	c.forward, c.steps, c.step, c.global = 0, in.Steps, 0, false
	out = c.setStage(out, now, "routing")
	if len(in.Steps[0].Forwarded) == 0 {
		out = c.tellForwarded(out, now)
	}
	return c.dial(out, now)
}

// transferBy connects one party with somebody else, as a REFER of the other one
// would; that one hears music, and comes back if nobody answers.
func (c *Call) transferBy(out []Action, now time.Time, in Input) []Action {
	host := c.leg(c.Side(in.N))
	by := c.opposite(host.id)
	out = c.obeyed(out, now, in, by.id)
	c.transfer = transfer{by: by.id, quiet: true, routed: true, cause: "BLIND_TRANSFER"}
	c.referredBy = ""
	out = c.play(out, by, "hold")
	return c.seek(out, now, host, in.Steps)
}

// holdBy has a party wait, or talk again. It is the other party that holds.
func (c *Call) holdBy(out []Action, now time.Time, in Input) []Action {
	out = c.obeyed(out, now, in, 0)
	for _, l := range [...]*leg{c.leg(c.a), c.leg(c.other)} {
		if holder := c.opposite(l.id); c.onSide(l, in.N) {
			was := holder.holds()
			holder.ordered = in.Name == CmdHold
			out = holder.holding(out, now, was)
		}
	}
	return c.setStage(c.waitingMusic(out), now, c.talkStage())
}

// orderedBy are the sides that wait by a command, among those asked about.
func (c *Call) orderedBy(n int) (sides int) {
	for _, l := range [...]*leg{c.leg(c.a), c.leg(c.other)} {
		if o := c.opposite(l.id); c.onSide(l, n) && o.ordered {
			sides |= CallerSide
		}
	}
	return sides
}

// release ends the holds by commands: the two are parted.
func (c *Call) release(out []Action, now time.Time) []Action {
	for i := range c.legs {
		l := &c.legs[i]
		was := l.holds()
		l.ordered, l.plays = false, false
		out = l.holding(out, now, was)
	}
	c.music = false
	return out
}

// playBy plays to a party, or to both.
func (c *Call) playBy(out []Action, now time.Time, in Input) []Action {
	out = c.obeyed(out, now, in, 0)
	for _, l := range [...]*leg{c.leg(c.a), c.leg(c.other)} {
		if c.onSide(l, in.N) {
			l.plays = true
			out = c.play(out, l, Clip)
		}
	}
	return out
}

// played goes on when a party has heard all of it.
func (c *Call) played(out []Action, l *leg) []Action {
	a, o := c.leg(c.a), c.leg(c.other)
	if !l.plays || o == nil || l != a && l != o {
		return out
	}
	if other := c.opposite(l.id); other.plays {
		l.plays = false
		return out
	}
	return c.waitingMusic(out)
}
