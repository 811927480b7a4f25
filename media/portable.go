//go:build !linux || portable

package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// A poller, where there is no epoll, is a lock around the worker, a goroutine a socket that reads, and one that keeps the clock.
type poller struct {
	mu   sync.Mutex
	over bool
	quit chan struct{}
	poke chan struct{}
	done sync.WaitGroup
}

// severalWorkers: the goroutines that read here stay with one worker.
const severalWorkers = false

func (p *poller) start(w *worker) error {
	p.quit, p.poke = make(chan struct{}), make(chan struct{}, 1)
	p.done.Go(func() { p.keepTime(w) })
	return nil
}

func (p *poller) keepTime(w *worker) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-p.poke:
		case <-timer.C:
		}
		p.mu.Lock()
		w.look()
		w.due()
		wait := w.wait()
		p.mu.Unlock()
		timer.Reset(max(wait, time.Millisecond))
	}
}

func (p *poller) post(w *worker, f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	w.look()
	f()
	select {
	case p.poke <- struct{}{}:
	default:
	}
	return true
}

func (p *poller) call(w *worker, f func()) bool { return p.post(w, f) }

func (p *poller) stop(*worker) {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	close(p.quit)
	p.done.Wait()
}

func (p *poller) add(w *worker, l *leg) {
	p.done.Go(func() { p.read(w, l, l.rtp.conn, false) })
	p.done.Go(func() { p.read(w, l, l.rtcp.conn, true) })
}

func (p *poller) read(w *worker, l *leg, conn *net.UDPConn, onRTCP bool) {
	b := make([]byte, maxPacket)
	for {
		n, src, err := conn.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		p.mu.Lock()
		switch {
		case l.gone:
			p.mu.Unlock()
			return
		case err == nil && n < len(b):
			w.look()
			w.receive(l, onRTCP, b[:n], netip.AddrPortFrom(src.Addr().Unmap().WithZone(""), src.Port()))
		default:
			l.n.invalid++
		}
		p.mu.Unlock()
	}
}

func (p *poller) remove(*leg) {}

// A socket is a UDP socket of a leg. It is never connected: the latch alone decides whom to believe.
type socket struct {
	conn *net.UDPConn
}

func openSocket(a netip.AddrPort, _ int) (socket, error) {
	network := "udp4"
	if a.Addr().Is6() {
		network = "udp6"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(a))
	return socket{c}, err
}

// inUse: the port is another program's. Windows has a number of its own for it.
func inUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.Errno(10048))
}

func (s *socket) send(b []byte, to netip.AddrPort) bool {
	_, err := s.conn.WriteToUDPAddrPort(b, to)
	return err == nil
}

func (s *socket) connect(netip.AddrPort) {}
func (s *socket) disconnect()            {}
func (s *socket) close()                 { s.conn.Close() }
