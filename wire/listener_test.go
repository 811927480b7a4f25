package wire

import (
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"onhook/sip"
)

// A stingy listener has no descriptor left the first times.
type stingy struct {
	net.Listener
	errors atomic.Int32
	asked  atomic.Int32
}

func (l *stingy) Accept() (net.Conn, error) {
	l.asked.Add(1)
	if l.errors.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// Without descriptors accepting waits, longer each time, and goes on when there are some.
func TestAcceptWithoutDescriptors(t *testing.T) {
	b := newInbox()
	w, err := Open(Options{Handler: b, Listen: []Listen{{sip.TCP, loopback4}}})
	if err != nil {
		t.Fatal(err)
	}
	ln := &stingy{Listener: w.streams.listeners[0].ln}
	ln.errors.Store(5)
	w.streams.listeners[0].ln = ln
	begin := time.Now()
	w.Start()
	p := dial(t, w.Locals()[0])
	p.send(request("OPTIONS", 1, ""))
	b.waitPackets(t, 1)
	// 5 + 10 + 20 + 40 + 80 ms
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("five errors took %s: it spins", took)
	}
	if n := ln.asked.Load(); n < 6 || n > 7 {
		t.Errorf("asked %d times, want 6 or 7", n)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
