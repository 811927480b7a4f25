package call

import (
	"time"

	"onhook/sip"
)

// A When is a set of conditions under which calls of an extension go elsewhere.
type When uint8

// The conditions. The first three are what the attempts of a step came to, the
// nearest to somebody first (outcome/README section 6).
const (
	WhenBusy        When = 1 << iota // a phone of it said 486, or it does not want to be called
	WhenNoAnswer                     // it rang and nobody answered
	WhenUnreachable                  // none of its phones could be reached
	WhenAlways
	WhenRedirected // a phone of it answered 3xx
	WhenDND        // it does not want to be called: another word for busy
)

// WhenAny are the conditions that attempts can come to.
const WhenAny = WhenBusy | WhenNoAnswer | WhenUnreachable

// A Forwarded is an extension that was not called: its calls go elsewhere, to
// the step that names it. It is a leg of the record all the same.
type Forwarded struct {
	Name  string
	URI   string // its address of record
	Cause string // the leg's reason: CALL_FORWARD or, before a mailbox, why it could not be called
}

// forwarded notes the extensions that a step stands for, and tells the caller.
func (c *Call) forwarded(out []Action, now time.Time, s *Step) []Action {
	if len(s.Forwarded) == 0 {
		return out
	}
	for _, f := range s.Forwarded {
		var id LegID
		out, id = c.uncalled(out, now, f)
		out = event(out, now, Event{Kind: EvLegEnded, Leg: id, Cause: f.Cause})
	}
	return c.tellForwarded(out, now)
}

// tellForwarded sends the caller 181 (RFC 3261 section 21.1.3: "a server MAY use
// this status code to indicate that the call is being forwarded to a different set
// of destinations").
func (c *Call) tellForwarded(out []Action, now time.Time) []Action {
	if c.phase != trying {
		return out
	}
	return c.tell(out, now, &sip.Message{Status: 181, Phrase: "Call Is Being Forwarded"}, false)
}

// next goes on after a set of attempts that all have failed: where the extension
// that it was wants its calls to go, or to the next step.
func (c *Call) next(out []Action, now time.Time) []Action {
	switch {
	case c.forward != 0:
		return out // it is being asked where to
	case c.step == 0 || c.global:
		return c.dial(out, now)
	}
	s := &c.steps[c.step-1]
	l, when := c.cameTo()
	if when&s.Forward == 0 {
		return c.dial(out, now)
	}
	c.forward, c.ringAt = l.id, time.Time{}
	return append(out, Action{Kind: ActForward, Leg: l.id, Target: s.User, Diverted: &Diversion{
		Before: l.target.Diverted, User: s.User, URI: l.target.To, When: when, Code: l.code,
	}})
}

// cameTo is the best that the attempts of the present set came to, and which of
// them; 0: nothing that a forward is for.
func (c *Call) cameTo() (best *leg, when When) {
	for i := range c.legs[1:] {
		l := &c.legs[i+1]
		if l.set != c.set || l.root != 0 || l.replaced {
			continue
		}
		if w := c.attemptCameTo(l); w != 0 && (when == 0 || w < when) {
			best, when = l, w
		}
	}
	return best, when
}

// attemptCameTo is what one attempt came to. A 6xx is nobody's to forward: RFC
// 3261 section 21.6, "the server has definitive information about a particular
// user, not just the particular instance indicated in the Request-URI".
func (c *Call) attemptCameTo(l *leg) When {
	if l.answered {
		return 0 // its answer could not be used
	}
	switch code := l.code; {
	case code == 486, l.busy:
		return WhenBusy
	case code == 0 || code == 408 || code == 480 || code == 487:
		for i := range c.legs[1:] {
			if k := &c.legs[i+1]; k.alerted && c.kin(k, l) {
				return WhenNoAnswer
			}
		}
		return WhenUnreachable
	case code == 404 || code == 410 || code == 430 || code >= 500 && code < 600:
		return WhenUnreachable
	}
	return 0
}

// forwardedTo learns where an extension's calls go.
func (c *Call) forwardedTo(out []Action, now time.Time, in Input) []Action {
	l := c.leg(c.forward)
	if l == nil || in.Leg != l.id {
		return out
	}
	c.forward = 0
	if !c.hunting() {
		return out
	}
	loop := in.Cause == loopCause
	if len(in.Steps) == 0 && !loop {
		return c.dial(out, now) // nowhere: what the attempts came to stays
	}
	if loop || !in.Steps[0].Mailbox() {
		for i := range c.legs[1:] {
			if k := &c.legs[i+1]; k.set == c.set && k.root == 0 {
				out = event(out, now, Event{Kind: EvLegEnded, Leg: k.id, Cause: "CALL_FORWARD", Code: k.code})
			}
		}
	}
	if loop {
		return c.dial(c.looped(out, now, in.Name), now)
	}
	c.insert(in.Steps)
	if len(in.Steps[0].Forwarded) == 0 {
		out = c.tellForwarded(out, now)
	}
	return c.dial(out, now)
}

// looped notes the attempt to call an extension that the call has been to before.
// reasons.csv: a "forward or 302 chain that comes back to a target already tried".
func (c *Call) looped(out []Action, now time.Time, name string) []Action {
	out, id := c.uncalled(out, now, Forwarded{Name: name})
	out = event(out, now, Event{Kind: EvIntent, Leg: id, Cause: loopCause, By: "platform", Text: "forward_loop"})
	return event(out, now, Event{Kind: EvLegEnded, Leg: id})
}

// uncalled makes the leg of an extension that is not called.
func (c *Call) uncalled(out []Action, now time.Time, f Forwarded) ([]Action, LegID) {
	c.set++
	c.attempts++
	l := leg{id: LegID(len(c.legs) + 1), peer: PeerPhone, name: f.Name, state: legDone, attempt: c.attempts, set: c.set}
	c.legs = append(c.legs, l)
	return event(out, now, Event{Kind: EvLeg, Leg: l.id, Peer: l.peer, Name: l.name, Text: f.URI, Attempt: l.attempt, Set: l.set}), l.id
}

// loopCause is the reason of what leads back to where the call was.
const loopCause = "EXCHANGE_ROUTING_ERROR"

// Mailbox tells whether a step is a mailbox. The leg whose call it takes keeps
// its own reason (outcome/README section 7).
func (s *Step) Mailbox() bool {
	const kind = "voicemail:"
	return len(s.Targets) > 0 && len(s.Targets[0].App) > len(kind) && s.Targets[0].App[:len(kind)] == kind
}

// insert has steps tried before those that are left.
func (c *Call) insert(steps []Step) {
	rest := append([]Step(nil), c.steps[c.step:]...)
	c.steps = append(append(c.steps[:c.step:c.step], steps...), rest...)
}
