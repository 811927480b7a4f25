package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"onhook/call"
)

// The stored form of events, version 1: the version, the number of events, then
// for each a mask of the fields that are not zero and those fields in the order
// of the constants below. Numbers are varints, texts have their length in
// front, times are the difference to the event before.
const eventVersion = 1

const (
	hasSeqJump = 1 << iota // Seq is not the one before plus one
	hasTime
	hasLeg
	hasPeer
	isOut
	hasAttempt
	hasSet
	hasOf
	hasN
	hasCode
	hasName
	hasCause
	hasBy
	hasText
	hasFlow
	hasMsg
	isInferred
	eventMaskEnd
)

// errCorrupt says that stored bytes are not what was written.
var errCorrupt = errors.New("store: stored bytes are damaged")

// appendEvents appends the stored form of events.
func appendEvents(b []byte, events []call.Event) []byte {
	b = append(b, eventVersion)
	b = binary.AppendUvarint(b, uint64(len(events)))
	seq, at := uint32(0), time.Unix(0, 0)
	for i := range events {
		e := &events[i]
		mask := eventMask(e, seq)
		b = append(b, byte(e.Kind))
		b = binary.AppendUvarint(b, mask)
		if mask&hasSeqJump != 0 {
			b = binary.AppendUvarint(b, uint64(e.Seq))
		}
		seq = e.Seq
		if mask&hasTime != 0 {
			b = appendTimeDelta(b, at, e.At)
			at = e.At
		}
		b = appendEventNumbers(b, mask, e)
		b = appendEventTexts(b, mask, e)
	}
	return b
}

func eventMask(e *call.Event, seq uint32) uint64 {
	var mask uint64
	set := func(bit uint64, yes bool) {
		if yes {
			mask |= bit
		}
	}
	set(hasSeqJump, e.Seq != seq+1)
	set(hasTime, !e.At.IsZero())
	set(hasLeg, e.Leg != 0)
	set(hasPeer, e.Peer != 0)
	set(isOut, e.Out)
	set(hasAttempt, e.Attempt != 0)
	set(hasSet, e.Set != 0)
	set(hasOf, e.Of != 0)
	set(hasN, e.N != 0)
	set(hasCode, e.Code != 0)
	set(hasName, e.Name != "")
	set(hasCause, e.Cause != "")
	set(hasBy, e.By != "")
	set(hasText, e.Text != "")
	set(hasFlow, e.Flow != "")
	set(hasMsg, e.Msg != "")
	set(isInferred, e.Inferred)
	return mask
}

func appendEventNumbers(b []byte, mask uint64, e *call.Event) []byte {
	if mask&hasLeg != 0 {
		b = binary.AppendUvarint(b, uint64(e.Leg))
	}
	if mask&hasPeer != 0 {
		b = append(b, byte(e.Peer))
	}
	if mask&hasAttempt != 0 {
		b = binary.AppendUvarint(b, uint64(e.Attempt))
	}
	if mask&hasSet != 0 {
		b = binary.AppendUvarint(b, uint64(e.Set))
	}
	if mask&hasOf != 0 {
		b = binary.AppendUvarint(b, uint64(e.Of))
	}
	if mask&hasN != 0 {
		b = binary.AppendVarint(b, int64(e.N))
	}
	if mask&hasCode != 0 {
		b = binary.AppendVarint(b, int64(e.Code))
	}
	return b
}

func appendEventTexts(b []byte, mask uint64, e *call.Event) []byte {
	if mask&hasName != 0 {
		b = appendText(b, e.Name)
	}
	if mask&hasCause != 0 {
		b = appendText(b, e.Cause)
	}
	if mask&hasBy != 0 {
		b = appendText(b, e.By)
	}
	if mask&hasText != 0 {
		b = appendText(b, e.Text)
	}
	if mask&hasFlow != 0 {
		b = appendText(b, e.Flow)
	}
	if mask&hasMsg != 0 {
		b = appendText(b, e.Msg)
	}
	return b
}

// parseEvents reads what appendEvents wrote. The texts of the events share s.
func parseEvents(s string) ([]call.Event, error) {
	p := parser{s: s}
	if v := p.byte(); p.err == nil && v != eventVersion {
		return nil, fmt.Errorf("store: events of version %d, this program reads version %d", v, eventVersion)
	}
	n := p.uvarint()
	// The shortest event takes two bytes: no list is allocated that the bytes
	// at hand cannot fill.
	if p.err != nil || n > uint64(len(p.s))/2 {
		return nil, errCorrupt
	}
	events := make([]call.Event, n)
	seq, at := uint32(0), time.Unix(0, 0).UTC()
	for i := range events {
		e := &events[i]
		e.Kind = call.EventKind(p.byte())
		mask := p.uvarint()
		if mask >= eventMaskEnd {
			return nil, errCorrupt
		}
		e.Seq = seq + 1
		if mask&hasSeqJump != 0 {
			e.Seq = uint32(p.upTo(math.MaxUint32))
		}
		seq = e.Seq
		if mask&hasTime != 0 {
			at = p.timeDelta(at)
			e.At = at
		}
		p.eventNumbers(mask, e)
		p.eventTexts(mask, e)
		if p.err != nil {
			return nil, p.err
		}
	}
	if p.s != "" {
		return nil, errCorrupt
	}
	return events, nil
}

func (p *parser) eventNumbers(mask uint64, e *call.Event) {
	e.Out = mask&isOut != 0
	e.Inferred = mask&isInferred != 0
	if mask&hasLeg != 0 {
		e.Leg = call.LegID(p.upTo(math.MaxUint16))
	}
	if mask&hasPeer != 0 {
		e.Peer = call.Peer(p.byte())
	}
	if mask&hasAttempt != 0 {
		e.Attempt = uint16(p.upTo(math.MaxUint16))
	}
	if mask&hasSet != 0 {
		e.Set = uint16(p.upTo(math.MaxUint16))
	}
	if mask&hasOf != 0 {
		e.Of = uint32(p.upTo(math.MaxUint32))
	}
	if mask&hasN != 0 {
		e.N = int(p.varint())
	}
	if mask&hasCode != 0 {
		e.Code = int(p.varint())
	}
}

func (p *parser) eventTexts(mask uint64, e *call.Event) {
	if mask&hasName != 0 {
		e.Name = p.text()
	}
	if mask&hasCause != 0 {
		e.Cause = p.text()
	}
	if mask&hasBy != 0 {
		e.By = p.text()
	}
	if mask&hasText != 0 {
		e.Text = p.text()
	}
	if mask&hasFlow != 0 {
		e.Flow = p.text()
	}
	if mask&hasMsg != 0 {
		e.Msg = p.text()
	}
}
