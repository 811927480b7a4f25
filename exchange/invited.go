package exchange

import (
	"errors"
	"log/slog"
	"strconv"

	"onhook/call"
	"onhook/sip"
	"onhook/stack"
)

func itoa(n int) string { return strconv.Itoa(n) }

// invited takes an INVITE that begins a call. Who sent it is settled first:
// what is refused before that leaves no record (outcome/README section 7).
func (x *Exchange) invited(a *stack.Action) {
	s := call.Start{Invite: a.Msg, Dialog: a.Dialog, V6: a.Flow.Remote.Addr().Is6()}
	t := x.trunkOf(a.Flow)
	var user *User
	guesses := false
	switch {
	case t != nil:
		s.Peer, s.Name = call.PeerTrunk, t.Name
	default:
		who, p := x.authenticate(a)
		switch p {
		case asked:
			return
		case barred:
			guesses = true
		case proven:
			user, s.Name = who, who.Name
		}
		s.Peer = call.PeerPhone
	}
	s.ID = x.newCallID()
	c := x.newLive()
	c.meta = x.meta(s.ID)
	x.describe(c, a, t, user)
	x.identify(c, a.Msg, t, user)
	x.check(inquiry{call: c, action: a, msg: a.Msg, trunk: t, user: user, guesses: guesses}, &s)
	s.From = x.fromFor(c, a.Msg, user)
	x.admit(c, a, s)
}

// admit makes the call and begins it.
func (x *Exchange) admit(c *live, a *stack.Action, s call.Start) {
	c.call = call.New(x.now, x.set.Call, s)
	x.calls.add(c)
	x.count.Calls++
	l := c.leg(call.Caller)
	l.invite = a.Txn
	x.feed(stack.Input{Kind: stack.InBind, Dialog: a.Dialog, Ref: legRef(c, call.Caller)})
	c.journal(call.Event{At: x.now, Kind: call.EvLeg, Leg: call.Caller, Peer: s.Peer, Name: s.Name})
	c.journal(call.Event{At: x.now, Kind: call.EvReceived, Leg: call.Caller, Flow: l.flowText(a.Flow, false), Msg: a.Msg.Raw})
	c.tellEarly()
	if x.logs(slog.LevelInfo) {
		x.log.Info("call begins", "call", s.ID, "from", s.Name, "to", a.Msg.URI)
	}
	x.announce(c, CallStarted, nil)
	x.step(c, call.Input{Kind: call.InBegin})
}

// describe notes what the record says of the caller.
func (x *Exchange) describe(c *live, a *stack.Action, t *Trunk, user *User) {
	c.meta.Direction = "internal"
	if user != nil {
		c.meta.User, c.caller.User = user.Name, user.Name
		x.hold(c, "user "+user.Name)
	}
	if t != nil {
		c.caller.Trunk = t.Name
		c.meta.Trunk, c.meta.Direction = t.Name, "inbound"
		x.occupy(c, x.lines[t.Name])
	}
}

// hold counts a call against the limit of a user or a trunk until it is over.
func (x *Exchange) hold(c *live, key string) {
	x.inUse[key]++
	c.holds = append(c.holds, key)
}

// release gives back what a call held.
func (x *Exchange) release(c *live) {
	for _, key := range c.holds {
		x.giveBack(key)
	}
	c.holds = c.holds[:0]
}

func (x *Exchange) giveBack(key string) {
	if x.inUse[key]--; x.inUse[key] <= 0 {
		delete(x.inUse, key)
	}
}

// overloaded tells whether the server has as many calls, or uses as much memory, as it may.
func (x *Exchange) overloaded() bool {
	if sec := x.now.Unix(); sec != x.second {
		x.second, x.inSecond = sec, 0
	}
	x.inSecond++
	return x.tight || x.set.Calls > 0 && x.calls.used >= x.set.Calls || x.set.PerSec > 0 && x.inSecond > x.set.PerSec
}

// causeOf names the Bye Reason of a refusal that the stack found in the message itself.
func causeOf(a *stack.Action) string {
	switch a.Refuse {
	case 400:
		return badMessage(a.Err)
	case 420:
		return "FACILITY_NOT_IMPLEMENTED"
	case 405, 415, 501:
		return "SERVICE_NOT_IMPLEMENTED"
	case 416, 414:
		return "INVALID_NUMBER_FORMAT"
	case 481:
		return "INVALID_CALL_REFERENCE"
	case 421, 422:
		return "INTERWORKING"
	case 482, 483:
		return "EXCHANGE_ROUTING_ERROR"
	}
	return "INVALID_MSG_UNSPECIFIED"
}

// badMessage names what is wrong with an INVITE that can still be answered.
func badMessage(err error) string {
	var p *sip.ParseError
	if !errors.As(err, &p) {
		return "INVALID_MSG_UNSPECIFIED"
	}
	switch {
	case p.Kind == sip.Missing:
		return "MANDATORY_IE_MISSING"
	case p.Kind == sip.Malformed && p.Header != sip.Other:
		return "INVALID_IE_CONTENTS"
	}
	return "INVALID_MSG_UNSPECIFIED"
}

// fromFor is the From that callees see: who authenticated, not who the message says (RFC 3261 leaves it to the B2BUA).
func (x *Exchange) fromFor(c *live, m *sip.Message, user *User) string {
	from, err := m.From()
	if err != nil {
		from = sip.NameAddr{URIText: "sip:anonymous@anonymous.invalid"}
	}
	from.Params = ""
	if user != nil {
		u := sip.URI{Scheme: "sip", User: user.Name, Host: x.set.Domain}
		from.URIText = u.String()
		if user.Display != "" {
			from.Display = user.Display
		}
	} else if c.id.number != "" && !c.id.withheld && c.caller.Trunk != "" {
		if u, err := from.URI(); err == nil && sip.Unescape(u.User) != c.id.number {
			// Rewritten, or asserted by a trusted trunk.
			u.User = sip.EscapeUser(c.id.number)
			from.URIText = u.String()
		}
	}
	return from.String()
}
