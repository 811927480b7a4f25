package main

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// A relay passes datagrams between one client and one server, both ways, and
// loses some of them.
type relay struct {
	front, back *net.UDPConn
	loss        float64
	client      atomic.Pointer[netip.AddrPort]
	passed      atomic.Uint64
	lost        atomic.Uint64
	done        sync.WaitGroup
}

// startRelay listens on a loopback address and sends on to target from another.
func startRelay(listen, from string, target *net.UDPAddr, loss float64) (*relay, error) {
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(listen)})
	if err != nil {
		return nil, err
	}
	back, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, target)
	if err != nil {
		front.Close()
		return nil, err
	}
	r := &relay{front: front, back: back, loss: loss}
	for _, c := range []*net.UDPConn{front, back} {
		if err := c.SetReadBuffer(4 << 20); err != nil {
			r.close()
			return nil, err
		}
	}
	r.done.Add(2)
	go r.forth(rand.New(rand.NewPCG(1, 1)))
	go r.backward(rand.New(rand.NewPCG(1, 2)))
	return r, nil
}

func (r *relay) port() int { return r.front.LocalAddr().(*net.UDPAddr).Port }

func (r *relay) close() {
	r.front.Close()
	r.back.Close()
	r.done.Wait()
}

// loses counts a datagram and decides whether it is lost.
func (r *relay) loses(rng *rand.Rand) bool {
	if rng.Float64() < r.loss {
		r.lost.Add(1)
		return true
	}
	r.passed.Add(1)
	return false
}

func (r *relay) forth(rng *rand.Rand) {
	defer r.done.Done()
	buf := make([]byte, 65536)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if old := r.client.Load(); old == nil || *old != from {
			r.client.Store(&from)
		}
		if !r.loses(rng) {
			_, _ = r.back.Write(buf[:n]) // nobody there: as lost
		}
	}
}

func (r *relay) backward(rng *rand.Rand) {
	defer r.done.Done()
	buf := make([]byte, 65536)
	for {
		n, err := r.back.Read(buf)
		if err != nil {
			if _, ok := err.(*net.OpError); ok && !isClosed(err) {
				continue // the target refused a datagram
			}
			return
		}
		if to := r.client.Load(); to != nil && !r.loses(rng) {
			_, _ = r.front.WriteToUDPAddrPort(buf[:n], *to)
		}
	}
}
