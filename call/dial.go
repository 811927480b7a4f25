package call

import (
	"net/netip"
	"time"

	"onhook/sip"
)

type addrPort = netip.AddrPort

// dial rings the next step of the plan, or gives up: then the outcome chooses among the attempts.
func (c *Call) dial(out []Action, now time.Time) []Action {
	c.ringAt, c.progAt = time.Time{}, time.Time{}
	for c.step < len(c.steps) && !c.global {
		s := c.steps[c.step]
		c.step++
		if len(s.Targets) == 0 {
			continue
		}
		if s.Targets[0].Echo {
			return c.answerApp(out, now, "echo")
		}
		return c.ring(out, now, s)
	}
	return c.giveUp(out, now)
}

// ring calls every target of a step.
func (c *Call) ring(out []Action, now time.Time, s Step) []Action {
	c.set++
	wait := s.Ring
	if wait == 0 {
		wait = c.opt.Ring
	}
	if wait > 0 {
		c.ringAt = now.Add(wait)
	}
	if c.opt.Progress > 0 {
		c.progAt = now.Add(c.opt.Progress)
	}
	first := len(c.legs)
	for _, t := range s.Targets {
		c.attempts++
		l := leg{id: LegID(len(c.legs) + 1), peer: t.Peer, name: t.Name, target: t, v6: t.V6, attempt: c.attempts, set: c.set}
		l.origin.session = c.legs[0].origin.session + uint64(l.id)
		if t.Delay > 0 {
			l.startAt = now.Add(t.Delay)
		}
		c.legs = append(c.legs, l)
		c.tried = append(c.tried, t.URI)
	}
	for i := first; i < len(c.legs); i++ {
		if c.legs[i].startAt.IsZero() && c.phase == trying {
			out = c.open(out, now, c.legs[i].id)
		}
	}
	return out
}

// open begins one attempt: its media first, then its INVITE.
func (c *Call) open(out []Action, now time.Time, id LegID) []Action {
	l := c.leg(id)
	l.state = legCalling
	out = event(out, now, Event{Kind: EvLeg, Leg: id, Peer: l.peer, Name: l.name, Text: l.target.URI, Attempt: l.attempt, Set: l.set})
	if c.opt.Relay && c.hasOffer {
		return append(out, Action{Kind: ActMediaOpen, Leg: id, N: len(c.offer.streams), V6: l.v6})
	}
	return c.invite(out, id)
}

// mediaReady goes on with what waited for local addresses.
func (c *Call) mediaReady(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil || c.phase != trying {
		return out
	}
	if in.Err != nil {
		if in.Leg == Caller {
			return c.refuse(out, now, "BEARERCAPABILITY_NOTAVAIL", 0, in.Err.Error())
		}
		l.state = legDone
		out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: "BEARERCAPABILITY_NOTAVAIL", Text: in.Err.Error()})
		return c.refuseAll(out, now, "BEARERCAPABILITY_NOTAVAIL", 0, in.Err.Error())
	}
	l.local, l.mediaOn = in.Local, true
	switch {
	case c.other != 0:
		// An answered attempt whose 2xx made the offer waited for both legs' addresses.
		if o := c.leg(c.other); o.mediaOn && c.legs[0].mediaOn {
			return c.connectDelayed(out, now, o)
		}
		return out
	case in.Leg == Caller:
		return c.dial(out, now)
	}
	return c.invite(out, in.Leg)
}

// invite sends a leg's INVITE.
func (c *Call) invite(out []Action, id LegID) []Action {
	l := c.leg(id)
	a := c.start.Invite
	m := &sip.Message{Method: sip.INVITE, URI: l.target.URI, Headers: make([]sip.Header, 0, 20)}
	to := l.target.To
	if to == "" {
		to = l.target.URI
	}
	m.Add(sip.HFrom, c.start.From)
	m.Add(sip.HTo, "<"+to+">")
	// RFC 3261 section 16.6 step 3, taken over by B2BUAs so that loops through them end (RFC 7092).
	hops := 70
	if n, ok := a.MaxForwards(); ok {
		hops = n
	}
	m.Add(sip.HMaxForwards, itoa(max(hops-1, 0)))
	m.Headers = append(m.Headers, l.target.Headers...)
	for i := range a.Headers {
		if passes(a.Headers[i].ID) {
			m.Headers = append(m.Headers, a.Headers[i])
		}
	}
	m.Add(sip.HXCID, a.CallID())
	if c.hasOffer {
		m.Add(sip.HContentType, "application/sdp")
		m.Body = c.describe(l, &c.offer)
	}
	return append(out, Action{Kind: ActInvite, Leg: id, Msg: m, Dest: l.target.Dest, Peer: l.peer, Target: l.name})
}

// passes tells which headers of the caller's INVITE the callee sees as they are.
func passes(id sip.HeaderID) bool {
	switch id {
	case sip.HAlertInfo, sip.HCallInfo, sip.HSubject, sip.HPriority, sip.HPrivacy, sip.HDiversion, sip.HHistoryInfo, sip.HSessionID, sip.HDate, sip.HOrganization:
		return true
	}
	return false
}

// describe returns a description of the other party as this leg shall see it.
func (c *Call) describe(l *leg, d *description) string {
	if !c.opt.Relay {
		return d.text
	}
	return d.rewrite(&l.origin, l.local)
}

// pending tells whether an attempt can still be answered.
func (l *leg) pending() bool { return l.state == legIdle || l.state == legCalling }

// failedAttempt notes the end of an attempt; when its set has ended, the next step is rung.
func (c *Call) failedAttempt(out []Action, now time.Time, l *leg, cause string) []Action {
	l.state = legDone
	out = event(out, now, Event{Kind: EvLegEnded, Leg: l.id, Cause: cause, Code: l.code})
	out = c.closeMedia(out, l)
	if l.code >= 600 {
		// RFC 3261 section 16.7 step 5: a 6xx ends the other branches.
		c.global = true
		out = c.cancelPending(out, now, "", "")
	}
	return c.settle(out, now)
}

// settle goes on when nothing of the current set is pending.
func (c *Call) settle(out []Action, now time.Time) []Action {
	if c.phase != trying {
		return out
	}
	for i := range c.legs[1:] {
		if c.legs[i+1].pending() {
			return out
		}
	}
	return c.dial(out, now)
}

// giveUp refuses the caller with the best of what the attempts gave.
func (c *Call) giveUp(out []Action, now time.Time) []Action {
	if c.attempts == 0 {
		return c.refuse(out, now, "NO_ROUTE_DESTINATION", 0, "")
	}
	out = append(out, Action{Kind: ActRefuse, Leg: Caller})
	return c.close(out, now)
}

// ringOver ends every attempt still pending; a late answer then gets ACK and BYE (outcome/README section 3 rule 1).
func (c *Call) ringOver(out []Action, now time.Time) []Action {
	if c.phase != trying {
		return out
	}
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.pending() {
			out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "ring"})
			cause := "NO_USER_RESPONSE"
			if l.alerted {
				cause = "NO_ANSWER"
			}
			out = c.cancelLeg(out, now, l, cause, "")
		}
	}
	return c.settle(out, now)
}

// noProgress ends the attempts that gave no 18x in time.
func (c *Call) noProgress(out []Action, now time.Time) []Action {
	if c.phase != trying {
		return out
	}
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.state == legCalling && !l.progress {
			out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: "progress"})
			out = c.cancelLeg(out, now, l, "PROGRESS_TIMEOUT", "")
		}
	}
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

// cancelLeg stores why, then cancels an attempt.
func (c *Call) cancelLeg(out []Action, now time.Time, l *leg, cause, detail string) []Action {
	if l.state == legIdle {
		l.state, l.startAt = legDone, time.Time{}
		return out
	}
	out = event(out, now, Event{Kind: EvIntent, Leg: l.id, Cause: cause, By: "platform", Text: detail})
	out = append(out, Action{Kind: ActCancel, Leg: l.id, Dialog: l.dialog})
	l.state = legClosing
	return c.closeMedia(out, l)
}

func (c *Call) closeMedia(out []Action, l *leg) []Action {
	if l.mediaOn {
		l.mediaOn = false
		out = append(out, Action{Kind: ActMediaClose, Leg: l.id})
	}
	return out
}
