package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

const (
	pcapHead   = 24 // bytes before the first record
	pcapRecord = 16 // bytes before the data of a record
)

// A pcapFile is the old format of libpcap: one header, then records
// (draft-ietf-opsawg-pcap).
type pcapFile struct {
	tape
	big   bool
	nano  bool
	link  uint32
	fcs   int // bytes of frame check sequence after each frame
	limit uint32
	count uint64
	last  time.Time
}

func openPcap(in *bufio.Reader) (container, error) {
	h, err := in.Peek(pcapHead)
	if err != nil {
		return nil, fmt.Errorf("capture: a pcap file of %d bytes: its header has %d", len(h), pcapHead)
	}
	p := &pcapFile{tape: tape{in: in}}
	switch binary.BigEndian.Uint32(h) {
	case 0xa1b2c3d4:
		p.big = true
	case 0xa1b23c4d:
		p.big, p.nano = true, true
	case 0x4d3cb2a1:
		p.nano = true
	}
	if major := u16(h[4:], p.big); major != 2 {
		return nil, fmt.Errorf("capture: pcap version %d.%d: only 2 is known", major, u16(h[6:], p.big))
	}
	// The upper bits of the link type say how long the frame check sequence is.
	link := u32(h[20:], p.big)
	p.link = link & 0xffff
	if link&(1<<26) != 0 {
		p.fcs = int(link>>28) * 2
	}
	p.limit = max(u32(h[16:], p.big), maxPacket)
	return p, p.skip(pcapHead)
}

func (p *pcapFile) next(out *items) (frame, error) {
	p.release()
	h, err := p.peek(pcapRecord)
	if err != nil {
		return frame{}, p.cut(out, p.last, len(h), "the header of packet "+strconv.FormatUint(p.count+1, 10), err)
	}
	sec, frac := u32(h, p.big), u32(h[4:], p.big)
	size, long := u32(h[8:], p.big), u32(h[12:], p.big)
	if size > p.limit || !p.nano && frac >= 2_000_000 || p.nano && frac >= 2_000_000_000 {
		return frame{}, p.resync(out, p.last, "the header of packet "+strconv.FormatUint(p.count+1, 10), p.plausible)
	}
	if !p.nano {
		frac *= 1000
	}
	at := time.Unix(int64(sec), int64(frac)).UTC()
	take := int(min(size, maxPacket))
	b, err := p.peek(pcapRecord + take)
	if err != nil && len(b) < pcapRecord+take {
		return p.part(out, b, at, int(max(size, long)), err)
	}
	p.count++
	f := frame{data: b[pcapRecord:], at: at, number: p.count, link: p.link, long: max(int(long)-take, 0)}
	if p.fcs > 0 && long == size {
		f.data = f.data[:max(len(f.data)-p.fcs, 0)]
	}
	p.last = at
	p.hold = len(b)
	if int(size) > take {
		p.release()
		return frame{}, p.huge(out, at, size, int64(int(size)-take))
	}
	return f, nil
}

// part hands out what is there of the last packet of a file that was cut.
func (p *pcapFile) part(out *items, b []byte, at time.Time, size int, err error) (frame, error) {
	if len(b) > pcapRecord && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		p.count++
		p.last = at
		p.hold = len(b)
		have := len(b) - pcapRecord
		out.add(Item{
			Kind: Gap, At: at, Number: p.count, Lost: uint64(size - have), Truncated: true,
			Text: fmt.Sprintf("the file ends at byte %d in the middle of packet %d: %d of %d bytes are there", p.at+int64(len(b)), p.count, have, size),
		})
		return frame{data: b[pcapRecord:], at: at, number: p.count, link: p.link, long: size - have}, nil
	}
	return frame{}, p.cut(out, p.last, len(b), "packet "+strconv.FormatUint(p.count+1, 10), err)
}

// huge passes over a record that no network makes.
func (p *pcapFile) huge(out *items, at time.Time, size uint32, rest int64) error {
	out.add(Item{Kind: Note, At: at, Number: p.count, Text: fmt.Sprintf("packet %d has %d bytes, at most %d are read: passed over", p.count, size, maxPacket)})
	if err := p.skip(rest); err != nil {
		return io.EOF
	}
	return nil
}

// plausible says that a record header stands here and another one behind it.
func (p *pcapFile) plausible(b []byte) bool {
	size, ok := p.header(b)
	if !ok {
		return false
	}
	end := pcapRecord + size
	if end == len(b) {
		return true
	}
	if end > len(b)-pcapRecord {
		return false
	}
	_, ok = p.header(b[end:])
	return ok
}

func (p *pcapFile) header(b []byte) (size int, ok bool) {
	if len(b) < pcapRecord {
		return 0, false
	}
	sec, frac, have, long := u32(b, p.big), u32(b[4:], p.big), u32(b[8:], p.big), u32(b[12:], p.big)
	most := uint32(1_000_000)
	if p.nano {
		most = 1_000_000_000
	}
	const day = 24 * 60 * 60
	if last := p.last.Unix(); !p.last.IsZero() && (int64(sec) < last-day || int64(sec) > last+day) {
		return 0, false
	}
	return int(have), frac < most && have >= 14 && have <= maxPacket && long >= have && long <= 1<<20
}

func u16(b []byte, big bool) uint16 {
	if big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func u32(b []byte, big bool) uint32 {
	if big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}
