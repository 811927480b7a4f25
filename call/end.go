package call

import (
	"strconv"
	"time"

	"onhook/sip"
)

// refuse ends an unanswered call with a reason of our own: the intent first, then what is sent.
func (c *Call) refuse(out []Action, now time.Time, cause string, code int, detail string) []Action {
	if !c.unfinal() {
		return out
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: Caller, Cause: cause, By: "platform", Code: code, Text: detail})
	out = c.cancelPending(out, now, cause, "")
	r := Action{Kind: ActRefuse, Leg: Caller}
	if c.start.Cause != "" {
		r.Msg = &sip.Message{Headers: c.start.Reply}
	}
	return c.close(append(out, r), now)
}

// cancelled takes the caller's CANCEL. That of a re-INVITE, which comes when no
// INVITE of the call's begin can be meant any more, ends nothing: the other party
// has been asked, and its answer is the re-INVITE's, as if the CANCEL had crossed it
// (RFC 3261 section 9.2: after a final response it "has no effect on the processing of the original request").
func (c *Call) cancelled(out []Action, now time.Time, in Input) []Action {
	if in.Leg != Caller || !c.unfinal() {
		return out
	}
	// RFC 3262 section 3 keeps our 2xx back until a reliable 18x is acknowledged: until then the call is up and can be cancelled.
	c.legs[0].state = legClosing
	return c.withdrawn(out, now)
}

// withdrawn ends a call that the caller gave up before our final response.
func (c *Call) withdrawn(out []Action, now time.Time) []Action {
	out = c.cancelPending(out, now, "ORIGINATOR_CANCEL", "")
	out = append(out, Action{Kind: ActRefuse, Leg: Caller})
	return c.close(out, now)
}

// bye takes a BYE. It is always answered by 200 (RFC 3261 section 15.1.2).
func (c *Call) bye(out []Action, now time.Time, l *leg, in Input) []Action {
	out = append(out, Action{Kind: ActRespond, Leg: l.id, Txn: in.Txn, Msg: &sip.Message{Status: 200, Phrase: "OK"}})
	switch {
	case l.id == Caller && c.unfinal():
		// Rule 2 of outcome/README section 3: a BYE in the early dialog is a withdrawal.
		return c.withdrawn(out, now)
	case !l.answered:
		// RFC 3261 section 15: "the callee's UA MUST NOT send a BYE on early dialogs":
		// its answer to the INVITE is still to come.
		return out
	case c.unfinal() && l.state == legUp:
		l.state = legDone
		return c.refuse(out, now, "NORMAL_TEMPORARY_FAILURE", 0, "the callee left before the caller could be joined")
	case c.phase != up || l.id != c.a && l.id != c.other:
		return c.gone(out, now, l)
	case l.id == c.transfer.by && c.transfer.routed:
		// The end of a transferor's leg is not the call's (outcome/README section 3).
		return c.gone(out, now, l)
	}
	l.state = legDone
	out = c.cancelPending(out, now, "ORIGINATOR_CANCEL", "")
	return c.close(out, now)
}

// hangUp ends the call by our own decision: the intent first, then what is sent.
func (c *Call) hangUp(out []Action, now time.Time, cause, detail string) []Action {
	switch {
	case c.unfinal():
		return c.refuse(out, now, cause, 0, detail)
	case c.phase != up:
		return out
	}
	by := "platform"
	if cause == "RECOVERY_ON_TIMER_EXPIRE" || cause == "INVALID_CALL_REFERENCE" {
		by = "network"
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: c.seat(), Cause: cause, By: by, Text: detail})
	out = c.cancelPending(out, now, cause, "")
	return c.close(out, now)
}

// close marks the terminating event as past: every leg that is up gets BYE,
// and what follows is consequence.
func (c *Call) close(out []Action, now time.Time) []Action {
	if a := &c.legs[0]; c.unfinal() && a.state != legDone {
		a.state = legClosing
	}
	c.phase, c.withheld = ending, false
	c.ringAt, c.expireAt, c.toldAt, c.maxAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	c.lingerAt = now.Add(c.opt.Linger)
	out = c.endRelays(out)
	out = c.endApp(out)
	c.hunt.on = false
	for i := range c.legs {
		if l := &c.legs[i]; l.state == legUp {
			out = l.bye(out, "")
		}
	}
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
		l := &c.legs[i]
		if l.state != legDone && l.state != legIdle || l.media == mediaAsked {
			return out
		}
	}
	return c.finish(out)
}

// finish gives the call to the outcome and the store.
func (c *Call) finish(out []Action) []Action {
	for i := range c.legs {
		l := &c.legs[i]
		if l.media != mediaOff {
			l.media = mediaOff
			out = append(out, Action{Kind: ActMediaClose, Leg: l.id})
		}
		out = l.release(out)
	}
	c.phase, c.lingerAt = over, time.Time{}
	return append(out, Action{Kind: ActFinish})
}

// ended takes the news that a dialog cannot go on.
func (c *Call) ended(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil {
		return out
	}
	switch in.Name {
	case "no_ack":
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "2xx"})
	case "session_timer":
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "session"})
	case "no_prack":
		out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "prack"})
	}
	if l.state == legClosing || l.state == legDone || l.id != c.a && l.id != c.other {
		return out
	}
	if in.Name == "in_dialog_481" {
		return c.hangUp(out, now, "INVALID_CALL_REFERENCE", in.Name)
	}
	return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", in.Name)
}

// command takes an operator's or the server's own word.
func (c *Call) command(out []Action, now time.Time, in Input) []Action {
	if c.phase != trying && c.phase != up {
		return c.commanded(out, "the call is over")
	}
	switch in.Name {
	case CmdTransfer, CmdJoin, CmdHold, CmdResume, CmdPlay, CmdRedirect:
		return c.order(out, now, in)
	case "hangup":
		out = c.commanded(out, "")
		out = event(out, now, Event{Kind: EvCommand, Name: in.Name, By: in.By})
		return c.hangUp(out, now, "MANAGER_REQUEST", "")
	case "disk_full":
		// Its start could not be stored, and no call may be without a record.
		if c.phase == trying {
			return c.hangUp(out, now, "NORMAL_TEMPORARY_FAILURE", "disk_full")
		}
	case "disk_busy":
		// As before, but the disk has room and is only behind: an overload.
		if c.phase == trying {
			return c.hangUp(out, now, "SWITCH_CONGESTION", "overload")
		}
	case "gone":
		// The dialog that the caller was to replace has ended meanwhile.
		return c.hangUp(out, now, "INVALID_CALL_REFERENCE", "replaced dialog has ended")
	case "shutdown":
		return c.hangUp(out, now, "Terminated_From_Server", "shutdown")
	}
	return out
}

// terminated takes the end of a dialog in the stack.
func (c *Call) terminated(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil || l.dialog != 0 && in.Dialog != l.dialog {
		return out
	}
	l.left = false
	switch {
	case l.root != 0 && !l.answered && l.state != legDone:
		// The INVITE's final response, which its own leg is told, has ended this branch.
		out = c.branchOver(out, now, l, "")
		out = c.closeMedia(out, l)
		return c.settleEnd(out, now)
	case l.state == legClosing:
		return c.gone(out, now, l)
	case l.state == legUp, l.id == Caller && l.state == legCalling:
		// Nobody ended it here; nothing can be sent on it any more.
		l.state = legDone
		return c.hangUp(out, now, "RECOVERY_ON_TIMER_EXPIRE", "dialog_lost")
	}
	return out // an attempt's ring timer sees to it
}

func itoa(n int) string { return strconv.Itoa(n) }
