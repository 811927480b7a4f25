package media

import (
	"net/netip"
	"sync"
)

// A pool gives out even ports. One given back is used again last, so that what a former peer still sends finds nobody.
type pool struct {
	files func(open bool) bool // Options.Descriptors
	mu    sync.Mutex
	free  []uint16 // a ring
	head  int
	n     int
}

func newPool(lo, hi uint16, rand func() uint64, files func(open bool) bool) *pool {
	p := &pool{files: files}
	for port := (int(lo) + 1) &^ 1; port+1 <= int(hi); port += 2 {
		p.free = append(p.free, uint16(port))
	}
	// An order that nobody can guess makes it harder to send to the next call.
	for i := len(p.free) - 1; i > 0; i-- {
		j := int(rand() % uint64(i+1))
		p.free[i], p.free[j] = p.free[j], p.free[i]
	}
	p.n = len(p.free)
	return p
}

func (p *pool) take() (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == 0 {
		return 0, false
	}
	port := p.free[p.head]
	p.head = (p.head + 1) % len(p.free)
	p.n--
	return port, true
}

func (p *pool) give(port uint16) {
	p.mu.Lock()
	p.free[(p.head+p.n)%len(p.free)] = port
	p.n++
	p.mu.Unlock()
}

// closed takes back the ports of a pair of sockets that are closed.
func (p *pool) closed(port uint16) {
	p.files(false)
	p.give(port)
}

// open binds a pair of sockets.
func (p *pool) open(ip netip.Addr, dscp int) (port uint16, rtp, rtcp socket, err error) {
	if !p.files(true) {
		return 0, rtp, rtcp, ErrNoSockets
	}
	if port, rtp, rtcp, err = p.bind(ip, dscp); err != nil {
		p.files(false)
	}
	return port, rtp, rtcp, err
}

// bind is open, where there is room. Ports that another program holds are passed over.
func (p *pool) bind(ip netip.Addr, dscp int) (port uint16, rtp, rtcp socket, err error) {
	for range len(p.free) {
		port, ok := p.take()
		if !ok {
			return 0, rtp, rtcp, ErrNoPorts
		}
		rtp, err = openSocket(netip.AddrPortFrom(ip, port), dscp)
		if err == nil {
			if rtcp, err = openSocket(netip.AddrPortFrom(ip, port+1), dscp); err == nil {
				return port, rtp, rtcp, nil
			}
			rtp.close()
		}
		p.give(port)
		if !inUse(err) {
			return 0, rtp, rtcp, err
		}
	}
	return 0, rtp, rtcp, ErrNoPorts
}
