//go:build !linux || portable

package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Systems other than Linux read and write datagrams one by one by package net.

type udpReader struct{ mem []byte }

func (r *udpReader) init() { r.mem = make([]byte, udpMax) }

type udpWriter struct{ met bool }

func (s *udpSocket) tune(buffer int) error {
	// That the system gives less than asked is no error.
	_ = s.conn.SetReadBuffer(buffer)
	_ = s.conn.SetWriteBuffer(buffer)
	return nil
}

// receive waits for a datagram; false: the socket is closed.
func (s *udpSocket) receive() bool {
	s.busy.Store(false)
	n, from, err := s.conn.ReadFromUDPAddrPort(s.in.mem)
	s.busy.Store(true)
	switch {
	case errors.Is(err, net.ErrClosed):
		return false
	case err != nil:
		s.wire.count.readErrors.Add(1)
		return true
	}
	s.take(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), s.in.mem[:n])
	return true
}

func (s *udpSocket) lookForErrors() {}

// sendNow leaves the queue to a goroutine, since a write may wait.
func (s *udpSocket) sendNow() bool { return false }

// sendLater sends the queue.
func (s *udpSocket) sendLater() {
	s.mu.Lock()
	for len(s.queue) > 0 {
		d := s.queue[0]
		s.mu.Unlock()
		_, err := s.conn.WriteToUDPAddrPort(d.data, d.to)
		s.mu.Lock()
		if err != nil {
			s.refuse(fmt.Errorf("wire: %w", err))
		} else {
			s.sent(1)
		}
		failed, _ := s.takeFailed()
		s.mu.Unlock()
		s.tell(failed)
		s.mu.Lock()
	}
	s.waiting = false
	s.mu.Unlock()
}
