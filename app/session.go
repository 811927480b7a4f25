package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"onhook/media"
)

// Errors of verbs.
var (
	// ErrHungUp: the caller's leg has ended, or the call was taken from the application.
	ErrHungUp = errors.New("app: the call has ended")
	// ErrNoMedia: the caller's offer has no sound that the server can make or hear.
	ErrNoMedia = errors.New("app: no common codec with the caller")
	// ErrBusy: the server can take no more commands now.
	ErrBusy = errors.New("app: the server is too busy")
)

// An App is an application: it has the call until it returns. A call that is
// neither joined with another party nor over when it returns is hung up, as
// End_In_IVR where a leaf was reached or the application said nothing else.
type App interface {
	Run(s Session) error
}

// A Session is a call as an application has it. Its methods are for the one
// goroutine of the application; all return ErrHungUp once the call has ended.
type Session interface {
	// Info tells who calls whom, and why the call is here.
	Info() Info

	// Context is done when the call has ended or was taken from the application.
	Context() context.Context

	// Answer answers the caller with 200, once; again it does nothing.
	Answer() error

	// Play plays sources one after the other to the end. A key pressed meanwhile
	// stays for Digits; with Options.Barge it ends the playing.
	Play(o PlayOptions, sources ...media.Source) error

	// Music plays a source again and again, until another verb that plays,
	// records or joins, or until Quiet.
	Music(source media.Source) error

	// Quiet ends music.
	Quiet() error

	// Digits collects keys (0-9 * # A-D), from RFC 4733 events, SIP INFO or tones.
	// Keys pressed before count, too. It returns what came when its time was
	// over; no key at all is an empty string, not an error.
	Digits(o DigitOptions) (string, error)

	// Flush forgets the keys pressed so far.
	Flush()

	// Record gives the caller's sound to a sink until an end of RecordOptions;
	// it says how it ended and how long it was.
	Record(o RecordOptions, sink media.Sink) (Recording, error)

	// SendDigits sends keys to the caller.
	SendDigits(keys string) error

	// Dial calls a destination and, when it answers, joins it with the caller:
	// then it returns with Answered once they have parted or the call has ended
	// with ErrHungUp. When nobody answers, the application goes on.
	Dial(o DialOptions) (DialResult, error)

	// Transfer gives the call to a destination and the application ends: what
	// happens from here on is the destination's outcome.
	Transfer(destination string) error

	// Stage says where the call is for its record: "menu", "queue", "voicemail".
	Stage(name string) error

	// Node says that a place was reached where the caller is asked or waits.
	Node(name string) error

	// Leaf says that a place of a menu was reached where nothing more is asked: an
	// announcement, a service done. The call is in the stage "menu" with it. A caller who leaves here has been served.
	Leaf(name string) error

	// Stored says that a message is on the disk; or, with the message "failed" or
	// "full", that it could not be stored or that the mailbox has no room. It is
	// heard after the end of the call, too, where the application has recorded.
	Stored(mailbox, message string, length time.Duration) error

	// Hangup ends the call. Cause is a Bye Reason ("" is End_In_IVR); before the
	// answer it is the refusal that the caller hears. A word after it, apart by a
	// space, is the detail that the record gives: "NO_ANSWER queue_timeout".
	Hangup(cause string) error
}

// A Placer is a Session whose record tells at which place of a queue the caller
// was when it left.
type Placer interface {
	// At names where the place stands, from 1; 0: the caller does not wait. It is read
	// when the application loses the call.
	At(place *atomic.Int32)
}

// A Keyer is a Session that tells when a key was pressed, without waiting for it.
type Keyer interface {
	// Keyed gets something when a key was pressed that Digits has not taken yet.
	Keyed() <-chan struct{}
}

// Info is what an application knows of its call when it begins.
type Info struct {
	ID       string // of the call
	Caller   string // number of the caller
	Name     string // display name of the caller
	User     string // the authenticated extension; empty: it came by a trunk
	Trunk    string
	Dialled  string // the number that the caller dialled
	App      string // the name of this application: menu:main, voicemail:100, queue:support
	Reason   string // why it came here, where another party was tried first: the Bye Reason of that attempt
	By       string // the extension that transferred the caller here; empty: none has
	Answered bool   // the caller has been answered already
}

// PlayOptions say what ends the playing.
type PlayOptions struct {
	Barge bool            // a key does
	Until <-chan struct{} // what comes by it, or its closing, does; what came is taken. nil: nothing
}

// DigitOptions say what Digits waits for. Zero times are 5 s.
type DigitOptions struct {
	Max     int           // keys; 0: 1
	Until   string        // keys that end the input, themselves left out: "#"
	First   time.Duration // until the first key
	Between time.Duration // from key to key
}

// RecordOptions say what ends a recording.
type RecordOptions struct {
	Max     time.Duration // 0: 3 minutes
	Silence time.Duration // so long without sound; 0: silence ends nothing
	Keys    string        // keys that end it: "#*"
}

// A Recording says how a recording ended.
type Recording struct {
	Length time.Duration // without the silence that ended it
	End    string        // "key", "silence", "max", "full" (the sink took no more), "hangup"
	Key    string        // the key that ended it
}

// DialOptions say whom to call for the caller.
type DialOptions struct {
	To    []string      // destinations as in a route ("user:100", "group:sales", "sip:...") or numbers, called together
	Ring  time.Duration // how long they may ring; 0: the server's usual time
	Music media.Source  // what the caller hears meanwhile; nil: ringing tone
	Stage string        // the stage while they ring: "routing", then "ringing", if empty; a queue says "queue"
	Still bool          // what the caller hears goes on as it is; Music is not played then
	Idle  bool          // extensions that have a call already are busy
	Keys  string        // keys of the caller that end it while nobody has answered; they wait to be collected
	// Answered is told who answered, as DialResult.By says it, when they are joined; may be nil.
	Answered func(by string)
}

// A DialResult says how Dial ended.
type DialResult struct {
	Answered bool
	By       string        // the user, trunk or address that answered
	Reason   string        // the Bye Reason of the attempts where nobody answered
	Code     int           // the final code received, 0 if none
	Talked   time.Duration // how long they were joined
	Stopped  bool          // one of DialOptions.Keys ended it
}
