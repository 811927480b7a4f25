package txn

import "time"

// A State is a state of one of the machines (RFC 3261 figures 5 to 8, RFC 6026 figures 5 and 7).
type State uint8

// The states.
const (
	Calling    State = iota // INVITE client: sent, nothing heard
	Trying                  // non-INVITE: sent or received, nothing answered
	Proceeding              // a provisional response came or went; INVITE server: from the start
	Completed               // a final response came or went (of an INVITE: 300 to 699)
	Confirmed               // INVITE server: the ACK to a 300 to 699 came
	Accepted                // INVITE: a 2xx came or went (RFC 6026)
	Terminated              // over; the machine is to be forgotten
	numStates
)

// String returns the state's name as the RFCs spell it.
func (s State) String() string {
	if s < numStates {
		return [numStates]string{"Calling", "Trying", "Proceeding", "Completed", "Confirmed", "Accepted", "Terminated"}[s]
	}
	return ""
}

// An InputKind says what an Input is.
type InputKind uint8

// The inputs of the machines.
const (
	InTick      InputKind = iota // time has passed; every other input implies it, unless it is Late
	InResponse                   // client: a response came, Status
	InRequest                    // server: the request came again
	InAck                        // INVITE server: an ACK came that matches this transaction
	InRespond                    // server: the user answers with Status; INVITE server: also each repetition of a 2xx
	InTransport                  // what was sent could not be delivered (RFC 3261 sections 17.1.4, 17.2.4)
)

// An Input is one thing that a machine is told.
type Input struct {
	Kind   InputKind
	Status int  // InResponse, InRespond
	Late   bool // what came before a timer that is due is still to be told: no timer fires but by InTick
}

// An ActionKind says what an Action is.
type ActionKind uint8

// The actions of the machines.
const (
	ActSend       ActionKind = iota // server: send the response that the user just gave, and hold it
	ActAgain                        // send what was sent last once more: the request, the ACK, the response
	ActAck                          // INVITE client: make the ACK to this response (section 17.1.1.3), send it, and hold it
	ActTrying                       // server: make a 100, send it, and hold it
	ActDeliver                      // give the response (server: the ACK) to the user
	ActTimeout                      // tell the user that nothing came in time; Timer says which: B, F, H
	ActFailed                       // tell the user that the transport failed
	ActTimer                        // the timer of that name fired: A to M, or 100
	ActTerminated                   // forget the machine; always the last action
	numActions
)

// String returns a short description of the action.
func (k ActionKind) String() string {
	if k < numActions {
		return [numActions]string{
			"send response", "send again", "send ACK", "send 100", "to user",
			"timeout to user", "transport error to user", "timer", "terminated",
		}[k]
	}
	return ""
}

// An Action is one thing to do.
type Action struct {
	Kind  ActionKind
	Timer string // ActTimer, ActTimeout; ActAgain: the timer that caused it, empty for a repetition from the peer
}

// machine is what the four have in common: two timers and a state. Times are
// held as durations since birth, so that a machine holds one time.Time.
type machine struct {
	born     time.Time
	tm       Timers
	retry    time.Duration // when the repeating timer fires (A, E, G, 100); 0: stopped
	interval time.Duration // its present interval
	life     time.Duration // when the state's own end comes (B, D, F, H, I, J, K, L, M); 0: stopped
	state    State
	reliable bool
}

// State returns the machine's state.
func (m *machine) State() State { return m.state }

// Deadline returns when Step wants to be called at the latest; zero: no timer runs.
func (m *machine) Deadline() time.Time {
	d := m.life
	if m.retry != 0 && (d == 0 || m.retry < d) {
		d = m.retry
	}
	if d == 0 {
		return time.Time{}
	}
	return m.born.Add(d)
}

func (m *machine) startRetry(now time.Time, d time.Duration) {
	m.interval = d
	m.retry = now.Sub(m.born) + d
}

func (m *machine) startLife(now time.Time, d time.Duration) { m.life = now.Sub(m.born) + d }

// due tells which timer fires at now, before an input: 'r' the repeating one,
// 'l' the other, 0 none. When both are due the earlier one counts, and at the
// same instant the end of the state.
func (m *machine) due(now time.Time, in Input) byte {
	if in.Late && in.Kind != InTick {
		return 0
	}
	at := now.Sub(m.born)
	if m.life != 0 && m.life <= at && (m.retry == 0 || m.life <= m.retry) {
		m.life = 0
		return 'l'
	}
	if m.retry != 0 && m.retry <= at {
		m.retry = 0
		return 'r'
	}
	return 0
}

// enter moves to a state in which only the timer name runs, for d. RFC 3261
// gives several timers zero seconds on reliable transports: then the state is
// over as soon as it is entered.
func (m *machine) enter(out []Action, now time.Time, s State, d time.Duration, name string) []Action {
	m.state, m.retry, m.life = s, 0, 0
	if d == 0 {
		return m.end(append(out, Action{Kind: ActTimer, Timer: name}))
	}
	m.startLife(now, d)
	return out
}

// end terminates the machine.
func (m *machine) end(out []Action) []Action {
	m.state, m.retry, m.life = Terminated, 0, 0
	return append(out, Action{Kind: ActTerminated})
}

// timeout is a timer whose firing the user learns and which ends the machine.
func (m *machine) timeout(out []Action, name string) []Action {
	return m.end(append(out, Action{ActTimer, name}, Action{ActTimeout, name}))
}

// unlessReliable is d on unreliable transports and zero on the others.
func (m *machine) unlessReliable(d time.Duration) time.Duration {
	if m.reliable {
		return 0
	}
	return d
}
