//go:build linux && !portable

package media

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A pace says how a worker waits. Under load a packet comes every few microseconds, and being woken for each costs as much
// as relaying it. A busy worker therefore pauses between batches: some packets wait for it then, none of them longer than the
// pause and what the batch before takes.
type pace struct {
	busy bool
	// alone: the Go scheduler has one processor only.
	alone   bool
	told    bool  // the owner of the process knows
	length  int64 // of a pause, nanoseconds
	last    int   // events of the last batch
	since   int64
	handled int
}

const (
	busyRate   = 4000 // packets a second, 20 two-way calls
	rateWindow = int64(20 * time.Millisecond)
	// A pause is as long as gathered packets take to come, but no longer than longest: what waits for a pause is heard that much later.
	gathered = 12
	longest  = int64(240 * time.Microsecond)
)

// count takes note of a batch of n events.
func (p *pace) count(n int, now int64) {
	p.last = n
	p.handled += n
	if past := now - p.since; past >= rateWindow {
		p.busy = int64(p.handled)*int64(time.Second) > busyRate*past
		p.alone = p.busy && runtime.GOMAXPROCS(0) == 1
		p.length = min(gathered*past/int64(max(p.handled, 1)), longest)
		p.since, p.handled = now, 0
	}
}

// tell says once that the worker is alone.
func (p *pace) tell(alone func()) {
	if p.alone && !p.told && alone != nil {
		p.told = true
		alone()
	}
}

// pause sleeps, as a system call that the Go scheduler does not know of: one that it knows takes the processor away from
// this goroutine and gives it back each time, which costs more than is saved. A collection that wants all goroutines to stop
// interrupts the sleep by its signal. Where there is no other processor for the other goroutines, and for looking after
// their sockets, the scheduler has to know.
func (p *pace) pause() {
	ts := unix.NsecToTimespec(p.length)
	if p.alone {
		_ = unix.Nanosleep(&ts, nil)
		return
	}
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}
