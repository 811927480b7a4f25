//go:build unix

package main

import "golang.org/x/sys/unix"

// descriptorLimit is how many files and sockets the process may have open. The Go
// runtime has raised the soft limit to the hard one (package os).
func descriptorLimit() (n int, ok bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	const most = 1 << 30 // "unlimited" is a number that does not fit
	return int(min(r.Cur, most)), true
}
