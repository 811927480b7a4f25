package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A party sends to one leg and hears from it. Its socket is in no poller: what wakes a party would be paid by the relay's send, on loopback,
// and hide what the relay itself costs. So the one thread of all parties looks at each socket once in 20 ms, and the kernel's receive
// timestamps say when a packet really came.
type party struct {
	fd  int
	seq uint16
}

func open(s settings, lines []string) ([]*party, error) {
	var all []*party
	for i, line := range lines {
		f := strings.Fields(line)
		if len(f) != 2 {
			return nil, fmt.Errorf("got %q of the relay, want two addresses", line)
		}
		for side, text := range f {
			leg, err := netip.ParseAddrPort(text)
			if err != nil {
				return nil, err
			}
			p, err := newParty(s.port+4*i+2*side, leg)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

func newParty(port int, leg netip.AddrPort) (*party, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	loopback := [4]byte{127, 0, 0, 1}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: loopback}),
		unix.Connect(fd, &unix.SockaddrInet4{Port: int(leg.Port()), Addr: leg.Addr().As4()}),
	)
	return &party{fd: fd}, err
}

// results of all parties.
type results struct {
	sent, got uint64
	delays    []time.Duration
}

func (r *results) quantile(q float64) time.Duration {
	if len(r.delays) == 0 {
		return 0
	}
	slices.Sort(r.delays)
	return r.delays[int(q*float64(len(r.delays)-1))].Round(time.Microsecond)
}

// exchange sends for a while, spread over each 20 ms, then hears what is still on its way.
func exchange(all []*party, length time.Duration) *results {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sum := &results{}
	b := make([]byte, 172)
	b[0] = 0x80
	const frame = 20 * time.Millisecond
	began := time.Now()
	for round := 0; time.Since(began) < length; round++ {
		for i, p := range all {
			due := began.Add(time.Duration(round)*frame + frame*time.Duration(i)/time.Duration(len(all)))
			if wait := time.Until(due); wait > 100*time.Microsecond {
				ts := unix.NsecToTimespec(int64(wait))
				_ = unix.Nanosleep(&ts, nil)
			}
			p.hear(sum)
			p.send(b, uint32(i)+1, sum)
		}
	}
	time.Sleep(500 * time.Millisecond)
	for _, p := range all {
		p.hear(sum)
		unix.Close(p.fd)
	}
	return sum
}

// send sends a packet that carries the time it was sent.
func (p *party) send(b []byte, ssrc uint32, sum *results) {
	p.seq++
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], uint32(p.seq)*160)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	binary.BigEndian.PutUint64(b[12:], uint64(time.Now().UnixNano()))
	if _, err := unix.Write(p.fd, b); err == nil {
		sum.sent++
	}
}

// hear reads all that has come.
func (p *party) hear(sum *results) {
	var b [256]byte
	var oob [64]byte
	for {
		n, on, _, _, err := unix.Recvmsg(p.fd, b[:], oob[:], unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		if n != 172 {
			continue
		}
		sum.got++
		if sum.got%8 != 0 {
			continue
		}
		// One control message: a header of 16 bytes, then the seconds and nanoseconds of the arrival.
		if on >= 32 {
			came := int64(binary.NativeEndian.Uint64(oob[16:]))*1e9 + int64(binary.NativeEndian.Uint64(oob[24:]))
			sum.delays = append(sum.delays, time.Duration(came-int64(binary.BigEndian.Uint64(b[12:]))))
		}
	}
}
