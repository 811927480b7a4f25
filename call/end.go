package call

import (
	"strconv"
	"time"

	"onhook/sip"
)

// refuse ends a call that nobody was called for, with a reason of our own.
func (c *Call) refuse(out []Action, now time.Time, cause string, code int, detail string) []Action {
	out = event(out, now, Event{Kind: EvIntent, Leg: Caller, Cause: cause, By: "platform", Code: code, Text: detail})
	out = append(out, Action{Kind: ActRefuse, Leg: Caller, Msg: &sip.Message{Headers: c.start.Reply}})
	return c.close(out, now)
}

// refuseAll is refuse while attempts are pending.
func (c *Call) refuseAll(out []Action, now time.Time, cause string, code int, detail string) []Action {
	if c.phase != trying {
		return out
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: Caller, Cause: cause, By: "platform", Code: code, Text: detail})
	out = c.cancelPending(out, now, cause, "")
	out = append(out, Action{Kind: ActRefuse, Leg: Caller})
	return c.close(out, now)
}

// cancelled takes the caller's CANCEL.
func (c *Call) cancelled(out []Action, now time.Time, in Input) []Action {
	if c.phase != trying || in.Leg != Caller {
		return out
	}
	return c.withdrawn(out, now)
}

// withdrawn ends a call that the caller gave up before our final response.
func (c *Call) withdrawn(out []Action, now time.Time) []Action {
	out = c.cancelPending(out, now, "ORIGINATOR_CANCEL", "")
	out = append(out, Action{Kind: ActRefuse, Leg: Caller})
	return c.close(out, now)
}

// bye takes a BYE.
func (c *Call) bye(out []Action, now time.Time, l *leg, in Input) []Action {
	out = append(out, Action{Kind: ActRespond, Leg: l.id, Txn: in.Txn, Msg: &sip.Message{Status: 200, Phrase: "OK"}})
	switch {
	case l.id == Caller && c.phase == trying:
		// Rule 2 of outcome/README section 3: a BYE in the early dialog is a withdrawal.
		return c.withdrawn(out, now)
	case c.phase != up || l.id != Caller && l.id != c.other:
		l.state = legDone
		return c.settleEnd(out, now)
	}
	out = c.endRelays(out)
	l.state = legDone
	if o := c.opposite(l.id); o != nil && o.state == legUp {
		out = append(out, Action{Kind: ActBye, Leg: o.id, Dialog: o.dialog})
		o.state = legClosing
	}
	return c.close(out, now)
}

// opposite returns the leg joined with this one, or nil.
func (c *Call) opposite(id LegID) *leg {
	if id == Caller {
		return c.leg(c.other)
	}
	if id == c.other {
		return &c.legs[0]
	}
	return nil
}

// hangUp ends the call by our own decision: the intent first, then what is sent.
func (c *Call) hangUp(out []Action, now time.Time, cause, detail string) []Action {
	switch c.phase {
	case trying:
		return c.refuseAll(out, now, cause, 0, detail)
	case up:
	default:
		return out
	}
	by := "platform"
	if cause == "RECOVERY_ON_TIMER_EXPIRE" || cause == "INVALID_CALL_REFERENCE" {
		by = "network"
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: Caller, Cause: cause, By: by, Text: detail})
	out = c.endRelays(out)
	for i := range c.legs {
		l := &c.legs[i]
		if l.state == legUp {
			out = append(out, Action{Kind: ActBye, Leg: l.id, Dialog: l.dialog})
			l.state = legClosing
		}
	}
	return c.close(out, now)
}

// close marks the terminating event as past: what follows is consequence.
func (c *Call) close(out []Action, now time.Time) []Action {
	if c.phase == trying {
		c.legs[0].refused = true
		c.legs[0].state = legClosing
	}
	c.phase = ending
	c.ringAt, c.progAt, c.maxAt = time.Time{}, time.Time{}, time.Time{}
	c.lingerAt = now.Add(c.opt.Linger)
	for i := range c.legs {
		out = c.closeMedia(out, &c.legs[i])
	}
	return c.settleEnd(out, now)
}

// settleEnd finishes the call when nothing more is expected on any leg.
func (c *Call) settleEnd(out []Action, now time.Time) []Action {
	if c.phase != ending {
		return c.settle(out, now)
	}
	for i := range c.legs {
		if s := c.legs[i].state; s != legDone && s != legIdle {
			return out
		}
	}
	return c.finish(out)
}

// finish gives the call to the outcome and the store.
func (c *Call) finish(out []Action) []Action {
	for i := range c.legs {
		if l := &c.legs[i]; l.state != legDone && l.dialog != 0 {
			out = append(out, Action{Kind: ActRelease, Leg: l.id, Dialog: l.dialog})
		}
	}
	c.phase, c.lingerAt = over, time.Time{}
	return append(out, Action{Kind: ActFinish})
}

// ended takes the news that a dialog cannot go on.
func (c *Call) ended(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil {
		return out
	}
	name, detail := in.Name, in.Name
	switch in.Name {
	case "no_ack":
		name = "2xx"
	case "session_timer":
		name = "session"
	case "no_prack":
		name = "prack"
	case "in_dialog_481":
		name = ""
	}
	if name != "" {
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: name})
	}
	switch {
	case l.state == legClosing:
		l.state = legDone
		return c.settleEnd(out, now)
	case l.id != Caller && l.id != c.other:
		return out
	case in.Name == "in_dialog_481":
		return c.hangUp(out, now, "INVALID_CALL_REFERENCE", detail)
	}
	return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", detail)
}

// command takes an operator's or the server's own word.
func (c *Call) command(out []Action, now time.Time, in Input) []Action {
	if c.phase != trying && c.phase != up {
		return out
	}
	switch in.Name {
	case "hangup":
		out = event(out, now, Event{Kind: EvCommand, Name: in.Name, By: in.By})
		return c.hangUp(out, now, "MANAGER_REQUEST", "")
	case "shutdown":
		return c.hangUp(out, now, "Terminated_From_Server", "shutdown")
	}
	return out
}

// terminated takes the end of a dialog in the stack.
func (c *Call) terminated(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil || l.dialog != 0 && in.Dialog != l.dialog {
		return out
	}
	if l.state == legClosing {
		l.state = legDone
		return c.settleEnd(out, now)
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x |= 0x20
		}
		if 'A' <= y && y <= 'Z' {
			y |= 0x20
		}
		if x != y {
			return false
		}
	}
	return true
}
