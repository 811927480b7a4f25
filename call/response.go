package call

import (
	"time"

	"onhook/sip"
)

// response takes a response on a leg.
func (c *Call) response(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil {
		return out
	}
	if l.id == Caller || l.answered || in.Method != sip.INVITE {
		return c.relayed(out, now, l, in)
	}
	if l.state == legIdle || l.state == legOpening {
		return out // nothing was sent on it
	}
	c.inviter(l).flowAt = time.Time{}
	switch code := in.Msg.Status; {
	case code == 100:
		return out
	case code < 200:
		return c.provisional(out, now, l, in)
	case code < 300:
		return c.answer(out, now, l, in)
	default:
		return c.rejected(out, now, l, in.Msg)
	}
}

// rejected takes a final response that is not a 2xx.
func (c *Call) rejected(out []Action, now time.Time, l *leg, m *sip.Message) []Action {
	l.progAt = time.Time{}
	out = c.endBranches(out, now, l)
	if l.state == legClosing {
		return c.gone(out, now, l)
	}
	if l.state != legCalling || l.code != 0 {
		return out
	}
	l.code = m.Status
	// RFC 5626 section 7: after a final response "other than a 408 (Request Timeout) or a
	// 430 (Flow Failed) response, the proxy MUST NOT forward the same request to another
	// target representing the same AOR and instance-id".
	l.lost = l.code == 430 || l.code == 408 && !l.progress
	if out, ok := c.redirected(out, now, l, m); ok {
		return out
	}
	return c.failedAttempt(out, now, l, "")
}

// gone notes that nothing more is expected of a leg that we ended.
func (c *Call) gone(out []Action, now time.Time, l *leg) []Action {
	l.state, l.rival = legDone, false
	out = c.closeMedia(out, l)
	return c.settleEnd(out, now)
}

// timeout takes the end of a transaction without a final response.
func (c *Call) timeout(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil || l.unasked(in.Method) {
		return out
	}
	out = event(out, now, Event{Kind: EvTimer, Leg: l.id, Name: in.Name, Text: string(in.Method)})
	return c.noFinal(out, now, l, in, 408)
}

// failed takes the news that a request could not be delivered, or, with Txn 0
// in a dialog, that it was not even tried.
func (c *Call) failed(out []Action, now time.Time, in Input) []Action {
	out, l := c.at(out, now, in)
	if l == nil || l.unasked(in.Method) {
		return out
	}
	if in.Txn != 0 || !l.answered {
		out = event(out, now, Event{Kind: EvTransportFailed, Leg: l.id, Name: string(in.Method), Text: in.Name})
	}
	return c.noFinal(out, now, l, in, 503)
}

// noFinal ends what waited for a final response (RFC 3261 section 8.1.3.1: as a 408 or 503).
func (c *Call) noFinal(out []Action, now time.Time, l *leg, in Input, code int) []Action {
	switch {
	case in.Method == sip.INVITE && !l.answered && l.id != Caller:
		if l.root != 0 {
			return out // the leg that it was forked from is told
		}
		out = c.endBranches(out, now, l)
		if l.state == legClosing {
			return c.gone(out, now, l)
		}
		if l.state != legCalling || l.code != 0 {
			return out
		}
		l.code, l.lost = code, code == 503 || !l.progress
		return c.failedAttempt(out, now, l, "")
	case in.Method == sip.BYE || in.Method == sip.CANCEL:
		if l.state == legClosing {
			return c.gone(out, now, l)
		}
		return out
	}
	return c.unanswered(out, now, l, in, code)
}
