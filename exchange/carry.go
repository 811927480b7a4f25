package exchange

import (
	"context"
	"log/slog"
	"unsafe"

	"onhook/call"
	"onhook/sip"
	"onhook/stack"
	"onhook/txn"
)

func txnID(ref uint64) txn.ID { return txn.ID(ref) }

// feed gives the stack one input and does what it says, depth first: what an
// action leads to is done before the next action.
func (x *Exchange) feed(in stack.Input) {
	var buf []stack.Action
	if n := len(x.acts); n > 0 {
		buf, x.acts = x.acts[n-1], x.acts[:n-1]
	}
	in.Until = x.until
	buf = x.ep.Step(buf, x.now, in)
	for i := range buf {
		x.carry(&buf[i])
	}
	clear(buf)
	x.acts = append(x.acts, buf[:0])
}

// carry does one action of the stack.
func (x *Exchange) carry(a *stack.Action) {
	switch a.Kind {
	case stack.ActSend:
		x.journalSent(a)
		x.opt.Wire.Send(a.Flow, a.Data, uint64(a.Txn))
	case stack.ActResolve:
		x.resolve(a)
	case stack.ActCloseFlow:
		x.opt.Wire.CloseFlow(a.Flow)
	case stack.ActReceived:
		x.journalReceived(a)
	case stack.ActCreated:
		x.created = *a
		if c, leg := x.calls.get(a.Ref); c != nil && c.leg(leg).dialog == 0 {
			c.leg(leg).dialog = a.Dialog
		}
	case stack.ActForked:
		x.tell(a, call.Input{Kind: call.InForked})
	case stack.ActRequest:
		x.requested(a)
	case stack.ActResponse:
		x.responded(a)
	case stack.ActCancelled:
		x.tell(a, call.Input{Kind: call.InCancelled, Msg: a.Msg})
	case stack.ActAck:
		x.tell(a, call.Input{Kind: call.InAck, Msg: a.Msg})
	case stack.ActTimeout:
		x.notified(a.Ref, 408)
		x.trunkSilent(a, "no answer")
		x.tell(a, call.Input{Kind: call.InTimeout, Method: a.Method, Name: a.Timer, Txn: a.Txn})
	case stack.ActFailed:
		why := "unreachable"
		if a.Err != nil {
			why = a.Err.Error()
		}
		x.notified(a.Ref, 503)
		x.trunkSilent(a, why)
		x.tell(a, call.Input{Kind: call.InFailed, Method: a.Method, Name: why, Txn: a.Txn})
	case stack.ActEnded:
		x.tell(a, call.Input{Kind: call.InEnded, Name: a.Why})
	case stack.ActTerminated:
		x.tell(a, call.Input{Kind: call.InTerminated})
	case stack.ActTimer:
		x.journalTimer(a)
	case stack.ActNote:
		if level := slog.Level(a.Level); x.logs(level) {
			x.log.Log(context.Background(), level, a.Text)
		}
	}
}

// logs tells whether the log takes this level: what it does not take need not be put together.
func (x *Exchange) logs(level slog.Level) bool { return x.log.Enabled(context.Background(), level) }

// tell steps the call that an action is about.
func (x *Exchange) tell(a *stack.Action, in call.Input) {
	c, leg := x.about(a)
	if c == nil {
		return
	}
	in.Leg, in.Dialog = leg, a.Dialog
	x.step(c, in)
}

// about finds the call and the leg of an action. What the stack said in one
// breath with ActForked still has the name of the leg that was forked.
func (x *Exchange) about(a *stack.Action) (*live, call.LegID) {
	c, leg := x.calls.get(a.Ref)
	if c == nil || a.Dialog == 0 || leg == call.Caller || c.leg(leg).dialog == a.Dialog {
		return c, leg
	}
	for i := range c.legs {
		if c.legs[i].dialog == a.Dialog {
			return c, call.LegID(i + 1)
		}
	}
	return c, leg
}

func (x *Exchange) resolve(a *stack.Action) {
	id, host, rings := a.Txn, a.Host, x.rings(a)
	x.opt.Wire.Resolve(host, a.Port, a.Transport, a.Secure, func(targets []stack.Target, err error) {
		x.box.answer(answer{do: func(x *Exchange) {
			if rings && err == nil {
				targets, err = x.withoutTrunks(host, targets)
			}
			x.feed(stack.Input{Kind: stack.InResolved, Txn: id, Targets: targets, Err: err})
		}})
	})
}

// journalTimer keeps the timers that explain repetitions. The others the call
// tells itself, when it has decided what they mean.
func (x *Exchange) journalTimer(a *stack.Action) {
	switch a.Timer {
	case "A", "E", "G":
	default:
		return
	}
	if c, leg := x.about(a); c != nil {
		c.journal(call.Event{At: x.now, Kind: call.EvTimer, Leg: leg, Name: a.Timer})
	}
}

// journalSent keeps a message that leaves, or counts its repetition.
func (x *Exchange) journalSent(a *stack.Action) {
	c, leg := x.about(a)
	if c == nil {
		return
	}
	text := unsafe.String(unsafe.SliceData(a.Data), len(a.Data)) // the stack never changes what it gave to be sent
	if a.Again > 0 {
		c.again(x, leg, true, a.Again, text)
		return
	}
	if !x.spares(c, a.Msg) {
		c.journal(call.Event{At: x.now, Kind: call.EvSent, Leg: leg, Out: true, Flow: c.leg(leg).flowText(a.Flow, true), Msg: text})
	}
	if leg == call.Caller && a.Method == sip.INVITE && a.Msg != nil && a.Msg.Status/100 == 2 && c.call.Withheld() {
		x.step(c, call.Input{Kind: call.InAnswered, Leg: leg})
	}
}

// journalReceived keeps a message that came, or counts its repetition.
func (x *Exchange) journalReceived(a *stack.Action) {
	c, leg := x.about(a)
	if c == nil {
		return
	}
	if a.Again > 0 {
		text := ""
		if a.Msg != nil {
			text = a.Msg.Raw
		}
		c.again(x, leg, false, a.Again, text)
		return
	}
	if !x.spares(c, a.Msg) {
		c.journal(call.Event{At: x.now, Kind: call.EvReceived, Leg: leg, Flow: c.leg(leg).flowText(a.Flow, false), Msg: a.Msg.Raw})
	}
}

// again journals a repetition of a message that is in the journal already.
func (c *live) again(x *Exchange, leg call.LegID, out bool, n int, text string) {
	if out {
		x.count.SentAgain++
	} else {
		x.count.CameAgain++
	}
	if len(c.events) >= mostEvents {
		return
	}
	kind := call.EvReceived
	if out {
		kind = call.EvSent
	}
	var of uint32
	for i := len(c.events) - 1; i >= 0; i-- {
		if e := &c.events[i]; e.Kind == kind && e.Leg == leg && e.Msg == text {
			of = e.Seq
			break
		}
	}
	c.journal(call.Event{At: x.now, Kind: call.EvRetransmitted, Leg: leg, Out: out, Of: of, N: n})
}

// flowText is the flow as events spell it; a leg's messages mostly use one flow.
func (l *liveLeg) flowText(f sip.Flow, out bool) string {
	f.Conn = 0
	if f != l.flow || l.flowIn == "" {
		l.flow = f
		b := make([]byte, 0, 64)
		b = append(b, f.Transport.Param()...)
		b = append(b, ' ')
		n := len(b)
		b = f.Remote.AppendTo(b)
		b = append(b, '>')
		b = f.Local.AppendTo(b)
		l.flowIn = string(b)
		b = f.Local.AppendTo(b[:n])
		b = append(b, '>')
		b = f.Remote.AppendTo(b)
		l.flowOut = string(b)
	}
	if out {
		return l.flowOut
	}
	return l.flowIn
}
