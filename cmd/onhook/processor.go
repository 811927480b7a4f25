package main

import (
	"os"
	"runtime"
)

// secondProcessor gives the Go scheduler a second processor where the machine
// has one core, as soon as there is much sound to be moved: a packet costs half
// as much then. Signalling alone is cheaper with one. GOMAXPROCS wins.
func secondProcessor() {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
	}
}
