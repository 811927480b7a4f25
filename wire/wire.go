package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"onhook/sip"
)

// Errors that SendFailed and FlowDown tell.
var (
	ErrClosed    = errors.New("wire: closed")
	ErrAddress   = errors.New("wire: not an address to send to")
	ErrTransport = errors.New("wire: no socket for this transport and address family")
	ErrNoStream  = errors.New("wire: the connection is gone")
	ErrQueueFull = errors.New("wire: too much waits to be sent")
	ErrTooSlow   = errors.New("wire: the peer took too long")
	ErrLimit     = errors.New("wire: too many connections")
)

// A Listen is a socket to open: UDP, or a stream transport's listener.
type Listen struct {
	Transport sip.Transport
	Addr      netip.AddrPort // port 0: the system chooses one
}

// A Local is a socket that is open. Flows that came by it, and those of
// connections opened in its name, have its Addr as Local.
type Local struct {
	Transport sip.Transport
	Addr      netip.AddrPort
	Host      netip.Addr // Addr's; of a socket for all addresses (0.0.0.0) the one that messages to far peers come from
}

func newLocal(t sip.Transport, addr netip.AddrPort) Local {
	return Local{t, addr, usualSource(addr.Addr())}
}

// usualSource is the address that the system sends from if it may choose.
func usualSource(a netip.Addr) netip.Addr {
	if !a.IsUnspecified() {
		return a
	}
	// To connect a datagram socket sends nothing; these are addresses for documentation (RFC 5737, RFC 3849).
	far, none := "192.0.2.1:9", netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if a.Is6() {
		far, none = "[2001:db8::1]:9", netip.IPv6Loopback()
	}
	c, err := net.Dial(network("udp", a), far)
	if err != nil {
		return none // no route: a machine by itself
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr()
}

// Options are what a Wire is made of.
type Options struct {
	Listen  []Listen
	Handler Handler
	Buffer  int    // bytes asked of the system for each direction of a UDP socket; 0: 8 MB
	Limits  Limits // of streams
	DNS     DNS
	// Descriptors is asked before a connection is opened or taken: false means that the process
	// has no file descriptor for it, ErrLimit. Descriptors(false) tells that it is closed. Must
	// not block. Nil: there is always room.
	Descriptors func(open bool) bool
}

// A Wire is all sockets of a server. Its methods may be called from any
// goroutine and do not wait for the network, Close apart.
type Wire struct {
	handler  Handler
	udp      []*udpSocket
	streams  streams
	resolver *resolver
	count    counters
	locals   []Local

	ctx   context.Context // done when the Wire closes
	stop  context.CancelFunc
	tasks sync.WaitGroup
}

// Open binds all sockets. Nothing is read before Start. An error names the address at fault.
func Open(o Options) (*Wire, error) {
	if o.Handler == nil {
		return nil, errors.New("wire: no Handler given")
	}
	if o.Buffer <= 0 {
		o.Buffer = 8 << 20
	}
	w := &Wire{handler: o.Handler}
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.streams.init(w, o.Limits, o.Descriptors)
	for _, l := range o.Listen {
		if err := w.listen(l, o.Buffer); err != nil {
			_ = w.Close() // the first error is the one to tell
			return nil, fmt.Errorf("wire: listen on %s %s: %w", l.Transport, l.Addr, err)
		}
	}
	w.resolver = newResolver(w.ctx, o.DNS, w.locals, &w.tasks)
	return w, nil
}

func (w *Wire) listen(l Listen, buffer int) error {
	switch l.Transport {
	case sip.UDP:
		s, err := openUDP(w, l.Addr, buffer)
		if err != nil {
			return err
		}
		w.udp = append(w.udp, s)
		w.locals = append(w.locals, s.local)
		return nil
	case sip.TCP:
		addr, err := w.streams.listen(l.Transport, l.Addr)
		if err != nil {
			return err
		}
		w.locals = append(w.locals, newLocal(l.Transport, addr))
		return nil
	}
	return fmt.Errorf("transport %s is not there, want UDP or TCP", l.Transport)
}

// network is the name of an address's network for package net: IPv6 sockets take IPv6 only.
func network(name string, a netip.Addr) string {
	if a.Is4() {
		return name + "4"
	}
	return name + "6"
}

// addrPort is a socket's address without IPv4-in-IPv6 mapping.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Locals returns the open sockets in the order of Options.Listen, ports filled in.
func (w *Wire) Locals() []Local { return w.locals }

// Start begins to read and to accept.
func (w *Wire) Start() {
	for _, s := range w.udp {
		w.tasks.Go(s.read)
	}
	for _, l := range w.streams.listeners {
		w.tasks.Go(l.accept)
	}
}

// Send queues a message. The data is not copied and must not be changed any
// more. A failure is told by SendFailed with ref, now or later. A stream flow
// with Conn goes by that connection alone; without, by one to Remote that is
// open, or by a new one.
func (w *Wire) Send(flow sip.Flow, data []byte, ref uint64) {
	if !sendable(flow.Remote) {
		w.fail(flow, ref, ErrAddress)
		return
	}
	if flow.Transport != sip.UDP {
		w.streams.send(flow, data, ref)
		return
	}
	if s := w.socket(flow); s != nil {
		s.send(flow.Remote, data, ref)
		return
	}
	w.fail(flow, ref, ErrTransport)
}

// sendable refuses addresses that are nobody's or everybody's: a Via or
// Contact may name them, and answers there would help an attack.
func sendable(to netip.AddrPort) bool {
	a := to.Addr()
	return to.Port() != 0 && a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// socket finds the UDP socket of a flow: its own, or the first of the family.
func (w *Wire) socket(flow sip.Flow) *udpSocket {
	var first *udpSocket
	for _, s := range w.udp {
		if s.local.Addr.Addr().Is4() != flow.Remote.Addr().Is4() {
			continue
		}
		if s.local.Addr == flow.Local {
			return s
		}
		if first == nil {
			first = s
		}
	}
	return first
}

func (w *Wire) fail(flow sip.Flow, ref uint64, err error) {
	w.count.sendErrors.Add(1)
	w.handler.SendFailed(flow, ref, err)
}

// Flush gives the queued datagrams to the system. What streams send needs no Flush.
func (w *Wire) Flush() {
	for _, s := range w.udp {
		s.flush()
	}
}

// CloseFlow closes a stream's connection once what was queued on it is sent.
func (w *Wire) CloseFlow(flow sip.Flow) { w.streams.closeFlow(flow) }

// Close closes all sockets and waits until no goroutine of the Wire is left.
func (w *Wire) Close() error {
	w.stop()
	if w.resolver != nil {
		w.resolver.close()
	}
	var errs []error
	for _, s := range w.udp {
		errs = append(errs, s.close())
	}
	errs = append(errs, w.streams.close())
	w.tasks.Wait()
	return errors.Join(errs...)
}
