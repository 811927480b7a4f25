package capture

import (
	"net/netip"
	"time"

	"onhook/sip"
)

// A Kind says what an Item is.
type Kind uint8

// The kinds of items; the fields named count.
const (
	SIP    Kind = iota + 1 // Payload: one whole SIP message as it was on the wire
	RTP                    // Payload: an RTP or RTCP packet, at least its first 12 bytes
	Closed                 // Src could not be reached or said no: what Dst had sent it was refused. Text begins with "port unreachable", "host unreachable", "network unreachable", "time exceeded" (ICMP; from whom follows if not from Src itself), "refused" (a SYN) or "reset" (TCP); Payload: what is quoted of it, may be empty
	Gap                    // something is missing from here on: Text says what and where; Lost counts packets or bytes
	Note                   // something a person should know (a malformed packet, a format that is skipped): Text
)

// String returns the name of the kind, "unknown" for none.
func (k Kind) String() string {
	switch k {
	case SIP:
		return "SIP"
	case RTP:
		return "RTP"
	case Closed:
		return "closed"
	case Gap:
		return "gap"
	case Note:
		return "note"
	}
	return "unknown"
}

// An Agent is who captured an item: zero for a file.
type Agent struct {
	ID   uint32         // the capture id of HEP (chunk 0x000c)
	Addr netip.AddrPort // where its packets came from
	Name string         // the node name of HEP (chunk 0x0013), if it gave one
}

// An Item is one thing that a capture shows. Payload and Text are valid until
// the next call of Next.
//
// Items come in the order of their packets. What had to wait, because a
// fragment or a segment before it is missing, comes when the waiting is given
// up and still carries the time and the number of its own packet.
type Item struct {
	Kind        Kind
	At          time.Time
	Coarse      bool // the time has whole seconds only, or is that of the packet before
	Transport   sip.Transport
	Src, Dst    netip.AddrPort
	Agent       Agent
	Correlation string // the correlation id that the agent gave (HEP chunk 0x0011)
	Number      uint64 // of the packet that completed it, from 1, as Wireshark numbers frames
	Truncated   bool   // the packet was longer than what was captured of it
	Lost        uint64 // Gap: how much
	Payload     []byte
	Text        string
}

// aheadMax is how far an agent's clock may be ahead of that of who hears it. A message from
// beyond counts at its arrival: one wrong clock must not have all other calls wait out their timers.
const aheadMax = time.Minute

// arrived gives what an agent sent the time of its arrival, where it has none of its own or one that cannot be.
func (it *Item) arrived(at time.Time, coarse bool) {
	switch {
	case it.At.IsZero():
		it.At, it.Coarse = at, coarse
	case it.At.Sub(at) > aheadMax:
		it.At, it.Coarse = at, true
	}
}

// A Source hands out items. Next returns io.EOF after the last one; an Item that
// came with another error is not valid, and the source may be read on unless
// the error repeats.
type Source interface {
	Next() (Item, error)
}

// items is what one packet gave and nobody has taken yet.
type items struct {
	list []Item
	head int
}

func (o *items) add(it Item) { o.list = append(o.list, it) }

// pending says that payloads are still to be handed out: what they point into
// must not be written over.
func (o *items) pending() bool { return o.head < len(o.list) }

func (o *items) pop() (Item, bool) {
	if !o.pending() {
		o.list, o.head = o.list[:0], 0
		return Item{}, false
	}
	it := o.list[o.head]
	o.head++
	return it, true
}
