package call

import "time"

// A LegID names a leg within its call: 1 is the caller's, the others count up
// as they are made.
type LegID uint16

// Caller is the caller's leg.
const Caller LegID = 1

// An EventKind says what an Event is.
type EventKind uint8

// The kinds of events; the fields named count.
const (
	EvNone            EventKind = iota
	EvLeg                       // Leg, Of (the leg whose flow to the same phone has failed before), Peer, By (of a capture: why it is a part of the call; Onward), Name (target: user, trunk or URI), Attempt, Set, Text (the Request-URI; or the number of the leg whose INVITE a proxy forked): a leg began
	EvReceived                  // Leg, Msg, Flow: a message came
	EvSent                      // Leg, Msg, Flow: a message left
	EvRetransmitted             // Leg, Of, N, Out: message number Of went or came again, for the Nth time
	EvTransportFailed           // Leg, Text (why: "refused", "closed", "dns", "unreachable"): a leg's message could not be delivered
	EvTimer                     // Leg, Name: a timer fired: "B", "F", "H", "2xx" (64*T1 without ACK), "prack", "session", "ring", "progress", "flow" (no response by a flow to a phone that has another), "max_call", "expires", "rtp", "cancel" (64*T1 without 487)
	EvIntent                    // Leg, Cause (a Bye Reason), By, Text (detail), Code (where RFC 3261 fixes the final code): we decided to end or refuse this leg, stored before anything is sent
	EvCommand                   // Name ("hangup", "transfer", ...), By (who): an operator or the API commanded
	EvStage                     // Name: the stage of the call from here on (outcome/README section 1)
	EvApp                       // Name (application), Text (node or leaf), N (1: a final leaf): what an application did
	EvMedia                     // Leg, Name ("latched", "timeout", "one_way", "digit"), Text: what the media path saw; or Name "recording", Text ("started", "paused", "resumed", "refused: why", "incomplete: why", "ended"), By, N (ms, with the last two): what became of the call's recording; or Name "figures", Text: packets, loss and jitter of the leg, when its media is over
	EvStored                    // Name (mailbox), Text (message; "failed": the disk did not take it, "full": the mailbox has no room), N (ms): a voicemail message was stored
	EvBridged                   // Leg (the other party; 0: others of a conference), Of (the caller's leg): audio joined; answered = party from here
	EvHold                      // Leg, N (1 held, 0 resumed): this leg's party holds or resumes
	EvLegEnded                  // Leg, Cause (a leg reason: CALL_FORWARD, PICKED_OFF, ...; may be empty), Text: no more is expected of it
	EvAlive                     // the call was known to be up at this time (recovery after a crash)
	EvClock                     // N (ms): the system's clock was set by so much; the times of the call go on as they began
	EvHours                     // Name (timetable), Text (why it was closed: "switched" by hand, the name of a day, or empty): what it was closed for led the call elsewhere
	numEventKinds
)

// Onward is By of a capture's EvLeg of the caller whose INVITE names the Call-ID of
// another leg, which was not captured: its sender is a server, and who called that is not seen.
const Onward = "onward"

// A Peer says what is at the other end of a leg.
type Peer uint8

// The peers.
const (
	PeerUnknown Peer = iota
	PeerPhone        // a registered user's contact
	PeerTrunk
	PeerURI      // a SIP address that a route names
	PeerPlatform // the server itself: an application
)

// An Event is one thing that happened in a call: what came, what left, what a
// timer, an operator or we ourselves decided. Events are numbered from 1.
type Event struct {
	Seq      uint32
	At       time.Time
	Kind     EventKind
	Leg      LegID
	Peer     Peer
	Out      bool   // EvRetransmitted: ours
	Attempt  uint16 // EvLeg: its place in the order of attempts, from 1; 0: the caller's
	Set      uint16 // EvLeg: legs rung together have the same set
	Of       uint32
	N        int
	Code     int
	Name     string
	Cause    string
	By       string // "caller", "callee", "platform", "network", or who commanded
	Text     string
	Flow     string // "udp 192.0.2.1:5060>192.0.2.2:5060": from, then to
	Msg      string // the message as it was on the wire
	Inferred bool   // concluded from a capture, not seen by ourselves
}
