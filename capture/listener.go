package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	udpBuffer   = 32 << 20 // asked of the system for a socket, in bytes
	tcpBuffer   = 64 << 10
	maxAgents   = 1024             // connections at once
	agentWait   = 30 * time.Second // for the rest of a packet that has begun
	queueLimit  = 8 << 20          // bytes; twice as much is kept in all
	acceptPause = 50 * time.Millisecond
)

// ListenOptions are the bounds of a Listener. The zero value stands for the
// defaults.
type ListenOptions struct {
	Key   string           // if set, what the packets have to carry as their key (chunk 0x000e)
	Queue int              // bytes that wait to be read; beyond, UDP is dropped and TCP waits. Default 8 MiB
	Now   func() time.Time // the clock; nil: time.Now
}

// A Listener is a Source of what HEP senders mirror, over UDP and TCP. Next is
// for one goroutine; the other methods are for any.
type Listener struct {
	o       ListenOptions
	udp     []*net.UDPConn
	tcp     []net.Listener
	addrs   []string
	queue   *queue
	senders senders
	dec     HEPDecoder
	batch   batch
	at      int
	number  uint64

	mu      sync.Mutex
	conns   map[net.Conn]bool
	closed  bool
	overrun uint64 // when it was closed
	work    sync.WaitGroup
}

// Listen binds addresses written as udp://:9060, udp://127.0.0.1:9060 or
// tcp://[::1]:9060. It binds all of them or none.
func Listen(addrs []string, o ListenOptions) (*Listener, error) {
	if len(addrs) == 0 {
		return nil, errors.New("capture: no address to listen on: want one like udp://:9060")
	}
	if o.Queue <= 0 {
		o.Queue = queueLimit
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Listener{o: o, queue: newQueue(o.Queue), conns: make(map[net.Conn]bool), dec: HEPDecoder{Key: o.Key}}
	for _, a := range addrs {
		if err := l.bind(a); err != nil {
			for _, c := range l.udp {
				c.Close()
			}
			for _, c := range l.tcp {
				c.Close()
			}
			return nil, err
		}
	}
	for _, c := range l.udp {
		l.work.Go(func() { l.receive(c) })
	}
	for _, c := range l.tcp {
		l.work.Go(func() { l.accept(c) })
	}
	return l, nil
}

func (l *Listener) bind(a string) error {
	proto, host, ok := strings.Cut(a, "://")
	if !ok {
		return fmt.Errorf("capture: the HEP address %q: want one like udp://:9060 or tcp://127.0.0.1:9060", a)
	}
	switch proto {
	case "udp":
		local, err := net.ResolveUDPAddr("udp", host)
		if err != nil {
			return fmt.Errorf("capture: the HEP address %q: %w", a, err)
		}
		c, err := net.ListenUDP("udp", local)
		if err != nil {
			return fmt.Errorf("capture: the HEP address %q: %w", a, err)
		}
		widen(c, udpBuffer)
		l.udp = append(l.udp, c)
		l.addrs = append(l.addrs, "udp://"+c.LocalAddr().String())
	case "tcp":
		c, err := net.Listen("tcp", host)
		if err != nil {
			return fmt.Errorf("capture: the HEP address %q: %w", a, err)
		}
		l.tcp = append(l.tcp, c)
		l.addrs = append(l.addrs, "tcp://"+c.Addr().String())
	default:
		return fmt.Errorf("capture: the HEP address %q: %q is not known, want udp or tcp", a, proto)
	}
	return nil
}

// Addrs returns where the Listener is bound, written as for Listen.
func (l *Listener) Addrs() []string { return l.addrs }

// Senders returns what came from whom until now.
func (l *Listener) Senders() []Sender { return l.senders.list() }

// Overrun returns how many datagrams the system dropped because they came faster
// than they were received; of which senders nobody knows. Only Linux says it.
func (l *Listener) Overrun() (n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.overrun
	}
	for _, c := range l.udp {
		n += overrun(c)
	}
	return n
}

// Close ends Next, which first hands out what has been received, and waits for
// the sockets to be closed.
func (l *Listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	var errs []error
	for _, c := range l.udp {
		l.overrun += overrun(c)
		errs = append(errs, c.Close())
	}
	for _, c := range l.tcp {
		errs = append(errs, c.Close())
	}
	for c := range l.conns {
		c.Close()
	}
	l.mu.Unlock()
	l.queue.close()
	l.work.Wait()
	return errors.Join(errs...)
}

// receive reads datagrams into the queue.
func (l *Listener) receive(c *net.UDPConn) {
	b := make([]byte, maxDatagram+1)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			continue // an ICMP error of something sent by nobody here
		}
		l.put(from, b[:n], false)
	}
}

func (l *Listener) put(from netip.AddrPort, b []byte, wait bool) bool {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	now := l.o.Now()
	if l.queue.put(from, now, b, wait) {
		return true
	}
	if !wait { // who waits is refused only when all ends
		l.senders.count(from, now, len(b), &Item{}, QueueFull)
	}
	return false
}

// accept takes connections of agents.
func (l *Listener) accept(c net.Listener) {
	pause := time.NewTimer(acceptPause)
	defer pause.Stop()
	for {
		conn, err := c.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptors are left: some may be free soon
			pause.Reset(acceptPause)
			<-pause.C
			continue
		}
		l.mu.Lock()
		if l.closed || len(l.conns) >= maxAgents {
			l.mu.Unlock()
			conn.Close()
			continue
		}
		l.conns[conn] = true
		l.work.Go(func() { l.serve(conn) })
		l.mu.Unlock()
	}
}

// serve reads the packets of one agent. A stream that is no HEP is closed: where
// its next packet begins nobody can tell.
func (l *Listener) serve(c net.Conn) {
	defer func() {
		c.Close()
		l.mu.Lock()
		delete(l.conns, c)
		l.mu.Unlock()
	}()
	from, _ := netip.ParseAddrPort(c.RemoteAddr().String())
	in := bufio.NewReaderSize(c, tcpBuffer)
	for {
		_ = c.SetReadDeadline(time.Time{})
		if _, err := in.Peek(1); err != nil {
			return
		}
		// A network deadline is a point of the system's clock, whatever o.Now says.
		_ = c.SetReadDeadline(time.Now().Add(agentWait))
		head, err := in.Peek(hepHead)
		if err != nil {
			l.drop(from, len(head), CutShort, err)
			return
		}
		size := int(binary.BigEndian.Uint16(head[4:]))
		if !isHEP3(head) || size < hepHead {
			l.drop(from, len(head), NotHEP, nil)
			return
		}
		b, err := in.Peek(size)
		if err != nil {
			l.drop(from, len(b), CutShort, err)
			return
		}
		if !l.put(from, b, true) {
			return
		}
		_, _ = in.Discard(size)
	}
}

// drop counts what a connection ended with, unless it was we who closed it.
func (l *Listener) drop(from netip.AddrPort, n int, r DropReason, err error) {
	if !errors.Is(err, net.ErrClosed) {
		l.senders.count(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), l.o.Now(), n, &Item{}, r)
	}
}

// Next waits for the next message; io.EOF: the Listener was closed. What gives
// none is counted with its sender. A packet that carries no time gets that of
// its arrival.
func (l *Listener) Next() (Item, error) {
	for {
		if l.at >= len(l.batch.parcels) {
			l.at = 0
			if !l.queue.take(&l.batch) {
				return Item{}, io.EOF
			}
		}
		p := &l.batch.parcels[l.at]
		l.at++
		l.number++
		b := l.batch.arena[p.off:p.end]
		it, err := l.dec.Decode(b)
		if err != nil {
			reason, _ := err.(DropReason)
			l.senders.count(p.from, p.at, len(b), &it, reason)
			continue
		}
		it.Agent.Addr = p.from
		it.Number = l.number
		l.senders.count(p.from, p.at, len(b), &it, 0)
		it.arrived(p.at, false)
		return it, nil
	}
}
