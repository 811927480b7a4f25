package dialog

import (
	"time"

	"onhook/sip"
)

// Rand is the source of tags, Call-IDs, first RSeq numbers and of times to wait.
type Rand interface{ Uint64() uint64 }

// Options are the settings of one Dialog.
type Options struct {
	Rand       Rand
	T1, T2     time.Duration // RFC 3261 section 17.1.1.1; 0: 500 ms and 4 s
	Contact    string        // the value of our Contact, as the peer's side of the network reaches us: "<sip:10.0.0.1:5060>"
	Allow      string        // the value of Allow: "INVITE, ACK, CANCEL, BYE, ..."
	Supported  string        // the value of Supported: "100rel, timer, replaces"; 100rel and timer are used only if they are here
	Product    string        // the value of User-Agent and Server; empty: none
	Tag        string        // our tag; empty: 64 bits from Rand
	Host       string        // right side of Call-IDs made here; empty: none
	SessionExp uint32        // session timer wanted, in seconds (RFC 4028); 0: only what the peer asks for
	MinSE      uint32        // shortest session timer accepted, in seconds; below 90: 90
}

// A State is where a dialog stands.
type State uint8

// The states of a Dialog.
const (
	Calling    State = iota // UAC: INVITE sent or to be sent, no To tag yet; UAS: no response with a tag yet
	Early                   // a provisional response with a To tag has come or gone
	Confirmed               // a 2xx has come or gone
	Ending                  // a BYE has gone or come and is not answered yet, or a late 2xx is awaited after InRelease
	Terminated              // over: the stack forgets it
)

// An InputKind says what an Input is.
type InputKind uint8

// The inputs.
const (
	InTick     InputKind = iota // time has passed; every other input implies it, unless it is Late
	InReceive                   // Txn, Msg: a new request of the peer (never a CANCEL): the initial INVITE first, then those in the dialog; an ACK to a 2xx comes with Txn 0, each repetition too
	InResponse                  // Txn, Msg: a response to a request of ours, matched by its CSeq; every 2xx to an INVITE, the repeated ones too
	InTimeout                   // Txn, Msg (the request), Name: no final response in time ("B", "F")
	InFailed                    // Txn, Msg (the request), Err: it could not be sent anywhere
	InSend                      // Msg: the user wants this request sent. For a UAC the initial INVITE first, and again after a 401, 407 or 3xx; ACK with the answer after NeedAnswer; PRACK likewise
	InRespond                   // Txn, Msg, Reliable: the user's answer to a request; status, phrase, headers and body are the user's, all else is put in here
	InOver                      // UAC: the initial INVITE's client transaction is gone (timer M): an early dialog that got no 2xx ends (RFC 3261 section 13.2.2.4)
	InAgain                     // Msg, Header: the 401 or 407 to a request of ours in the dialog, instead of InResponse: send it again with this header
	InRelease                   // the user is no longer interested: a confirmed dialog gets BYE, a late 2xx ACK and BYE
)

// An Input is one thing that a Dialog is told; Kind says which fields count.
type Input struct {
	Kind     InputKind
	Txn      uint64 // the stack's name for a transaction; opaque here
	Msg      *sip.Message
	Name     string
	Err      error
	Header   sip.Header
	Reliable bool // InRespond 101 to 199: send it reliably if the peer supports 100rel (RFC 3262)
	Canceled bool // InResponse to the initial INVITE: its user has cancelled it, and wants no other try
	Late     bool // what came before a timer that is due is still to be told: no timer fires but by InTick
}

// An ActionKind says what an Action is.
type ActionKind uint8

// The actions: what the stack must do, then what the user must be told.
const (
	ActSend       ActionKind = iota // Msg, Hop, Own, Again: send this request by a new client transaction; an ACK without one. Via is put in by the stack
	ActRespond                      // Txn, Msg, Again: pass this response to the server transaction; Again for a repeated 2xx or reliable 1xx
	ActRequest                      // Txn, Msg: a request for the user, who answers it by InRespond
	ActResponse                     // Txn, Msg, Method, NeedAnswer, Wait: a response for the user
	ActAck                          // Msg: the ACK to our 2xx came
	ActTimeout                      // Txn, Method, Name: InTimeout of a request of the user
	ActFailed                       // Txn, Method, Err, Wait: InFailed of a request of the user; or, Txn 0, it may not be sent now and Err says why
	ActEnded                        // Why: the dialog cannot go on; the user sends BYE (InSend), or a final response where none has gone
	ActTimer                        // Name: a timer fired that explains something: "2xx", "100rel", "refresh", "session"
	ActTerminated                   // the dialog is gone; nothing follows
	ActNote                         // Level, Text: for the log
)

// The reasons in ActEnded, spelt as a record's detail.
const (
	WhyNoAck    = "no_ack"            // no ACK to our 2xx for 64*T1
	WhyNoPrack  = "no_prack"          // no PRACK to our reliable 1xx for 64*T1
	WhySession  = "session_timer"     // RFC 4028 section 10: not refreshed in time
	Why481      = "in_dialog_481"     // the peer does not know the dialog
	WhyTimeout  = "in_dialog_timeout" // 408, or no answer, to a re-INVITE, UPDATE or refresh
	WhyNotBuilt = "bad_peer"          // the peer's message cannot make a dialog
)

// An Action is one thing to do or to tell; Kind says which fields count.
type Action struct {
	Kind       ActionKind
	Txn        uint64
	Msg        *sip.Message // not to be changed by who gets it, but for Via, which the stack puts in once
	Method     sip.Method
	Hop        string // ActSend: the URI of the next hop (RFC 3261 section 8.1.2): first Route if it is loose, else the Request-URI
	Own        bool   // ActSend: made by the dialog, not by InSend: PRACK, refresh, the retry after 422, ACK, the BYE after a late 2xx
	Again      int    // how often this message has gone before
	NeedAnswer bool   // ActResponse: a reliable 1xx or 2xx holds an offer; the PRACK or ACK waits for InSend with the answer
	Wait       time.Duration
	Name       string
	Why        string
	Err        error
	Level      int8 // as log/slog: -4 debug, 0 info, 4 warn, 8 error
	Text       string
}
