package capture

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// maxSenders are the senders that are told apart; what comes from more is
	// counted under the zero address.
	maxSenders = 1024
	// offsetWindow is how long the least clock offset of a sender counts.
	offsetWindow = time.Minute
)

// A Sender is what came from one capture agent: an address, and the id that it
// gives itself in its packets.
type Sender struct {
	Addr    netip.Addr // where its packets come from; zero: senders beyond the first 1,024
	Agent   Agent      // as in its last packet; without a readable one the id is 0
	Packets uint64     // received, whatever became of them
	Bytes   uint64
	Items   uint64 // handed out
	Dropped [dropReasons]uint64
	First   time.Time
	Last    time.Time
	// Offset is how much later than its own time a packet arrived, the least of
	// the last one to two minutes: what the clocks differ by, and the way of the
	// fastest packet. Valid if Timed.
	Offset time.Duration
	Timed  bool

	window      time.Time
	least, prev time.Duration
	have, had   bool
}

// Drops returns how many of its packets gave nothing.
func (s *Sender) Drops() (n uint64) {
	for _, k := range s.Dropped {
		n += k
	}
	return n
}

// clock takes the difference between the arrival of a packet and its own time.
func (s *Sender) clock(now time.Time, late time.Duration) {
	if !s.have || now.Sub(s.window) >= offsetWindow {
		s.prev, s.had = s.least, s.have && now.Sub(s.window) < 2*offsetWindow
		s.window, s.least, s.have = now, late, true
	}
	s.least = min(s.least, late)
	s.Offset, s.Timed = s.least, true
	if s.had {
		s.Offset = min(s.least, s.prev)
	}
}

// A senderKey tells senders apart.
type senderKey struct {
	addr netip.Addr
	id   uint32
}

// senders counts by sender. It is used by all goroutines of a Listener.
type senders struct {
	mu    sync.Mutex
	byKey map[senderKey]*Sender
}

func (t *senders) find(k senderKey) *Sender {
	s := t.byKey[k]
	if s == nil {
		if t.byKey == nil {
			t.byKey = make(map[senderKey]*Sender)
		}
		if len(t.byKey) >= maxSenders {
			k = senderKey{}
			if s = t.byKey[k]; s != nil {
				return s
			}
		}
		s = &Sender{Addr: k.addr, Agent: Agent{ID: k.id}}
		t.byKey[k] = s
	}
	return s
}

// count takes one packet of a sender: it gave an item, or was dropped for a
// reason.
func (t *senders) count(from netip.AddrPort, now time.Time, size int, it *Item, reason DropReason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.find(senderKey{from.Addr(), it.Agent.ID})
	s.Packets++
	s.Bytes += uint64(size)
	if s.First.IsZero() {
		s.First = now
	}
	s.Last = now
	if reason != 0 {
		s.Dropped[reason]++
		return
	}
	s.Items++
	s.Agent = it.Agent
	if !it.At.IsZero() {
		s.clock(now, now.Sub(it.At))
	}
}

// list returns what was counted, by address and id.
func (t *senders) list() []Sender {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Sender, 0, len(t.byKey))
	for _, s := range t.byKey {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Sender) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Agent.ID, b.Agent.ID))
	})
	return out
}
