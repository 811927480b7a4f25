package analyse

import (
	"fmt"
	"net/netip"
	"time"

	"onhook/capture"
)

// An agentKey tells agents apart.
type agentKey struct {
	id   uint32
	addr netip.AddrPort
}

func keyOf(g *capture.Agent) agentKey { return agentKey{g.ID, g.Addr} }

// A clock makes one time that never runs backward from the times of the items.
// A jump of an agent's clock becomes a shift of what it says from then on.
type clock struct {
	now    int64 // ns
	at     int64 // of the present item, which may be overtaken by another
	offset int64 // of a file's one agent: now minus what the packets say
	last   time.Time
	agent  agentKey
	others map[agentKey]time.Time
}

// The steps of a clock that are not taken as they stand: back by more than
// packets overtake each other, forward by more than any pause of a capture.
const (
	stepBack    = 5 * time.Second
	stepForward = 24 * time.Hour
)

// item moves the clock to an item and says by how much its agent's clock jumped.
func (c *clock) item(it *capture.Item) (jump time.Duration) {
	k := keyOf(&it.Agent)
	if c.last.IsZero() {
		c.agent, c.last = k, it.At
	}
	if k != c.agent {
		if c.others == nil || len(c.others) > 10000 {
			c.others = make(map[agentKey]time.Time)
		}
		c.others[c.agent] = c.last
		if c.agent, c.last = k, c.others[k]; c.last.IsZero() {
			c.last = it.At
		}
	}
	d := it.At.Sub(c.last)
	c.last = it.At
	if d < -stepBack || d > stepForward {
		jump = d
	}
	if jump < 0 && k == (agentKey{}) {
		c.offset -= int64(jump)
	}
	c.at = it.At.UnixNano() + c.offset
	c.now = max(c.now, c.at)
	return jump
}

// tick moves the clock where no item comes.
func (c *clock) tick(now time.Time) { c.now = max(c.now, now.UnixNano()+c.offset) }

func jumpText(jump time.Duration, it *capture.Item) string {
	way := "forward"
	if jump < 0 {
		way, jump = "back", -jump
	}
	return fmt.Sprintf("the clock of the capture jumps %s by %s at packet %d", way, span(jump), it.Number)
}

// span prints a duration for a person.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// A memory remembers the calls that were handed out last, so that what still
// comes of them is not taken for calls of its own.
type memory struct {
	ring []uint64
	next int
	set  map[uint64]uint8
}

const remembered = 1 << 16

func (m *memory) init() {
	m.set = make(map[uint64]uint8)
}

func (m *memory) has(key uint64) bool { return m.set[key] != 0 }

func (m *memory) add(key uint64) {
	if len(m.ring) < remembered {
		m.ring = append(m.ring, key)
	} else {
		old := m.ring[m.next]
		if m.set[old]--; m.set[old] == 0 {
			delete(m.set, old)
		}
		m.ring[m.next] = key
		m.next = (m.next + 1) % remembered
	}
	if m.set[key] < 255 {
		m.set[key]++
	}
}
