package wire

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"onhook/sip"
)

// A listener takes the connections of one stream transport.
type listener struct {
	streams *streams
	local   Local
	layer   layer
	ln      net.Listener
}

func (t *streams) listen(transport sip.Transport, addr netip.AddrPort) (netip.AddrPort, error) {
	ln, err := net.ListenTCP(network("tcp", addr.Addr()), net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return netip.AddrPort{}, err
	}
	l := &listener{t, newLocal(transport, addrPort(ln.Addr())), t.layers[transport], ln}
	t.listeners = append(t.listeners, l)
	return l.local.Addr, nil
}

// accept takes connections until the listener is closed. When the system has
// no descriptor left it waits, longer each time, instead of spinning.
func (l *listener) accept() {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		c, err := l.ln.Accept()
		switch {
		case err == nil:
			pause = shortest
			l.take(c)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-l.streams.wire.ctx.Done():
				return
			case <-time.After(pause):
				pause = min(2*pause, longest)
			}
		}
	}
}

func (l *listener) take(c net.Conn) {
	t := l.streams
	s := newStream(t, l.layer, sip.Flow{Transport: l.local.Transport, Local: l.local.Addr, Remote: addrPort(c.RemoteAddr())})
	s.inbound, s.conn = true, c
	t.mu.Lock()
	err := t.add(s)
	if err == nil {
		t.wire.tasks.Go(s.serve)
	}
	t.mu.Unlock()
	if err != nil {
		t.wire.count.refused.Add(1)
		_ = c.Close() // nobody knows of it yet
		return
	}
	t.wire.count.streamsIn.Add(1)
}
