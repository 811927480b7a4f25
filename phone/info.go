package phone

import "time"

// A State is where a call stands.
type State uint8

// The states of a call, in their order.
const (
	Dialing  State = iota // our INVITE has gone
	Ringing               // a 18x came, or the peer's INVITE did
	Answered              // a 2xx came or went
	Ended
)

// String returns the state in a word.
func (s State) String() string {
	switch s {
	case Dialing:
		return "dialing"
	case Ringing:
		return "ringing"
	case Answered:
		return "answered"
	}
	return "ended"
}

// Info is what is known of a call at a moment.
type Info struct {
	State    State
	Incoming bool
	Peer     string // the other party's address
	Dialled  string // of a call that came in: the user part of its Request-URI
	CallID   string
	Code     int    // the last response to the INVITE; after the end its final one
	Phrase   string // its phrase, or in words why there is none
	Wire     bool   // Code was on the wire
	Reason   string // Reason values of what ended the call, as written
	EndedBy  string // "us", "peer", "network"; empty: not ended

	Acked      bool   // our 2xx was acknowledged
	Held       bool   // by us
	HeldByPeer bool   // by the peer
	Early      bool   // sound flows before the answer
	Digits     string // pressed by the peer
	Codec      string
	Transfer   int    // the last code that a transfer's target gave
	NoAudio    string // why nothing is heard of the peer

	Started, RangAt, AnsweredAt, EndedAt time.Time
}

// Duration is how long the call has been answered, at its end.
func (i Info) Duration() time.Duration {
	if i.AnsweredAt.IsZero() {
		return 0
	}
	return i.EndedAt.Sub(i.AnsweredAt)
}
