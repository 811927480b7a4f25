//go:build linux && !portable

package capture

import (
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// overrun asks the system how many datagrams it dropped because a socket's
// buffer was full: the last of the counters of SO_MEMINFO (sock_diag(7),
// SK_MEMINFO_DROPS).
func overrun(c *net.UDPConn) uint64 {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	var info [9]uint32
	size := uint32(unsafe.Sizeof(info))
	var errno unix.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err != nil || errno != 0 || size < uint32(unsafe.Sizeof(info)) {
		return 0
	}
	return uint64(info[8])
}

// widen asks for a receive buffer, over the system's limit where that is allowed.
func widen(c *net.UDPConn, size int) {
	_ = c.SetReadBuffer(size)
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) })
}
