package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"onhook/sip"
)

// A watch follows what passes between the server and the phones of agents, and
// callers, as the wire tells it.
type watch struct {
	agents map[netip.AddrPort]string
	legs   map[string]*watched // by Call-ID
	byAddr map[netip.AddrPort][]*watched
	asks   []ask       // of agents, in their order
	msg    sip.Message // the one that is looked at
	bad    []string
}

// A watched is a leg as the wire tells it, seen from the server.
type watched struct {
	state  uint8
	joined time.Time       // a 2xx came that was not too late, or one went to who called
	bye    time.Time       // a BYE came from the phone
	came   time.Time       // an INVITE came from the phone, with who it is if that has to be shown
	acked  bool            // an ACK came from it, and before its BYE
	ack    time.Time       // the first that came
	asked  time.Time       // an INVITE went to it
	offer  uint32          // the number of its last offer in the call
	offers map[uint32]bool // those without an answer, by their numbers: sendonly
	holds  bool            // the last that was accepted was: the party holds
	turns  []turn          // how that has changed
	late   bool            // nothing came in time
	gives  bool            // a REFER came from it: its party is to be connected elsewhere
	byes   int             // BYEs that the server sent, repetitions too
}

// A turn is when a party began to hold, or did no longer.
type turn struct {
	at    time.Time
	holds bool
}

// held tells whether a party held at a time; known is false where that changed just then.
func (l *watched) held(at time.Time) (holds, known bool) {
	for _, t := range l.turns {
		switch {
		case t.at.Equal(at):
			return false, false
		case t.at.Before(at):
			holds = t.holds
		}
	}
	return holds, true
}

const (
	legAsked   = iota // INVITE sent, nothing heard
	legRinging        // a provisional response came
	legUp
	legOver // a final came, or the server has sent CANCEL or BYE
)

// trusted are who need not show who they are: the sources of the trunk.
var trusted = netip.MustParsePrefix("10.0.0.0/24")

func watchOf(w *World) *watch {
	o := &watch{agents: map[netip.AddrPort]string{}, legs: map[string]*watched{}, byAddr: map[netip.AddrPort][]*watched{}}
	w.Net.Watch = o.see
	return o
}

func (o *watch) leg(id string) *watched {
	l := o.legs[id]
	if l == nil {
		l = &watched{}
		o.legs[id] = l
	}
	return l
}

func (o *watch) see(s Sent, arrived bool) {
	switch {
	case s.From == ServerAddr && !arrived:
		o.leaves(s)
	case s.To == ServerAddr && arrived:
		o.comes(s)
	}
}

// leaves follows what the server sends.
func (o *watch) leaves(s Sent) {
	m := &o.msg
	if err := sip.ParseInto(m, string(s.Data)); err != nil {
		return
	}
	l := o.leg(m.CallID())
	if !m.IsRequest() {
		c, _ := m.CSeq()
		switch {
		case c.Method != sip.INVITE || m.Status/100 != 2 || !l.bye.IsZero():
		case !l.came.IsZero():
			if l.joined.IsZero() {
				l.joined = s.At
			}
		default:
			if hold, open := l.offers[c.Seq]; open { // one that came meanwhile got 500 (RFC 3261 section 14.2)
				l.holds = hold // RFC 3264 section 8.4
				l.turns = append(l.turns, turn{s.At, hold})
				delete(l.offers, c.Seq)
			}
		}
		return
	}
	switch m.Method {
	case sip.INVITE:
		if m.ToTag() != "" {
			return
		}
		o.rings(s, m.CallID(), l)
	case sip.BYE:
		if l.joined.Equal(s.At) {
			l.joined = time.Time{} // its answer came too late
		}
		l.byes++
		l.state = legOver
	case sip.CANCEL:
		l.state = legOver
	}
}

// rings holds that no agent is called who rings or talks.
func (o *watch) rings(s Sent, id string, l *watched) {
	name, agent := o.agents[s.To]
	if !agent {
		return
	}
	if slices.Contains(o.byAddr[s.To], l) {
		return // a repetition: nothing was heard of it, so that it could not be withdrawn (RFC 3261 section 9.1)
	}
	for _, other := range o.byAddr[s.To] {
		if other.state == legRinging || other.state == legUp {
			o.bad = append(o.bad, fmt.Sprintf("%v: agent %s is called by %s while another call of its %s", s.At.Sub(Epoch), name, id,
				map[uint8]string{legRinging: "rings", legUp: "is up"}[other.state]))
		}
	}
	o.byAddr[s.To] = append(o.byAddr[s.To], l)
	l.asked = s.At
	o.asks = append(o.asks, ask{name, s.At})
}

// comes follows what reaches the server.
func (o *watch) comes(s Sent) {
	m := &o.msg
	if err := sip.ParseInto(m, string(s.Data)); err != nil {
		return
	}
	l := o.leg(m.CallID())
	if m.IsRequest() {
		switch {
		case m.Method == sip.BYE && l.bye.IsZero():
			l.bye, l.state = s.At, legOver
		case m.Method == sip.REFER:
			l.gives = true
		case m.Method == sip.ACK && l.joined.IsZero(): // of a failure: it was challenged, say
		case m.Method == sip.ACK:
			l.acked = l.acked || l.bye.IsZero()
			if l.ack.IsZero() {
				l.ack = s.At
			}
		case m.Method == sip.INVITE && m.ToTag() != "":
			if c, _ := m.CSeq(); c.Seq > l.offer { // and no repetition that was late
				if l.offers == nil {
					l.offers = map[uint32]bool{}
				}
				l.offers[c.Seq], l.offer = strings.Contains(m.Body, "a=sendonly"), c.Seq
			}
		case m.Method == sip.INVITE && m.ToTag() == "" && l.came.IsZero() && authorized(s, m):
			l.came = s.At
		}
		return
	}
	c, _ := m.CSeq()
	if c.Method != sip.INVITE {
		return
	}
	// A 2xx that comes after our CANCEL wins where nothing else has: the server tells by a BYE at once.
	won := m.Status/100 == 2 && l.joined.IsZero() && !l.late && l.byes == 0 && l.bye.IsZero()
	switch {
	case l.late || l.state == legOver && !won:
	case l.state == legAsked && !l.asked.IsZero() && s.At.Sub(l.asked) >= 64*t1:
		l.state, l.late = legOver, true // timer B has ended it: a phone that was away has answered the last repetition
	case m.Status == 100:
	case m.Status < 200:
		l.state = max(l.state, legRinging)
	case m.Status < 300:
		if won {
			l.state, l.joined = legUp, s.At
		}
	default:
		l.state = legOver
	}
}
