package wire

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"onhook/sip"
)

// streams are the connections of all stream transports. A connection is found
// by its number, or by its peer's address, so that it is used again for
// requests the other way (RFC 3261 section 18.1.1).
type streams struct {
	wire      *Wire
	limits    Limits
	files     func(open bool) bool
	layers    map[sip.Transport]layer
	listeners []*listener

	mu        sync.Mutex
	byID      map[uint64]*stream
	byPeer    map[peerKey]*stream
	perSource map[netip.Addr]int
	dialing   int
	last      uint64 // the newest connection's number
	closed    bool
}

type peerKey struct {
	transport sip.Transport
	remote    netip.AddrPort
}

func (t *streams) init(w *Wire, l Limits, files func(open bool) bool) {
	if files == nil {
		files = func(bool) bool { return true }
	}
	t.wire, t.limits, t.files = w, l.withDefaults(), files
	t.layers = map[sip.Transport]layer{sip.TCP: plain{}}
	t.byID = make(map[uint64]*stream)
	t.byPeer = make(map[peerKey]*stream)
	t.perSource = make(map[netip.Addr]int)
}

// send queues a message on the connection that the flow means.
func (t *streams) send(flow sip.Flow, data []byte, ref uint64) {
	s, err := t.find(flow)
	if err == nil {
		err = s.send(data, ref, flow.Conn == 0)
	}
	if err != nil {
		t.wire.fail(flow, ref, err)
	}
}

// find returns the connection of a flow; without a number in the flow one is opened if need be.
func (t *streams) find(flow sip.Flow) (*stream, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if flow.Conn != 0 {
		if s := t.byID[flow.Conn]; s != nil {
			return s, nil
		}
		return nil, ErrNoStream
	}
	if s := t.byPeer[peerKey{flow.Transport, flow.Remote}]; s != nil {
		return s, nil
	}
	lay := t.layers[flow.Transport]
	switch {
	case lay == nil:
		return nil, ErrTransport
	case t.dialing >= t.limits.Dialing:
		return nil, ErrLimit
	}
	s := newStream(t, lay, t.identity(flow))
	if err := t.add(s); err != nil {
		return nil, err
	}
	t.dialing++
	t.wire.tasks.Go(s.dial)
	return s, nil
}

// identity fills in the Local of a flow that has none: the listener's that the
// connection is opened in the name of.
func (t *streams) identity(flow sip.Flow) sip.Flow {
	if flow.Local.IsValid() {
		return flow
	}
	for _, l := range t.listeners {
		if l.local.Transport == flow.Transport && l.local.Addr.Addr().Is4() == flow.Remote.Addr().Is4() {
			flow.Local = l.local.Addr
			break
		}
	}
	return flow
}

// add gives a connection its number and makes it known, t.mu held.
func (t *streams) add(s *stream) error {
	switch {
	case t.closed:
		return ErrClosed
	case len(t.byID) >= t.limits.Total:
		return ErrLimit
	}
	from := source(s.flow.Remote.Addr())
	if s.inbound && t.perSource[from] >= t.limits.PerSource || !t.files(true) {
		return ErrLimit
	}
	if s.inbound {
		t.perSource[from]++
	}
	t.last++
	s.flow.Conn = t.last
	t.byID[s.flow.Conn] = s
	t.byPeer[s.peer()] = s
	return nil
}

// remove forgets a connection.
func (t *streams) remove(s *stream) {
	t.files(false)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byID, s.flow.Conn)
	t.unlist(s)
	if s.inbound {
		from := source(s.flow.Remote.Addr())
		if t.perSource[from]--; t.perSource[from] <= 0 {
			delete(t.perSource, from)
		}
	}
}

// unlist makes a connection one that is found by its number only, t.mu held.
func (t *streams) unlist(s *stream) {
	if t.byPeer[s.peer()] == s {
		delete(t.byPeer, s.peer())
	}
}

func (t *streams) dialed() {
	t.mu.Lock()
	t.dialing--
	t.mu.Unlock()
}

func (t *streams) closeFlow(flow sip.Flow) {
	t.mu.Lock()
	s := t.byID[flow.Conn]
	if s == nil && flow.Conn == 0 {
		s = t.byPeer[peerKey{flow.Transport, flow.Remote}]
	}
	t.mu.Unlock()
	if s != nil {
		s.closeAfterQueue()
	}
}

// close closes every listener and connection.
func (t *streams) close() error {
	t.mu.Lock()
	t.closed = true
	all := make([]*stream, 0, len(t.byID))
	for _, s := range t.byID {
		all = append(all, s)
	}
	t.mu.Unlock()
	var errs []error
	for _, l := range t.listeners {
		if err := l.ln.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, s := range all {
		s.fail(ErrClosed)
	}
	return errors.Join(errs...)
}
