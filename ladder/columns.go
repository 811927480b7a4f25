package ladder

import (
	"strconv"
	"strings"

	"onhook/call"
)

// columns finds the columns of a call.
func (l *layout) columns(events []call.Event) {
	if l.opt.By == ByHost {
		for i := range events {
			if from, to, ok := flowEnds(events[i].Flow); ok {
				l.host(from)
				l.host(to)
			}
		}
		if len(l.out.Columns) == 0 {
			l.host("")
		}
		return
	}
	l.leg(firstLeg(events), "caller")
	l.server = len(l.out.Columns)
	l.out.Columns = append(l.out.Columns, Column{Name: clean(l.opt.Server)})
	for i := range events {
		e := &events[i]
		if e.Leg == 0 {
			continue
		}
		if e.Kind == call.EvLeg {
			if e.Peer == call.PeerPlatform && e.Leg != call.Caller {
				continue // the server itself answers; it has its column
			}
			l.named(e.Leg, e.Name)
		}
		if e.Kind != call.EvReceived && e.Kind != call.EvSent {
			continue
		}
		l.leg(e.Leg, "leg "+strconv.Itoa(int(e.Leg)))
		l.addresses(e)
	}
}

// firstLeg is the leg to the left of the server: the caller's or, of a call that
// the server made, that of the party which it rang first.
func firstLeg(events []call.Event) call.LegID {
	first := call.Caller
	for i := range events {
		switch leg := events[i].Leg; {
		case leg == call.Caller:
			return leg
		case leg != 0 && first == call.Caller:
			first = leg
		}
	}
	return first
}

func (l *layout) host(address string) int {
	i, ok := l.hostColumn[address]
	if !ok {
		i = len(l.out.Columns)
		l.hostColumn[address] = i
		l.out.Columns = append(l.out.Columns, Column{Name: clean(address)})
	}
	return i
}

func (l *layout) leg(id call.LegID, name string) int {
	i, ok := l.legColumn[id]
	if !ok {
		i = len(l.out.Columns)
		l.legColumn[id] = i
		l.out.Columns = append(l.out.Columns, Column{Name: clean(name)})
	}
	return i
}

// named makes or renames the column of a leg.
func (l *layout) named(id call.LegID, name string) {
	if name == "" {
		name = "leg " + strconv.Itoa(int(id))
		if id == call.Caller {
			name = "caller"
		}
	}
	l.out.Columns[l.leg(id, name)].Name = clean(name)
}

// addresses notes the first transport address seen of a leg and of the server.
func (l *layout) addresses(e *call.Event) {
	from, to, ok := flowEnds(e.Flow)
	if !ok {
		return
	}
	if e.Kind == call.EvSent {
		from, to = to, from
	}
	if c := &l.out.Columns[l.legColumn[e.Leg]]; c.Address == "" {
		c.Address = clean(from)
	}
	if c := &l.out.Columns[l.server]; c.Address == "" {
		c.Address = clean(to)
	}
}

// flowEnds takes "udp 192.0.2.1:5060>192.0.2.2:5060" apart.
func flowEnds(flow string) (from, to string, ok bool) {
	_, ends, ok := strings.Cut(flow, " ")
	if !ok {
		return "", "", false
	}
	return strings.Cut(ends, ">")
}

// ends are the columns between which a message of this leg runs.
func (l *layout) ends(e *call.Event, out bool) (from, to int) {
	if l.opt.By == ByHost {
		a, b, ok := flowEnds(e.Flow)
		if !ok {
			return 0, len(l.out.Columns) - 1
		}
		return l.hostColumn[a], l.hostColumn[b]
	}
	peer, ok := l.legColumn[e.Leg]
	if !ok {
		peer = l.server
	}
	if out {
		return l.server, peer
	}
	return peer, l.server
}

// barColumns are the columns that something beside a message lies between.
func (l *layout) barColumns(e *call.Event) (from, to int) {
	if l.opt.By == ByHost {
		return 0, len(l.out.Columns) - 1
	}
	peer, ok := l.legColumn[e.Leg]
	switch {
	case !ok:
		return l.server, l.server
	case e.Kind == call.EvBridged:
		other, ok := l.legColumn[call.LegID(e.Of)]
		if !ok {
			other = l.legColumn[call.Caller]
		}
		return min(peer, other), max(peer, other)
	}
	return min(peer, l.server), max(peer, l.server)
}
