package txn

import "time"

// An InviteServer is the INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1).
type InviteServer struct {
	machine
	held bool // a provisional response went, so there is one to repeat
}

// answerTime is how long the user has before a 100 goes by itself: "unless it
// knows that the TU will generate a provisional or final response within 200
// ms" (17.2.1).
const answerTime = 200 * time.Millisecond

// NewInviteServer returns the machine of an INVITE that came at now; giving it
// to the user is its maker's.
func NewInviteServer(now time.Time, tm Timers, reliable bool) InviteServer {
	t := InviteServer{machine: machine{born: now, tm: tm, reliable: reliable, state: Proceeding}}
	t.startRetry(now, answerTime)
	return t
}

// Step takes an input and appends what is to be done.
func (t *InviteServer) Step(out []Action, now time.Time, in Input) []Action {
	for w := t.due(now, in); w != 0; w = t.due(now, in) {
		out = t.fire(out, now, w)
	}
	if in.Kind == InTransport && t.state != Terminated && t.state != Confirmed {
		// "A server transaction MUST NOT discard transaction state based only on encountering a non-recoverable
		// transport error when sending a response" (RFC 6026 section 7.1): the user learns it, the state stays.
		return append(out, Action{Kind: ActFailed})
	}
	switch t.state {
	case Proceeding:
		return t.proceeding(out, now, in)
	case Completed:
		return t.completed(out, now, in)
	case Accepted:
		return t.accepted(out, in)
	}
	// "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive" (17.2.1).
	return out
}

func (t *InviteServer) fire(out []Action, now time.Time, which byte) []Action {
	switch {
	case which == 'r' && t.state == Proceeding:
		// "The server transaction MUST generate a 100 (Trying) response unless ... within 200 ms" (17.2.1).
		t.held = true
		return append(out, Action{ActTimer, "100"}, Action{Kind: ActTrying})
	case which == 'r':
		// "If timer G fires, the response is passed to the transport layer once more ... and timer G is set to fire in MIN(2*T1, T2) seconds" (17.2.1).
		t.startRetry(now, min(2*t.interval, t.tm.T2))
		return append(out, Action{ActTimer, "G"}, Action{ActAgain, "G"})
	case t.state == Completed:
		// "If timer H fires while in the "Completed" state, it implies that the ACK was never received" (17.2.1).
		return t.timeout(out, "H")
	case t.state == Confirmed:
		// "Once timer I fires, the server MUST transition to the "Terminated" state" (17.2.1).
		return t.end(append(out, Action{ActTimer, "I"}))
	}
	// "When Timer L fires ... the machine MUST transition to the "Terminated" state" (RFC 6026 section 7.1).
	return t.end(append(out, Action{ActTimer, "L"}))
}

func (t *InviteServer) proceeding(out []Action, now time.Time, in Input) []Action {
	switch {
	case in.Kind == InRequest && t.held:
		// "If a request retransmission is received while in the "Proceeding" state, the most recent provisional
		// response that was received from the TU MUST be passed to the transport layer" (17.2.1).
		return append(out, Action{Kind: ActAgain})
	case in.Kind != InRespond:
		return out
	case in.Status < 200:
		t.held, t.retry = true, 0
		return append(out, Action{Kind: ActSend})
	case in.Status < 300:
		// "MUST transition to the "Accepted" state and set Timer L to 64*T1" (RFC 6026 section 7.1).
		return t.enter(append(out, Action{Kind: ActSend}), now, Accepted, 64*t.tm.T1, "L")
	}
	// "When the "Completed" state is entered, timer H MUST be set to fire in 64*T1 seconds for all transports" (17.2.1).
	out = t.enter(append(out, Action{Kind: ActSend}), now, Completed, 64*t.tm.T1, "H")
	// "For unreliable transports, timer G is set to fire in T1 seconds, and is not set to fire for reliable transports" (17.2.1).
	if !t.reliable {
		t.startRetry(now, t.tm.T1)
	}
	return out
}

func (t *InviteServer) completed(out []Action, now time.Time, in Input) []Action {
	switch in.Kind {
	case InRequest:
		// "while in the "Completed" state, if a request retransmission is received, the server SHOULD pass the response to the transport" (17.2.1).
		return append(out, Action{Kind: ActAgain})
	case InAck:
		// "If an ACK is received while the server transaction is in the "Completed" state, the server transaction MUST
		// transition to the "Confirmed" state ... any retransmissions of the response will cease" (17.2.1).
		return t.enter(out, now, Confirmed, t.unlessReliable(t.tm.T4), "I")
	}
	return out
}

func (t *InviteServer) accepted(out []Action, in Input) []Action {
	switch {
	case in.Kind == InAck:
		// "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the TU" (RFC 6026 section 7.1).
		return append(out, Action{Kind: ActDeliver})
	case in.Kind == InRespond && in.Status >= 200 && in.Status < 300:
		// "Any retransmission of the 2xx response passed from the TU ... MUST be passed to the transport layer" (RFC 6026 section 7.1).
		return append(out, Action{Kind: ActSend})
	}
	// "any retransmissions of the INVITE received will match this transaction state machine and will be absorbed" (RFC 6026 section 7.1).
	return out
}
