package wire

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"onhook/sip"
)

const (
	udpBatch   = 32      // datagrams in one system call
	udpMax     = 1 << 16 // room for the largest datagram
	udpQueue   = 8 << 20 // bytes that may wait when the system has no room
	oneMessage = 64      // what a queued message costs beside its bytes
)

// A datagram waits to be sent.
type datagram struct {
	to   netip.AddrPort
	data []byte
	ref  uint64
}

// A failure is a datagram that could not be sent, to be told when no lock is held.
type failure struct {
	to  netip.AddrPort
	ref uint64
	err error
}

// A udpSocket is one UDP socket. Package net owns the descriptor and wakes the
// reader; conn is kept so that its finalizer does not close it.
type udpSocket struct {
	wire  *Wire
	local Local
	conn  *net.UDPConn
	raw   syscall.RawConn
	in    udpReader
	batch []Packet
	busy  atomic.Bool // something was read and is not handed over yet

	mu      sync.Mutex
	queue   []datagram
	bytes   int
	waiting bool // a goroutine waits for room and sends the queue
	closed  bool
	recent  recent
	out     udpWriter
	failed  []failure
}

func openUDP(w *Wire, addr netip.AddrPort, buffer int) (*udpSocket, error) {
	conn, err := net.ListenUDP(network("udp", addr.Addr()), net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		_ = conn.Close() // the first error is the one to tell
		return nil, err
	}
	s := &udpSocket{wire: w, local: newLocal(sip.UDP, addrPort(conn.LocalAddr())), conn: conn, raw: raw}
	s.recent.init()
	if err := s.tune(buffer); err != nil {
		_ = conn.Close() // as above
		return nil, err
	}
	return s, nil
}

// read hands over what arrives until the socket is closed.
func (s *udpSocket) read() {
	s.in.init()
	s.batch = make([]Packet, 0, udpBatch)
	for s.receive() {
		s.handOver()
	}
}

// take adds a datagram that was read to the batch. data is the reader's
// buffer; handOver copies it.
func (s *udpSocket) take(from netip.AddrPort, data []byte) {
	if from.Port() == 0 || keepAlive(data) {
		return
	}
	s.batch = append(s.batch, Packet{
		Flow: sip.Flow{Transport: sip.UDP, Local: s.local.Addr, Remote: from},
		Data: data,
	})
}

// keepAlive tells datagrams that only hold a NAT's door open: empty lines, or
// the zero bytes that some phones send.
func keepAlive(data []byte) bool {
	if len(data) > 4 {
		return false
	}
	for _, c := range data {
		if c != '\r' && c != '\n' && c != 0 {
			return false
		}
	}
	return true
}

// handOver gives the batch to the handler, each datagram in memory of its own:
// one that is kept keeps no other.
func (s *udpSocket) handOver() {
	if len(s.batch) == 0 {
		return
	}
	total := 0
	for i := range s.batch {
		p := &s.batch[i]
		p.Data = append(make([]byte, 0, len(p.Data)), p.Data...)
		total += len(p.Data)
	}
	c := &s.wire.count
	if s.wire.handler.Packets(s.batch) {
		c.packetsIn.Add(uint64(len(s.batch)))
		c.bytesIn.Add(uint64(total))
	} else {
		c.dropped.Add(uint64(len(s.batch)))
	}
	clear(s.batch)
	s.batch = s.batch[:0]
}

// send queues a datagram until flush.
func (s *udpSocket) send(to netip.AddrPort, data []byte, ref uint64) {
	var err error
	s.mu.Lock()
	switch {
	case s.closed:
		err = ErrClosed
	case s.bytes+len(data) > udpQueue:
		err = ErrQueueFull
	default:
		s.queue = append(s.queue, datagram{to, data, ref})
		s.bytes += len(data) + oneMessage
	}
	s.mu.Unlock()
	if err != nil {
		s.wire.fail(s.flow(to), ref, err)
	}
}

func (s *udpSocket) flow(to netip.AddrPort) sip.Flow {
	return sip.Flow{Transport: sip.UDP, Local: s.local.Addr, Remote: to}
}

// flush sends the queue. What the system has no room for is left to a
// goroutine that waits for it.
func (s *udpSocket) flush() {
	s.mu.Lock()
	if len(s.queue) == 0 || s.waiting || s.closed {
		s.mu.Unlock()
		return
	}
	if !s.sendNow() {
		s.waiting = true
		s.wire.tasks.Go(s.sendLater)
	}
	failed, met := s.takeFailed()
	s.mu.Unlock()
	s.tell(failed)
	if met {
		s.lookForErrors()
	}
}

func (s *udpSocket) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.conn.Close()
}

// sent drops the first n datagrams of the queue and counts them as sent.
func (s *udpSocket) sent(n int) {
	bytes := 0
	for i := range s.queue[:n] {
		d := &s.queue[i]
		bytes += len(d.data)
		s.recent.add(d)
	}
	s.wire.count.packetsOut.Add(uint64(n))
	s.wire.count.bytesOut.Add(uint64(bytes))
	s.drop(n)
}

// drop takes the first n datagrams off the queue.
func (s *udpSocket) drop(n int) {
	for i := range s.queue[:n] {
		s.bytes -= len(s.queue[i].data) + oneMessage
	}
	rest := copy(s.queue, s.queue[n:])
	clear(s.queue[rest:])
	s.queue = s.queue[:rest]
}

// refuse takes the first datagram off the queue as one that cannot be sent.
func (s *udpSocket) refuse(err error) {
	s.failed = append(s.failed, failure{s.queue[0].to, s.queue[0].ref, err})
	s.drop(1)
}

// takeFailed returns what is to be told, and whether a send met the error of an
// earlier datagram; s.mu is held.
func (s *udpSocket) takeFailed() (failed []failure, met bool) {
	failed, met = s.failed, s.out.met
	s.failed, s.out.met = nil, false
	return failed, met
}

func (s *udpSocket) tell(failed []failure) {
	for _, f := range failed {
		s.wire.fail(s.flow(f.to), f.ref, f.err)
	}
}
