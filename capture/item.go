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
	Closed                 // Src said that Dst's packet could not be delivered: Text "port unreachable", "host unreachable", "reset"; Payload: what is quoted of it, may be empty
	Gap                    // something is missing from here on: Text says what and where; Lost counts packets or bytes
	Note                   // something a person should know (a malformed packet, a format that is skipped): Text
)

// An Agent is who captured an item: zero for a file.
type Agent struct {
	ID   uint32         // the capture id of HEP (chunk 0x000c)
	Addr netip.AddrPort // where its packets came from
	Name string         // the node name of HEP (chunk 0x0013), if it gave one
}

// An Item is one thing that a capture shows. Payload and Text are valid until
// the next call of Next.
type Item struct {
	Kind        Kind
	At          time.Time
	Coarse      bool // the time has whole seconds only
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

// A Source hands out items. Next returns io.EOF after the last one; an Item that
// came with another error is not valid, and the source may be read on unless
// the error repeats.
type Source interface {
	Next() (Item, error)
}
