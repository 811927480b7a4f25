package main

import (
	"fmt"
	"log/slog"
	"net"
	"sync"

	"onhook/config"
	"onhook/media"
	"onhook/wire"
)

// keptBack is how many file descriptors are left to what must go on whatever calls
// and strangers take: the log of calls, the database, the control socket, webhooks,
// names that are looked up. A process that may have few keeps half of them.
const keptBack = 256

// descriptors share out the file descriptors that the process may have
// (RLIMIT_NOFILE) to sockets of media, to connections of SIP and of HTTP, and to
// recordings, so that none of them takes all from the others or from the rest. Without such a limit a
// nil one has room for everything.
type descriptors struct {
	limit int
	room  int // for all shares

	mu     sync.Mutex
	shares [numShares]share
}

// The shares of descriptors.
const (
	forMedia = iota
	forPeers
	forWeb
	forTapes
	numShares
)

// A share is what is taken of descriptors for one thing.
type share struct {
	least int // kept for it whatever the others want
	most  int
	taken int
}

// leastConnections is how many connections of each kind are always possible, if the limit is not small.
const leastConnections = 256

// newDescriptors shares out a limit.
func newDescriptors(limit int) *descriptors {
	room := limit - min(keptBack, limit/2)
	least := min(leastConnections, room/8)
	d := &descriptors{limit: limit, room: room}
	d.shares = [numShares]share{
		forMedia: {least: room / 2, most: room}, forPeers: {least: least, most: room / 2}, forWeb: {least: least, most: room / 4}, forTapes: {most: room / 4},
	}
	return d
}

// take takes descriptors for a share, or says that there are none for it.
func (d *descriptors) take(which, n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.shares[which]
	s.taken += n
	sum := 0
	for _, o := range d.shares {
		sum += max(o.least, o.taken)
	}
	if s.taken > s.most || sum > d.room {
		s.taken -= n
		return false
	}
	return true
}

func (d *descriptors) give(which, n int) {
	d.mu.Lock()
	d.shares[which].taken -= n
	d.mu.Unlock()
}

// socketsOfLeg are those of RTP and RTCP.
const socketsOfLeg = 2

// forLegs is how many legs can have sockets at once, while there are few connections and no recordings.
func (d *descriptors) forLegs() int {
	return (d.room - d.shares[forPeers].least - d.shares[forWeb].least) / socketsOfLeg
}

// enough is the limit with which a number of legs can have sockets.
func (d *descriptors) enough(legs int) int {
	n := legs * socketsOfLeg
	return keptBack + max(keptBack, min((n*4+2)/3, n+2*leastConnections))
}

// warn tells of a range of media ports that the limit does not allow to be used.
func (d *descriptors) warn(cfg *config.Config, log *slog.Logger) {
	ports := cfg.RTP.Ports
	legs := (int(ports.Last) + 1 - (int(ports.First)+1)&^1) / 2
	if legs <= d.forLegs() {
		return
	}
	log.Warn("rtp.ports has more ports than the process may have file descriptors for: calls beyond that get BEARERCAPABILITY_NOTAVAIL, 503",
		"ports", ports, "legs", legs, "limit", d.limit, "enough_for_legs", d.forLegs(),
		"want", fmt.Sprintf("a limit of %d (LimitNOFILE= of the service, ulimit -n), or fewer ports", d.enough(legs)))
}

// shareDescriptors finds how many file descriptors there may be, and says if they are few.
func (s *server) shareDescriptors() {
	limit, ok := descriptorLimit()
	if !ok {
		return
	}
	s.files = newDescriptors(limit)
	s.files.warn(s.cfg, s.log)
	if s.tapes != nil {
		s.tapes.Bound(s.files.taker(forTapes, 1))
	}
}

// taker is how a part of the server takes n descriptors of a share at a time, or gives them back.
func (d *descriptors) taker(which, n int) func(open bool) bool {
	return func(open bool) bool {
		if !open {
			d.give(which, n)
			return false
		}
		return d.take(which, n)
	}
}

func (s *server) boundWire(o wire.Options) wire.Options {
	if s.files != nil {
		o.Descriptors = s.files.taker(forPeers, 1)
	}
	return o
}

func (s *server) boundMedia(o media.Options) media.Options {
	if s.files != nil {
		o.Descriptors = s.files.taker(forMedia, socketsOfLeg)
	}
	return o
}

// bound lets a listener take connections only while there is room: others are closed at once.
func (d *descriptors) bound(l net.Listener) net.Listener {
	tcp, ok := l.(*net.TCPListener)
	if d == nil || !ok {
		return l
	}
	return boundListener{tcp, d}
}

type boundListener struct {
	*net.TCPListener
	files *descriptors
}

// Accept takes the next connection that there is room for.
func (l boundListener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if l.files.take(forWeb, 1) {
			return &boundConn{TCPConn: c, files: l.files}, nil
		}
		_ = c.Close() // nobody knows of it yet
	}
}

// A boundConn gives its room back when it is closed, once.
type boundConn struct {
	*net.TCPConn
	files *descriptors
	once  sync.Once
}

// Close closes the connection.
func (c *boundConn) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(func() { c.files.give(forWeb, 1) })
	return err
}
