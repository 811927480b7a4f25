package main

import (
	"errors"
	"fmt"
	"net/http"
	profiles "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
)

// profile begins the profiles that were asked for; what it returns writes them out.
func (c serveCmd) profile() (end func(), err error) {
	var cpu *os.File
	if c.CPU != "" {
		if cpu, err = os.Create(c.CPU); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, errors.Join(err, cpu.Close())
		}
	}
	return func() {
		if cpu != nil {
			pprof.StopCPUProfile()
			_ = cpu.Close() // a profile that is cut short says so when it is read
		}
		if c.Heap == "" {
			return
		}
		if err := writeHeap(c.Heap); err != nil {
			fmt.Fprintln(os.Stderr, "onhook: heap profile:", err)
		}
	}, nil
}

func writeHeap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC() // what is held, not what waits to be collected
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// profiled puts Go's profiles of the running server beside a handler: for the owner
// of the process alone, since they show what it has in memory.
func profiled(h http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle("/", h)
	m.HandleFunc("GET /debug/pprof/", profiles.Index)
	m.HandleFunc("GET /debug/pprof/profile", profiles.Profile)
	m.HandleFunc("GET /debug/pprof/trace", profiles.Trace)
	return m
}
