// Package voice is the parties of measurements: they send packets of 20 ms and count what they hear.
package voice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"onhook/media"
)

// A Party sends to one address and hears from it, in PCMU. Its socket is in no poller, so that nobody is woken at the cost of the server: one
// thread, that of a Hall, looks at each once in 20 ms, and the kernel's timestamps say when a packet came.
type Party struct {
	// Talks says that it sends one packet in so many; 0: none.
	Talks int
	// Pair: what it hears was said by another party, and carries the time when it was sent.
	Pair bool

	fd    int
	local netip.AddrPort
	seq   uint16
	last  frame
	fresh atomic.Bool
}

// A frame is what is kept of a packet heard.
type frame struct {
	ssrc, stamp uint32
	seq         uint16
	at, sent    int64 // ns
}

// Heard counts frames of 20 ms.
type Heard struct{ Frames, Lost, Late int64 }

// Add adds what was counted elsewhere.
func (h *Heard) Add(o Heard) {
	h.Frames, h.Lost, h.Late = h.Frames+o.Frames, h.Lost+o.Lost, h.Late+o.Late
}

// Missed is the share of the frames that did not come, or came more than 20 ms late, in percent.
func (h Heard) Missed() float64 {
	return 100 * float64(h.Lost+h.Late) / float64(max(h.Frames+h.Lost, 1))
}

// Open opens the party's socket.
func Open(local netip.AddrPort) (*Party, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Port: int(local.Port()), Addr: local.Addr().As4()}))
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("%s: %w", local, err)
	}
	return &Party{fd: fd, local: local}, nil
}

// Connect says where it sends to; it hears from nowhere else then.
func (p *Party) Connect(to netip.AddrPort) error {
	return unix.Connect(p.fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
}

// Close closes the socket. The party must be in no Hall.
func (p *Party) Close() { unix.Close(p.fd) }

// Fresh says that another call begins: what comes next follows nothing.
func (p *Party) Fresh() { p.fresh.Store(true) }

// Offer is the party's session description: PCMU without telephone-events, so that keys are looked for in the sound.
func (p *Party) Offer() string {
	direction := "sendrecv"
	if p.Talks == 0 {
		direction = "recvonly"
	}
	host := p.local.Addr()
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=ptime:20\r\na=%s\r\n", host, host, p.local.Port(), direction)
}

// said is a second of what the parties say: loud enough to be looked at closely for keys, and none.
func said() []byte {
	return media.PCMU.Encode(nil, media.Tone(8000, 2500, 180, 360, 540, 720, 1080))
}

func (p *Party) send(b []byte, ssrc uint32) bool {
	p.seq += uint16(p.Talks)
	binary.BigEndian.PutUint16(b[2:], p.seq)
	binary.BigEndian.PutUint32(b[4:], uint32(p.seq)*160)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	if p.Pair {
		binary.BigEndian.PutUint64(b[12:], uint64(time.Now().UnixNano()))
	}
	_, err := unix.Write(p.fd, b)
	return err == nil
}

// hear reads all that has come and counts it; nil: nowhere.
func (p *Party) hear(counted *Heard) {
	var b [2048]byte
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

// take counts a frame, what is missing before it, and whether it is late. Where the server was silent on purpose its timestamps say so; only
// what is late by them is late. Of a relayed packet it counts when it was sent: the sender may be late itself.
func (p *Party) take(f frame, counted *Heard) {
	last := p.last
	p.last = f
	first := p.fresh.Swap(false) || last.at == 0 || last.ssrc != f.ssrc
	if counted == nil {
		return
	}
	counted.Frames++
	if first {
		return
	}
	if gap := int64(f.seq - last.seq - 1); gap > 0 && gap < 1000 {
		counted.Lost += gap
	}
	due := last.at + int64(int32(f.stamp-last.stamp))*125_000 // 8 samples a ms
	if p.Pair {
		due = f.sent
	}
	if f.at-due > int64(20*time.Millisecond) {
		counted.Late++
	}
}
