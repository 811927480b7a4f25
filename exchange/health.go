package exchange

import (
	"strconv"
	"time"

	"onhook/sip"
	"onhook/stack"
)

// A health is what OPTIONS have told of a trunk.
type health struct {
	next  time.Time // when it is asked next; zero: never
	asked time.Time // since when an answer is awaited; zero: none is
	since time.Time // of down, or of the first answer
	last  time.Time // of the last good answer
	took  time.Duration
	bad   int // questions in a row without a good answer
	good  int // good answers in a row
	why   string
	down  bool
}

// enough is how many answers, or lacks of one, in a row change what is thought of a trunk: one may be lost.
const enough = 2

// configureHealth begins to ask a trunk that is to be asked, or ends it.
func (x *Exchange) configureHealth(l *line) {
	switch {
	case l.Options <= 0 || l.disabled():
		l.health = health{}
	case l.health.next.IsZero() || l.health.next.After(x.now.Add(l.Options)):
		l.health.next = x.now
	}
}

// nextAsk is when the next trunk is to be asked; zero: never.
func (x *Exchange) nextAsk() time.Time {
	if x.askKnown {
		return x.askAt // asked every turn of the loop, and it seldom changes
	}
	var at time.Time
	for _, l := range x.lines {
		for _, t := range [...]time.Time{l.health.next, l.reg.deadline(), l.findAt} {
			if !t.IsZero() && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
	}
	x.askAt, x.askKnown = at, true
	return at
}

// askTrunks sends OPTIONS and REGISTER to the trunks whose time has come.
func (x *Exchange) askTrunks() {
	if next := x.nextAsk(); next.IsZero() || next.After(x.now) {
		return
	}
	x.askKnown = false
	for i := range x.set.Trunks {
		l := x.lines[x.set.Trunks[i].Name]
		if t := l.health.next; !t.IsZero() && !t.After(x.now) {
			x.ask(l)
		}
		if t := l.reg.deadline(); !t.IsZero() && !t.After(x.now) {
			x.registerAt(l)
		}
		if t := l.findAt; !t.IsZero() && !t.After(x.now) {
			x.findSources(l)
		}
	}
}

func (x *Exchange) ask(l *line) {
	l.health.next = x.now.Add(l.Options)
	if !l.health.asked.IsZero() || x.now.Before(l.away) {
		return
	}
	l.health.asked = x.now
	u := trunkURI(l.Trunk, "")
	m := &sip.Message{Method: sip.OPTIONS, URI: u}
	m.Add(sip.HFrom, "<sip:"+x.set.Domain+">")
	m.Add(sip.HTo, "<"+u+">")
	x.feed(stack.Input{Kind: stack.InRequest, Ref: notCall | l.id, Msg: m})
}

// lineOf finds the trunk of a request that is no call's; it may be configured no longer.
func (x *Exchange) lineOf(ref uint64) *line {
	for _, l := range x.lines {
		if l.id == ref&^notCall {
			return l
		}
	}
	return nil
}

// trunkAnswered takes the answer to a question or to a REGISTER.
func (x *Exchange) trunkAnswered(a *stack.Action) {
	l := x.lineOf(a.Ref)
	x.askKnown = false
	switch {
	case l == nil || a.Msg.Status < 200:
	case a.Method == sip.REGISTER && (l.reg == nil || a.Msg.CallID() != l.reg.callID): // of an earlier configuration
	case a.Method == sip.REGISTER:
		x.leaveAlone(l, a.Msg)
		x.registrarSaid(l, a.Msg)
		x.tellTrunk(l)
	case l.health.asked.IsZero():
	case a.Msg.Status == 503:
		x.leaveAlone(l, a.Msg)
		x.badAnswer(l, "503 "+a.Msg.Phrase)
		x.tellTrunk(l)
	default:
		// RFC 3261 section 11: whatever else it answers, somebody is there.
		x.goodAnswer(l)
		x.tellTrunk(l)
	}
}

// trunkSilent takes the lack of an answer.
func (x *Exchange) trunkSilent(a *stack.Action, why string) {
	if a.Ref&notCall == 0 {
		return
	}
	x.left(a.Ref, nil)
	x.askKnown = false
	l := x.lineOf(a.Ref)
	switch {
	case l == nil:
	case a.Method == sip.REGISTER:
		x.notRegistered(l, why, 0)
		x.tellTrunk(l)
	case !l.health.asked.IsZero():
		x.badAnswer(l, why)
		x.tellTrunk(l)
	}
}

func (x *Exchange) goodAnswer(l *line) {
	h := &l.health
	h.took, h.asked, h.last = x.now.Sub(h.asked), time.Time{}, x.now
	h.good, h.bad = h.good+1, 0
	if x.opt.Answered != nil {
		x.opt.Answered(l.Name, h.took)
	}
	switch {
	case h.since.IsZero():
		h.since = x.now
	case h.down && h.good >= atLeast(l.UpAfter):
		h.down, h.why, h.since = false, "", x.now
		x.log.Info("trunk is up", "trunk", l.Name)
	}
}

func (x *Exchange) badAnswer(l *line, why string) {
	h := &l.health
	h.asked = time.Time{}
	h.bad, h.good = h.bad+1, 0
	if !h.down && h.bad >= atLeast(l.DownAfter) {
		h.down, h.since = true, x.now
		x.log.Warn("trunk is down", "trunk", l.Name, "why", why, "in_a_row", h.bad)
	}
	if h.down {
		h.why = why + " to " + strconv.Itoa(h.bad) + " OPTIONS in a row"
	}
}

func atLeast(n int) int {
	if n <= 0 {
		return enough
	}
	return n
}
