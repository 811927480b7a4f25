package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"time"
)

// The block types of pcapng (draft-ietf-opsawg-pcapng section 11.1).
const (
	ngSection   = 0x0a0d0d0a
	ngInterface = 1
	ngOldPacket = 2
	ngSimple    = 3
	ngStats     = 5
	ngEnhanced  = 6
)

const (
	ngLeast       = 12 // bytes of the shortest block
	ngMagic       = 0x1a2b3c4d
	maxInterfaces = 4096 // of a section; the ones after them are not read
)

// A pcapngFile is a file of blocks. Its sections may differ in byte order, and
// its interfaces in link type and in the unit of their clocks.
type pcapngFile struct {
	tape
	big        bool
	interfaces []ngIface
	count      uint64
	last       time.Time
}

// An ngIface is one interface of a section.
type ngIface struct {
	link    uint32
	snap    uint32
	resol   uint8 // if_tsresol
	offset  int64 // if_tsoffset, in seconds
	name    string
	dropped uint64 // as the last statistics block said
}

func newPcapng(in *bufio.Reader) *pcapngFile { return &pcapngFile{tape: tape{in: in}} }

func (p *pcapngFile) next(out *items) (frame, error) {
	p.release()
	h, err := p.peek(ngLeast)
	if err != nil {
		return frame{}, p.cut(out, p.last, len(h), p.what(), err)
	}
	kind := u32(h, p.big)
	if kind == ngSection {
		if err := p.order(h); err != nil {
			return frame{}, p.resync(out, p.last, err.Error(), p.plausible)
		}
	}
	size := u32(h[4:], p.big)
	if size < ngLeast || size%4 != 0 || kind != ngSection && size > maxPacket+1<<16 && known(kind) {
		return frame{}, p.resync(out, p.last, "a block of "+strconv.FormatUint(uint64(size), 10)+" bytes", p.plausible)
	}
	if !known(kind) || size > maxPacket+1<<16 {
		if err := p.skip(int64(size)); err != nil {
			return frame{}, p.cut(out, p.last, 1, "a block of type "+strconv.FormatUint(uint64(kind), 10), err)
		}
		return frame{}, nil
	}
	b, err := p.peek(int(size))
	if err != nil {
		return p.part(out, kind, b, err)
	}
	if u32(b[size-4:], p.big) != size {
		return frame{}, p.resync(out, p.last, "a block whose two lengths differ", p.plausible)
	}
	p.hold = int(size)
	return p.block(out, kind, b[8:size-4])
}

// known says that the type is one that is read: the others are passed over.
func known(kind uint32) bool {
	return kind >= ngInterface && kind <= ngEnhanced && kind != 4 || kind == ngSection
}

func (p *pcapngFile) what() string {
	return "the block after packet " + strconv.FormatUint(p.count, 10)
}

// order reads the byte order from the magic of a section header.
func (p *pcapngFile) order(h []byte) error {
	switch {
	case u32(h[8:], false) == ngMagic:
		p.big = false
	case u32(h[8:], true) == ngMagic:
		p.big = true
	default:
		return errors.New("a section header without its magic")
	}
	return nil
}

// part takes what is there of a packet block at the end of a file that was cut.
func (p *pcapngFile) part(out *items, kind uint32, b []byte, err error) (frame, error) {
	if kind != ngEnhanced || len(b) < 8+20+1 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return frame{}, p.cut(out, p.last, len(b), p.what(), err)
	}
	p.hold = len(b)
	f, err := p.enhanced(out, b[8:])
	if err == nil && f.data != nil && f.long > 0 {
		out.add(Item{
			Kind: Gap, At: f.at, Number: p.count, Lost: uint64(f.long), Truncated: true,
			Text: fmt.Sprintf("the file ends at byte %d in the middle of packet %d: %d bytes of it are there", p.at+int64(len(b)), p.count, len(f.data)),
		})
	}
	return f, err
}

func (p *pcapngFile) block(out *items, kind uint32, b []byte) (frame, error) {
	switch kind {
	case ngSection:
		p.interfaces = p.interfaces[:0]
	case ngInterface:
		p.iface(out, b)
	case ngStats:
		p.stats(out, b)
	case ngSimple:
		return p.simple(out, b)
	case ngOldPacket:
		return p.old(out, b)
	case ngEnhanced:
		return p.enhanced(out, b)
	}
	return frame{}, nil
}

func (p *pcapngFile) iface(out *items, b []byte) {
	if len(b) < 8 {
		p.note(out, "an interface description of %d bytes: at least 8", len(b))
		return
	}
	if len(p.interfaces) >= maxInterfaces {
		p.note(out, "interface %d: at most %d are read", len(p.interfaces), maxInterfaces)
		return
	}
	it := ngIface{link: uint32(u16(b, p.big)), snap: u32(b[4:], p.big), resol: 6}
	p.options(b[8:], func(code uint16, v []byte) {
		switch {
		case code == 2:
			it.name = string(v[:min(len(v), 64)])
		case code == 9 && len(v) >= 1:
			it.resol = v[0]
		case code == 14 && len(v) >= 8:
			it.offset = int64(u64(v, p.big))
		}
	})
	p.interfaces = append(p.interfaces, it)
}

// options calls f for each option of a block.
func (p *pcapngFile) options(b []byte, f func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := u16(b, p.big), int(u16(b[2:], p.big))
		if code == 0 || n > len(b)-4 {
			return
		}
		f(code, b[4:4+n])
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// stats reads an interface statistics block: its counters run from the start of
// the capture.
func (p *pcapngFile) stats(out *items, b []byte) {
	if len(b) < 12 || u32(b, p.big) >= uint32(len(p.interfaces)) {
		return
	}
	it := &p.interfaces[u32(b, p.big)]
	at, ok := it.time(u32(b[4:], p.big), u32(b[8:], p.big))
	if !ok {
		at = p.last
	}
	var dropped uint64
	p.options(b[12:], func(code uint16, v []byte) {
		if (code == 5 || code == 7) && len(v) >= 8 { // isb_ifdrop, isb_osdrop
			dropped += u64(v, p.big)
		}
	})
	p.dropped(out, it, at, dropped)
}

func (p *pcapngFile) dropped(out *items, it *ngIface, at time.Time, total uint64) {
	if total <= it.dropped {
		return
	}
	lost := total - it.dropped
	it.dropped = total
	out.add(Item{Kind: Gap, At: at, Number: p.count, Lost: lost, Text: fmt.Sprintf("the capture lost %d packets on interface %q, %d so far", lost, it.name, total)})
}

func (p *pcapngFile) enhanced(out *items, b []byte) (frame, error) {
	if len(b) < 20 {
		p.note(out, "a packet block of %d bytes: at least 20", len(b))
		return frame{}, nil
	}
	return p.packet(out, u32(b, p.big), u32(b[4:], p.big), u32(b[8:], p.big), u32(b[12:], p.big), u32(b[16:], p.big), b[20:])
}

// old reads a packet block as files before 2007 have it.
func (p *pcapngFile) old(out *items, b []byte) (frame, error) {
	if len(b) < 20 {
		p.note(out, "a packet block of %d bytes: at least 20", len(b))
		return frame{}, nil
	}
	drops := u16(b[2:], p.big)
	id := uint32(u16(b, p.big))
	if drops != 0xffff && drops > 0 && id < uint32(len(p.interfaces)) {
		it := &p.interfaces[id]
		p.dropped(out, it, p.last, it.dropped+uint64(drops))
	}
	return p.packet(out, id, u32(b[4:], p.big), u32(b[8:], p.big), u32(b[12:], p.big), u32(b[16:], p.big), b[20:])
}

func (p *pcapngFile) packet(out *items, id, high, low, size, long uint32, data []byte) (frame, error) {
	p.count++
	if id >= uint32(len(p.interfaces)) {
		p.note(out, "packet %d names interface %d of %d: passed over", p.count, id, len(p.interfaces))
		return frame{}, nil
	}
	it := &p.interfaces[id]
	at, ok := it.time(high, low)
	if !ok {
		at = p.last
	}
	p.last = at
	take := min(int64(size), int64(len(data)))
	if rest := data[take:]; len(rest) >= 4 && int64(size) <= int64(len(data)) {
		p.counted(out, it, at, rest[min(len(rest), int(-size&3)):])
	}
	return frame{data: data[:take:take], at: at, coarse: !ok, number: p.count, link: it.link, long: int(max(int64(max(size, long))-take, 0))}, nil
}

// counted reads the option epb_dropcount: packets lost between this one and the
// one before.
func (p *pcapngFile) counted(out *items, it *ngIface, at time.Time, options []byte) {
	for b := options; len(b) >= 4; {
		code, n := u16(b, p.big), int(u16(b[2:], p.big))
		if code == 0 || n > len(b)-4 {
			return
		}
		if code == 4 && n >= 8 {
			if lost := u64(b[4:], p.big); lost > 0 && lost < 1<<62 {
				p.dropped(out, it, at, it.dropped+lost)
			}
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// simple reads a simple packet block. It has no time: that of the packet before
// stands for it.
func (p *pcapngFile) simple(out *items, b []byte) (frame, error) {
	p.count++
	if len(b) < 4 || len(p.interfaces) == 0 {
		p.note(out, "packet %d: a simple packet block without an interface or a length: passed over", p.count)
		return frame{}, nil
	}
	long := u32(b, p.big)
	take := min(int64(long), int64(len(b)-4))
	if snap := p.interfaces[0].snap; snap > 0 {
		take = min(take, int64(snap))
	}
	return frame{data: b[4 : 4+take : 4+take], at: p.last, coarse: true, number: p.count, link: p.interfaces[0].link, long: int(int64(long) - take)}, nil
}

func (p *pcapngFile) note(out *items, format string, args ...any) {
	out.add(Item{Kind: Note, At: p.last, Number: p.count, Text: fmt.Sprintf(format, args...)})
}

// plausible says that a whole block stands here: its length is there twice.
func (p *pcapngFile) plausible(b []byte) bool {
	if len(b) < ngLeast {
		return false
	}
	kind, size := u32(b, p.big), u32(b[4:], p.big)
	if kind == ngSection {
		return u32(b[8:], false) == ngMagic || u32(b[8:], true) == ngMagic
	}
	return kind > 0 && known(kind) && size >= ngLeast && size%4 == 0 && size <= uint32(min(len(b), maxPacket)) && u32(b[size-4:], p.big) == size
}

// time converts a time of the interface's clock. if_tsresol: a power of ten, or
// of two if its top bit is set; a unit that 64 bits cannot count is not ok.
func (f *ngIface) time(high, low uint32) (at time.Time, ok bool) {
	ticks := uint64(high)<<32 | uint64(low)
	switch f.resol {
	case 6:
		return time.Unix(int64(ticks/1e6)+f.offset, int64(ticks%1e6)*1000).UTC(), true
	case 9:
		return time.Unix(int64(ticks/1e9)+f.offset, int64(ticks%1e9)).UTC(), true
	}
	n := f.resol & 0x7f
	perSecond := uint64(1)
	if f.resol&0x80 != 0 {
		if n > 63 {
			return time.Time{}, false
		}
		perSecond <<= n
	} else {
		if n > 19 {
			return time.Time{}, false
		}
		for range n {
			perSecond *= 10
		}
	}
	hi, lo := bits.Mul64(ticks%perSecond, 1e9)
	nsec, _ := bits.Div64(hi, lo, perSecond)
	return time.Unix(int64(ticks/perSecond)+f.offset, int64(nsec)).UTC(), true
}

func u64(b []byte, big bool) uint64 {
	if big {
		return uint64(u32(b, true))<<32 | uint64(u32(b[4:], true))
	}
	return uint64(u32(b[4:], false))<<32 | uint64(u32(b, false))
}
