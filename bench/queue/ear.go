package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// An ear is the RTP socket of a caller. It is in no poller: one thread looks at
// each once in 20 ms, and the kernel's timestamps say when a packet came.
type ear struct {
	fd, port int
	counting atomic.Bool
	fresh    atomic.Bool // another call begins
	last     frame
	heard    heard
}

// A frame is what is kept of a packet: 20 ms of sound.
type frame struct {
	ssrc, stamp uint32
	seq         uint16
	at          int64 // ns
}

// heard counts frames.
type heard struct{ frames, lost, late int64 }

func (h *heard) add(o *heard) {
	h.frames += o.frames
	h.lost += o.lost
	h.late += o.late
}

// firstPort is where callers hear; ports of the server's are above.
const firstPort = 21000

func open(n int) (all []*ear, err error) {
	for i := range n {
		e := &ear{port: firstPort + 2*i}
		if e.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			return nil, err
		}
		err = errors.Join(unix.SetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.Bind(e.fd, &unix.SockaddrInet4{Port: e.port, Addr: [4]byte{127, 0, 0, 2}}))
		if err != nil {
			return nil, fmt.Errorf("port %d: %w", e.port, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// offer is the session description of the ear.
func (e *ear) offer() string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=ptime:20\r\na=recvonly\r\n", e.port)
}

func (e *ear) next() { e.fresh.Store(true) }

// listen hears with all ears until ctx is done.
func listen(ctx context.Context, all []*ear) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := time.Now()
	for round := 1; ctx.Err() == nil; round++ {
		for _, e := range all {
			e.hear()
		}
		time.Sleep(time.Until(began.Add(time.Duration(round) * 20 * time.Millisecond)))
	}
}

// hear reads all that has come.
func (e *ear) hear() {
	var b [2048]byte
	var oob [64]byte
	for {
		n, on, _, _, err := unix.Recvmsg(e.fd, b[:], oob[:], unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		if n != 172 || on < 32 {
			continue
		}
		e.take(frame{
			ssrc: binary.BigEndian.Uint32(b[8:]), stamp: binary.BigEndian.Uint32(b[4:]), seq: binary.BigEndian.Uint16(b[2:]),
			at: int64(binary.NativeEndian.Uint64(oob[16:]))*1e9 + int64(binary.NativeEndian.Uint64(oob[24:])),
		})
	}
}

// take counts a frame, and what is missing before it. Where the server was silent
// on purpose its timestamps say so; only what is late by them is late.
func (e *ear) take(f frame) {
	last := e.last
	e.last = f
	if e.fresh.Swap(false) || last.at == 0 || last.ssrc != f.ssrc || !e.counting.Load() {
		return
	}
	e.heard.frames++
	if gap := int64(f.seq - last.seq - 1); gap > 0 && gap < 1000 {
		e.heard.lost += gap
	}
	due := last.at + int64(f.stamp-last.stamp)*125_000 // 8 samples a ms
	if f.at-due > int64(20*time.Millisecond) {
		e.heard.late++
	}
}
