package analyse

import (
	"time"

	"onhook/outcome"
)

// Options say how to analyse. The zero value is for a capture file.
type Options struct {
	Source   string           // "pcap" (or empty) or "hep", as the records say
	T1       time.Duration    // RFC 3261 section 17.1.1.1; 0: 500 ms, or what the intervals of a call show
	MaxOpen  int              // calls that have not ended, open at once; 0: 20000
	MaxBytes int              // of the messages kept at once; 0: 24 MiB
	Outcome  *outcome.Options // nil: the defaults
	Parallel bool             // records are made on a goroutine of their own, and handed out there
}

func (o *Options) t1() time.Duration {
	if o.T1 > 0 {
		return o.T1
	}
	return 500 * time.Millisecond
}

func (o *Options) maxOpen() int {
	if o.MaxOpen > 0 {
		return o.MaxOpen
	}
	return 20000
}

func (o *Options) maxBytes() int {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return 24 << 20
}

// Totals count what went through an Analyser.
type Totals struct {
	Items         uint64 // of any kind
	Messages      uint64 // SIP messages
	Calls         uint64 // records handed out
	Joined        uint64 // legs put into the call of another leg
	Ambiguous     uint64 // legs that might go on from several calls, and were left alone
	Registrations uint64 // messages of REGISTER
	Subscriptions uint64 // of SUBSCRIBE, NOTIFY and PUBLISH outside of calls
	Options       uint64 // of OPTIONS outside of calls
	Other         uint64 // of MESSAGE and the like, outside of calls
	Strays        uint64 // messages of dialogs that were not seen, which tell of no call
	Late          uint64 // messages of calls already handed out
	Malformed     uint64 // messages that could not be read
	Retransmitted uint64
	Duplicates    uint64 // the same packet captured twice
	RTP           uint64
	Gaps          uint64
	Lost          uint64 // packets or bytes that the capture says it lost
	Jumps         uint64 // of the clock
	Truncated     uint64 // messages cut by the capture's packet length
	GivenUp       uint64 // calls handed out before their end, because too many were open
	Notes         []string
}

// maxNotes bounds what is kept of the notes of a capture.
const maxNotes = 40

func (t *Totals) note(text string) {
	if len(t.Notes) >= maxNotes {
		return
	}
	for _, n := range t.Notes {
		if n == text {
			return
		}
	}
	t.Notes = append(t.Notes, text)
}
