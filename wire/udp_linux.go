//go:build linux && !portable

package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// On Linux datagrams are read and written by recvmmsg and sendmmsg, called
// directly and never waiting: package net only waits for the socket to be
// ready. ICMP errors come by the socket's error queue, with the address that
// they are about and the beginning of what was sent (ip(7), IP_RECVERR). One
// such error is also the result of the next call on the socket, whichever that
// is: who meets it looks at the queue, since nobody else will be told.

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// udpMessages are the arrays of one direction, made once.
type udpMessages struct {
	hdrs  [udpBatch]mmsghdr
	iovs  [udpBatch]unix.Iovec
	names [udpBatch]unix.RawSockaddrInet6 // room for IPv4 too
}

func (m *udpMessages) link() {
	for i := range m.hdrs {
		h := &m.hdrs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&m.names[i]))
		h.Iov = &m.iovs[i]
		h.SetIovlen(1)
	}
}

type udpReader struct {
	udpMessages
	mem   []byte
	used  int  // headers that the last call has written to
	woken bool // the socket was waited for
}

func (r *udpReader) init() {
	r.link()
	r.mem = make([]byte, udpBatch*udpMax)
	r.used = udpBatch
	for i := range r.iovs {
		r.iovs[i].Base = &r.mem[i*udpMax]
		r.iovs[i].SetLen(udpMax)
	}
}

type udpWriter struct {
	udpMessages
	sources
	room bool                  // the system has taken all of the queue
	met  bool                  // a call has met the error of an earlier datagram
	now  func(fd uintptr) bool // made once
}

func (s *udpSocket) tune(buffer int) error {
	var err error
	cerr := s.raw.Control(func(fd uintptr) {
		f := int(fd)
		force(f, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, buffer)
		force(f, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, buffer)
		if s.local.Addr.Addr().Is4() {
			err = unix.SetsockoptInt(f, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		} else {
			err = unix.SetsockoptInt(f, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		}
		if err == nil && s.local.Addr.Addr().IsUnspecified() {
			s.out.wild, s.out.usual = true, s.local.Host
			err = wantSources(f, s.local.Addr.Addr().Is4())
		}
	})
	if cerr != nil {
		return cerr
	}
	return err
}

// force sets a buffer beyond the system's limit, which root may, or up to it.
// That the system gives less than asked is no error.
func force(fd, forced, plain, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, forced, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size) // the default serves too
	}
}

// receive hands over datagrams until the socket is closed. It never leaves the
// wait for the socket: whoever asks anew has to try a read first, in vain.
func (s *udpSocket) receive() bool {
	return s.raw.Read(s.readReady) == nil
}

// readReady takes all that is there; false: wait for more.
func (s *udpSocket) readReady(fd uintptr) bool {
	s.busy.Store(true)
	defer s.busy.Store(false)
	for {
		for i := range s.in.hdrs[:s.in.used] {
			s.in.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
			if s.out.wild {
				s.out.arm(i, &s.in.hdrs[i].hdr)
			}
		}
		s.in.used = 0
		n, errno := mmsg(unix.SYS_RECVMMSG, fd, s.in.hdrs[:])
		switch errno {
		case 0:
			s.in.used, s.in.woken = n, true
			s.received(n)
			if n < udpBatch {
				return false
			}
		case unix.EINTR:
		case unix.EAGAIN:
			// A wake without a datagram means the error queue, or one that was read with those before it.
			if s.in.woken {
				s.errorQueue(int(fd))
			}
			s.in.woken = true
			return false
		default:
			// The error is one that an ICMP message left behind; reading has taken it.
			s.wire.count.readErrors.Add(1)
			s.errorQueue(int(fd))
		}
	}
}

// received hands over the first n datagrams of the reader.
func (s *udpSocket) received(n int) {
	for i := range n {
		s.take(address(&s.in.names[i]), s.in.mem[i*udpMax:i*udpMax+int(s.in.hdrs[i].len)])
	}
	if s.out.wild {
		s.mu.Lock()
		for i := range n {
			s.out.note(address(&s.in.names[i]), &s.in.hdrs[i].hdr)
		}
		s.mu.Unlock()
	}
	s.handOver()
}

// mmsg is recvmmsg or sendmmsg. It never waits, so the scheduler need not be told.
func mmsg(trap, fd uintptr, hdrs []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(&hdrs[0])), uintptr(len(hdrs)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// errorQueue tells what ICMP messages say of datagrams of ours.
func (s *udpSocket) errorQueue(fd int) {
	quote := make([]byte, 2048)
	oob := make([]byte, 512)
	for range recentSize {
		n, oobn, _, from, err := unix.Recvmsg(fd, quote, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		to, ok := peer(from)
		errno := unreachable(oob[:oobn])
		if !ok || errno == 0 {
			continue
		}
		s.wire.count.unreachable.Add(1)
		s.mu.Lock()
		ref := s.recent.find(to, quote[:n])
		s.mu.Unlock()
		s.wire.fail(s.flow(to), ref, fmt.Errorf("wire: ICMP: %w", errno))
	}
}

// unreachable finds the error of an ICMP message; 0: none that says that the peer cannot be reached.
func unreachable(oob []byte) unix.Errno {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range msgs {
		v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !v4 && !v6 || len(m.Data) < 16 {
			continue
		}
		// struct sock_extended_err: errno, origin, type, code.
		origin := m.Data[4]
		if origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
			continue
		}
		switch errno := unix.Errno(binary.NativeEndian.Uint32(m.Data)); errno {
		case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EACCES, unix.EHOSTDOWN, unix.ENOPROTOOPT:
			return errno
		}
	}
	return 0
}

func peer(a unix.Sockaddr) (netip.AddrPort, bool) {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), true
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(zoned(netip.AddrFrom16(a.Addr), a.ZoneId), uint16(a.Port)), true
	}
	return netip.AddrPort{}, false
}

// zoned adds the zone, an interface's number, to a link-local address.
func zoned(a netip.Addr, id uint32) netip.Addr {
	if id == 0 || !a.IsLinkLocalUnicast() {
		return a
	}
	return a.WithZone(strconv.FormatUint(uint64(id), 10))
}

// address reads what the kernel says about where a datagram came from.
func address(sa *unix.RawSockaddrInet6) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&sa.Port))
	p := binary.BigEndian.Uint16(port[:])
	if sa.Family == unix.AF_INET {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), p)
	}
	return netip.AddrPortFrom(zoned(netip.AddrFrom16(sa.Addr), sa.Scope_id), p)
}

// setAddress writes where a datagram shall go and returns the length.
func setAddress(sa *unix.RawSockaddrInet6, to netip.AddrPort) uint32 {
	port := (*[2]byte)(unsafe.Pointer(&sa.Port))
	binary.BigEndian.PutUint16(port[:], to.Port())
	a := to.Addr()
	if a.Is4() {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		sa4.Family, sa4.Addr = unix.AF_INET, a.As4()
		return unix.SizeofSockaddrInet4
	}
	sa.Family, sa.Addr, sa.Flowinfo, sa.Scope_id = unix.AF_INET6, a.As16(), 0, 0
	if zone := a.Zone(); zone != "" {
		id, err := strconv.ParseUint(zone, 10, 32)
		if err == nil {
			sa.Scope_id = uint32(id)
		}
	}
	return unix.SizeofSockaddrInet6
}

// sendNow sends the queue, s.mu held; false: the system has no room for the rest.
func (s *udpSocket) sendNow() bool {
	if s.out.now == nil {
		s.out.link()
		s.out.now = func(fd uintptr) bool {
			s.out.room = s.sendTo(fd)
			return true // never wait here: this is the loop's goroutine
		}
	}
	s.out.room = true
	if err := s.raw.Write(s.out.now); err != nil {
		s.refuseAll(ErrClosed)
	}
	return s.out.room
}

// sendLater waits for room and sends the queue.
func (s *udpSocket) sendLater() {
	err := s.raw.Write(func(fd uintptr) bool {
		s.mu.Lock()
		done := s.sendTo(fd)
		if done {
			s.waiting = false
		}
		failed, met := s.takeFailed()
		s.mu.Unlock()
		s.tell(failed)
		if met {
			s.errorQueue(int(fd))
		}
		return done
	})
	if err != nil {
		s.mu.Lock()
		s.waiting = false
		s.refuseAll(ErrClosed)
		failed, _ := s.takeFailed()
		s.mu.Unlock()
		s.tell(failed)
	}
}

// lookForErrors tells what the error queue holds.
func (s *udpSocket) lookForErrors() {
	// A socket that is closed has nothing more to tell.
	_ = s.raw.Control(func(fd uintptr) { s.errorQueue(int(fd)) })
}

func (s *udpSocket) refuseAll(err error) {
	for len(s.queue) > 0 {
		s.refuse(err)
	}
}

// maxRefused is how many errors of earlier datagrams a send may meet.
const maxRefused = 64

// sendTo sends the queue by sendmmsg; false: the system has no room.
func (s *udpSocket) sendTo(fd uintptr) bool {
	tries := 0
	for len(s.queue) > 0 {
		n := min(len(s.queue), udpBatch)
		for i := range n {
			d := &s.queue[i]
			s.out.hdrs[i].hdr.Namelen = setAddress(&s.out.names[i], d.to)
			s.out.iovs[i].Base = unsafe.SliceData(d.data)
			s.out.iovs[i].SetLen(len(d.data))
			if s.out.wild {
				s.out.choose(i, d.to, &s.out.hdrs[i].hdr)
			}
		}
		done, errno := mmsg(unix.SYS_SENDMMSG, fd, s.out.hdrs[:n])
		switch {
		case errno == 0:
			// Fewer than given: the next one met an error, which the system has dropped.
			s.out.met = s.out.met || done < n
			s.sent(done)
			tries = 0
		case errno == unix.EINTR:
		case errno == unix.EAGAIN:
			return false
		case errno == unix.ENOBUFS:
			// A full queue of the network card: lost like any datagram on its way.
			s.wire.count.sendErrors.Add(1)
			s.drop(1)
		case errno == unix.ECONNREFUSED && tries < maxRefused, tries == 0:
			// The first error may be an earlier datagram's, left by an ICMP message;
			// "refused" always is.
			tries++
			s.out.met = true
		default:
			s.refuse(fmt.Errorf("wire: %w", errno))
			tries = 0
		}
	}
	clear(s.out.iovs[:])
	runtime.KeepAlive(s.queue)
	return true
}
