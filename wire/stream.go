package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"onhook/sip"
)

// A stream is one connection. One goroutine opens it, reads it to its end and
// tells that end; another one writes while something is queued.
type stream struct {
	streams *streams
	layer   layer
	flow    sip.Flow
	inbound bool
	over    chan struct{} // closed when the connection shall end
	busy    atomic.Bool   // something was read and is not handed over yet

	mu      sync.Mutex
	conn    net.Conn // nil while it is being dialled
	ready   bool     // the layer has opened conn: messages can flow, and it stays as it is
	queue   []outgoing
	bytes   int
	writing bool
	written sync.Cond // writing has become false
	ended   error     // why the connection ends; nil: it does not
	ending  bool      // end when the queue is sent
	eof     bool      // the peer sends no more
	pending int       // requests of the peer's without a final response
	asked   unanswered
}

type outgoing struct {
	data []byte
	ref  uint64
}

func newStream(t *streams, lay layer, flow sip.Flow) *stream {
	s := &stream{streams: t, layer: lay, flow: flow, over: make(chan struct{})}
	s.written.L = &s.mu
	return s
}

func (s *stream) peer() peerKey { return peerKey{s.flow.Transport, s.flow.Remote} }

// fail ends the connection for that reason, the first one counts.
func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(err)
}

func (s *stream) failLocked(err error) {
	if s.ended != nil {
		return
	}
	s.ended = err
	close(s.over)
	if s.conn != nil {
		_ = s.conn.Close() // what went wrong before is the reason that is told
	}
}

// dial opens the connection, then serves it.
func (s *stream) dial() {
	conn, err := s.connect()
	s.streams.dialed()
	if err != nil {
		s.fail(fmt.Errorf("wire: connect to %s: %w", s.flow.Remote, err))
		s.end()
		return
	}
	s.streams.wire.count.streamsOut.Add(1)
	s.mu.Lock()
	s.conn = conn
	if s.ended != nil {
		_ = conn.Close() // it was given up meanwhile
	}
	s.mu.Unlock()
	s.serve()
}

func (s *stream) connect() (net.Conn, error) {
	limits := &s.streams.limits
	ctx, cancel := context.WithTimeout(s.streams.wire.ctx, limits.Dial)
	defer cancel()
	d := net.Dialer{}
	// A connection from the address that we are known by, where that is one address.
	if a := s.flow.Local.Addr(); a.IsValid() && !a.IsUnspecified() {
		d.LocalAddr = &net.TCPAddr{IP: a.AsSlice(), Zone: a.Zone()}
	}
	return d.DialContext(ctx, "tcp", s.flow.Remote.String())
}

// serve reads the connection to its end.
func (s *stream) serve() {
	if s.open() {
		s.finish(s.read())
	}
	s.end()
}

// open does what the layer needs before messages can flow, then begins to send what waits.
func (s *stream) open() bool {
	limit := s.streams.limits.FirstMessage
	_ = s.conn.SetDeadline(time.Now().Add(limit)) // fails only where reading does
	ctx, cancel := context.WithTimeout(s.streams.wire.ctx, limit)
	defer cancel()
	conn, err := s.layer.open(ctx, s.conn, s.inbound)
	if err != nil {
		s.fail(err)
		return false
	}
	_ = conn.SetDeadline(time.Time{}) // as above
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.ready = conn, true
	s.writeLocked()
	return s.ended == nil
}

// finish ends the connection after reading has. When the peer has only ended
// its own side, the answers that it waits for are still sent.
func (s *stream) finish(err error) {
	var bad *sip.ParseError
	switch {
	case errors.Is(err, io.EOF):
		s.streams.mu.Lock()
		s.streams.unlist(s)
		s.streams.mu.Unlock()
		s.mu.Lock()
		s.eof = true
		s.endIfDone()
		s.mu.Unlock()
		s.waitOver(s.streams.limits.HalfClosed)
	case errors.As(err, &bad):
		s.streams.wire.count.cut.Add(1)
		s.closeAfterQueue()
		s.waitOver(s.streams.limits.Write)
	case isTimeout(err):
		s.streams.wire.count.cut.Add(1)
		err = ErrTooSlow
	}
	s.fail(err)
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func (s *stream) waitOver(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.over:
	case <-timer.C:
	}
}

// endIfDone ends the connection if nothing more is to be sent on it.
func (s *stream) endIfDone() {
	if s.writing || len(s.queue) > 0 {
		return
	}
	switch {
	case s.ending:
		s.failLocked(ErrClosed)
	case s.eof && s.pending == 0:
		s.failLocked(io.EOF)
	}
}

// end tells what was not sent, then that the flow is down.
func (s *stream) end() {
	s.streams.remove(s)
	s.mu.Lock()
	for s.writing {
		s.written.Wait()
	}
	left, asked := s.queue, s.asked.list
	s.queue, s.bytes = nil, 0
	err, opened := s.ended, s.conn != nil
	s.mu.Unlock()
	for _, o := range left {
		if o.ref != 0 {
			s.streams.wire.fail(s.flow, o.ref, err)
		}
	}
	for _, a := range asked {
		if !slices.ContainsFunc(left, func(o outgoing) bool { return o.ref == a.ref }) {
			s.streams.wire.handler.SendFailed(s.flow, a.ref, err)
		}
	}
	if opened {
		s.streams.wire.handler.FlowDown(s.flow, err)
	}
}

// closeAfterQueue ends the connection when what is queued has been sent.
func (s *stream) closeAfterQueue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	s.endIfDone()
}

// isRequest tells requests that are answered: not responses, not ACK.
func isRequest(data []byte) bool {
	return !bytes.HasPrefix(data, []byte("SIP/2.0 ")) && !bytes.HasPrefix(data, []byte("ACK "))
}

// isFinal tells final responses.
func isFinal(data []byte) bool {
	return len(data) > 8 && bytes.HasPrefix(data, []byte("SIP/2.0 ")) && data[8] > '1'
}
