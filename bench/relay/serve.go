package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"time"

	"onhook/media"
)

// relay opens all calls, says their addresses and relays until its input ends.
func relay(s settings) error {
	e, err := media.New(media.Options{
		Bind4: netip.MustParseAddr("127.0.0.1"), Ports: [2]uint16{10000, 29999}, Workers: s.workers, Rand: rand.Uint64, OneWayAfter: -1,
	})
	if err != nil {
		return err
	}
	defer e.Stop()
	out := bufio.NewWriter(os.Stdout)
	for i := range s.calls {
		var legs [2]netip.AddrPort
		for side := range legs {
			id := media.LegID(2*i + side + 1)
			if legs[side], _, err = e.Open(id, uint64(i), false); err != nil {
				return err
			}
			remote := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(s.port+4*i+2*side))
			if err = e.Set(id, media.Config{Remote: remote, Send: true, Recv: true, Codec: media.PCMU}); err != nil {
				return err
			}
		}
		if err := e.Bridge(media.LegID(2*i+1), media.LegID(2*i+2)); err != nil {
			return err
		}
		fmt.Fprintln(out, legs[0], legs[1])
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// A usage is what a process has used: CPU time of user and system, and resident bytes.
type usage struct {
	cpu time.Duration
	rss int64
}

// readUsage reads /proc; its clock ticks 100 times a second on every Linux that Go runs on.
func readUsage(pid int) (u usage, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	// The name, in brackets, may hold anything; fields count from after it, the state being the third.
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 22 {
		return u, fmt.Errorf("/proc/%d/stat: %d fields, want 52", pid, len(f)+2)
	}
	number := func(i int) int64 {
		n, e := strconv.ParseInt(string(f[i]), 10, 64)
		if e != nil && err == nil {
			err = e
		}
		return n
	}
	u.cpu = time.Duration(number(11)+number(12)) * 10 * time.Millisecond
	u.rss = number(21) * int64(os.Getpagesize())
	return u, err
}
