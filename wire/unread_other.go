//go:build !linux || portable

package wire

import "syscall"

// waiting would tell whether a socket holds something to read: there is no way
// to ask that which all systems have.
func waiting(syscall.RawConn) bool { return false }
