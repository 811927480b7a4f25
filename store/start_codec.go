package store

import (
	"encoding/binary"
	"fmt"
	"time"

	"onhook/outcome"
)

// The body of a Start chunk: the call id, a version, the fields, the events.
// Start and Append are not compressed: they are written by the signalling loop.
const startVersion = 1

func appendStart(b []byte, s *Start) []byte {
	b = appendText(b, s.ID)
	b = append(b, startVersion)
	b = appendTime(b, s.StartedAt)
	b = appendText(b, s.Direction)
	for _, p := range [...]*outcome.Party{&s.From, &s.To} {
		b = appendText(b, p.URI)
		b = appendText(b, p.Number)
		b = appendText(b, p.Name)
	}
	b = appendText(b, s.Trunk)
	b = appendText(b, s.User)
	return appendEvents(b, s.Events)
}

func parseStart(b []byte) (Start, error) {
	p := parser{s: string(b)}
	s := Start{ID: p.text()}
	if v := p.byte(); p.err == nil && v != startVersion {
		return s, fmt.Errorf("store: start of version %d, this program reads version %d", v, startVersion)
	}
	s.StartedAt = p.time()
	s.Direction = p.text()
	for _, q := range [...]*outcome.Party{&s.From, &s.To} {
		q.URI, q.Number, q.Name = p.text(), p.text(), p.text()
	}
	s.Trunk, s.User = p.text(), p.text()
	if p.err != nil {
		return s, p.err
	}
	events, err := parseEvents(p.s)
	if len(events) > 0 {
		s.Events = events
	}
	return s, err
}

// finishParts takes apart the body of a Finish chunk: the call id, the packed
// record, the packed events.
func finishParts(body []byte) (id string, record, events []byte, err error) {
	n, k := binary.Uvarint(body)
	if k <= 0 || n > uint64(len(body)-k) {
		return "", nil, nil, errCorrupt
	}
	id, body = string(body[k:k+int(n)]), body[k+int(n):]
	n, k = binary.Uvarint(body)
	if k <= 0 || n > uint64(len(body)-k) {
		return "", nil, nil, errCorrupt
	}
	return id, body[k : k+int(n)], body[k+int(n):], nil
}

// appendCarried makes the body of a Carried chunk: whether the call was cut off
// by a restart, how many restarts it saw, when it was last known to be up, and
// the body of its Start chunk.
func appendCarried(b []byte, cut bool, restarts int, alive time.Time, start []byte) []byte {
	c := byte(0)
	if cut {
		c = 1
	}
	b = append(b, c)
	b = binary.AppendUvarint(b, uint64(restarts))
	b = appendTime(b, alive)
	return append(b, start...)
}

func parseCarried(body []byte) (cut bool, restarts int, alive time.Time, start []byte, err error) {
	p := parser{s: string(body)}
	cut = p.byte() == 1
	restarts = int(p.upTo(1 << 30))
	alive = p.time()
	return cut, restarts, alive, body[len(body)-len(p.s):], p.err
}
