//go:build linux && !portable

package wire

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// waiting tells whether a socket holds something to read: FIONREAD is the size
// of the next datagram (udp(7)), or of what a stream holds (tcp(7)).
func waiting(c syscall.RawConn) bool {
	n := 0
	// A socket that is closed holds nothing.
	_ = c.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n > 0
}
