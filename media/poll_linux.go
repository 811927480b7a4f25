//go:build linux && !portable

package media

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller is a worker's epoll instance and its mailbox.
type poller struct {
	fd     int
	wake   int // eventfd
	buf    [maxPacket]byte
	events [256]unix.EpollEvent
	pace   pace

	mu    sync.Mutex
	mail  []func()
	spare []func()
	over  bool
	rang  atomic.Bool
	done  chan struct{}
}

// wakeSlot marks the eventfd among the events.
const wakeSlot = -1

func (p *poller) start(w *worker) error {
	var err error
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(p.fd)
		return err
	}
	if err = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot}); err != nil {
		unix.Close(p.fd)
		unix.Close(p.wake)
		return err
	}
	p.done = make(chan struct{})
	go p.run(w)
	return nil
}

// post puts a closure into the worker's mailbox; false when the worker has ended.
func (p *poller) post(_ *worker, f func()) bool {
	p.mu.Lock()
	if p.over {
		p.mu.Unlock()
		return false
	}
	p.mail = append(p.mail, f)
	if !p.rang.Swap(true) {
		// Under the lock, so that the descriptor is still ours.
		one := [8]byte{7: 1}
		_, _ = unix.Write(p.wake, one[:])
	}
	p.mu.Unlock()
	return true
}

// call runs a closure in the worker and waits for it; false when the worker has ended.
func (p *poller) call(w *worker, f func()) bool {
	done := make(chan struct{})
	if !p.post(w, func() { f(); close(done) }) {
		return false
	}
	<-done
	return true
}

// stop lets the worker run what is in its mailbox, then end.
func (p *poller) stop(w *worker) {
	p.post(w, func() {
		p.mu.Lock()
		p.over = true
		p.mu.Unlock()
	})
	<-p.done
}

// run is the worker's goroutine. It has no thread of its own: to hand the processor on and take it back between threads
// at each wait costs more than a packet.
func (p *poller) run(w *worker) {
	defer close(p.done)
	for !p.over {
		n := p.ready(w)
		w.look()
		p.pace.count(n, w.now)
		p.pace.tell(w.e.opt.Alone)
		for i := range n {
			ev := &p.events[i]
			if ev.Fd == wakeSlot {
				p.deliver()
				continue
			}
			p.readOne(w, ev)
		}
		w.due()
	}
	// What was posted before the end was known is owed its turn: somebody may wait for it.
	p.deliver()
	p.mu.Lock()
	unix.Close(p.wake)
	unix.Close(p.fd)
	p.mu.Unlock()
}

// ready waits for the next events, which are at the front of p.events.
func (p *poller) ready(w *worker) int {
	if p.pace.busy {
		if p.pace.last < len(p.events)/2 {
			p.pace.pause()
		}
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
		if errno != 0 {
			return 0
		}
		return int(n)
	}
	n, err := unix.EpollWait(p.fd, p.events[:], int((w.wait()+time.Millisecond-1)/time.Millisecond))
	if err != nil {
		// Only EINTR can come of a good descriptor.
		return 0
	}
	return n
}

// deliver runs what the mailbox holds.
func (p *poller) deliver() {
	var count [8]byte
	_, _ = unix.Read(p.wake, count[:])
	p.mu.Lock()
	p.rang.Store(false)
	p.mail, p.spare = p.spare[:0], p.mail
	p.mu.Unlock()
	for i, f := range p.spare {
		f()
		p.spare[i] = nil
	}
}

// readOne takes one datagram. Epoll tells again of what is left, and most times one is all there is.
func (p *poller) readOne(w *worker, ev *unix.EpollEvent) {
	slot := ev.Fd >> 1
	l := w.legs[slot]
	if l == nil || l.gen != ev.Pad {
		return // closed earlier in this batch
	}
	s, onRTCP := &l.rtp, ev.Fd&1 != 0
	if onRTCP {
		s = &l.rtcp
	}
	n, src, ok := s.recv(p.buf[:])
	if !ok {
		return
	}
	if n > len(p.buf) {
		l.n.invalid++
		return
	}
	w.receive(l, onRTCP, p.buf[:n], src)
}

// add watches a leg's sockets. The worker's own limits (memory, watches) are the system's; a leg that cannot be watched only hears nothing,
// and its timeout will say so.
func (p *poller) add(_ *worker, l *leg) {
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, l.rtp.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: l.slot << 1, Pad: l.gen})
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, l.rtcp.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: l.slot<<1 | 1, Pad: l.gen})
}

func (p *poller) remove(l *leg) {
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, l.rtp.fd, nil)
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, l.rtcp.fd, nil)
}

// severalWorkers: legs can move between workers here.
const severalWorkers = true
