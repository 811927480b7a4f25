package store

import (
	"errors"
	"fmt"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// Errors that callers tell apart.
var (
	// ErrNotFound says that no call has this id.
	ErrNotFound = errors.New("store: no such call")
	// ErrExpired says that the record is there and its evidence is not any more.
	ErrExpired = fmt.Errorf("store: the evidence of this call has expired: %w", ErrNotFound)
	// ErrFull says that the disk is full. Begin says it while the reserve still
	// holds the records of the calls that are up; whether the new call is then
	// refused is the caller's decision.
	ErrFull = errors.New("store: the disk is full")
	// ErrBusy says that the disk does not keep up and the queue is full; the
	// record was not taken.
	ErrBusy = errors.New("store: too many records wait for the disk")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store: closed")
	// ErrInUse says that another server works in the same folder.
	ErrInUse = errors.New("store: the data folder is in use by another server")
	// ErrTooLarge says that a start or record is larger than a chunk may be.
	ErrTooLarge = errors.New("store: larger than a chunk of the log may be")
)

// A Calls answers questions about calls that are over.
type Calls interface {
	// Get returns the record of a call; ErrNotFound.
	Get(id string) (outcome.Record, error)
	// List returns the calls that match, the newest first, at most limit
	// (1 to MaxLimit) of them, after cursor.
	List(f Filter, after Cursor, limit int) (Page, error)
	// Evidence returns the events of a call; ErrNotFound, ErrExpired.
	Evidence(id string) ([]call.Event, error)
}

// A Store keeps calls and bindings. All methods may be called from any
// goroutine.
type Store interface {
	Calls

	// Begin journals the start of a call. It returns when the operating system
	// has it: a killed process loses nothing, a power cut the starts of the last
	// commit interval. ErrFull; ErrBusy, if the disk does not keep up with
	// reserving segments; ErrTooLarge, ErrClosed.
	Begin(s Start) error
	// Append journals further events of a call that is up, as Begin does, so
	// that recovery knows for example that it was answered. Finish gets the
	// whole list all the same.
	Append(id string, events []call.Event) error
	// Heartbeat journals that the calls which are up were up at this time; to
	// be called every 2 s.
	Heartbeat(now time.Time) error
	// Finish hands over the record of a call and all its events and returns at
	// once; done is called from the store's writer, and must not block, when
	// the record is durable or could not be made so. An error returned
	// (ErrBusy, ErrClosed) means that done is not called. The record must not be
	// changed afterwards, nor the events before done is called. The first Finish
	// of an id counts.
	Finish(r outcome.Record, events []call.Event, done func(error)) error

	// SaveBindings takes note of bindings that changed and of those that went;
	// they are on disk a second or two later.
	SaveBindings(changed []Binding, removed []BindingKey) error
	// LoadBindings returns the bindings that have not expired at this time.
	LoadBindings(now time.Time) ([]Binding, error)

	// Close writes out what waits and closes the files.
	Close() error
}

// MaxLimit is the longest page that List returns.
const MaxLimit = 1000

// A Start is a call that has begun.
type Start struct {
	ID        string // call_ and a UUIDv7
	StartedAt time.Time
	Direction string // internal, inbound, outbound
	From, To  outcome.Party
	Trunk     string
	User      string       // who authenticated
	Events    []call.Event // what happened so far: the caller's leg, its INVITE
}

// An OpenCall is a call that was up when the process ended.
type OpenCall struct {
	Start              // Events: those of Begin and of each Append
	Alive    time.Time // when it was last known to be up
	Restarts int       // how many starts of the server have seen it open before
}

// Recovered is what Open found.
type Recovered struct {
	Open     []OpenCall // to be closed with Finish, exactly once each; oldest first
	Replayed int        // records that were in the log and not in the index
	Notes    []string   // damage that was found and what was done about it
}

// A Cursor is a place in a list: after this call. The zero Cursor is the start.
type Cursor struct {
	StartedAt time.Time
	ID        string
}

// A Page is a part of a list.
type Page struct {
	Records []outcome.Record // by StartedAt, then ID, descending
	Next    Cursor           // for the next page; meaningful if More
	More    bool
}

// A BindingKey names a binding.
type BindingKey struct {
	AOR string // address of record, canonical
	Key string // the registrar's own name for the binding within its AOR
}

// A Binding is a contact of an address of record as the registrar knows it
// (RFC 3261 section 10, RFC 5626, RFC 3327).
type Binding struct {
	BindingKey
	Contact   string // the URI with its parameters
	Instance  string // +sip.instance
	RegID     int    // reg-id
	CallID    string // of the REGISTER
	CSeq      uint32
	Q         int      // thousandths
	Path      []string // Path values, topmost first
	Flow      string   // where the REGISTER came from, as the registrar prints it
	UserAgent string
	UpdatedAt time.Time
	ExpiresAt time.Time
}
