package analyse

import (
	"hash/fnv"
	"time"

	"onhook/call"
	"onhook/outcome"
)

// A Call is one call of a capture, over or given up.
type Call struct {
	Record   outcome.Record
	Events   []call.Event // what Record was folded from
	Meta     outcome.Meta
	Joins    []Join
	Findings []Finding
	Frames   []uint64 // Frames[i] is the number of the packet of Events[i]; 0: no packet
}

// A Strength says how sure a join is.
type Strength uint8

// The strengths, the strongest first.
const (
	Certain Strength = iota + 1 // an identifier that is made for this
	Likely                      // a value that two calls hardly share
	Guess                       // numbers and time
)

// String returns the word of the records' confidence.
func (s Strength) String() string {
	switch s {
	case Certain:
		return "certain"
	case Likely:
		return "likely"
	case Guess:
		return "guess"
	}
	return ""
}

// A Join says why a leg is taken as a part of the call of another leg.
type Join struct {
	From, To call.LegID // To goes on from From
	Reason   string     // "X-CID", "Session-ID", "SDP origin", "numbers and time", ...
	Value    string     // what they share
	Strength Strength
}

// A Finding is something about a call that a person should know, in plain words.
type Finding struct {
	Name string     `json:"name"` // of the list in docs/explain.md
	At   time.Time  `json:"at"`
	Leg  call.LegID `json:"leg,omitempty"`
	Text string     `json:"text"`
}

// callID makes call_ and a UUIDv7 (RFC 9562 section 5.7) from the start of a
// call and what names its dialog, so that the same capture gives the same ids.
func callID(at time.Time, parts ...string) string {
	f := fnv.New128a()
	for _, p := range parts {
		f.Write([]byte(p))
		f.Write([]byte{0})
	}
	var sum [16]byte
	f.Sum(sum[:0])
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		sum[i] = byte(ms >> (40 - 8*i))
	}
	sum[6] = sum[6]&0x0f | 0x70
	sum[8] = sum[8]&0x3f | 0x80
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 41)
	out = append(out, "call_"...)
	for i, b := range sum {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[b>>4], hex[b&15])
	}
	return string(out)
}
