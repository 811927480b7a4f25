package analyse

import (
	"net/netip"

	"onhook/sip"
)

// A phase says how far a leg has come.
type phase uint8

const (
	fresh    phase = iota // an INVITE without any response
	trying                // 100 only
	ringing               // another provisional response
	answered              // 2xx
	failed                // a final response of 300 or more
	over                  // BYE
)

// A seen is one message as the tracker keeps it.
type seen struct {
	at      int64  // ns, by the analyser's clock
	number  uint64 // of the packet
	branch  uint32 // hash of the topmost Via's branch
	remote  tag    // the tag of the side that is not the caller
	begin   uint32 // where its text stands in the call's script
	length  uint32 // of its text; 0 in a copy of a message that came before
	cseq    uint32
	status  uint16 // 0: a request
	of      uint16 // copies: the place of the first one in leg.msgs, plus 1
	again   uint16 // copies of this message that were not kept
	method  verb
	src     uint8 // places in leg.addrs
	dst     uint8
	hop     uint8
	agent   uint8
	caller  bool // sent by the caller's side
	coarse  bool
	cut     bool // the packet was longer than what was captured of it
	sdp     bool
	held    bool // its SDP holds the other side
	tagged  bool // a request in a dialog
	dropped bool // a duplicate of another agent or of a mirror
}

// request tells a request from a response.
func (s *seen) request() bool { return s.status == 0 }

// A hop is a pair of neighbours between which the INVITE was seen.
type hop struct {
	src, dst uint8
	branch   uint32 // of the topmost Via of its INVITE
	vias     int
}

// noHop is the hop of a message between neighbours that exchanged no INVITE:
// a BYE sent past the proxies, say.
const noHop = 255

// The bounds of a leg; what is over them is counted, not kept.
const (
	maxMessages = 600
	maxCopies   = 16 // of one message
	maxAddrs    = 24
)

// A leg is one INVITE's dialog, or the try of one: a Call-ID and the tag of
// the caller, which is the sender of the INVITE, whatever its address.
type leg struct {
	callID    string
	tag       tag // 0: none, RFC 2543
	sameID    *leg
	call      *open
	up        *leg // the leg that this one goes on from
	join      Join
	msgs      []seen
	addrs     []netip.AddrPort
	transport sip.Transport
	hops      []hop
	near      int // the hop nearest the caller
	agents    []agentKey

	phase     phase
	invited   bool // the INVITE that began it was seen
	cancelled bool
	removed   bool
	leaves    bool // a REFER of it was accepted, or another dialog took its place
	replaces  bool // its INVITE wants to replace a dialog
	wish      *wish
	taken     taking // by an attended transfer
	adopted   int64  // when it came here from another call; 0: it began here
	came      bool   // and it was the caller's there: the server did not send its INVITE
	moved     bool   // what comes on it from now on is another call's
	twin      bool   // the server that sent its INVITE sent that of the leg above, too
	branch    bool   // and it was rung together with that one, which answered
	onward    bool   // its INVITE names another leg's Call-ID
	sameLink  *leg   // the one before with the same X-CID
	first     int64  // the times of its INVITE and of its last message
	last      int64
	end       int64 // of the final response or BYE that ended it
	remote    tag   // of the side that answered
	dropped   int   // messages over the bounds
	elsewhere int   // copies on hops further on
	closed    []refusal
	keys      [7]uint64
	pending   bool // registered as a call that others may go on from
	media     [2]stream
}

// A refusal is the news that a packet could not be delivered.
type refusal struct {
	at  int64
	why string
	msg int // the message, as a place in msgs
}

// The sides of a leg, as places in leg.media.
const (
	callerSide = 0
	calleeSide = 1
)

// addr returns the place of an address in the leg's table.
func (l *leg) addr(a netip.AddrPort) uint8 {
	for i := range l.addrs {
		if l.addrs[i] == a {
			return uint8(i)
		}
	}
	if len(l.addrs) >= maxAddrs {
		return uint8(len(l.addrs) - 1)
	}
	l.addrs = append(l.addrs, a)
	return uint8(len(l.addrs) - 1)
}

// agent returns the place of an agent in the leg's table.
func (l *leg) agent(k agentKey) uint8 {
	for i := range l.agents {
		if l.agents[i] == k {
			return uint8(i)
		}
	}
	if len(l.agents) >= 200 {
		return uint8(len(l.agents) - 1)
	}
	l.agents = append(l.agents, k)
	return uint8(len(l.agents) - 1)
}

// fits tells whether a message's tags are those of the leg, and whether the
// caller sent the request that it is or answers.
func (l *leg) fits(h *head) (fromCaller, ok bool) {
	switch {
	case h.from == l.tag:
		return true, true
	case h.to == l.tag && h.to != 0:
		return false, true
	}
	return false, false
}

// pair tells whether a message runs between neighbours of this leg's INVITE.
func (l *leg) pair(src, dst netip.AddrPort) bool {
	return l.hopOf(src, dst) != noHop
}

// hopOf returns the hop between two neighbours. Ports may differ: a stream
// connection has one of its own.
func (l *leg) hopOf(src, dst netip.AddrPort) uint8 {
	for i := range l.hops {
		a, b := l.addrs[l.hops[i].src], l.addrs[l.hops[i].dst]
		if a == src && b == dst || a == dst && b == src {
			return uint8(i)
		}
	}
	if len(l.hops) == 1 && len(l.addrs) <= 2 {
		return l.loosely(src, dst)
	}
	return noHop
}

// loosely compares the hosts alone.
func (l *leg) loosely(src, dst netip.AddrPort) uint8 {
	a, b := l.addrs[l.hops[0].src].Addr(), l.addrs[l.hops[0].dst].Addr()
	if a == src.Addr() && b == dst.Addr() || a == dst.Addr() && b == src.Addr() {
		return 0
	}
	return noHop
}

// inviteHop puts an INVITE without a To tag on a hop. ok is false if it is
// another call: between other peers, and not this INVITE sent on by a proxy.
func (l *leg) inviteHop(paper *paper, h *head, src, dst netip.AddrPort) (place uint8, ok bool) {
	if !l.invited && len(l.hops) == 0 {
		return l.addHop(h, src, dst)
	}
	for i := range l.hops {
		p := &l.hops[i]
		if p.branch == h.branch && h.branch != 0 {
			return uint8(i), true // the same message, seen at another place of its way
		}
		if l.addrs[p.src] == src && l.addrs[p.dst] == dst {
			p.branch = h.branch
			return uint8(i), true // sent again, with credentials, say
		}
	}
	for i := range l.hops {
		p := &l.hops[i]
		switch {
		case h.second != 0 && h.second == p.branch && h.vias > p.vias:
			return l.addHop(h, src, dst) // a proxy sent it on
		case h.vias < p.vias && h.branch != 0 && l.carries(paper, i, h.branch):
			return l.addHop(h, src, dst) // and here is where it came from
		case l.addrs[p.src].Addr() == src.Addr() && h.vias == p.vias && l.phase != answered:
			// RFC 3263 section 4.3: the next server is tried; or the Contact of a
			// 3xx, RFC 3261 section 8.1.3.4.
			return l.addHop(h, src, dst)
		}
	}
	return 0, false
}

// carries tells whether the INVITE of a hop has a branch as its second one.
func (l *leg) carries(p *paper, place int, branch uint32) bool {
	for i := range l.msgs {
		if m := &l.msgs[i]; m.hop == uint8(place) && m.method == mINVITE && m.request() && m.length > 0 {
			var r reader
			r.seed = l.call.seed
			var h head
			text := p.read(nil, &l.call.script)
			r.read(&h, text[m.begin:m.begin+m.length])
			return h.second == branch
		}
	}
	return false
}

func (l *leg) addHop(h *head, src, dst netip.AddrPort) (uint8, bool) {
	if len(l.hops) >= 32 {
		return noHop, true
	}
	l.hops = append(l.hops, hop{src: l.addr(src), dst: l.addr(dst), branch: h.branch, vias: h.vias})
	place := len(l.hops) - 1
	if h.vias < l.hops[l.near].vias {
		l.near = place
	}
	return uint8(place), true
}

// isNear tells whether a hop is the one nearest the caller, or another server
// that the caller tried.
func (l *leg) isNear(place uint8) bool {
	if int(place) >= len(l.hops) {
		return false
	}
	p, n := &l.hops[place], &l.hops[l.near]
	return p == n || p.vias == n.vias && l.addrs[p.src].Addr() == l.addrs[n.src].Addr()
}

// copyOf finds a message that this one repeats.
func (l *leg) copyOf(s *seen) int {
	for i := len(l.msgs) - 1; i >= 0; i-- {
		m := &l.msgs[i]
		if m.of == 0 && m.cseq == s.cseq && m.status == s.status && m.method == s.method && m.branch == s.branch && m.remote == s.remote && m.hop == s.hop && m.caller == s.caller {
			return i
		}
	}
	return -1
}
