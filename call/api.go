package call

import (
	"net/netip"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// An InputKind says what an Input is.
type InputKind uint8

// The inputs of a Call; the fields named count.
const (
	InTick       InputKind = iota // time has passed
	InBegin                       // the first input: start dialling what the plan says
	InResponse                    // Leg, Dialog, Txn, Method, Msg, NeedAnswer: a response on a leg that we called, or to a request that we sent in a dialog
	InRequest                     // Leg, Dialog, Txn, Msg: a request in a dialog
	InCancelled                   // Leg, Msg: a CANCEL of an INVITE that has no final response on the wire; that of a re-INVITE is passed over
	InAck                         // Leg, Msg: the ACK to our 2xx
	InTimeout                     // Leg, Dialog, Txn, Method, Name: no final response in time (timer "B", "F", "cancel")
	InFailed                      // Leg, Dialog, Txn, Method, Name: no target could be reached; Txn 0 in a dialog: it was not even sent
	InEnded                       // Leg, Dialog, Name: the dialog cannot go on ("no_ack", "session_timer", "no_prack")
	InSent                        // Leg, Txn, Method: the transaction of the request that ActRequest asked for; not given if it waits for another one to end
	InMediaReady                  // Leg, Local, Err: the answer to ActMediaOpen
	InMedia                       // Leg, Name, Text: a finding of the media path
	InRouted                      // Leg, Steps, Cause: the answer to ActRoute
	InForward                     // Leg, Steps, Cause, Name (of the extension that it leads to): the answer to ActForward
	InCommand                     // Name, By: "shutdown", "disk_full" and "disk_busy" (its start was not stored), or an operator's: "hangup" and those of command.go, answered by ActCommanded
	InTerminated                  // Leg, Dialog: the leg's dialog is gone
	InRefused                     // Leg, Cause, Text: the INVITE of ActInvite was not sent: the exchange could not take the trunk that it was for
	InVerb                        // Verb and its fields (Name, Text, Cause, N, Steps): an application asks for something; answered by ActVerbDone
	InGive                        // Leg: it is to go on in another call; answered by ActGiven
	InAdopt                       // Leg, Passenger: a leg of another call that takes this one's place; no Passenger: there is none
	InAnswered                    // Leg: our 2xx to the caller has left; wanted only if Withheld
	InForked                      // Leg, Dialog: another party behind the leg's INVITE answers, in a dialog of its own
)

// An Input is one thing that a Call is told; Kind says which fields count.
type Input struct {
	Kind       InputKind
	Leg        LegID
	Dialog     dialog.ID
	Txn        txn.ID
	Method     sip.Method
	Msg        *sip.Message
	NeedAnswer bool
	Name       string
	By         string
	Text       string
	Cause      string
	Local      []netip.AddrPort
	Steps      []Step
	Err        error
	Verb       VerbKind
	Passenger  *Passenger
	N          int
	Wait       time.Duration // InResponse: after a 491 of ours, how long to wait before another try (RFC 3261 section 14.1)
	Until      time.Time     // the time up to which all that came has been told: timers due after it wait; zero: now
}

// An ActionKind says what an Action is.
type ActionKind uint8

// The actions of a Call.
const (
	ActEvent       ActionKind = iota // Event: journal it (Seq is the journal's)
	ActBegin                         // store the start of the call before anything leaves on a second leg
	ActInvite                        // Leg, Msg, Dest, Peer, Target (its name): call a leg
	ActCancel                        // Leg: cancel that INVITE; the Reason is the outcome's
	ActRespond                       // Leg, Txn, Msg, Reliable: answer the INVITE (Txn 0) or another request of a leg
	ActRefuse                        // Leg: answer the caller's INVITE as the outcome's verdict says
	ActRequest                       // Leg, Dialog, Msg: send a request in a dialog
	ActBye                           // Leg, Dialog: send BYE; the Reason is the outcome's, unless Reason says another
	ActMediaOpen                     // Leg, N, V6: reserve local addresses for N streams; Target (a URI): of the family that its host leads to, V6 where it leads nowhere
	ActMediaSet                      // Leg, N (the stream), Media: where this leg's party is and what it may do
	ActMediaBridge                   // Leg, Other: relay between two legs, every stream
	ActMediaEcho                     // Leg: send back what comes
	ActMediaPlay                     // Leg, Target: play to it: "ringback", "hold" (music), again and again; Clip (what a command brought), once. It ends what the leg was joined with
	ActMediaClose                    // Leg
	ActRoute                         // Leg, Target, Diverted: where does this URI lead? (a redirect; Diverted nil: a transfer)
	ActForward                       // Leg, Target (an extension), Diverted: where do its calls go now?
	ActRelease                       // Leg, Dialog: nobody wants this dialog any more; Dialog 0: the one that the leg's INVITE made, which has had no response yet
	ActBind                          // Leg, Dialog: from now on what happens in this dialog is about this leg
	ActApp                           // Leg, Target: start an application ("menu:main") with this leg; Reason: who transferred it there
	ActAppEnd                        // Leg: the application no longer has the call
	ActVerbDone                      // Reason ("": done; "failed": nobody answered, N is the best code; "over": the call is not the application's; else the Bye Reason that hinders), Leg, Target: who answered
	ActDigits                        // Leg, Target: keys that came by INFO, for an application or while two talk
	ActJoin                          // Leg, Target: the call's other party and that of the dialog that this Replaces value names are to be joined; answered by InAdopt
	ActGiven                         // Leg, Passenger: what InGive asked for; no Passenger: it cannot be had
	ActTakeOver                      // Leg: answered, and to be given to the call whose dialog it replaces
	ActCommanded                     // Reason: what hinders an operator's command; empty: nothing
	ActDestination                   // Leg, Target: where does this destination lead? The call was made by us (Start.Origin); answered by InRouted
	ActFinish                        // the call is over: fold and store it, then forget it
)

// An Action is one thing to be done for a Call; Kind says which fields count.
type Action struct {
	Kind      ActionKind
	Leg       LegID
	Other     LegID
	Dialog    dialog.ID
	Txn       txn.ID
	Msg       *sip.Message
	Dest      sip.Flow
	Peer      Peer
	Reliable  bool
	V6        bool
	N         int
	Media     Media
	Event     Event
	Reason    string
	Target    string
	Passenger *Passenger
	Diverted  *Diversion
}

// Media is what a leg's party said of one stream.
type Media struct {
	Remote     netip.AddrPort // where it wants RTP; invalid: unknown or refused
	RemoteRTCP netip.AddrPort
	Send, Recv bool // we may send to it; it may send to us
	OnHold     bool // no RTP is expected of it
	Codec      string
	PT, DTMF   uint8
	Ptime      uint8  // milliseconds of sound that a packet that begins here should carry; 0: 20
	Rate       uint32 // RTP clock of its codecs with dynamic payload types, in hertz; 0: it names none
	Secret     bool   // it is encrypted for the other party
}

// A Target is one place to call.
type Target struct {
	Peer    Peer
	Name    string // user, trunk or URI, for records
	URI     string // the Request-URI
	To      string // the To header's URI; empty: URI
	Dest    sip.Flow
	V6      bool         // it is reached by IPv6
	Named   bool         // which only its host's addresses tell, that are not known yet
	Headers []sip.Header // Route (from Path), P-Asserted-Identity, ...
	From    string       // the From header's value that it sees, without tag; empty: Start.From
	Delay   time.Duration
	// Diverted is who sent the call on to this target; nil: nobody.
	Diverted *Diversion
	Hidden   bool   // it is not told of Diverted
	Echo     bool   // no leg: the server's own echo test answers
	App      string // no leg: an application answers: "menu:main", "voicemail:100"
	Deny     Kinds  // media that its user may not have
	Transfer bool   // of a PeerURI: it may transfer the call, with the caller's rights
	// Flows are the other ways to the same phone (RFC 5626), the best first. Each is
	// called only when the one before it has failed; their own Flows do not count.
	Flows []Target
}

// A Step is a set of targets that ring together, and for how long.
type Step struct {
	Targets   []Target
	Ring      time.Duration // 0: Options.Ring
	User      string        // the extension whose phones the targets are; empty: there is not one
	Forward   When          // what they may come to for its calls to go elsewhere: ActForward asks where
	Forwarded []Forwarded   // the extensions whose calls go here without that they are called
	// Alternate: another way to the party of the step before. It is rung only if
	// that way failed, not if the party, or who speaks for it, decided.
	Alternate bool
}

// Options are the settings of a Call.
type Options struct {
	Ring      time.Duration // how long an attempt may take to be answered; 0: just over 3 minutes (RFC 3261 timer C)
	Progress  time.Duration // how long each attempt has until its first 18x; 0: as long as Ring
	MaxCall   time.Duration // longest time from the answer; 0: no bound
	Linger    time.Duration // after its end a call waits this long for the rest of its messages
	Flow      time.Duration // how long a flow to a phone may take to give any response before its next one is tried; 0: 5 s
	Media     time.Duration // how long the media path may take to give local addresses; 0: 5 s
	Redirects int           // how many redirects are followed; 0: none
	Relay     bool          // RTP goes through the server
}

// A Start is the INVITE that begins a call, and what was decided about it before.
type Start struct {
	ID       string // call_ and a UUIDv7
	Invite   *sip.Message
	Dialog   dialog.ID
	V6       bool
	Peer     Peer
	Name     string // the authenticated user or the trunk
	From     string // the From header's value that callees see, without tag
	Steps    []Step
	Body     Body   // what ReadBody says of Invite; the zero Body: it is read at the begin
	Deny     Kinds  // media that the caller may not have
	Cause    string // not empty: refuse with this Bye Reason
	Code     int    // the final code that RFC 3261 fixes for this refusal; 0: the reason's own
	Detail   string
	Origin   *Origin      // it was made by an operator; nil: by a caller
	Replaces bool         // it takes the place of a dialog of another call
	Reply    []sip.Header // headers of a refusal: Unsupported, Accept, Retry-After
}
