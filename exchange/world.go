package exchange

import (
	"errors"
	"net/netip"
	"time"

	"onhook/call"
	"onhook/media"
	"onhook/outcome"
	"onhook/sip"
	"onhook/stack"
	"onhook/store"
)

// Errors of commands.
var (
	ErrStopped  = errors.New("exchange: stopped")
	ErrBusy     = errors.New("exchange: too many commands wait")
	ErrNotFound = errors.New("exchange: no such call is up")
)

// A Wire sends. Its methods never block; what arrives comes by the Exchange's
// Packets, FlowDown and SendFailed.
type Wire interface {
	// Send queues a message; ref comes back in SendFailed. Flow.Conn 0 on a
	// stream transport uses a connection to Remote, or opens one.
	Send(flow sip.Flow, data []byte, ref uint64)
	// Flush puts what was queued on the network.
	Flush()
	// CloseFlow closes a stream connection.
	CloseFlow(flow sip.Flow)
	// Resolve finds where to send by RFC 3263 and calls done, from any goroutine, once.
	Resolve(host string, port uint16, transport sip.Transport, secure bool, done func([]stack.Target, error))
}

// A Media carries RTP. Its methods never block.
type Media interface {
	Open(leg media.LegID, group uint64, v6 bool) (rtp, rtcp netip.AddrPort, err error)
	Set(leg media.LegID, c media.Config) error
	Bridge(a, b media.LegID) error
	Echo(leg media.LegID) error
	Play(leg media.LegID, src media.Source, loop bool) error
	Over(leg media.LegID, src media.Source) error
	Record(leg media.LegID, sink media.Sink) error
	Digits(leg media.LegID, keys string) error
	Idle(leg media.LegID) error
	Close(leg media.LegID) media.Stats
	Events(buf []media.Event) []media.Event
}

// A Store keeps what must not be lost; store.Store is one.
type Store interface {
	Begin(s store.Start) error
	Append(id string, events []call.Event) error
	Finish(r outcome.Record, events []call.Event, done func(error)) error
	Heartbeat(at time.Time) error
	SaveBindings(changed []store.Binding, removed []store.BindingKey) error
}
