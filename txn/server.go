package txn

import "time"

// A Server is the non-INVITE server transaction (RFC 3261 section 17.2.2, RFC 4320).
type Server struct{ machine }

// NewServer returns the machine of a request that came at now; giving it to
// the user is its maker's.
func NewServer(now time.Time, tm Timers, reliable bool) Server {
	t := Server{machine{born: now, tm: tm, reliable: reliable, state: Trying}}
	// "MUST respond to a non-INVITE request with a Status-Code of 100 if it has not otherwise responded after the
	// amount of time it takes a client transaction's Timer E to be reset to T2" (RFC 4320 section 4.1).
	t.startRetry(now, untilT2(tm))
	// "an element that cannot respond before the transaction expires will not send a final response at all"
	// (RFC 4320 section 4.2): after the client's timer F nobody waits for one.
	t.startLife(now, 64*tm.T1)
	return t
}

// untilT2 is when a client's timer E is set to T2 for the first time.
func untilT2(tm Timers) time.Duration {
	var sum time.Duration
	for d := tm.T1; d > 0 && d < tm.T2; d *= 2 {
		sum += d
	}
	return max(sum, tm.T1)
}

// Step takes an input and appends what is to be done.
func (t *Server) Step(out []Action, now time.Time, in Input) []Action {
	for w := t.due(now, in); w != 0; w = t.due(now, in) {
		out = t.fire(out, w)
	}
	switch t.state {
	case Trying:
		return t.trying(out, now, in)
	case Proceeding:
		return t.proceeding(out, now, in)
	case Completed:
		return t.completed(out, in)
	}
	return out
}

func (t *Server) fire(out []Action, which byte) []Action {
	switch {
	case which == 'r':
		t.state = Proceeding
		return append(out, Action{ActTimer, "100"}, Action{Kind: ActTrying})
	case t.state == Completed:
		// "The server transaction remains in this state until Timer J fires" (17.2.2).
		return t.end(append(out, Action{ActTimer, "J"}))
	}
	return t.timeout(out, "F")
}

func (t *Server) trying(out []Action, now time.Time, in Input) []Action {
	switch {
	case in.Kind != InRespond:
		// "Once in the "Trying" state, any further request retransmissions are discarded" (17.2.2).
		return out
	case in.Status < 200:
		// "if the TU passes a provisional response to the server transaction, the server transaction MUST enter the "Proceeding" state" (17.2.2).
		t.state, t.retry = Proceeding, 0
		return append(out, Action{Kind: ActSend})
	}
	return t.final(out, now)
}

func (t *Server) proceeding(out []Action, now time.Time, in Input) []Action {
	switch {
	case in.Kind == InRequest:
		// "the most recently sent provisional response MUST be passed to the transport layer for retransmission" (17.2.2).
		return append(out, Action{Kind: ActAgain})
	case in.Kind == InTransport:
		return t.end(append(out, Action{Kind: ActFailed}))
	case in.Kind != InRespond:
		return out
	case in.Status < 200:
		return append(out, Action{Kind: ActSend})
	}
	return t.final(out, now)
}

// final: "it MUST set Timer J to fire in 64*T1 seconds for unreliable
// transports, and zero seconds for reliable transports" (17.2.2).
func (t *Server) final(out []Action, now time.Time) []Action {
	return t.enter(append(out, Action{Kind: ActSend}), now, Completed, t.unlessReliable(64*t.tm.T1), "J")
}

func (t *Server) completed(out []Action, in Input) []Action {
	switch in.Kind {
	case InRequest:
		// "the server transaction MUST pass the final response to the transport layer for retransmission" (17.2.2).
		return append(out, Action{Kind: ActAgain})
	case InTransport:
		return t.end(append(out, Action{Kind: ActFailed}))
	}
	// "Any other final responses passed by the TU ... MUST be discarded while in the "Completed" state" (17.2.2).
	return out
}
