package txn

import "time"

// A Client is the non-INVITE client transaction (RFC 3261 section 17.1.2).
type Client struct{ machine }

// NewClient returns the machine of a request that is sent at now; the first
// sending is its maker's.
func NewClient(now time.Time, tm Timers, reliable bool) Client {
	t := Client{machine{born: now, tm: tm, reliable: reliable, state: Trying}}
	// "If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds" (17.1.2.2).
	if !reliable {
		t.startRetry(now, tm.T1)
	}
	// "When entering this state, the client transaction SHOULD set timer F to fire in 64*T1 seconds" (17.1.2.2).
	t.startLife(now, 64*tm.T1)
	return t
}

// Step takes an input and appends what is to be done.
func (t *Client) Step(out []Action, now time.Time, in Input) []Action {
	for w := t.due(now, in); w != 0; w = t.due(now, in) {
		out = t.fire(out, now, w)
	}
	switch t.state {
	case Trying, Proceeding:
		return t.waiting(out, now, in)
	}
	// "The "Completed" state exists to buffer any additional response retransmissions" (17.1.2.2).
	return out
}

func (t *Client) fire(out []Action, now time.Time, which byte) []Action {
	switch {
	case which == 'r' && t.state == Trying:
		// "If timer E fires while still in this state, the timer is reset, but this time with a value of MIN(2*T1, T2)" (17.1.2.2).
		t.startRetry(now, min(2*t.interval, t.tm.T2))
		return append(out, Action{ActTimer, "E"}, Action{ActAgain, "E"})
	case which == 'r':
		// "If Timer E fires while in the "Proceeding" state ... Timer E MUST be reset with a value of T2 seconds" (17.1.2.2).
		t.startRetry(now, t.tm.T2)
		return append(out, Action{ActTimer, "E"}, Action{ActAgain, "E"})
	case t.state == Completed:
		// "If Timer K fires while in this state, the client transaction MUST transition to the "Terminated" state" (17.1.2.2).
		return t.end(append(out, Action{ActTimer, "K"}))
	}
	// "If Timer F fires ... the client transaction SHOULD inform the TU about the timeout" (17.1.2.2).
	return t.timeout(out, "F")
}

func (t *Client) waiting(out []Action, now time.Time, in Input) []Action {
	switch {
	case in.Kind == InTransport:
		// "The client transaction SHOULD inform the TU that a failure has occurred" (17.1.4).
		return t.end(append(out, Action{Kind: ActFailed}))
	case in.Kind != InResponse:
		return out
	case in.Status < 200:
		t.state = Proceeding
		return append(out, Action{Kind: ActDeliver})
	}
	// "If a final response (status codes 200-699) is received ... the client transaction MUST transition to the "Completed" state" (17.1.2.2).
	return t.enter(append(out, Action{Kind: ActDeliver}), now, Completed, t.unlessReliable(t.tm.T4), "K")
}
