package main

import (
	"os"
	"runtime"
)

// secondProcessor gives the Go scheduler a second processor where the machine
// has one core, as soon as there is much sound to be moved, or there are many who
// follow events: a packet of sound costs half as much then, and calls do not wait
// for what is written to followers, up to the 10 ms that the scheduler lets each
// go on. Signalling alone is cheaper with one. GOMAXPROCS wins.
func secondProcessor() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
	}
}
