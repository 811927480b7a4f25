package call

import "time"

// decided tells whether the set rung last ended by what the party, or who speaks
// for it, said: then another way to the same party would hear the same, or ring
// it twice. A way that failed is one that gave a 5xx, no reply, or no final
// response before it alerted anybody.
func (c *Call) decided() bool {
	for i := range c.legs[1:] {
		if l := &c.legs[i+1]; l.set == c.set && l.decided() {
			return true
		}
	}
	return false
}

func (l *leg) decided() bool {
	switch {
	case l.code >= 500:
		// RFC 3261 section 21.5: "5xx responses are failure responses given when a
		// server itself has erred"; a transport failure counts as 503 (8.1.3.1). A
		// 6xx ends the whole list elsewhere.
		return false
	case l.code == 0 || l.code == 408:
		// Ended by a timer of ours, or by none of theirs.
		return l.alerted
	}
	return true
}

// turnedAway ends an attempt whose INVITE was not sent.
func (c *Call) turnedAway(out []Action, now time.Time, in Input) []Action {
	l := c.leg(in.Leg)
	if l == nil || l.state != legCalling || l.code != 0 {
		return out
	}
	l.note, l.busy = in.Text, in.Cause == "USER_BUSY"
	return c.failedAttempt(out, now, l, in.Cause)
}
