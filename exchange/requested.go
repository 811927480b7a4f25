package exchange

import (
	"onhook/call"
	"onhook/sip"
	"onhook/stack"
	"onhook/txn"
)

// requested takes a new request.
func (x *Exchange) requested(a *stack.Action) {
	if a.Ref != 0 {
		x.tell(a, call.Input{Kind: call.InRequest, Txn: a.Txn, Msg: a.Msg})
		return
	}
	switch a.Msg.Method {
	case sip.INVITE:
		x.invited(a)
	case sip.REGISTER:
		x.register(a)
	case sip.SUBSCRIBE:
		x.subscribe(a)
	case sip.OPTIONS:
		x.options(a)
	default:
		x.other(a)
	}
}

// reply answers a request that belongs to no call.
func (x *Exchange) reply(id txn.ID, code int, phrase string, headers ...sip.Header) {
	x.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: &sip.Message{Status: code, Phrase: phrase, Headers: headers}})
}

// forget answers a request whose sender has not proven who it is, and holds
// nothing of it: whoever sends many would have the server's memory (RFC 3261 section 8.2.7).
func (x *Exchange) forget(id txn.ID, code int, phrase string, headers ...sip.Header) {
	x.feed(stack.Input{Kind: stack.InRespond, Txn: id, Msg: &sip.Message{Status: code, Phrase: phrase, Headers: headers}, Forget: true})
}

// options answers "what can you do?" (RFC 3261 section 11.2): as an INVITE would be, without credentials asked for.
func (x *Exchange) options(a *stack.Action) {
	if x.draining {
		x.forget(a.Txn, 503, "Service Unavailable", sip.Header{ID: sip.HRetryAfter, Value: "30"})
		return
	}
	x.forget(a.Txn, 200, "OK", sip.Header{ID: sip.HAccept, Value: "application/sdp"})
}

// other answers methods that this server takes only within calls. Whoever has
// no account learns nothing else.
func (x *Exchange) other(a *stack.Action) {
	if x.trunkOf(a.Flow) == nil && x.owner(a) == nil {
		return
	}
	switch a.Msg.Method {
	case sip.PUBLISH:
		x.reply(a.Txn, 489, "Bad Event")
	case sip.MESSAGE:
		x.reply(a.Txn, 405, "Method Not Allowed", sip.Header{ID: sip.HAllow, Value: allowed})
	default:
		x.reply(a.Txn, 481, "Call/Transaction Does Not Exist")
	}
}

// allowed is what Allow says outside a dialog.
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, INFO, SUBSCRIBE"
