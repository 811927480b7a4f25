package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"onhook/media"
)

// A party sends to one leg and hears from it. Its socket is in no poller, so that nobody is woken at the cost of the media path: one thread
// looks at each once in 20 ms, and the kernel's timestamps say when a packet came.
type party struct {
	fd    int
	talks int
	pair  bool // what it hears carries the time when it was sent
	seq   uint16
	last  frame
}

// A frame is what is kept of a packet heard.
type frame struct {
	ssrc, stamp uint32
	seq         uint16
	at, sent    int64 // ns
}

// heard counts frames of 20 ms.
type heard struct{ frames, lost, late int64 }

func open(legs []string, talks int, pair bool) (all []*party, err error) {
	for i, text := range legs {
		leg, err := netip.ParseAddrPort(text)
		if err != nil {
			return nil, err
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		loopback := [4]byte{127, 0, 0, 1}
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.Bind(fd, &unix.SockaddrInet4{Port: *port + 2*i, Addr: loopback}),
			unix.Connect(fd, &unix.SockaddrInet4{Port: int(leg.Port()), Addr: leg.Addr().As4()}),
		)
		if err != nil {
			return nil, fmt.Errorf("port %d: %w", *port+2*i, err)
		}
		all = append(all, &party{fd: fd, talks: talks, pair: pair})
	}
	return all, nil
}

func closeAll(all []*party) {
	for _, p := range all {
		unix.Close(p.fd)
	}
}

// voice is a second of what the parties say: loud enough to be looked at closely for keys, and none.
func voice() []byte {
	return media.PCMU.Encode(nil, media.Tone(8000, 2500, 180, 360, 540, 720, 1080))
}

// talk has the parties send, spread over each 20 ms, and hear; counted says where to count, nil: nowhere.
func talk(all []*party, long time.Duration, counted *heard) (sent int64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	said := voice()
	b := make([]byte, 172)
	b[0] = 0x80
	const tick = 20 * time.Millisecond
	began := time.Now()
	for round := 0; time.Since(began) < long; round++ {
		copy(b[12:], said[round%50*160:])
		for i, p := range all {
			due := began.Add(time.Duration(round)*tick + tick*time.Duration(i)/time.Duration(len(all)))
			if wait := time.Until(due); wait > 100*time.Microsecond {
				ts := unix.NsecToTimespec(int64(wait))
				_ = unix.Nanosleep(&ts, nil)
			}
			p.hear(counted)
			if p.talks > 0 && (round+i)%p.talks == 0 && p.send(b, uint32(i)+1) {
				sent++
			}
		}
	}
	return sent
}

func (p *party) send(b []byte, ssrc uint32) bool {
	p.seq += uint16(p.talks)
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], uint32(p.seq)*160)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	if p.pair {
		binary.BigEndian.PutUint64(b[12:], uint64(time.Now().UnixNano()))
	}
	_, err := unix.Write(p.fd, b)
	return err == nil
}

// hear reads all that has come.
func (p *party) hear(counted *heard) {
	var b [256]byte
	var oob [64]byte
	for {
		n, on, _, _, err := unix.Recvmsg(p.fd, b[:], oob[:], unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		if n != 172 || on < 32 {
			continue
		}
		p.take(frame{
			sent: int64(binary.BigEndian.Uint64(b[12:])),
			ssrc: binary.BigEndian.Uint32(b[8:]), stamp: binary.BigEndian.Uint32(b[4:]), seq: binary.BigEndian.Uint16(b[2:]),
			at: int64(binary.NativeEndian.Uint64(oob[16:]))*1e9 + int64(binary.NativeEndian.Uint64(oob[24:])),
		}, counted)
	}
}

// take counts a frame, what is missing before it, and whether it is late by its timestamp.
func (p *party) take(f frame, counted *heard) {
	last := p.last
	p.last = f
	if counted == nil {
		return
	}
	counted.frames++
	if last.at == 0 || last.ssrc != f.ssrc {
		return
	}
	if gap := int64(f.seq - last.seq - 1); gap > 0 && gap < 1000 {
		counted.lost += gap
	}
	// Of a relayed packet it counts when it was sent: the sender may be late itself.
	due := last.at + int64(f.stamp-last.stamp)*125_000
	if p.pair {
		due = f.sent
	}
	if f.at-due > int64(20*time.Millisecond) {
		counted.late++
	}
}
