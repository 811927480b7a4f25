package exchange

import (
	"onhook/call"
	"onhook/route"
)

// stranger is who is neither an extension nor a trunk, as one that answers at the
// SIP address of a route: it has the rights of a trunk that there is not, which
// leaves by none. No trunk can have the name.
func stranger() route.Caller { return route.Caller{Trunk: "(a stranger)"} }

// party is who a leg's other end is, and whose rights it has: the caller as it was
// authenticated, or the extension or trunk that was called.
func (c *live) party(leg call.LegID) route.Caller {
	if leg == call.Caller {
		return c.caller
	}
	e := c.called(leg)
	switch {
	case e == nil:
	case e.Peer == call.PeerPhone:
		return route.Caller{User: e.Name}
	case e.Peer == call.PeerTrunk:
		return route.Caller{Trunk: e.Name}
	}
	return stranger()
}

// referrer is whose rights a transfer has: those of who asks for it. Of strangers
// only those ask whose route lends them the caller's (call.Target.Transfer).
func (c *live) referrer(leg call.LegID) route.Caller {
	if e := c.called(leg); e != nil && e.Peer == call.PeerURI {
		return c.caller
	}
	return c.party(leg)
}

// account says why a party has no rights any more: its extension was deleted or its
// trunk disabled since the call began.
func (x *Exchange) account(as route.Caller) refusal {
	l := x.lines[as.Trunk]
	switch {
	case as.User != "" && x.users[as.User] == nil:
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "there is no extension " + as.User + " any more"}
	case as.Trunk != "" && l == nil:
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "there is no trunk " + as.Trunk}
	case as.Trunk != "" && l.disabled():
		return refusal{cause: "OUTGOING_CALL_BARRED", detail: "trunk " + as.Trunk + " is disabled"}
	}
	return refusal{}
}
