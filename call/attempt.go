package call

import "time"

// failedAttempt notes the end of an attempt; when its set has ended, the next step is rung.
func (c *Call) failedAttempt(out []Action, now time.Time, l *leg, cause string) []Action {
	l.state, l.progAt, l.flowAt = legDone, time.Time{}, time.Time{}
	out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: cause, Code: l.code, Text: l.note})
	out = c.closeMedia(out, l)
	out = c.endRelaysOf(out, l)
	if c.early == l.id {
		c.early = 0
	}
	if l.lost && c.otherFlow(l) {
		return c.nextFlow(out, now, l)
	}
	if l.code >= 600 && c.hunting() {
		// RFC 3261 section 16.7 step 5: a 6xx ends the other branches, but "a 2xx
		// that still arrives wins": the caller is told when they have ended.
		c.global = true
		for i := range c.legs[1:] {
			out = c.yield(out, now, &c.legs[i+1])
		}
	}
	return c.settle(out, now)
}

// yield cancels an attempt because of another branch's 6xx; until its final
// response comes it may still win, so its media stays.
func (c *Call) yield(out []Action, now time.Time, l *leg) []Action {
	switch {
	case !l.pending() || l.rival:
		return out
	case l.state != legCalling || l.code != 0:
		return c.cancelLeg(out, now, l, "", "")
	}
	l.state, l.rival, l.progAt, l.flowAt = legClosing, true, time.Time{}, time.Time{}
	out = event(out, now, Event{Kind: EvIntent, Leg: l.id, By: "platform"})
	if l.root != 0 {
		return out // the CANCEL is that of the leg it was forked from
	}
	return append(out, Action{Kind: ActCancel, Leg: l.id, Dialog: l.dialog})
}

// settle goes on when nothing of the current set is pending.
func (c *Call) settle(out []Action, now time.Time) []Action {
	if !c.hunting() {
		return out
	}
	for i := range c.legs[1:] {
		if c.legs[i+1].pending() {
			return out
		}
	}
	return c.next(out, now)
}

// giveUp refuses the caller with the best of what the attempts gave.
func (c *Call) giveUp(out []Action, now time.Time) []Action {
	if c.phase == up {
		return c.huntFailed(out, now)
	}
	if c.app.dialing {
		return c.dialled(out)
	}
	if c.attempts == 0 {
		return c.refuse(out, now, "NO_ROUTE_DESTINATION", 0, "")
	}
	out = append(out, Action{Kind: ActRefuse, Leg: Caller})
	return c.close(out, now)
}

// ringOver ends every attempt still pending; a late answer then gets ACK and BYE (outcome/README section 3 rule 1).
func (c *Call) ringOver(out []Action, now time.Time) []Action {
	if !c.hunting() {
		return out
	}
	return c.settle(c.ringOut(out, now, "ring"), now)
}

// ringOut ends the attempts still pending as not answered.
func (c *Call) ringOut(out []Action, now time.Time, timer string) []Action {
	for i := range c.legs[1:] {
		l := &c.legs[i+1]
		if !l.pending() {
			continue
		}
		if timer != "" && !l.rival && l.state == legCalling {
			out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: timer})
		}
		cause := "NO_USER_RESPONSE"
		switch {
		case l.alerted:
			cause = "NO_ANSWER"
		case l.state == legOpening:
			cause = "BEARERCAPABILITY_NOTAVAIL" // the media path never gave it an address
		}
		out = c.cancelLeg(out, now, l, cause, "")
	}
	return out
}

// expired refuses the caller, whose INVITE is valid no longer.
func (c *Call) expired(out []Action, now time.Time) []Action {
	if c.phase != trying || c.other != 0 {
		return out
	}
	out = event(out, now, Event{Kind: EvTimer, Leg: Caller, Name: "expires"})
	cause := "NO_USER_RESPONSE"
	for i := range c.legs {
		if c.legs[i].alerted {
			cause = "NO_ANSWER"
		}
	}
	out = c.ringOut(out, now, "")
	// RFC 3261 section 13.3.1: "If the invitation expires before the UAS has
	// generated a final response, a 487 (Request Terminated) response SHOULD be generated."
	return c.refuse(out, now, cause, 487, "expires")
}

// noProgress ends an attempt that gave no 18x in time.
func (c *Call) noProgress(out []Action, now time.Time, l *leg) []Action {
	if !c.hunting() || l.state != legCalling || l.progress {
		return out
	}
	out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "progress"})
	out = c.cancelLeg(out, now, l, "PROGRESS_TIMEOUT", "")
	return c.settle(out, now)
}

// cancelPending ends every pending attempt of the call.
func (c *Call) cancelPending(out []Action, now time.Time, cause, detail string) []Action {
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.pending() {
			out = c.cancelLeg(out, now, l, cause, detail)
		}
	}
	return out
}

// cancelKin cancels an attempt with all its branches.
func (c *Call) cancelKin(out []Action, now time.Time, l *leg, cause, detail string) []Action {
	root := c.inviter(l)
	for i := range c.legs[1:] {
		if k := &c.legs[i+1]; k.pending() && c.kin(k, root) {
			out = c.cancelLeg(out, now, k, cause, detail)
		}
	}
	return out
}

// cancelLeg stores why, then cancels an attempt.
func (c *Call) cancelLeg(out []Action, now time.Time, l *leg, cause, detail string) []Action {
	l.progAt, l.startAt, l.flowAt = time.Time{}, time.Time{}, time.Time{}
	out = c.endRelaysOf(out, l)
	if c.early == l.id {
		c.early = 0
	}
	switch {
	case l.rival:
		l.rival = false // it was cancelled before
		return c.closeMedia(out, l)
	case l.state == legIdle:
		l.state = legDone
		return out
	case l.state == legOpening, l.code != 0:
		// Its INVITE has not gone, or it has its final response and waits to be forwarded.
		if l.code != 0 {
			cause = ""
		}
		l.state = legDone
		out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: cause, Code: l.code})
		return c.closeMedia(out, l)
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: l.id, Cause: cause, By: "platform", Text: detail})
	if l.root == 0 {
		out = append(out, Action{Kind: ActCancel, Leg: l.id, Dialog: l.dialog})
	}
	l.state = legClosing
	return c.closeMedia(out, l)
}
