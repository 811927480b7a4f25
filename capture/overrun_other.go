//go:build !linux || portable

package capture

import "net"

// overrun: this system does not say.
func overrun(*net.UDPConn) uint64 { return 0 }

// widen asks for a receive buffer; the system may allow less.
func widen(c *net.UDPConn, size int) { _ = c.SetReadBuffer(size) }
