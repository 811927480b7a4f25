package store

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// How a part of a chunk is packed. The dictionaries are part of the format:
// a changed one gets a number of its own and the old one stays.
const (
	packedRaw    = 0
	packedEvents = 1 // s2 with eventDict
	packedRecord = 2 // JSON, s2 with recordDict: of records that older programs wrote
	plainRecord  = 3 // appendRecord, not compressed
	packedGroup  = 4 // s2 without a dictionary
)

// maxUnpacked bounds what one part may become; nothing larger is written.
const maxUnpacked = 64 << 20

var (
	eventDict  = sync.OnceValue(func() *s2.Dict { return s2.MakeDict([]byte(eventDictText), nil) })
	recordDict = sync.OnceValue(func() *s2.Dict { return s2.MakeDict([]byte(recordDictText), nil) })
)

// pack appends src in packed form: how, then the bytes.
func pack(dst []byte, how byte, src []byte) []byte {
	dst = append(dst, how)
	at := len(dst)
	need := s2.MaxEncodedLen(len(src))
	if need < 0 {
		return append(append(dst[:at-1], packedRaw), src...)
	}
	if cap(dst)-at < need {
		grown := make([]byte, at, at+need+cap(dst)/2)
		copy(grown, dst)
		dst = grown
	}
	var out []byte
	switch room := dst[at:at:cap(dst)][:need]; how {
	case packedGroup:
		out = s2.Encode(room, src)
	case packedRecord:
		out = recordDict().Encode(room, src)
	default:
		out = eventDict().Encode(room, src)
	}
	return dst[:at+len(out)]
}

// unpack returns what pack was given.
func unpack(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, errCorrupt
	}
	how, b := b[0], b[1:]
	if how == packedRaw {
		return b, nil
	}
	n, err := s2.DecodedLen(b)
	if err != nil || n > maxUnpacked {
		return nil, errCorrupt
	}
	var out []byte
	switch how {
	case packedEvents:
		out, err = eventDict().Decode(nil, b)
	case packedRecord:
		out, err = recordDict().Decode(nil, b)
	case packedGroup:
		out, err = s2.Decode(nil, b)
	default:
		return nil, fmt.Errorf("store: packed in form %d, this program reads up to %d", how, packedGroup)
	}
	if err != nil {
		return nil, errCorrupt
	}
	return out, nil
}
