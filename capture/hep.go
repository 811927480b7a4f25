package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"time"

	"onhook/sip"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// The generic chunk types of HEP v3 that are used, by their numbers in the
// HEP/EEP specification, revision 12. The others are passed over.
const (
	chunkFamily      = 0x01
	chunkProtocol    = 0x02
	chunkSrc4        = 0x03
	chunkDst4        = 0x04
	chunkSrc6        = 0x05
	chunkDst6        = 0x06
	chunkSrcPort     = 0x07
	chunkDstPort     = 0x08
	chunkSeconds     = 0x09
	chunkMicros      = 0x0a
	chunkType        = 0x0b
	chunkAgent       = 0x0c
	chunkKey         = 0x0e
	chunkPayload     = 0x0f
	chunkCompressed  = 0x10
	chunkCorrelation = 0x11
	chunkNode        = 0x13
)

const (
	hepHead  = 6 // bytes of the head of a HEP v3 packet, and of that of a chunk
	hepSIP   = 1 // protocol types, chunk 0x000b
	hepRTP   = 4
	hepTLS   = 22 // protocol numbers that servers use for what has none of its own
	hepWSS   = 50
	maxNames = 4096 // strings that are kept so as not to make them again
)

// A DropReason says why a HEP packet gave nothing. It is an error.
type DropReason uint8

// The reasons.
const (
	NotHEP        DropReason = iota + 1 // it does not begin as HEP v1, v2 or v3
	CutShort                            // it is shorter than it says
	BadChunk                            // a chunk has an impossible length
	NoAddress                           // an address is missing
	NoPayload                           // there is none
	UnknownVendor                       // the payload stands in a vendor's own chunk
	BadCompressed                       // the compressed payload does not open
	TooBig                              // it, or what it opens to, is over the limit
	WrongKey                            // the authentication key is not ours
	NotSIP                              // it carries something else: logs, reports, statistics
	QueueFull                           // it came faster than it was read
	dropReasons
)

// String returns the reason in words.
func (r DropReason) String() string {
	switch r {
	case NotHEP:
		return "not HEP"
	case CutShort:
		return "cut short"
	case BadChunk:
		return "bad chunk"
	case NoAddress:
		return "no address"
	case NoPayload:
		return "no payload"
	case UnknownVendor:
		return "unknown vendor"
	case BadCompressed:
		return "bad compression"
	case TooBig:
		return "too big"
	case WrongKey:
		return "wrong key"
	case NotSIP:
		return "not SIP"
	case QueueFull:
		return "queue full"
	}
	return "unknown"
}

// Error returns the reason in words.
func (r DropReason) Error() string { return "HEP: " + r.String() }

// A HEPDecoder reads HEP packets of versions 1, 2 and 3. The zero value is ready
// for use, for one goroutine. It makes no garbage but for names it has not seen
// yet.
type HEPDecoder struct {
	// Key, if set, is what chunk 0x000e has to hold.
	Key string

	names  map[string]string
	opened []byte // what a compressed payload opened to
	packed bytes.Reader
	gzip   *gzip.Reader
	zlib   io.ReadCloser
}

// Decode reads one packet. The Item's Payload points into it, or is valid until
// the next call if it was compressed. An error is a DropReason.
func (h *HEPDecoder) Decode(b []byte) (Item, error) { return h.decode(b, false) }

// decode: fresh keeps what the last compressed payload opened to.
func (h *HEPDecoder) decode(b []byte, fresh bool) (Item, error) {
	if fresh {
		h.opened = nil
	}
	switch {
	case isHEP3(b):
		return h.version3(b)
	case isHEP2(b):
		return h.version2(b)
	}
	return Item{}, NotHEP
}

func isHEP3(b []byte) bool {
	return len(b) >= 4 && (b[0] == 'H' && b[1] == 'E' && b[2] == 'P' || b[0] == 'E' && b[1] == 'E' && b[2] == 'P') && b[3] == '3'
}

// A mirrorPacket is what the chunks of a packet said.
type mirrorPacket struct {
	item                         Item
	src, dst                     netip.Addr
	srcPort, dstPort             uint16
	seconds, micros              uint32
	timed, exact, keyed, foreign bool
	kind                         byte
	packed                       []byte
}

func (h *HEPDecoder) version3(b []byte) (Item, error) {
	if len(b) < hepHead {
		return Item{}, CutShort
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if size < hepHead {
		return Item{}, BadChunk
	}
	if size > len(b) {
		return Item{}, CutShort
	}
	p := mirrorPacket{kind: hepSIP}
	p.item.Transport = sip.UDP
	for b = b[hepHead:size]; len(b) > 0; {
		if len(b) < hepHead {
			return Item{}, BadChunk
		}
		vendor, kind, n := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), int(binary.BigEndian.Uint16(b[4:]))
		if n < hepHead || n > len(b) {
			return Item{}, BadChunk
		}
		v := b[hepHead:n]
		b = b[n:]
		if vendor != 0 {
			p.foreign = true // its numbers mean what the vendor says
			continue
		}
		if !h.chunk(&p, kind, v) {
			return Item{}, BadChunk
		}
	}
	return h.finish(&p)
}

// chunk reads one generic chunk; false: its length does not fit its type.
func (h *HEPDecoder) chunk(p *mirrorPacket, kind uint16, v []byte) bool {
	switch kind {
	case chunkFamily: // the addresses say it too
		return len(v) == 1
	case chunkProtocol:
		if len(v) != 1 {
			return false
		}
		p.item.Transport = hepTransport(v[0])
	case chunkSrc4, chunkDst4:
		if len(v) != 4 {
			return false
		}
		p.set(kind == chunkSrc4, netip.AddrFrom4([4]byte(v)))
	case chunkSrc6, chunkDst6:
		if len(v) != 16 {
			return false
		}
		p.set(kind == chunkSrc6, netip.AddrFrom16([16]byte(v)))
	case chunkSrcPort, chunkDstPort:
		if len(v) != 2 {
			return false
		}
		if kind == chunkSrcPort {
			p.srcPort = binary.BigEndian.Uint16(v)
		} else {
			p.dstPort = binary.BigEndian.Uint16(v)
		}
	case chunkSeconds:
		return p.number(v, &p.seconds, &p.timed)
	case chunkMicros:
		return p.number(v, &p.micros, &p.exact)
	case chunkType:
		if len(v) != 1 {
			return false
		}
		p.kind = v[0]
	case chunkAgent:
		var is bool
		return p.number(v, &p.item.Agent.ID, &is)
	case chunkKey:
		p.keyed = string(v) == h.Key
	case chunkPayload:
		p.item.Payload = v
	case chunkCompressed:
		p.packed = v
	case chunkCorrelation:
		p.item.Correlation = h.name(v)
	case chunkNode:
		p.item.Agent.Name = h.name(v)
	}
	return true
}

func (p *mirrorPacket) set(src bool, a netip.Addr) {
	if src {
		p.src = a
	} else {
		p.dst = a
	}
}

func (p *mirrorPacket) number(v []byte, n *uint32, is *bool) bool {
	if len(v) != 4 {
		return false
	}
	*n, *is = binary.BigEndian.Uint32(v), true
	return true
}

// name keeps the strings it has made, so that each is made once.
func (h *HEPDecoder) name(v []byte) string {
	if s, ok := h.names[string(v)]; ok {
		return s
	}
	if h.names == nil || len(h.names) >= maxNames {
		h.names = make(map[string]string)
	}
	s := string(v)
	h.names[s] = s
	return s
}

func hepTransport(proto byte) sip.Transport {
	switch proto {
	case protoTCP:
		return sip.TCP
	case hepTLS:
		return sip.TLS
	case hepWSS:
		return sip.WSS
	case protoUDP:
		return sip.UDP
	}
	return sip.NoTransport
}

// finish makes the item of the chunks.
func (h *HEPDecoder) finish(p *mirrorPacket) (Item, error) {
	it := &p.item
	if h.Key != "" && !p.keyed {
		return Item{}, WrongKey
	}
	if p.packed != nil {
		open, err := h.open(p.packed)
		if err != nil {
			return Item{}, err
		}
		it.Payload = open
	}
	switch {
	case len(it.Payload) == 0 && p.foreign:
		return Item{}, UnknownVendor
	case len(it.Payload) == 0:
		return Item{}, NoPayload
	case !p.src.IsValid() || !p.dst.IsValid():
		return Item{}, NoAddress
	}
	it.Src, it.Dst = netip.AddrPortFrom(p.src, p.srcPort), netip.AddrPortFrom(p.dst, p.dstPort)
	if p.timed {
		it.At = time.Unix(int64(p.seconds), int64(p.micros%1_000_000)*1000).UTC()
		// Microseconds that are exactly zero are, but for one in a million, none.
		it.Coarse = !p.exact || p.micros == 0
	}
	if p.kind == hepRTP && isRTP(it.Payload) {
		it.Kind = RTP
		return *it, nil
	}
	it.Kind = SIP
	it.Payload = trimBreaks(it.Payload)
	if !startsMessage(it.Payload, false) {
		return Item{}, NotSIP
	}
	return *it, nil
}

// open opens a compressed payload, gzip or zlib, up to the longest message.
func (h *HEPDecoder) open(packed []byte) ([]byte, error) {
	r, err := h.opener(packed)
	if err != nil {
		return nil, BadCompressed
	}
	h.opened = h.opened[:0]
	for {
		if len(h.opened) == cap(h.opened) {
			grown := make([]byte, len(h.opened), max(4<<10, min(2*cap(h.opened), maxMessage+1)))
			copy(grown, h.opened)
			h.opened = grown
		}
		n, err := r.Read(h.opened[len(h.opened):cap(h.opened)])
		h.opened = h.opened[:len(h.opened)+n]
		switch {
		case len(h.opened) > maxMessage:
			return nil, TooBig
		case errors.Is(err, io.EOF):
			return h.opened, nil
		case err != nil:
			return nil, BadCompressed
		}
	}
}

func (h *HEPDecoder) opener(packed []byte) (r io.Reader, err error) {
	h.packed.Reset(packed)
	if len(packed) > 2 && packed[0] == 0x1f && packed[1] == 0x8b {
		if h.gzip == nil {
			h.gzip = new(gzip.Reader)
		}
		return h.gzip, h.gzip.Reset(&h.packed)
	}
	if h.zlib == nil {
		z, err := zlib.NewReader(&h.packed)
		if err != nil {
			return nil, err
		}
		h.zlib = z
		return z, nil
	}
	return h.zlib, h.zlib.(zlib.Resetter).Reset(&h.packed, nil)
}
