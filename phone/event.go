package phone

import (
	"strconv"
	"time"
)

// An Event is one thing that happened: what `onhook phone` prints.
type Event struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"event"`            // see below
	Call   uint64    `json:"call,omitempty"`   // which one; 0: none
	Peer   string    `json:"peer,omitempty"`   // the other party's address
	Code   int       `json:"code,omitempty"`   // of a response
	Text   string    `json:"text,omitempty"`   // its phrase, a digit, a cause in words
	Reason string    `json:"reason,omitempty"` // Reason values of a BYE, CANCEL or response, as written
	By     string    `json:"by,omitempty"`     // who ended a call: "us", "peer", "network"
}

// The kinds of events.
const (
	EvRegistered   = "registered"
	EvUnregistered = "unregistered"
	EvFailed       = "failed"   // a registration or a request in a call: Code, Text
	EvCalling      = "calling"  // our INVITE has gone
	EvProgress     = "progress" // a 1xx: Code
	EvIncoming     = "incoming"
	EvAnswered     = "answered"
	EvHeld         = "held"    // By: who holds
	EvResumed      = "resumed" // likewise
	EvDigit        = "digit"
	EvTransfer     = "transfer" // Code: what the transfer target answered, as the peer tells it
	EvReferred     = "referred" // the peer asks us to call somebody: Peer
	EvPlayed       = "played"   // what was to be played has been
	EvRecorded     = "recorded" // the recording is written: Text is the file
	EvNoAudio      = "no_audio" // nothing is heard of the peer: Text says why
	EvEnded        = "ended"    // Code, Text, Reason, By
	EvMessage      = "message"  // a text message outside calls: Peer, Text
	EvNote         = "note"     // for the curious: Text
)

// String is the event as a line of text.
func (e Event) String() string {
	b := append([]byte(nil), e.Kind...)
	add := func(name, v string) {
		if v != "" {
			b = append(b, ' ')
			if name != "" {
				b = append(append(b, name...), ' ')
			}
			b = append(b, v...)
		}
	}
	if e.Call != 0 {
		add("call", strconv.FormatUint(e.Call, 10))
	}
	add("", e.Peer)
	if e.Code != 0 {
		add("", strconv.Itoa(e.Code))
	}
	add("", e.Text)
	add("by", e.By)
	if e.Reason != "" {
		add("reason", e.Reason)
	}
	return string(b)
}

// A Refused says how a call or request came to nothing.
type Refused struct {
	What   string // "REGISTER", "INVITE", ...
	Code   int    // the final response's; 408 and 503 without one (RFC 3261 section 8.1.3.1)
	Phrase string
	Reason string // the Reason header's values, as written
	Wire   bool   // the code was on the wire
}

// Error says it in a line.
func (r *Refused) Error() string {
	s := "phone: " + r.What + ": " + strconv.Itoa(r.Code) + " " + r.Phrase
	if r.Reason != "" {
		s += " (" + r.Reason + ")"
	}
	return s
}
