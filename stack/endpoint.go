package stack

import (
	"net/netip"
	"time"

	"onhook/dialog"
	"onhook/sip"
	"onhook/txn"
)

// An Endpoint is one SIP element: it owns all transactions and dialogs, and
// finds for each packet what it belongs to.
type Endpoint struct {
	opt Options
	own identities
	rnd Rand

	clients slots[client]
	servers slots[server]
	dialogs slots[entry]
	byKey   index                // server transactions by RFC 3261 section 17.2.3
	merged  index                // those outside a dialog, by section 8.2.2.2
	byConn  map[stream][]*client // requests that wait on a connection
	hashKey key
	// noStream are the places where no connection could be opened to for a large request, and until when none is tried.
	noStream map[netip.AddrPort]time.Time

	born    time.Time
	heap    deadlines
	sweepAt int // entries of heap

	// While a Step runs:
	out  []Action
	now  time.Time
	at   time.Time       // what machines are told of the time: now; while timers fire, how far they may
	late bool            // timers are due that may not fire yet
	flow sip.Flow        // of the packet or command in hand
	acts []dialog.Action // room for a dialog's actions, lent out
	text []byte          // room to print in
	// The response or ACK in hand; what is in it is over with the next one.
	brief sip.Message
	dest  sip.Flow // of the user's command in hand
	again *client  // the request that is sent again with credentials, in hand
}

// New returns an endpoint; it is valid at once.
func New(now time.Time, opt Options) *Endpoint {
	e := &Endpoint{
		rnd: opt.Rand, born: now,
		byConn: map[stream][]*client{}, noStream: map[netip.AddrPort]time.Time{},
	}
	e.sweepAt = leastSweep
	e.hashKey = key{opt.Rand.Uint64(), opt.Rand.Uint64()}
	e.clients.shard, e.servers.shard, e.dialogs.shard = opt.Shard, opt.Shard, opt.Shard
	e.servers.mark = serverMark
	e.configure(&opt)
	return e
}

// configure takes new settings; shard and random source stay as they were.
func (e *Endpoint) configure(opt *Options) {
	authorize := e.opt.Authorize
	e.opt = *opt
	e.opt.Rand, e.opt.Shard = e.rnd, e.clients.shard
	if e.opt.Authorize == nil {
		e.opt.Authorize = authorize
	}
	if e.opt.Timers.T1 <= 0 {
		e.opt.Timers = txn.RFC()
	}
	e.own = newIdentities(&e.opt)
}

// Step tells the endpoint one thing and appends to out what follows from it.
func (e *Endpoint) Step(out []Action, now time.Time, in Input) []Action {
	e.out, e.now, e.flow = out, now, sip.Flow{}
	e.at, e.late = now, false
	if !in.Until.IsZero() && in.Until.Before(now) {
		e.at = in.Until
		e.tick()
		e.at, e.late = now, true
	} else {
		e.tick()
	}
	e.flow = in.Flow
	switch in.Kind {
	case InPacket:
		if in.Text == "" {
			in.Text = string(in.Data)
		}
		e.packet(in.Text)
	case InFlowDown:
		e.flowDown(in.Flow, in.Err)
	case InSendFailed:
		e.sendFailed(&in)
	case InResolved:
		e.resolved(&in)
	case InConfigure:
		if in.Options != nil {
			e.configure(in.Options)
		}
	case InInvite, InRequest, InRespond, InCancel, InBind, InRelease:
		e.dest = in.Dest
		e.obey(&in)
		e.dest = sip.Flow{}
	}
	e.tidy()
	out, e.out = e.out, nil
	return out
}

// Deadline returns when Step wants to be called at the latest; zero: no timer runs.
func (e *Endpoint) Deadline() time.Time {
	if len(e.heap) == 0 {
		return time.Time{}
	}
	return e.born.Add(time.Duration(e.heap[0].at))
}

// A State is what an endpoint holds at the moment.
type State struct {
	Clients, Servers, Dialogs int // transactions of ours, of peers, and dialogs
}

// State returns how much the endpoint holds.
func (e *Endpoint) State() State { return State{e.clients.live, e.servers.live, e.dialogs.live} }

// Made returns how many transactions of ours and of peers there have been.
func (e *Endpoint) Made() (clients, servers uint64) { return e.clients.made, e.servers.made }

// tick steps what is due.
func (e *Endpoint) tick() {
	at := int64(e.at.Sub(e.born))
	for len(e.heap) > 0 && e.heap[0].at <= at {
		d := e.heap.pop()
		switch d.kind {
		case dueClient:
			if c := e.clients.get(d.id); c != nil && c.sched == d.at {
				c.sched = 0
				e.clientTick(c)
			}
		case dueServer:
			if s := e.servers.get(d.id); s != nil && s.sched == d.at {
				s.sched = 0
				e.stepServer(s, txn.Input{})
			}
		case dueDialog:
			if g := e.dialogs.get(d.id); g != nil && g.sched == d.at {
				g.sched = 0
				e.stepDialog(g, dialog.Input{})
			}
		}
	}
}

// tidy drops entries from the heap's top whose owner has gone, so that
// Deadline says when something really is due.
func (e *Endpoint) tidy() {
	for len(e.heap) > 0 && !e.awaited(e.heap[0]) {
		e.heap.pop()
	}
	if len(e.heap) == 0 && cap(e.heap) > 8*leastSweep { // the room of a burst that is over
		e.heap, e.sweepAt = nil, leastSweep
	}
}

// awaited says whether an entry's owner is there and waits for it.
func (e *Endpoint) awaited(d due) bool {
	switch d.kind {
	case dueClient:
		c := e.clients.get(d.id)
		return c != nil && c.sched == d.at
	case dueServer:
		s := e.servers.get(d.id)
		return s != nil && s.sched == d.at
	}
	g := e.dialogs.get(d.id)
	return g != nil && g.sched == d.at
}

// leastSweep is how many entries the heap may have before they are looked through.
const leastSweep = 1024

// sweep takes out what nobody waits for, and says when to look again: when
// there may be as much of it as of the rest. A dialog that ended leaves the time
// of its session timer (RFC 4028), which is far away.
func (e *Endpoint) sweep() {
	kept := e.heap[:0]
	for _, d := range e.heap {
		if e.awaited(d) {
			kept = append(kept, d)
		}
	}
	if cap(kept) > max(8*len(kept), 8*leastSweep) { // the room of a burst that is over
		kept = append(make(deadlines, 0, 2*len(kept)), kept...)
	}
	kept.order()
	e.heap, e.sweepAt = kept, max(leastSweep, 2*len(kept))
}

// schedule notes a deadline, unless an earlier one is noted: what is stepped
// too early only looks again.
func (e *Endpoint) schedule(sched *int64, kind uint8, id uint64, deadline time.Time) {
	if deadline.IsZero() {
		return
	}
	// Never now: what is due has been stepped in this Step, and the loop must not stand still.
	at := max(int64(deadline.Sub(e.born)), int64(e.at.Sub(e.born))+int64(time.Millisecond))
	if *sched != 0 && *sched <= at {
		return
	}
	if len(e.heap) >= e.sweepAt {
		e.sweep()
	}
	*sched = at
	e.heap.push(due{at: at, id: id, kind: kind})
}

func (e *Endpoint) emit(a Action) { e.out = append(e.out, a) }

func (e *Endpoint) note(level int8, text string) {
	e.emit(Action{Kind: ActNote, Level: level, Text: text, Flow: e.flow})
}

// print prints a message once; the bytes are kept for its repetitions.
func (e *Endpoint) print(m *sip.Message) []byte {
	e.text = m.Append(e.text[:0])
	return append(make([]byte, 0, len(e.text)), e.text...)
}
