//go:build linux && !portable

package media

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A socket is a UDP socket of a leg, used by raw, non-blocking calls.
type socket struct {
	fd int
	v6 bool
	to netip.AddrPort // connected to
	// last is where an unconnected socket sent last, raw its form for the system; from is where the last packet came from.
	last netip.AddrPort
	raw  rawName
	from rawName
	// only: what waits here is from the peer that the socket is connected to, since nothing did when it was connected or since.
	only bool
}

// rawName is a sockaddr_in or sockaddr_in6: family, port, then the address at byte 4 or 8.
type rawName struct {
	b    [unix.SizeofSockaddrInet6]byte
	size uint32
}

func (r *rawName) set(a netip.AddrPort, v6 bool) {
	*r = rawName{}
	binary.BigEndian.PutUint16(r.b[2:], a.Port())
	if v6 {
		binary.NativeEndian.PutUint16(r.b[:], unix.AF_INET6)
		ip := a.Addr().As16()
		copy(r.b[8:], ip[:])
		r.size = unix.SizeofSockaddrInet6
		return
	}
	binary.NativeEndian.PutUint16(r.b[:], unix.AF_INET)
	ip := a.Addr().As4()
	copy(r.b[4:], ip[:])
	r.size = unix.SizeofSockaddrInet4
}

func (r *rawName) get(v6 bool) netip.AddrPort {
	port := binary.BigEndian.Uint16(r.b[2:])
	if v6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(r.b[8:24])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(r.b[4:8])), port)
}

func openSocket(a netip.AddrPort, dscp int) (s socket, err error) {
	s.v6 = a.Addr().Is6()
	family := unix.AF_INET
	if s.v6 {
		family = unix.AF_INET6
	}
	s.fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return s, os.NewSyscallError("socket", err)
	}
	if s.v6 {
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if dscp > 0 {
		// Marking is a courtesy to the network: a system that refuses it still carries sound.
		if s.v6 {
			_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, dscp<<2)
		} else {
			_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_TOS, dscp<<2)
		}
	}
	var sa unix.Sockaddr
	if s.v6 {
		sa = &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	} else {
		sa = &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	if err = unix.Bind(s.fd, sa); err != nil {
		unix.Close(s.fd)
		return s, os.NewSyscallError("bind", err)
	}
	return s, nil
}

// inUse: the port is another program's.
func inUse(err error) bool { return errors.Is(err, unix.EADDRINUSE) || errors.Is(err, unix.EACCES) }

// recv takes one datagram; false when there is none; n above len(b) means that it was cut.
func (s *socket) recv(b []byte) (n int, src netip.AddrPort, ok bool) {
	const flags = unix.MSG_DONTWAIT | unix.MSG_TRUNC
	for range 4 {
		var r uintptr
		var errno unix.Errno
		if s.only {
			r, _, errno = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, 0, 0)
			src = s.to
		} else {
			s.from.size = uint32(len(s.from.b))
			r, _, errno = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags,
				uintptr(unsafe.Pointer(&s.from.b[0])), uintptr(unsafe.Pointer(&s.from.size)))
			src = s.from.get(s.v6)
		}
		switch errno {
		case 0:
			return int(r), src, true
		case unix.EAGAIN:
			s.only = s.to.IsValid()
			return 0, src, false
		}
		// A peer's ICMP error, which reading it has cleared.
	}
	return 0, src, false
}

// send writes one datagram; false when the system does not take it. A refusal that an earlier packet earned is asked again once.
func (s *socket) send(b []byte, to netip.AddrPort) bool {
	for range 2 {
		var errno unix.Errno
		if to == s.to {
			_, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		} else {
			if s.last != to {
				s.raw.set(to, s.v6)
				s.last = to
			}
			_, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
				uintptr(unsafe.Pointer(&s.raw.b[0])), uintptr(s.raw.size))
		}
		if errno == 0 {
			return true
		}
		if errno != unix.ECONNREFUSED {
			return false
		}
	}
	return false
}

// connect lets the system pass only packets of one peer, and spares it looking up the way out for each.
func (s *socket) connect(to netip.AddrPort) {
	if s.to == to {
		return
	}
	var r rawName
	r.set(to, s.v6)
	if _, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(s.fd), uintptr(unsafe.Pointer(&r.b[0])), uintptr(r.size)); errno == 0 {
		s.to, s.only = to, false
	}
}

func (s *socket) disconnect() {
	if !s.to.IsValid() {
		return
	}
	var r rawName
	binary.NativeEndian.PutUint16(r.b[:], unix.AF_UNSPEC)
	unix.RawSyscall(unix.SYS_CONNECT, uintptr(s.fd), uintptr(unsafe.Pointer(&r.b[0])), unix.SizeofSockaddrInet4)
	s.to, s.only = netip.AddrPort{}, false
}

func (s *socket) close() { unix.Close(s.fd) }
