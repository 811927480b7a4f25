package store

import (
	"encoding/binary"
	"hash/crc32"
)

// A chunk is a header of 16 bytes and a body, padded with zeros to 8:
//
//	0  magic, 4 bytes
//	4  length of the body, 4 bytes, little endian like all
//	8  kind, 1 byte; format, 1 byte; zero, 2 bytes
//	12 CRC-32C of bytes 4 to 11 and the body, mixed with the place of the chunk
//
// The place (segment and offset) is in the CRC, so that what an earlier life of
// the disk block left behind is never taken for a chunk.
const (
	chunkMagic  = 0x6b48_6f01
	chunkHeader = 16
	chunkAlign  = 8
	chunkFormat = 1
	// maxBody bounds a chunk's body, so that a reader knows a damaged length.
	maxBody = 16 << 20
)

// The kinds of chunks.
const (
	kindSegment  = 1  // the first of each segment: format and number
	kindBoot     = 2  // a server started here: the calls open before it were cut off
	kindStart    = 3  // Begin
	kindAppend   = 4  // Append
	kindAlive    = 5  // Heartbeat
	kindFinish   = 6  // Finish
	kindCarried  = 7  // a start of an older segment, written again
	kindCarryEnd = 8  // every call that was open at the segment's begin has been carried or has finished
	kindSeal     = 9  // the segment ends here by intent
	kindGroup    = 10 // Finish of several calls
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A loc is the place of a chunk in the log.
type loc struct {
	seg uint64
	off int64
}

func (a loc) before(b loc) bool {
	return a.seg < b.seg || a.seg == b.seg && a.off < b.off
}

// chunkSize is what a body of n bytes takes in the log.
func chunkSize(n int) int64 {
	return (chunkHeader + int64(n) + chunkAlign - 1) &^ (chunkAlign - 1)
}

// openChunk appends an empty header; the body is appended after it, then
// closeChunk is called with the place of the header in b.
func openChunk(b []byte, kind byte) []byte {
	var h [chunkHeader]byte
	h[8], h[9] = kind, chunkFormat
	return append(b, h[:]...)
}

// closeChunk completes the chunk that begins at b[at:] and ends with b, but for
// its place, and pads it.
func closeChunk(b []byte, at int) []byte {
	h := b[at : at+chunkHeader]
	n := len(b) - at - chunkHeader
	binary.LittleEndian.PutUint32(h, chunkMagic)
	binary.LittleEndian.PutUint32(h[4:], uint32(n))
	crc := crc32.Update(crc32.Update(0, castagnoli, h[4:12]), castagnoli, b[at+chunkHeader:])
	binary.LittleEndian.PutUint32(h[12:], crc)
	for (len(b)-at)%chunkAlign != 0 {
		b = append(b, 0)
	}
	return b
}

// placeChunk mixes the place into the CRC of a closed chunk.
func placeChunk(h []byte, at loc) {
	binary.LittleEndian.PutUint32(h[12:], binary.LittleEndian.Uint32(h[12:])^placeMix(at))
}

// placeMix spreads a place over 32 bits (the finalizer of splitmix64).
func placeMix(at loc) uint32 {
	x := at.seg*0x9e3779b97f4a7c15 + uint64(at.off)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return uint32(x ^ x>>31)
}

// readChunk reads the chunk at the front of b, which stands at this place.
// It returns the bytes that the chunk takes, 0 if there is no whole chunk.
func readChunk(b []byte, at loc) (kind byte, body []byte, size int64) {
	if len(b) < chunkHeader || binary.LittleEndian.Uint32(b) != chunkMagic {
		return 0, nil, 0
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > maxBody || chunkSize(int(n)) > int64(len(b)) {
		return 0, nil, 0
	}
	body = b[chunkHeader : chunkHeader+n : chunkHeader+n]
	crc := crc32.Update(crc32.Update(0, castagnoli, b[4:12]), castagnoli, body)
	if crc^placeMix(at) != binary.LittleEndian.Uint32(b[12:]) {
		return 0, nil, 0
	}
	return b[8], body, chunkSize(int(n))
}

// A scanner reads the chunks of a segment one after the other. A damaged place
// is passed over to the next whole chunk: one bad byte costs one chunk.
type scanner struct {
	seg     uint64
	b       []byte
	base    int64 // the offset of b[0] in the segment
	pos     int64 // in b
	end     int64 // in b: behind the last whole chunk
	skipped []span
}

// A span is a damaged stretch of a segment.
type span struct{ from, to int64 }

// next returns the next chunk, its place and the place behind it.
func (s *scanner) next() (kind byte, body []byte, at, behind loc, ok bool) {
	from := s.pos
	for ; s.pos+chunkHeader <= int64(len(s.b)); s.pos += chunkAlign {
		if binary.LittleEndian.Uint32(s.b[s.pos:]) != chunkMagic {
			continue
		}
		at = loc{s.seg, s.base + s.pos}
		kind, body, size := readChunk(s.b[s.pos:], at)
		if size == 0 {
			continue
		}
		if s.pos > from {
			s.skipped = append(s.skipped, span{s.base + from, s.base + s.pos})
		}
		s.pos += size
		s.end = s.pos
		return kind, body, at, loc{s.seg, s.base + s.pos}, true
	}
	return 0, nil, loc{}, loc{}, false
}

// rest says whether anything but zeros follows the last whole chunk, and where
// it ends.
func (s *scanner) rest() (torn bool, to int64) {
	for i := int64(len(s.b)); i > s.end; i-- {
		if s.b[i-1] != 0 {
			return true, s.base + i
		}
	}
	return false, s.base + s.end
}

// bodySize is what the chunk whose header is at the front of b says it takes;
// the header is not checked.
func bodySize(b []byte) int64 {
	return chunkSize(int(binary.LittleEndian.Uint32(b[4:])))
}
