package txn

import "time"

// An InviteClient is the INVITE client transaction (RFC 3261 section 17.1.1, RFC 6026 section 7.2).
type InviteClient struct{ machine }

// minTimerD: "an absolute minimum of 32 s is used instead of basing Timer D on
// T1" (RFC 6026 section 8.4), since the server's T1 is not known.
const minTimerD = 32 * time.Second

// NewInviteClient returns the machine of an INVITE that is sent at now; the
// first sending is its maker's.
func NewInviteClient(now time.Time, tm Timers, reliable bool) InviteClient {
	t := InviteClient{machine{born: now, tm: tm, reliable: reliable, state: Calling}}
	// "If an unreliable transport is being used, the client transaction MUST start timer A with a value of T1" (17.1.1.2).
	if !reliable {
		t.startRetry(now, tm.T1)
	}
	// "For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds" (17.1.1.2).
	t.startLife(now, 64*tm.T1)
	return t
}

// Step takes an input and appends what is to be done.
func (t *InviteClient) Step(out []Action, now time.Time, in Input) []Action {
	for w := t.due(now, in); w != 0; w = t.due(now, in) {
		out = t.fire(out, now, w)
	}
	switch t.state {
	case Calling:
		return t.calling(out, now, in)
	case Proceeding:
		return t.proceeding(out, now, in)
	case Completed:
		return t.completed(out, in)
	case Accepted:
		return t.accepted(out, in)
	}
	return out
}

func (t *InviteClient) fire(out []Action, now time.Time, which byte) []Action {
	switch {
	case which == 'r':
		// "When timer A fires, the client transaction MUST retransmit the request ... and MUST reset the timer with a value of 2*T1 ... doubling" (17.1.1.2).
		t.startRetry(now, 2*t.interval)
		return append(out, Action{ActTimer, "A"}, Action{ActAgain, "A"})
	case t.state == Calling:
		// "If the client transaction is still in the "Calling" state when timer B fires, the client transaction SHOULD inform the TU" (17.1.1.2).
		return t.timeout(out, "B")
	case t.state == Completed:
		return t.end(append(out, Action{ActTimer, "D"}))
	}
	// "When Timer M fires ... the machine MUST transition to the "Terminated" state" (RFC 6026 section 7.2).
	return t.end(append(out, Action{ActTimer, "M"}))
}

func (t *InviteClient) calling(out []Action, now time.Time, in Input) []Action {
	if in.Kind == InTransport {
		// "The client transaction SHOULD inform the TU that a failure has occurred, and ... transition directly to the "Terminated" state" (17.1.4).
		return t.end(append(out, Action{Kind: ActFailed}))
	}
	return t.proceeding(out, now, in)
}

func (t *InviteClient) proceeding(out []Action, now time.Time, in Input) []Action {
	switch {
	case in.Kind != InResponse:
		return out
	case in.Status < 200:
		// "In the "Proceeding" state, the client transaction SHOULD NOT retransmit the request any longer.
		// Furthermore, the provisional response MUST be passed to the TU" (17.1.1.2).
		t.state, t.retry, t.life = Proceeding, 0, 0
		return append(out, Action{Kind: ActDeliver})
	case in.Status < 300:
		// "it MUST transition to the "Accepted" state, pass the 2xx response to the TU, and set Timer M to 64*T1" (RFC 6026 section 7.2).
		return t.enter(append(out, Action{Kind: ActDeliver}), now, Accepted, 64*t.tm.T1, "M")
	}
	// "MUST pass the received response up to the TU, and ... MUST generate an ACK request, even if the transport is reliable" (17.1.1.2).
	out = append(out, Action{Kind: ActAck}, Action{Kind: ActDeliver})
	return t.enter(out, now, Completed, t.unlessReliable(max(minTimerD, 64*t.tm.T1)), "D")
}

func (t *InviteClient) completed(out []Action, in Input) []Action {
	switch {
	case in.Kind == InResponse && in.Status >= 300:
		// "MUST cause the ACK to be re-passed to the transport layer for retransmission, but ... MUST NOT be passed up to the TU" (17.1.1.2).
		return append(out, Action{Kind: ActAgain})
	case in.Kind == InTransport:
		return t.end(append(out, Action{Kind: ActFailed}))
	}
	return out
}

func (t *InviteClient) accepted(out []Action, in Input) []Action {
	// "A 2xx response received while in the "Accepted" state MUST be passed to the TU and the machine remains" (RFC 6026 section 7.2).
	if in.Kind == InResponse && in.Status >= 200 && in.Status < 300 {
		return append(out, Action{Kind: ActDeliver})
	}
	return out
}
