package stack

import (
	"net/netip"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// Rand is the source of tags, branches and Call-IDs.
type Rand interface{ Uint64() uint64 }

// An InputKind says what an Input is.
type InputKind uint8

// The inputs: first what the world says, then what the endpoint's user commands.
const (
	InTick       InputKind = iota // time has passed; every other input implies it
	InPacket                      // Flow, Data or Text: a datagram, or one message framed from a stream
	InFlowDown                    // Flow, Err: a stream has closed or broken
	InSendFailed                  // Flow, Txn, Err: what ActSend said could not be sent (refused, ICMP, no route)
	InResolved                    // Txn, Targets, Err: the answer to ActResolve
	InConfigure                   // Options: settings changed while running (RFC timers, identities)
	InInvite                      // Ref, Msg, Dest: send an initial INVITE; ActCreated tells its ids at once
	InRequest                     // Dialog, Msg: send a request in a dialog (BYE, re-INVITE, UPDATE, INFO, REFER, NOTIFY); or, with Dialog 0 and Ref, Dest, one outside (REGISTER, OPTIONS, MESSAGE)
	InRespond                     // Txn, Msg (Status, Phrase, added headers, body), Reliable: answer a request
	InCancel                      // Dialog, Msg (added headers, Reason): cancel our INVITE; waits for a provisional by itself (section 9.1)
	InBind                        // Dialog, Ref: from now on events of this dialog carry Ref
	InRelease                     // Dialog: its user is no longer interested; the endpoint ends it as the RFC demands (ACK and BYE to a late 2xx)
)

// An Input is one thing that the Endpoint is told; Kind says which fields count.
//
// A message in a command holds only what its user decides. Via, Call-ID,
// CSeq, tags, Max-Forwards, Contact, Route, Allow, Supported, User-Agent or
// Server and Content-Length are put in by the endpoint where they are absent.
// A body needs its Content-Type from the user. For InInvite the user sets URI,
// From and To (without tags).
type Input struct {
	Kind     InputKind
	Flow     sip.Flow
	Data     []byte // is copied
	Text     string // instead of Data: is kept
	Err      error
	Txn      txn.ID
	Dialog   dialog.ID
	Ref      uint64 // the user's own name for a leg; comes back in every action about it
	Msg      *sip.Message
	Dest     sip.Flow // where to send, if known: Transport and Remote (Conn for a registered stream flow); zero: by Route or Request-URI (RFC 3263)
	Targets  []Target // InResolved; of an InInvite without Dest: where its host led when it was asked before, for the Contact
	Forget   bool     // InRespond with a final response outside a dialog, but for a 2xx to an INVITE: hold nothing of the request afterwards (RFC 3261 section 8.2.7)
	Reliable bool     // InRespond 18x: send it reliably where the peer supports 100rel (RFC 3262)
	Options  *Options
	// Until is the time up to which all that came has been told: a timer that is due after it waits, since the
	// message that stops it may have come before it was due. Zero: now.
	Until time.Time
}

// A Target is one place to try, in the order of RFC 3263 section 4.
type Target struct {
	Transport sip.Transport
	Addr      netip.AddrPort
}

// An ActionKind says what an Action is.
type ActionKind uint8

// The actions: first what the shell must do, then what the endpoint's user is told.
const (
	ActSend       ActionKind = iota // Flow, Data, Txn, Dialog, Ref, Msg, Again: put it on the wire
	ActResolve                      // Txn, Host, Port, Transport, Secure: resolve by RFC 3263, answer with InResolved
	ActCloseFlow                    // Flow: close this stream (framing lost, too large)
	ActReceived                     // Dialog, Ref, Flow, Msg, Again: for the journal: each message that belongs to a dialog or an INVITE, before the event about it; Again for a retransmission
	ActCreated                      // Ref, Dialog, Txn: the ids of an InInvite or InRequest
	ActRequest                      // Dialog, Ref, Txn, Msg, Flow: a new request. Initial INVITE: Dialog is new and Ref 0. Dialog 0: outside any dialog (REGISTER, SUBSCRIBE, ...)
	ActResponse                     // Dialog, Ref, Txn, Msg, Method: a response (100 included), not a retransmission. For INVITE each dialog that a fork forms has its own Dialog; the 2xx has been ACKed already unless NeedAnswer
	ActCancelled                    // Dialog, Ref, Txn, Msg: the caller cancelled and got its 200; answer the INVITE (Txn) with 487
	ActAck                          // Dialog, Ref, Msg: the ACK to our 2xx came
	ActTimeout                      // Dialog, Ref, Txn, Method, Timer: no final response in time ("B", "F")
	ActFailed                       // Dialog, Ref, Txn, Method, Err: no target could be reached
	ActEnded                        // Dialog, Ref, Why: the dialog cannot go on ("no_ack", "session_timer", "no_prack"); its user sends BYE or a final
	ActTimer                        // Dialog, Ref, Timer: a timer of the RFCs fired that explains something ("A", "B", "E", "F", "G", "H", "cancel", "2xx", "100rel", "refresh", "session")
	ActTerminated                   // Dialog, Ref: the dialog is gone, its ID is free
	ActForked                       // Dialog, Ref (of the INVITE's dialog): another party behind an INVITE of ours answers; comes before all else about its Dialog
	ActNote                         // Level, Text: for the log
)

// An Action is one thing to do or to know; Kind says which fields count.
type Action struct {
	Kind       ActionKind
	Flow       sip.Flow
	Data       []byte       // ActSend: the bytes, not to be changed; valid as long as wanted
	Msg        *sip.Message // ActSend: what Data says, nil for a repetition. A response or ACK that came is the user's until the next InPacket only; Keep makes a copy to be kept
	Txn        txn.ID
	Dialog     dialog.ID
	Ref        uint64
	Method     sip.Method
	Timer      string
	Why        string
	Err        error
	Host       string
	Port       uint16
	Transport  sip.Transport
	Secure     bool
	Again      int  // how often this message has gone or come before
	NeedAnswer bool // ActResponse 2xx to an INVITE without offer: the ACK waits for InRequest{ACK} with the answer
	Level      int8 // as log/slog: -4 debug, 0 info, 4 warn, 8 error
	Text       string
	Refuse     int           // ActRequest, initial INVITE: the final code that RFC 3261 fixes for this request, Text says why, Err is the *sip.ParseError if it is one; 0: none. Any final but a 2xx may be answered; with this code the endpoint adds what belongs to it (Unsupported, Accept, Require)
	Wait       time.Duration // ActResponse 491, ActFailed: how long to wait before the request is tried again (RFC 3261 section 14.1)
}

// An Identity is an address under which a listening socket is known to peers:
// what Via and Contact say for messages that leave by it.
type Identity struct {
	Transport sip.Transport
	Local     netip.AddrPort // the socket
	Host      string         // what peers are told; an IPv6 address in brackets
	Port      uint16
}

// Options are the settings of an Endpoint.
type Options struct {
	Shard      byte
	Rand       Rand
	Timers     txn.Timers
	Identities []Identity
	Product    string       // User-Agent and Server
	Supported  []string     // option tags; Require of any other one is answered 420
	Accept     []string     // body types; another one in an INVITE is answered 415
	Events     bool         // the user subscribes (RFC 6665): a NOTIFY that matches no dialog of an INVITE is its to answer
	SessionExp uint32       // session timer wanted, in seconds (RFC 4028); 0: only what a peer asks for
	MinSE      uint32       // shortest session timer accepted; 0: 90
	Allow      []sip.Method // methods answered otherwise than with 405; empty: all that package sip names, PUBLISH apart
	Require    []string     // option tags that an INVITE's sender must support; else 421
	// Authorize answers a challenge to a request in a dialog: with the header that it is sent again with. nil: none is answered.
	Authorize func(Challenge) (sip.Header, bool)
	MaxTxns   int // new server transactions over this are answered 503 statelessly; 0: no bound
}

// A Challenge is a 401 or 407 to a request of ours in a dialog.
type Challenge struct {
	Dialog            dialog.ID
	Ref               uint64
	Flow              sip.Flow // by which the request went
	Request, Response *sip.Message
	Tries             int // how many were answered for this request before
}
