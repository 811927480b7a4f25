package call

import "time"

// mostOwed bounds how often a party is offered again what it could not take.
const mostOwed = 5

// A debt is an offer of our own that a party is still to be made: another one was under
// way when it was to be made, or the party was about to make one itself (491).
type debt struct {
	open    bool
	again   bool      // it is the description of who has answered (offerAgain), not a session that goes both ways
	refused bool      // it has been made, and was answered 491
	at      time.Time // not before; zero: at once
	tries   int
}

// owe notes that an offer is to be made later.
func (l *leg) owe(now time.Time, wait time.Duration, d debt) {
	if d.tries = l.debt.tries + 1; d.tries > mostOwed {
		return
	}
	d.open = true
	if wait > 0 {
		d.at = now.Add(wait)
	}
	l.debt = d
}

// refused491 takes a 491 to an offer of our own. RFC 3261 section 14.1: "it SHOULD start a
// timer with a value T [...] When the timer fires, the UAC SHOULD attempt the re-INVITE
// once more, if it still desires for that session modification to take place."
func (c *Call) refused491(out []Action, now time.Time, l *leg, r *relay, wait time.Duration) []Action {
	if c.phase == up && l.state == legUp {
		l.owe(now, wait, debt{again: !r.own, refused: true})
	}
	return out
}

// payDebts makes the offers that are owed, where they can be made now.
func (c *Call) payDebts(out []Action, now time.Time) []Action {
	for i := range c.legs {
		l := &c.legs[i]
		switch {
		case !l.debt.open:
			continue
		case c.phase != up || l.state != legUp:
			l.debt = debt{}
			continue
		case !l.debt.at.IsZero() && l.debt.at.After(now), c.negotiating(l.id):
			if due(l.debt.at, now) {
				l.debt.at = time.Time{} // when that is over
			}
			continue
		}
		l.debt.open, l.debt.at = false, time.Time{}
		if l.debt.again {
			out = c.offerAgain(out, now)
		} else {
			out = c.resume(out, now, l, l.debt.refused)
		}
	}
	return out
}
